"""``open_routes``: which routes of an app answer a caller without a credential."""

from .open import open_routes

__all__ = ["open_routes"]
