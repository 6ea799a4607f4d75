"""What people paste: a token, a header, the headers of a request, or curl's command."""

from __future__ import annotations

import re
import shlex

from ..errors import ConfigurationError

__all__ = ["read_request"]

# A header as in a log, in a browser's tools, or behind `>` in what `curl -v` prints.
_HEADER = re.compile(r"(?:[>*][ \t]?)?([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")
_REQUEST_LINE = re.compile(r"(?:[>*][ \t]?)?[A-Z]+ \S+(?: HTTP/[0-9.]+)?")
_BEARER = re.compile(r"bearer[ \t]", re.IGNORECASE)
_CURL = re.compile(r"(?:\$[ \t]+)?curl[ \t]")


def read_request(text: str) -> str | dict[str, list[str]]:
    """A token, as it is; or the headers of a request, by their lower-case names.

    Raises :class:`ConfigurationError` for a command of curl's that cannot be taken apart.
    """
    bare = text.strip()
    if _CURL.match(bare):
        return _of_curl(bare.removeprefix("$").strip())
    if _BEARER.match(bare):
        return {"authorization": [bare]}
    lines = [line.strip() for line in bare.splitlines() if line.strip() not in ("", ">")]
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines):
        match = _HEADER.fullmatch(line)
        if match is not None:
            found.setdefault(match[1].lower(), []).append(match[2])
        elif number or not _REQUEST_LINE.fullmatch(line):
            return text
    return found or text


def _of_curl(command: str) -> dict[str, list[str]]:
    """The headers that a command of curl's sends (curl's manual: -H, -b, --oauth2-bearer)."""
    try:
        words = iter(shlex.split(command))
    except ValueError:
        raise ConfigurationError("the curl command has an unclosed quotation mark") from None
    found: dict[str, list[str]] = {}
    for word in words:
        name, value = _option(word)
        if name is None:
            continue
        value = next(words, "") if value is None else value
        if name == "header":
            header, _, content = value.partition(":")
            found.setdefault(header.strip().lower(), []).append(content.strip())
        elif name == "bearer":
            found.setdefault("authorization", []).append(f"Bearer {value}")
        else:
            found.setdefault("cookie", []).append(value)
    return found


_OPTIONS = {
    "-H": "header",
    "--header": "header",
    "-b": "cookie",
    "--cookie": "cookie",
    "--oauth2-bearer": "bearer",
}


def _option(word: str) -> tuple[str | None, str | None]:
    """What a word of the command sets, and to what if it says that itself."""
    if word in _OPTIONS:
        return _OPTIONS[word], None
    if word[:2] in ("-H", "-b") and len(word) > 2:
        return _OPTIONS[word[:2]], word[2:]
    return None, None
