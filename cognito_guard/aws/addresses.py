"""Where an API is, by an argument of the user's."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..network.fetch import check_url

__all__ = ["check_address"]


def check_address(argument: str, url: str) -> str:
    """``url``, if tokens may be sent there: https, or http on the loopback interface.

    Raises :class:`~cognito_guard.ConfigurationError`, which names the ``argument``.
    """
    try:
        return check_url(url)
    except ConfigurationError:  # which speaks of keys
        problem = "must be a URL such as https://host/path, without a user name and a fragment"
    raise ConfigurationError(f"{argument} {problem}; http is for loopback addresses alone")
