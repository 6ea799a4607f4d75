"""How a wrong setting is told: by its own name, with what it says, and never a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import ConfigurationError

__all__ = ["blamed_on", "elsewhere", "listed", "told_value"]

_LONGEST = 80
_MOST = 5


def told_value(name: str, value: object) -> str:
    """The end of a sentence, with what a setting says; empty for a secret, and for what may have
    one in it: a URL with a password or a query, a token, JSON."""
    shown = None if "SECRET" in name.upper() else _shown(value)
    return "" if shown is None else f" (it is {shown})"


def _shown(value: object) -> str | None:
    if isinstance(value, str):
        is_url = "://" in value and ("@" in value or "?" in value)
        if is_url or "eyJ" in value or "{" in value or "PRIVATE" in value:
            return None
        # ASCII: a letter of another alphabet may be the mistake.
        return ascii(value) if len(value) <= _LONGEST else f"{value[:_LONGEST]!a}..."
    if isinstance(value, list | tuple | set | frozenset):
        each = [_shown(one) for one in list(value)[:_MOST]]
        if None in each:
            return None
        more = ", ..." if len(value) > _MOST else ""
        return f"[{', '.join(str(one) for one in each)}{more}]"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    return f"of type {type(value).__name__}"


def elsewhere(name: str) -> str:
    """The end of a sentence where the environment has a setting that nobody has looked at."""
    flask = f"FLASK_{name}"
    if flask in os.environ:
        return (
            f"; the environment has {flask}: call app.config.from_prefixed_env(), or name it "
            f"{name} for Guard.from_env()"
        )
    return "; the environment has it, for Guard.from_env() to read" if name in os.environ else ""


def listed(text: str) -> list[str]:
    """The texts that somebody meant who has written a list as one text, or as JSON."""
    return [one for one in re.split(r"[\s,\[\](){}'\"`]+", text) if one]


@contextmanager
def blamed_on(
    names: Mapping[str, str], values: Mapping[str, object], otherwise: str = ""
) -> Iterator[None]:
    """Let an error that begins with the name of an argument name the setting, and show its value.

    ``names``: the whole name of the setting, by the argument's; ``values``: what settings say, by
    their whole names; ``otherwise``: what comes before an error that names no argument.
    """
    try:
        yield
    except ConfigurationError as error:
        found = re.fullmatch(r"(each of )?([a-z_]+)\b(.*)", str(error), re.DOTALL)
        name = None if found is None else names.get(found[2])
        if found is None or name is None:
            if not otherwise:
                raise
            raise ConfigurationError(f"{otherwise}: {error}") from None
        text = f"{found[1] or ''}{name}{_renamed(found[3], names)}"
        if name in values and not found[3].startswith(" ("):  # a file is named already
            text += told_value(name, values[name])
        raise ConfigurationError(text) from None


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """A sentence with settings in the place of arguments such as ``issuer=``."""

    def setting(found: re.Match[str]) -> str:
        name = names.get(found[1])
        if name is None:
            return found[0]
        return f"{name}={found[2]}" if found[2] not in ("", ";", ",") else f"{name}{found[2]}"

    return re.sub(r"\b([a-z_]+)=(\S?)", setting, text)
