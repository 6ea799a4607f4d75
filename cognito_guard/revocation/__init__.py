"""Revocation: tokens that are refused before they expire. A guard asks a list on every request."""

from .entries import Revocation
from .health import RevocationHealth
from .memory import MemoryRevocationList
from .mirror import MirroredRevocationList
from .revocation_list import RevocationList
from .store import AsyncRevocationStore, Changes, RevocationStore

__all__ = [
    "AsyncRevocationStore",
    "Changes",
    "MemoryRevocationList",
    "MirroredRevocationList",
    "Revocation",
    "RevocationHealth",
    "RevocationList",
    "RevocationStore",
]
