"""The page to return to after a sign-in: on the own site, or it is ``/``."""

from __future__ import annotations

from urllib.parse import quote, unquote

__all__ = ["MAX_LENGTH", "own_page"]

MAX_LENGTH = 2000

# What a URL may hold is left as it is; all else is written as its UTF-8 bytes in percent signs.
_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))
_ROUNDS = 4


def own_page(wanted: object) -> str:
    """Return ``wanted`` if it is a path on your own site, with or without a query; otherwise
    return ``/``.

    A path begins with exactly one slash. Browsers treat a backslash as a slash, and ignore line
    ends and tabs (WHATWG URL, section 4.4). Proxies and frameworks decode and normalize paths. A
    path that contains any of these, or an empty or dotted segment, therefore becomes ``/``, however
    often it is percent-encoded.
    """
    if not isinstance(wanted, str) or not wanted.startswith("/"):
        return "/"
    if "\\" in wanted or any(letter < " " or letter == "\x7f" for letter in wanted):
        return "/"
    try:
        page = quote(wanted, safe=_AS_IT_IS)
    except UnicodeEncodeError:  # a lone surrogate
        return "/"
    if len(page) > MAX_LENGTH:
        return "/"
    path = page.partition("?")[0].partition("#")[0]
    for _ in range(_ROUNDS):
        if not _is_plain(path):
            return "/"
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return page
        path = decoded
    return "/"


def _is_plain(path: str) -> bool:
    segments = path.split("/")
    return (
        "\\" not in path
        and not any(letter < " " or letter == "\x7f" for letter in path)
        and "" not in segments[1:-1]
        and not {".", ".."} & {segment.partition(";")[0] for segment in segments}
    )
