"""The whole door of a local user pool: issuer, managed login, token endpoint and user pool API."""

from .faults import TokenFault
from .server import Endpoint, PoolServer

__all__ = ["Endpoint", "PoolServer", "TokenFault"]
