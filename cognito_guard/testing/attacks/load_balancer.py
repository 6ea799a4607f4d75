"""Attacks by the headers of a load balancer, on an app that trusts one.

Every account's load balancers in a region sign with keys of one address, so a good signature alone
says nothing (published in 2024 as ALBeast). Application Load Balancers user guide, "Authenticate
users using an Application Load Balancer".
"""

from __future__ import annotations

from ...errors import Reason
from .attack import Attack
from .forge import OTHER_CLIENT
from .forwarded import (
    DATA,
    IDENTITY,
    TOKEN,
    always,
    changed,
    forwarded,
    good_headers,
    joined,
    unpadded,
    wants_access_token,
)

__all__ = ["FORWARDED_REQUESTS", "FORWARDED_TOKENS"]

FORWARDED_REQUESTS: tuple[Attack, ...] = (
    *forwarded(
        Reason.MISSING_CREDENTIALS,
        {
            "identity alone": (
                "Says who is calling, without the data.",
                lambda _: [(IDENTITY, "admin")],
            ),
            "access token alone": (
                "Brings a good access token without the data.",
                lambda forge: [(TOKEN, forge.forwarded_token())],
            ),
            "identity and access token": (
                "Brings all but the data.",
                lambda forge: good_headers(forge)[1:],
            ),
            "almost its name": (
                "Brings good data in headers that are named almost right.",
                lambda forge: [
                    ("X-Amzn-Oidc-Data2", forge.balancer.data()),
                    ("X-Amzn-Oidcdata", forge.balancer.data()),
                    ("Amzn-Oidc-Data", forge.balancer.data()),
                ],
            ),
            "a cookie of the load balancer": (
                "Brings good data in the session cookie of a load balancer.",
                lambda forge: [("Cookie", f"AWSELBAuthSessionCookie-0={forge.balancer.data()}")],
            ),
        },
    ),
    *forwarded(
        Reason.MULTIPLE_CREDENTIALS,
        {
            "data twice": (
                "Brings good data twice.",
                joined((DATA, lambda forge: forge.balancer.data())),
            ),
            "forged data after": (
                "Brings forged data after the load balancer's.",
                joined((DATA, lambda forge: forge.foreign_balancer.data("ada"))),
            ),
            "forged data before": (
                "Brings forged data before the load balancer's.",
                lambda forge: [(DATA, forge.foreign_balancer.data("ada")), *good_headers(forge)],
            ),
            "data joined with a comma": (
                "Brings forged data and good data in one line.",
                changed(
                    data=lambda forge: (
                        f"{forge.foreign_balancer.data('ada')},{forge.balancer.data()}"
                    )
                ),
            ),
            "data in two cases": (
                "Spells the header's name in two ways.",
                joined(("x-amzn-oidc-data", lambda forge: forge.balancer.data("ada"))),
            ),
            "access token twice": (
                "Brings another user's access token as well.",
                joined((TOKEN, lambda forge: forge.forwarded_token("ada"))),
            ),
        },
    ),
    *forwarded(
        (Reason.MULTIPLE_CREDENTIALS, Reason.IDENTITY_MISMATCH),
        {
            # A subject may hold a comma, so a server's joined line is one subject of another user.
            "identity twice": (
                "Names another user after the load balancer's.",
                joined((IDENTITY, always("admin"))),
            ),
        },
        needs_key=True,
    ),
    *forwarded(
        (
            Reason.MALFORMED_AUTHORIZATION,
            Reason.MALFORMED_TOKEN,
            Reason.UNSUPPORTED_ALGORITHM,
        ),
        {
            "data as a bearer token": (
                "Brings good data where a pool's token belongs.",
                lambda forge: [("Authorization", f"Bearer {forge.balancer.data()}")],
            ),
            "data as a bearer token, unpadded": (
                "Brings good data, spelt as a token, where a pool's token belongs.",
                lambda forge: [("Authorization", f"Bearer {unpadded(forge)}")],
            ),
        },
    ),
    *forwarded(
        Reason.MALFORMED_TOKEN,
        {
            "a forged bearer token as well": (
                "Brings a forged token next to good headers.",
                joined(("Authorization", always("Bearer a.b.c"))),
            ),
            "forged data and a good bearer token": (
                "Brings a word for the data next to a good token.",
                lambda forge: [("Authorization", f"Bearer {forge.token()}"), (DATA, "admin")],
            ),
        },
        # Which of the two is looked at first is the app's to say, and the good one takes a key.
        needs_key=True,
    ),
    *forwarded(
        Reason.WRONG_SIGNER,
        {
            "foreign data and a good bearer token": (
                "Brings another account's data next to a good token.",
                lambda forge: [
                    ("Authorization", f"Bearer {forge.token()}"),
                    (DATA, forge.foreign_balancer.data("ada")),
                ],
            ),
        },
        needs_key=True,
    ),
    *forwarded(
        Reason.MALFORMED_AUTHORIZATION,
        {
            "a malformed header as well": (
                "Brings an Authorization header that is none next to good headers.",
                joined(("Authorization", always("Bearer"))),
            ),
        },
    ),
    *forwarded(
        # Servers that take the one name for the other hand over forged data; others drop it.
        (Reason.MISSING_CREDENTIALS, Reason.WRONG_SIGNER),
        {
            "names with underscores": (
                "Brings another account's data under names that some servers take for the same.",
                lambda forge: [
                    ("X_Amzn_Oidc_Data", forge.foreign_balancer.data("ada")),
                    ("X_Amzn_Oidc_Identity", forge.pool.subject("ada")),
                ],
            ),
        },
    ),
)

