"""Attacks by claims: really signed by the trusted pool's key, and not to be trusted all the same.

Cognito would not issue most of them. Each stands for a check that somebody forgot, or made on a
value of another type than he thought.

One rule for the reasons: a required claim that is missing, or a claim of another type than it
should have, is ``malformed_claim``; a value that is not accepted has a reason of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import Reason
from .attack import Attack, Row, accepts_access_tokens, tokens
from .forge import OMIT, OTHER_CLIENT, Forge
from .recipes import access_claims, claim, claims, id_claims

__all__ = ["TIMES_AND_PARTIES", "time_claim"]


def time_claim(change: Callable[[int], Any], name: str = "exp") -> Callable[[Forge], str]:
    """A time, worked out from now."""
    return claim(name, lambda forge: change(forge.now))


def _issuer(change: Callable[[str], Any]) -> Callable[[Forge], str]:
    return claim("iss", lambda forge: change(forge.issuer))


def _client(change: Callable[[str], Any]) -> Callable[[Forge], str]:
    return lambda forge: access_claims(client_id=change(forge.client_id))(forge)


def _other_scheme(issuer: str) -> str:
    return "http" if issuer.startswith("https:") else "https"


_MALFORMED: dict[str, Row] = {
    "exp missing": ("Never expires.", claims(exp=OMIT)),
    "exp a string": ("Expires tomorrow.", claims(exp="tomorrow")),
    "exp a digit string": (
        "Expires at a time that is a text, which some compare as a text.",
        time_claim(lambda now: str(now + 3600)),
    ),
    "exp a bool": ("Expires at true, which is a number in some languages.", claims(exp=True)),
    "exp false": ("Expires at false.", claims(exp=False)),
    "exp null": ("Expires at null.", claims(exp=None)),
    "exp a list": ("Expires at a list.", time_claim(lambda now: [now + 3600])),
    "exp an object": ("Expires at an object.", time_claim(lambda now: {"at": now + 3600})),
    "exp empty": ("Expires at an empty text.", claims(exp="")),
    "exp 1e30": ("Expires after the end of all calendars.", claims(exp=1e30)),
    "exp in milliseconds": (
        "Expires at a time of another unit, 50,000 years ahead.",
        time_claim(lambda now: (now + 3600) * 1000),
    ),
    "exp of 4,000 digits": ("Expires at a number that no clock has.", claims(exp=10**3999)),
    "exp of 4,000 digits after a minus": (
        "Expired at a number that no clock has.",
        claims(exp=-(10**3999)),
    ),
    "iss missing": ("Names no issuer.", claims(iss=OMIT)),
    "iss null": ("Names null for its issuer.", claims(iss=None)),
    "iss empty": ("Names an empty text for its issuer.", claims(iss="")),
    "iss a number": ("Names a number for its issuer.", claims(iss=1)),
    "iss a list": ("Names a list with the issuer.", _issuer(lambda issuer: [issuer])),
    "iss a list of two": (
        "Names two issuers, the trusted one among them.",
        _issuer(lambda issuer: ["https://attacker.example", issuer]),
    ),
    "iss an object": ("Names an object with the issuer.", _issuer(lambda issuer: {issuer: 1})),
    "token_use missing": ("Does not say what it is for.", claims(token_use=OMIT)),
    "token_use null": ("Is for null.", claims(token_use=None)),
    "token_use empty": ("Is for an empty text.", claims(token_use="")),
    "token_use a list": ("Is for both uses.", claims(token_use=["access", "id"])),
    "token_use an object": ("Is for an object.", claims(token_use={"access": True})),
    "token_use true": ("Is for true.", claims(token_use=True)),
}

_MALFORMED_ACCESS: dict[str, Row] = {
    "token_use stripped from an ID token": (
        "Is an ID token that does not say so.",
        id_claims(token_use=OMIT),
    ),
    "client_id missing": ("Names no app client.", access_claims(client_id=OMIT)),
    "client_id missing, aud in its place": (
        "Names its app client where an ID token does.",
        lambda forge: access_claims(client_id=OMIT, aud=forge.client_id)(forge),
    ),
    "client_id missing, azp in its place": (
        "Names its app client where others do.",
        lambda forge: access_claims(client_id=OMIT, azp=forge.client_id)(forge),
    ),
    "client_id null": ("Names null for its app client.", access_claims(client_id=None)),
    "client_id empty": ("Names an empty text for its app client.", access_claims(client_id="")),
    "client_id a number": ("Names a number for its app client.", access_claims(client_id=1)),
    "client_id a list": ("Names a list with the app client.", _client(lambda client: [client])),
    "client_id a list of two": (
        "Names two app clients, the accepted one among them.",
        _client(lambda client: [OTHER_CLIENT, client]),
    ),
    "client_id an object": (
        "Names an object with the app client.",
        _client(lambda client: {client: True}),
    ),
}

_EXPIRED: dict[str, Row] = {
    "exp now": ("Expires in this very second.", time_claim(lambda now: now)),
    "exp now, a float": ("Expires in this very second, as a float.", time_claim(float)),
    "exp a moment ago": ("Expired a second ago.", time_claim(lambda now: now - 1)),
    "exp an hour ago": ("Expired an hour ago.", time_claim(lambda now: now - 3600)),
    "exp zero": ("Expired in 1970, or never where 0 means so.", claims(exp=0)),
    "exp zero, a float": ("Expired in 1970, as a float.", claims(exp=0.0)),
    "exp negative": ("Expired before 1970.", time_claim(lambda now: -(now + 3600))),
    "exp 1e-9": ("Expired right after 1970 began.", claims(exp=1e-9)),
}

_ISSUERS: dict[str, Row] = {
    "iss a prefix": (
        "Names the issuer less a letter.",
        _issuer(lambda issuer: issuer[:-1]),
    ),
    "iss prolonged": (
        "Names an issuer that begins with the trusted one.",
        _issuer(lambda issuer: issuer + "0"),
    ),
    "iss with a slash": ("Names the issuer and a slash.", _issuer(lambda issuer: issuer + "/")),
    "iss with a space": ("Names the issuer and a space.", _issuer(lambda issuer: issuer + " ")),
    "iss with a newline": (
        "Names the issuer and a newline.",
        _issuer(lambda issuer: issuer + "\n"),
    ),
    "iss with a NUL": ("Names the issuer and a NUL.", _issuer(lambda issuer: issuer + "\0")),
    "iss in capitals": ("Names the issuer in capitals.", _issuer(str.upper)),
    "iss in title case": ("Names the issuer with capitals in it.", _issuer(str.title)),
    "iss under another scheme": (
        "Names the issuer without TLS, or with it.",
        _issuer(lambda issuer: f"{_other_scheme(issuer)}{issuer[issuer.index(':') :]}"),
    ),
    "iss without scheme": (
        "Names the issuer's host and path.",
        _issuer(lambda issuer: issuer.partition("://")[2]),
    ),
    "iss with a user": (
        "Names the attacker's host with the issuer's as a user.",
        _issuer(lambda issuer: issuer.replace("://", "://attacker.example@", 1)),
    ),
    "iss with a fragment": ("Names the issuer and a fragment.", _issuer(lambda iss: iss + "#x")),
    "iss with a query": ("Names the issuer and a query.", _issuer(lambda iss: iss + "?x")),
    "iss with a dot segment": (
        "Names the issuer by a longer way.",
        _issuer(lambda issuer: "/./".join(issuer.rsplit("/", 1))),
    ),
    "iss of another pool": (
        "Names another pool of the same region, signed by this one's key.",
        claim("iss", lambda forge: forge.attacker.issuer),
    ),
    "iss of another company": (
        "Names an issuer of somebody else's.",
        claims(iss="https://accounts.example.com"),
    ),
    "iss any": ("Names a wildcard.", claims(iss="*")),
    "a pool of the attacker's": (
        "Is a good token of the attacker's own pool.",
        lambda forge: (
            forge.attacker.id_token(client_id=forge.client_id)
            if forge.token_use == "id"
            else forge.attacker.access_token(client_id=forge.client_id)
        ),
    ),
}

_USES: dict[str, Row] = {
    "token_use in capitals": (
        "Spells its use in capitals.",
        claim("token_use", lambda forge: forge.token_use.upper()),
    ),
    "token_use with a space": (
        "Is for the right use and a space.",
        claim("token_use", lambda forge: f"{forge.token_use} "),
    ),
    "token_use of both": ("Is for both uses in one text.", claims(token_use="access id")),
    "token_use any": ("Is for any use.", claims(token_use="any")),
    "token_use refresh": ("Is a refresh token.", claims(token_use="refresh")),
}

_USES_OF_ACCESS_TOKENS: dict[str, Row] = {
    "token_use id": (
        "Is an access token that says it is an ID token.",
        access_claims(token_use="id"),
    ),
    "token_use ID": ("Is an ID token that says so in capitals.", id_claims(token_use="ID")),
}

_CLIENTS: dict[str, Row] = {
    "client_id of another client": (
        "Is a token of another app of the same pool.",
        access_claims(client_id=OTHER_CLIENT),
    ),
    "client_id a prefix": (
        "Names the app client less a letter.",
        _client(lambda client: client[:-1]),
    ),
    "client_id prolonged": (
        "Names an app client that begins with the accepted one.",
        _client(lambda client: client + "0"),
    ),
    "client_id in another case": (
        "Names the app client in another case.",
        _client(lambda client: client.swapcase()),
    ),
    "client_id with a space": ("Names the app client and a space.", _client("{} ".format)),
    "client_id of several": (
        "Names two app clients in one text.",
        _client(lambda client: f"{client} {OTHER_CLIENT}"),
    ),
    "client_id with a comma": (
        "Names two app clients with a comma between them.",
        _client(lambda client: f"{client},{OTHER_CLIENT}"),
    ),
    "client_id any": ("Names a wildcard.", access_claims(client_id="*")),
    "client_id of another client, aud ours": (
        "Is a token of another client with the accepted one for its audience.",
        lambda forge: access_claims(client_id=OTHER_CLIENT, aud=forge.client_id)(forge),
    ),
}

# Refused before the key is asked for.
TIMES_AND_PARTIES: tuple[Attack, ...] = (
    *tokens("claims", Reason.MALFORMED_CLAIM, _MALFORMED),
    *tokens("claims", Reason.MALFORMED_CLAIM, _MALFORMED_ACCESS, fits=accepts_access_tokens),
    *tokens("claims", Reason.TOKEN_EXPIRED, _EXPIRED),
    *tokens("claims", Reason.UNKNOWN_ISSUER, _ISSUERS),
    *tokens("claims", Reason.WRONG_TOKEN_USE, _USES),
    *tokens("claims", Reason.WRONG_TOKEN_USE, _USES_OF_ACCESS_TOKENS, fits=accepts_access_tokens),
    *tokens("claims", Reason.WRONG_CLIENT, _CLIENTS, fits=accepts_access_tokens),
)
