"""Lambda triggers, run as Amazon Cognito runs them, with functions in this process."""

from .changes import Changes, changes_of
from .configured import LocalTriggers
from .events import Happening
from .running import TriggerFailed, run

__all__ = ["Changes", "Happening", "LocalTriggers", "TriggerFailed", "changes_of", "run"]
