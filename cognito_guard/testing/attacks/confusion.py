"""Attacks by good tokens in the wrong place: of another kind, another client, another resource."""

from __future__ import annotations

from ...errors import Reason
from .attack import Attack, accepts_access_tokens, accepts_id_tokens, tokens
from .forge import OMIT, OTHER_CLIENT, Forge
from .recipes import access_claims, id_claims

__all__ = ["CONFUSION", "ID_TOKENS", "RESOURCES"]

CONFUSION: tuple[Attack, ...] = (
    *tokens(
        "confusion",
        Reason.WRONG_TOKEN_USE,
        {
            "an ID token": (
                "Is a good ID token, which was written for the client.",
                lambda forge: forge.pool.id_token(),
            ),
            "an ID token with a client_id": (
                "Is an ID token that names its client as an access token does.",
                lambda forge: id_claims(client_id=forge.client_id)(forge),
            ),
            "an ID token with scopes": (
                "Is an ID token that has scopes.",
                lambda forge: id_claims(client_id=forge.client_id, scope="orders/read")(forge),
            ),
        },
        fits=accepts_access_tokens,
    ),
    *tokens(
        "confusion",
        Reason.WRONG_CLIENT,
        {
            "another client's token": (
                "Is a good token of another app of the same pool.",
                lambda forge: forge.pool.access_token(client_id=OTHER_CLIENT),
            ),
            "another client's machine": (
                "Is a good machine token of another app of the same pool.",
                lambda forge: forge.pool.machine_token(client_id=OTHER_CLIENT),
            ),
        },
        fits=accepts_access_tokens,
    ),
)


# Against an app that accepts ID tokens.
ID_TOKENS: tuple[Attack, ...] = (
    *tokens(
        "id tokens",
        Reason.MALFORMED_CLAIM,
        {
            "aud missing": ("Names no app client.", id_claims(aud=OMIT)),
            "aud missing, client_id in its place": (
                "Names its app client where an access token does.",
                lambda forge: id_claims(aud=OMIT, client_id=forge.client_id)(forge),
            ),
            "aud a list": (
                "Names a list with the app client.",
                lambda forge: id_claims(aud=[forge.client_id])(forge),
            ),
            "aud a list of two": (
                "Names two app clients, the accepted one among them.",
                lambda forge: id_claims(aud=[OTHER_CLIENT, forge.client_id])(forge),
            ),
            "aud null": ("Names null for its app client.", id_claims(aud=None)),
            "aud empty": ("Names an empty text for its app client.", id_claims(aud="")),
            "token_use stripped from an access token": (
                "Is an access token that does not say so.",
                access_claims(token_use=OMIT),
            ),
        },
        fits=accepts_id_tokens,
    ),
    *tokens(
        "id tokens",
        Reason.MALFORMED_CLAIM,
        {
            "username a number": (
                "Has a number for its user's name.",
                id_claims({"cognito:username": 1}),
            ),
            "username null": (
                "Has null for its user's name.",
                id_claims({"cognito:username": None}),
            ),
        },
        needs_key=True,
        fits=accepts_id_tokens,
    ),
    *tokens(
        "id tokens",
        Reason.WRONG_CLIENT,
        {
            "aud of another client": (
                "Is an ID token of another app of the same pool.",
                id_claims(aud=OTHER_CLIENT),
            ),
            "aud of another client, client_id ours": (
                "Is another app's ID token with the accepted client besides.",
                lambda forge: id_claims(aud=OTHER_CLIENT, client_id=forge.client_id)(forge),
            ),
            "aud a prefix": (
                "Names the app client less a letter.",
                lambda forge: id_claims(aud=forge.client_id[:-1])(forge),
            ),
            "aud prolonged": (
                "Names an app client that begins with the accepted one.",
                lambda forge: id_claims(aud=forge.client_id + "0")(forge),
            ),
        },
        fits=accepts_id_tokens,
    ),
    *tokens(
        "id tokens",
        Reason.WRONG_TOKEN_USE,
        {
            "an access token": (
                "Is a good access token, which says nothing of a sign-in to this app.",
                lambda forge: forge.pool.access_token(),
            ),
            "an access token with an aud": (
                "Is an access token with the client for its audience.",
                lambda forge: access_claims(aud=forge.client_id)(forge),
            ),
            "a machine token": (
                "Is a machine token, where a user belongs.",
                lambda forge: forge.pool.machine_token(),
            ),
        },
        fits=accepts_id_tokens,
    ),
)


def _wants_a_resource(forge: Forge) -> bool:
    return forge.token_use == "access" and forge.resource is not None


# Against an app that asks for a resource (RFC 8707).
RESOURCES: tuple[Attack, ...] = (
    *tokens(
        "resource",
        Reason.MALFORMED_CLAIM,
        {
            "aud a list": (
                "Is bound to a list with the resource.",
                lambda forge: access_claims(aud=[forge.resource])(forge),
            ),
            "aud null": ("Is bound to null.", access_claims(aud=None)),
            "aud empty": ("Is bound to an empty text.", access_claims(aud="")),
        },
        needs_key=True,
        fits=_wants_a_resource,
    ),
    *tokens(
        "resource",
        Reason.WRONG_RESOURCE,
        {
            "aud missing": ("Is bound to no resource.", access_claims(aud=OMIT)),
            "aud of another resource": (
                "Is bound to another resource.",
                access_claims(aud="https://other.example.com"),
            ),
            "aud a prefix": (
                "Is bound to the resource less a letter.",
                lambda forge: access_claims(aud=str(forge.resource)[:-1])(forge),
            ),
            "aud with a slash": (
                "Is bound to the resource and a slash.",
                lambda forge: access_claims(aud=f"{forge.resource}/")(forge),
            ),
            "aud in another case": (
                "Is bound to the resource in another case.",
                lambda forge: access_claims(aud=str(forge.resource).upper())(forge),
            ),
            "aud the client": (
                "Is bound to its own client.",
                lambda forge: access_claims(aud=forge.client_id)(forge),
            ),
        },
        needs_key=True,
        fits=_wants_a_resource,
    ),
)
