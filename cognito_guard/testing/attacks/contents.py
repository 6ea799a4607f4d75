"""Attacks by claims that are looked at once the signature has been found good."""

from __future__ import annotations

from ...errors import Reason
from .attack import Attack, Row, accepts_access_tokens, tokens
from .claims import time_claim
from .forge import OMIT, Forge
from .recipes import access_claims, claims

__all__ = ["CONTENTS"]

_MALFORMED_CONTENTS: dict[str, Row] = {
    "sub missing": ("Speaks for nobody.", claims(sub=OMIT)),
    "sub null": ("Speaks for null.", claims(sub=None)),
    "sub empty": ("Speaks for an empty text.", claims(sub="")),
    "sub a number": ("Speaks for a number.", claims(sub=1)),
    "sub true": ("Speaks for true.", claims(sub=True)),
    "sub a list": ("Speaks for a list.", claims(sub=["a0000001-subject-of-the-forge"])),
    "sub an object": ("Speaks for an object, as a query of a database.", claims(sub={"$ne": None})),
    "nbf a string": (
        "Is valid from a time on that is a text.",
        time_claim(lambda now: str(now - 60), "nbf"),
    ),
    "nbf a bool": ("Is valid from true on.", claims(nbf=True)),
    "nbf null": ("Is valid from null on.", claims(nbf=None)),
    "nbf a list": ("Is valid from a list on.", claims(nbf=[0])),
    "nbf 1e30": ("Is valid after the end of all calendars.", claims(nbf=1e30)),
    "iat a string": ("Was issued at a text.", time_claim(lambda now: str(now - 60), "iat")),
    "iat a bool": ("Was issued at false.", claims(iat=False)),
    "iat null": ("Was issued at null.", claims(iat=None)),
    "iat -1e30": ("Was issued before all calendars.", claims(iat=-1e30)),
    "auth_time a string": (
        "Says in a text when its user signed in.",
        time_claim(lambda now: str(now - 60), "auth_time"),
    ),
    "auth_time a bool": ("Says true of when its user signed in.", claims(auth_time=True)),
    "auth_time null": ("Says null of when its user signed in.", claims(auth_time=None)),
    "auth_time of 4,000 digits after a minus": (
        "Has a sign-in that no arithmetic bears.",
        claims(auth_time=-(10**3999)),
    ),
    "jti a number": ("Has an id that a deny-list of texts does not know.", claims(jti=1)),
    "jti null": ("Has null for its id.", claims(jti=None)),
    "origin_jti a list": (
        "Has an id of its sign-in that a deny-list does not know.",
        claims(origin_jti=["c0000003-sign-in-at-the-forge"]),
    ),
    "groups a string": (
        "Has its groups in a text, in which a careless search finds more.",
        claims({"cognito:groups": "admins"}),
    ),
    "groups a long string": (
        "Has a group that another one's name is in.",
        claims({"cognito:groups": "xadminsx"}),
    ),
    "groups null": ("Has null for its groups.", claims({"cognito:groups": None})),
    "groups true": ("Has true for its groups.", claims({"cognito:groups": True})),
    "groups nested": (
        "Has its groups in a list in a list.",
        claims({"cognito:groups": [["admins"]]}),
    ),
    "groups with numbers": (
        "Has a number among its groups.",
        claims({"cognito:groups": ["admins", 1]}),
    ),
    "groups with null": ("Has null among its groups.", claims({"cognito:groups": [None]})),
    "groups an object": (
        "Has its groups as an object's names.",
        claims({"cognito:groups": {"admins": True}}),
    ),
    "scope a list": ("Has its scopes in a list.", claims(scope=["orders/read"])),
    "scope null": ("Has null for its scopes.", claims(scope=None)),
    "scope a number": ("Has a number for its scopes.", claims(scope=1)),
    "scope an object": ("Has an object for its scopes.", claims(scope={"orders/read": True})),
    "role a number": ("Has a number for its role.", claims({"custom:role": 1})),
    "role a bool": ("Has true for its role.", claims({"custom:role": True})),
    "role null": ("Has null for its role.", claims({"custom:role": None})),
    "role nested": ("Has its role in a list in a list.", claims({"custom:role": [["editor"]]})),
    "role an object": ("Has an object for its role.", claims({"custom:role": {"editor": True}})),
}

_MALFORMED_ACCESS_CONTENTS: dict[str, Row] = {
    "username null": ("Has null for its user's name.", access_claims(username=None)),
    "username empty": ("Has an empty text for its user's name.", access_claims(username="")),
    "username a number": ("Has a number for its user's name.", access_claims(username=0)),
    "username a list": (
        "Has a list for its user's name.",
        access_claims(username=["forged.alice"]),
    ),
}

_AUDIENCES: dict[str, Row] = {
    "aud a number": ("Has a number for its audience.", access_claims(aud=1)),
    "aud null": ("Has null for its audience.", access_claims(aud=None)),
    "aud a list of numbers": ("Has numbers for its audience.", access_claims(aud=[1])),
    "aud an object": ("Has an object for its audience.", access_claims(aud={"x": 1})),
}


def _wants_no_resource(forge: Forge) -> bool:
    return forge.token_use == "access" and forge.resource is None


# Refused when the signature has been found good.
CONTENTS: tuple[Attack, ...] = (
    *tokens("claims", Reason.MALFORMED_CLAIM, _MALFORMED_CONTENTS, needs_key=True),
    *tokens(
        "claims",
        Reason.MALFORMED_CLAIM,
        _MALFORMED_ACCESS_CONTENTS,
        needs_key=True,
        fits=accepts_access_tokens,
    ),
    *tokens("claims", Reason.MALFORMED_CLAIM, _AUDIENCES, needs_key=True, fits=_wants_no_resource),
    *tokens(
        "claims",
        Reason.TOKEN_NOT_YET_VALID,
        {
            # Later than a slow suite takes from the making of the attacks to the last request.
            "nbf ahead": ("Is valid in half an hour.", time_claim(lambda now: now + 1800, "nbf")),
            "nbf ahead, a float": (
                "Is valid in half an hour and half a second.",
                time_claim(lambda now: now + 1800.5, "nbf"),
            ),
            "nbf in a year": (
                "Is valid in a year.",
                time_claim(lambda now: now + 31_536_000, "nbf"),
            ),
        },
        needs_key=True,
    ),
    *tokens(
        "claims",
        Reason.SENDER_CONSTRAINED,
        {
            "cnf with a thumbprint": (
                "Is bound to a key that the sender does not prove to have.",
                claims(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
            ),
            "cnf of a certificate": (
                "Is bound to a certificate that the sender does not prove to have.",
                claims(cnf={"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
            ),
            "cnf empty": ("Is bound to nothing.", claims(cnf={})),
            "cnf null": ("Is bound to null.", claims(cnf=None)),
            "cnf false": ("Is bound to false.", claims(cnf=False)),
        },
        needs_key=True,
    ),
)
