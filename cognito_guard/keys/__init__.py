"""Key sets: given a ``kid``, a key. Static ones, remote ones, and two addresses of one pool."""

from .health import KeyHealth, health_of, worst_by_name
from .key_set import KeySet
from .remote import HARD_LIMIT_SECONDS, REFRESH_SECONDS, UNKNOWN_KEY_SECONDS, RemoteKeySet
from .sibling import SiblingKeySet
from .static import StaticKeySet

__all__ = [
    "HARD_LIMIT_SECONDS",
    "REFRESH_SECONDS",
    "UNKNOWN_KEY_SECONDS",
    "KeyHealth",
    "KeySet",
    "RemoteKeySet",
    "SiblingKeySet",
    "StaticKeySet",
    "health_of",
    "worst_by_name",
]
