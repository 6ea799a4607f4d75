"""The one logger, ``cognito_guard``. Records hold reason codes and addresses, nothing secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

__all__ = ["info", "warning"]


def info(message: str, *values: object) -> None:
    """For what is normal: a request was refused."""
    _logger().info(message, *values)


def warning(message: str, *values: object) -> None:
    """For what an operator should see: keys that could not be had."""
    _logger().warning(message, *values)


def _logger() -> Logger:
    # Imported when there is something to say: it takes as long as verifying 200 tokens.
    import logging

    return logging.getLogger("cognito_guard")
