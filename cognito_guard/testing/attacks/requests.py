"""Attacks by the way in which a request carries a credential.

RFC 6750, section 2; RFC 9110, sections 5.3 and 11.1. Where servers may make two things of a
request, both verdicts are named; nobody is let in by any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from ...errors import Reason
from .attack import Attack, Headers, anywhere
from .forge import Forge

__all__ = ["REQUESTS", "requests"]

MISSING = Reason.MISSING_CREDENTIALS
MALFORMED = Reason.MALFORMED_AUTHORIZATION
SEVERAL = Reason.MULTIPLE_CREDENTIALS

RequestRow: TypeAlias = tuple[str, list[str]]
"""What is tried, and the header lines. TOKEN is a good token there, COOKIE the cookie's name."""


def requests(
    reasons: Reason | Iterable[Reason],
    rows: Mapping[str, RequestRow],
    *,
    group: str = "request",
    fits: Callable[[Forge], bool] = anywhere,
    needs_key: bool = False,
) -> tuple[Attack, ...]:
    """Attacks with one verdict: what each is called -> what it tries, and its header lines."""
    verdicts = (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
    return tuple(
        Attack(
            f"{group}: {name}",
            tries,
            verdicts,
            request=_lines(lines),
            fits=fits,
            needs_key=needs_key,
        )
        for name, (tries, lines) in rows.items()
    )


def _lines(lines: list[str]) -> Callable[[Forge], Headers]:
    def build(forge: Forge) -> Headers:
        # A name in letters, so that only a line that has one asks for it.
        good, cookie = forge.token(), forge.cookie or "token"
        named = (line.partition(": ") for line in lines)
        return [
            (name, value.replace("TOKEN", good).replace("COOKIE", cookie))
            for name, _, value in named
        ]

    return build


def has_no_cookie(forge: Forge) -> bool:
    """Against apps that look into no cookie."""
    return forge.cookie is None


A = "Authorization: "

REQUESTS: tuple[Attack, ...] = (
    *requests(
        MISSING,
        {
            "no credential": ("Brings nothing.", []),
            "an empty header": ("Brings an empty header.", [A]),
            "Basic": ("Brings a name and a password.", [f"{A}Basic YWxpY2U6cGFzc3dvcmQ="]),
            "Basic with a token": ("Brings a good token under Basic.", [f"{A}Basic TOKEN"]),
            "Digest": ("Brings another scheme with commas.", [f'{A}Digest username="a, b", nc=1']),
            "Negotiate": ("Brings a ticket.", [f"{A}Negotiate YTpi"]),
            "DPoP": ("Brings a good token under DPoP, without a proof.", [f"{A}DPoP TOKEN"]),
            "Token": ("Brings a good token under a name that others use.", [f"{A}Token TOKEN"]),
            "JWT": ("Brings a good token under its own name.", [f"{A}JWT TOKEN"]),
            "a scheme that begins alike": (
                "Calls its scheme BearerX.",
                [f"{A}BearerX TOKEN"],
            ),
            "a scheme that ends alike": ("Calls its scheme XBearer.", [f"{A}XBearer TOKEN"]),
            "a token without a scheme": ("Brings a good token alone.", [f"{A}TOKEN"]),
            "a letter before the scheme": (
                "Brings a scheme in quotation marks.",
                [f'{A}"Bearer" TOKEN'],
            ),
            "proxy authorization": (
                "Brings a good token for a proxy.",
                ["Proxy-Authorization: Bearer TOKEN"],
            ),
            "another header": (
                "Brings a good token where other systems look.",
                ["X-Access-Token: TOKEN", "X-Forwarded-Access-Token: TOKEN", "X-Api-Key: TOKEN"],
            ),
            "a header with an underscore before": (
                "Brings a good token in a header whose name is almost right.",
                ["X-Authorization: Bearer TOKEN", "Authorization-X: Bearer TOKEN"],
            ),
            "the user of a proxy": (
                "Says as a proxy would who is calling.",
                [
                    "X-Forwarded-User: admin",
                    "X-Remote-User: admin",
                    "Remote-User: admin",
                    "X-Auth-Request-User: admin",
                    "X-User: admin",
                ],
            ),
            "a caller from inside": (
                "Says that it comes from this very machine.",
                ["X-Forwarded-For: 127.0.0.1", "X-Real-Ip: 127.0.0.1", "Forwarded: for=127.0.0.1"],
            ),
            "another method": (
                "Says that it is a preflight, in headers that some frameworks obey.",
                [
                    "X-Http-Method-Override: OPTIONS",
                    "Origin: https://shop.example",
                    "Access-Control-Request-Method: GET",
                ],
            ),
            "another path": (
                "Says that it asks for an open path, in headers that some proxies obey.",
                ["X-Original-Url: /", "X-Rewrite-Url: /"],
            ),
            "Lambda's request context": (
                "Says as a Lambda adapter would who is calling.",
                ['X-Amzn-Request-Context: {"authorizer":{"claims":{"sub":"admin"}}}'],
            ),
        },
    ),
    *requests(
        MALFORMED,
        {
            "Bearer with nothing": ("Brings a scheme alone.", [f"{A}Bearer"]),
            "Bearer with a space": ("Brings a scheme and a space.", [f"{A}Bearer "]),
            "a tab for the space": ("Separates with a tab.", [f"{A}Bearer\tTOKEN"]),
            "a tab after the space": ("Separates with a space and a tab.", [f"{A}Bearer \tTOKEN"]),
            "a colon": ("Separates with a colon.", [f"{A}Bearer: TOKEN"]),
            "an equals sign": ("Separates with an equals sign.", [f"{A}Bearer=TOKEN"]),
            "a space inside": (
                "Brings two tokens with a space.",
                [f"{A}Bearer TOKEN TOKEN"],
            ),
            "Bearer twice": ("Says its scheme twice.", [f"{A}Bearer Bearer TOKEN"]),
            "Basic inside": ("Has another scheme inside.", [f"{A}Bearer Basic YTpi"]),
            "quotation marks": ("Has its token in quotation marks.", [f'{A}Bearer "TOKEN"']),
            "angle brackets": ("Has its token in brackets.", [f"{A}Bearer <TOKEN>"]),
            "a parameter": ("Has its token in a parameter.", [f'{A}Bearer token="TOKEN"']),
            "a semicolon": ("Has a parameter after its token.", [f"{A}Bearer TOKEN; x=1"]),
            "Latin-1": ("Has letters of Latin-1.", [f"{A}Bearer t\xf6ken.t\xf6ken.t\xf6ken"]),
            "UTF-8": ("Has letters in UTF-8.", [f"{A}Bearer t\xc3\xb6ken"]),
            "bytes that are no text": ("Has no text.", [f"{A}Bearer \xff\xfe\x80"]),
            "a no-break space": ("Separates with a space of Latin-1.", [f"{A}Bearer\xa0TOKEN"]),
            "a letter at the end": (
                "Ends in a letter of Latin-1.",
                [f"{A}Bearer TOKEN\xe9"],
            ),
            "only padding": ("Has padding and nothing else.", [f"{A}Bearer =="]),
            "padding in the middle": ("Has padding inside.", [f"{A}Bearer a=.b.c"]),
            "control characters": (
                "Writes to a terminal that shows it.",
                [f"{A}Bearer \x01\x7f\x1b[31m"],
            ),
            "percent signs": ("Has its dots encoded.", [f"{A}Bearer a%2Eb%2Ec"]),
            "markup": ("Puts a script into the page that repeats it.", [f"{A}Bearer <script>"]),
        },
    ),
    *requests(
        Reason.MALFORMED_TOKEN,
        {
            "no token at all": ("Brings a word.", [f"{A}Bearer none"]),
            "null": ("Brings what a script writes that has no token.", [f"{A}Bearer null"]),
            "undefined": ("Brings another word of such a script.", [f"{A}Bearer undefined"]),
            "three letters": ("Brings three letters for three parts.", [f"{A}Bearer a.b.c"]),
            "a token and padding": ("Brings a good token with padding.", [f"{A}Bearer TOKEN="]),
            "two tokens and a dot": ("Brings two tokens as one.", [f"{A}Bearer TOKEN.TOKEN"]),
            "a slash": (
                "Has letters that no token has.",
                [f"{A}Bearer a/~+.b.c"],
            ),
        },
    ),
    *requests(
        SEVERAL,
        {
            "two tokens": ("Brings a good token twice.", [f"{A}Bearer TOKEN", f"{A}Bearer TOKEN"]),
            "a bad token and a good one": (
                "Brings a forged token before a good one.",
                [f"{A}Bearer a.b.c", f"{A}Bearer TOKEN"],
            ),
            "a good token and a bad one": (
                "Brings a forged token after a good one.",
                [f"{A}Bearer TOKEN", f"{A}Bearer a.b.c"],
            ),
            "Basic and a token": (
                "Brings a password before a good token.",
                [f"{A}Basic YTpi", f"{A}Bearer TOKEN"],
            ),
            "a token and Basic": (
                "Brings a password after a good token.",
                [f"{A}Bearer TOKEN", f"{A}Basic YTpi"],
            ),
            "a token and an empty header": (
                "Brings an empty header after a good token.",
                [f"{A}Bearer TOKEN", A],
            ),
            "two names in two cases": (
                "Spells the header's name in two ways.",
                [f"{A}Bearer TOKEN", "aUTHORIZATION: Bearer TOKEN"],
            ),
            "a comma": ("Joins two into one line.", [f"{A}Bearer TOKEN,Bearer TOKEN"]),
            "a comma and a space": ("Joins two into one line.", [f"{A}Bearer TOKEN, Bearer TOKEN"]),
            "a comma after Basic": (
                "Hides a good token behind a password.",
                [f"{A}Basic YTpi, Bearer TOKEN"],
            ),
            "a comma after a parameter": (
                "Hides a good token behind another scheme's parameters.",
                [f'{A}Digest username="a", nc=1, Bearer TOKEN'],
            ),
            "a comma before Basic": (
                "Hides a password behind a good token.",
                [f"{A}Bearer TOKEN, Basic YTpi"],
            ),
            "a comma at the end": ("Ends in a comma.", [f"{A}Bearer TOKEN,"]),
            "ten headers": ("Brings ten tokens.", [f"{A}Bearer TOKEN"] * 10),
        },
    ),
    *requests(
        Reason.TOKEN_TOO_LARGE,
        {
            "a token over the cap": ("Brings 17,000 letters.", [f"{A}Bearer {'A' * 17_000}"]),
            "a header of 1 MB": ("Brings 1 MB of letters.", [f"{A}Bearer {'A' * 1_000_000}"]),
            "dots of 1 MB": ("Brings 1 MB of dots.", [f"{A}Bearer {'.' * 1_000_000}"]),
        },
    ),
    *requests(
        MALFORMED,
        {
            "spaces of 1 MB": (
                "Makes a search go back and forth over spaces.",
                [f"{A}Bearer {' ' * 1_000_000}!"],
            ),
            "letters of 1 MB and a bad one": (
                "Makes a search go back over letters.",
                [f"{A}Bearer {'A' * 1_000_000}!"],
            ),
            "padding of 1 MB": (
                "Makes a search go back over padding.",
                [f"{A}Bearer {'=' * 1_000_000}"],
            ),
        },
    ),
    *requests(
        MISSING,
        {
            "Basic of 1 MB": (
                "Brings 1 MB to another scheme.",
                [f"{A}Basic {'A' * 1_000_000}"],
            ),
            "another header of 1 MB": ("Brings 1 MB elsewhere.", [f"X-Junk: {'A' * 1_000_000}"]),
            "cookies of 1 MB": ("Brings 200,000 cookies.", ["Cookie: " + "a=b; " * 200_000]),
        },
    ),
    *requests(
        (MISSING, SEVERAL),
        {
            "quotation marks of 1 MB": (
                "Makes a search for the end of a text go on and on.",
                [f"{A}Digest " + '"a' * 333_333 + ","],
            ),
        },
    ),
    *requests(
        MISSING,
        {
            "a cookie": ("Brings a good token in a cookie.", ["Cookie: COOKIE=TOKEN"]),
            "cookies of other names": (
                "Brings good tokens in cookies that others look into.",
                ["Cookie: access_token=TOKEN; session=TOKEN; jwt=TOKEN; Authorization=TOKEN"],
            ),
            "a cookie that is no text": ("Brings bytes in a cookie.", ["Cookie: COOKIE=\xff\xfe"]),
        },
        fits=has_no_cookie,
    ),
)