FORWARDED_TOKENS: tuple[Attack, ...] = (
    *forwarded(
        Reason.IDENTITY_MISMATCH,
        {
            "access token missing": ("Leaves the access token out.", changed(accesstoken=None)),
            "access token of another user": (
                "Brings the access token of somebody with more rights.",
                changed(accesstoken=lambda forge: forge.forwarded_token("ada")),
            ),
            "access token of a machine": (
                "Brings a machine's access token.",
                changed(accesstoken=lambda forge: forge.pool.machine_token()),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.WRONG_CLIENT,
        {
            "access token of another client": (
                "Brings the user's access token of another app.",
                changed(accesstoken=lambda forge: forge.pool.access_token(client_id=OTHER_CLIENT)),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.UNKNOWN_ISSUER,
        {
            "access token of another pool": (
                "Brings an access token of the attacker's pool.",
                changed(
                    accesstoken=lambda forge: forge.attacker.access_token(
                        client_id=forge.client_id, sub=forge.pool.subject("alice")
                    )
                ),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.TOKEN_EXPIRED,
        {
            "access token expired": (
                "Brings an old access token.",
                changed(accesstoken=lambda forge: forge.forwarded_token(exp=forge.now - 1)),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.BAD_SIGNATURE,
        {
            "access token by another key": (
                "Brings an access token that the attacker signed.",
                changed(
                    accesstoken=lambda forge: forge.attacker.sign(
                        forge.access_claims(sub=forge.pool.subject("alice")),
                        headers={"kid": forge.kid},
                    )
                ),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.MALFORMED_TOKEN,
        {
            "access token empty": ("Brings nothing for it.", changed(accesstoken=always(""))),
            "access token a word": ("Brings a word for it.", changed(accesstoken=always("opaque"))),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        Reason.UNSUPPORTED_ALGORITHM,
        {
            "data for the access token": (
                "Brings the data in both places.",
                changed(accesstoken=unpadded),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
    *forwarded(
        # Where the pool accepts ID tokens besides, it is the load balancer's check that refuses.
        Reason.WRONG_TOKEN_USE,
        {
            "an ID token for the access token": (
                "Brings the user's ID token.",
                changed(accesstoken=lambda forge: forge.pool.id_token()),
            ),
        },
        needs_key=True,
        fits=wants_access_token,
    ),
)
