"""A user pool of one's own, for tests, demos and local development.

Its tokens are really signed and its keys are really served; only AWS is missing. Needs the extra
``cognito-guard[testing]``.
"""

from .pool import LocalUserPool
from .server import JwksServer

__all__ = ["JwksServer", "LocalUserPool"]
