"""A small reverse proxy for local development, in place of a load balancer that signs users in."""

from .listener import SESSION_SECONDS, Action, LocalListener

__all__ = ["SESSION_SECONDS", "Action", "LocalListener"]
