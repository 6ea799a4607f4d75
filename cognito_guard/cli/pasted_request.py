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
_CURL = re.compile(r"(?:\$[ \t]+)?(?:\S*[/\\])?curl(?:\.exe)?\s")
# What browsers show of HTTP/2 and HTTP/3 before the headers (RFC 9113, section 8.3.1).
_PSEUDO_HEADER = re.compile(r":[a-z]+:.*")


def read_request(text: str) -> str | dict[str, list[str]]:
    """A token, as it is; or the headers of a request, by their lower-case names.

    Raises :class:`ConfigurationError` for a command of curl's that cannot be taken apart.
    """
    bare = text.strip()
    if _CURL.match(bare):
        return _of_curl(bare.removeprefix("$").strip())
    if _BEARER.match(bare):
        return {"authorization": [bare]}
    return _headers(bare) or text


def _headers(text: str) -> dict[str, list[str]] | None:
    """The headers of a request: of the last one, if `curl -v` has followed a redirect. ``None`` for
    what is no request."""
    lines = [line.strip() for line in text.splitlines()]
    # `curl -v` prints more than the request: of that, these lines.
    sent = [line for line in lines if line.startswith(">")]
    found: dict[str, list[str]] = {}
    ended = False
    for number, line in enumerate(sent or lines):
        match = _HEADER.fullmatch(line)
        if match is not None:
            found.setdefault(match[1].lower(), []).append(match[2])
        elif line in ("", ">"):
            ended = bool(found)
        elif _REQUEST_LINE.fullmatch(line) and (sent or not number):
            found = {}
        elif not _PSEUDO_HEADER.fullmatch(line):
            # Behind an empty line it is the body.
            return found if ended else None
    return found


def _of_curl(command: str) -> dict[str, list[str]]:
    """The headers that a command of curl's sends (curl's manual: -H, -b, --oauth2-bearer)."""
    # As shells join lines; and as browsers quote: `$'...'` for sh, `^"` for cmd.
    command = re.sub(r"[\\^]\r?\n", " ", command)
    if '^"' in command:
        command = re.sub(r"\^(.)", r"\1", command)
    command = re.sub(r"(?<=\s)\$(?=')", "", command)
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

# Behind letters that take no value, and before a value of their own: `-sSH`, `-HName:value`.
_SHORT = re.compile(r"-[#0-46aBfgGiIjJklLMnNOpqRsSvZ]*([Hb])(.*)", re.DOTALL)


def _option(word: str) -> tuple[str | None, str | None]:
    """What a word of the command sets, and to what if it says that itself."""
    if word in _OPTIONS:
        return _OPTIONS[word], None
    short = _SHORT.fullmatch(word)
    if short is not None:
        return _OPTIONS[f"-{short[1]}"], short[2] or None
    return None, None
