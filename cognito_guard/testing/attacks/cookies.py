"""Attacks by cookies, on an app that looks into a cookie as well as into the header."""

from __future__ import annotations

from ...errors import Reason
from .attack import Attack
from .forge import Forge
from .requests import MALFORMED, MISSING, SEVERAL, A, requests

__all__ = ["COOKIES"]


def has_cookie(forge: Forge) -> bool:
    """Against apps that look into a cookie."""
    return forge.cookie is not None


COOKIES: tuple[Attack, ...] = (
    *requests(
        SEVERAL,
        {
            "the header as well": (
                "Brings a good token in both places.",
                [f"{A}Bearer TOKEN", "Cookie: COOKIE=TOKEN"],
            ),
            "a bad token in the header": (
                "Brings a forged token next to a good cookie.",
                [f"{A}Bearer x.y.z", "Cookie: COOKIE=TOKEN"],
            ),
            "a bad token in the cookie": (
                "Brings a forged cookie next to a good header.",
                [f"{A}Bearer TOKEN", "Cookie: COOKIE=x"],
            ),
            "twice": ("Has the cookie twice in a line.", ["Cookie: COOKIE=TOKEN; COOKIE=TOKEN"]),
            "twice, a bad one first": (
                "Has a forged cookie before the good one.",
                ["Cookie: COOKIE=x; COOKIE=TOKEN"],
            ),
        },
        group="cookie",
        fits=has_cookie,
    ),
    *requests(
        # WSGI servers join them with a comma, which is no separator of cookies.
        (SEVERAL, Reason.MALFORMED_TOKEN),
        {
            "two lines": (
                "Has the cookie in two lines.",
                ["Cookie: COOKIE=TOKEN", "Cookie: COOKIE=TOKEN"],
            ),
        },
        group="cookie",
        fits=has_cookie,
    ),
    *requests(
        MALFORMED,
        {
            "a malformed header as well": (
                "Brings a header that is none next to a good cookie.",
                [f"{A}Bearer", "Cookie: COOKIE=TOKEN"],
            ),
        },
        group="cookie",
        fits=has_cookie,
    ),
    *requests(
        Reason.MALFORMED_TOKEN,
        {
            "a bad token": ("Brings a word in the cookie.", ["Cookie: COOKIE=x"]),
            "quotation marks": ("Has its token in quotation marks.", ['Cookie: COOKIE="TOKEN"']),
            "Bearer": ("Has a scheme in its cookie.", ["Cookie: COOKIE=Bearer TOKEN"]),
            "percent encoding": ("Has an encoded dot.", ["Cookie: COOKIE=a%2Eb.c"]),
            "no text": ("Brings bytes in the cookie.", ["Cookie: COOKIE=\xff\xfe\x80"]),
        },
        group="cookie",
        fits=has_cookie,
    ),
    *requests(
        MISSING,
        {
            "another name": ("Brings a good token in another cookie.", ["Cookie: xCOOKIE=TOKEN"]),
            "a longer name": ("Brings a good token in a longer cookie.", ["Cookie: COOKIEx=TOKEN"]),
            "a value with the name": (
                "Brings the cookie inside another one's value.",
                ["Cookie: a=COOKIE=TOKEN"],
            ),
            "an empty cookie": ("Brings an empty cookie.", ["Cookie: COOKIE="]),
            "no value": ("Brings the cookie's name alone.", ["Cookie: COOKIE"]),
            "a comma for a semicolon": (
                "Separates its cookies with a comma.",
                ["Cookie: a=b, COOKIE=TOKEN"],
            ),
            "Cookie2": ("Brings it in a header of old.", ["Cookie2: COOKIE=TOKEN"]),
        },
        group="cookie",
        fits=has_cookie,
    ),
)
