"""The table for apps behind a load balancer: the headers that it adds are one more credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cognito_guard.testing import LocalLoadBalancer

from ..raw import UPGRADE, bearer
from .cases import (
    DENIED,
    DENIED_SCOPE,
    MALFORMED,
    MISSING,
    NO_GROUP,
    NO_ROLE,
    NO_SCOPE,
    SEVERAL,
    THREE_PARTS,
    invalid_token,
)

__all__ = ["CALLERS", "CASES", "WEBSOCKETS", "Caller", "ForwardedCase"]

Lines = Callable[[LocalLoadBalancer], list[bytes]]

OTHER_ARN = (
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/other/0123456789abcdef"
)
WRONG_SIGNER = invalid_token("The data was signed by a load balancer that is not trusted here.")
EXPIRED = invalid_token("The token has expired.")
OTHER_SUBJECT = invalid_token(
    "The header x-amzn-oidc-identity names another subject than the signed data."
)
OTHER_USER = invalid_token("The access token speaks for another user than the data.")
OTHER_CALLER = invalid_token(
    "The bearer token speaks for another caller than the load balancer's data."
)
NO_TOKEN = invalid_token("The access token that belongs to the data did not come along.")

OIDC = "x-amzn-oidc-"


class ForwardedCase(NamedTuple):
    """A request that a load balancer forwarded, or that says so, and the answer to it."""

    what: str
    lines: Lines
    status: int = 200
    challenge: str | None = None
    """``WWW-Authenticate``, to the byte."""
    reason: str = ""
    path: str = "/me"
    server: str = "ALB alone"
    """The settings that the app was started with."""


def as_lines(headers: Mapping[str, str]) -> list[bytes]:
    """Headers as lines."""
    return [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]


def forwarded(
    username: str = "alice", without: tuple[str, ...] = (), also: tuple[str, ...] = (), **made: Any
) -> Lines:
    """The three headers of a caller; ``also`` are further lines."""

    def lines(alb: LocalLoadBalancer) -> list[bytes]:
        headers = alb.headers(username, **made)
        kept = {name: value for name, value in headers.items() if name[len(OIDC) :] not in without}
        return [*as_lines(kept), *(line.encode("latin-1") for line in also)]

    return lines


def foreign(alb: LocalLoadBalancer) -> list[bytes]:
    """Headers of another account's load balancer, set up as ours."""
    return as_lines(LocalLoadBalancer(alb.pool, arn=OTHER_ARN).headers("ada", groups=["admins"]))


def token(alb: LocalLoadBalancer) -> list[bytes]:
    """A user pool's token, without a load balancer."""
    return [bearer(alb.pool.access_token("bob"))]


def token_of(username: str) -> Lines:
    """The token of a user whom the load balancer may name as well."""
    return lambda alb: [bearer(alb.pool.access_token(username))]


def both(*lines: Lines) -> Lines:
    """The lines of several."""
    return lambda alb: [line for each in lines for line in each(alb)]


def twice(name: str) -> Lines:
    """A header of the load balancer's twice."""

    def lines(alb: LocalLoadBalancer) -> list[bytes]:
        headers = alb.headers()
        return as_lines(headers) + as_lines({OIDC + name: headers[OIDC + name]})

    return lines


def other_token(alb: LocalLoadBalancer) -> list[bytes]:
    """Another user's access token beside the data."""
    return as_lines(alb.headers(access_token=alb.access_token("ada", groups=["admins"])))


def upgrade(lines: Lines) -> Lines:
    """The same, as the handshake of a WebSocket."""
    return lambda alb: [*UPGRADE, *lines(alb)]


good = forwarded()
admin = forwarded("ada", groups=["admins"])
reader = forwarded("bob", scopes=["orders/read"])
editor = forwarded("eve", role="editor")
identity_alone = forwarded(without=("data", "accesstoken"))
expired = forwarded(exp=1)
BAD = (401, WRONG_SIGNER, "wrong_signer")
DOWN = (503, None, "keys_unavailable")

CASES = [
    ForwardedCase("open to anybody", lambda _: [], path="/"),
    ForwardedCase("no credential", lambda _: [], *MISSING),
    ForwardedCase("a good caller", good),
    ForwardedCase("with the scope", reader, path="/orders"),
    ForwardedCase("without the scope", admin, 403, DENIED_SCOPE, "missing_scope", "/orders"),
    ForwardedCase("in the group", admin, path="/admin"),
    ForwardedCase("not in the group", reader, 403, DENIED, "missing_group", "/admin"),
    ForwardedCase("with the role", editor, path="/editor"),
    ForwardedCase("without the role", reader, *NO_ROLE, path="/editor"),
    # User info has neither groups nor scopes.
    ForwardedCase("user info alone", good, server="ALB, user info"),
    ForwardedCase(
        "user info alone, a foreign access token",
        forwarded(access_token="opaque"),
        server="ALB, user info",
    ),
    ForwardedCase("user info has no groups", admin, *NO_GROUP, "/admin", "ALB, user info"),
    ForwardedCase("user info has no scopes", reader, *NO_SCOPE, "/orders", "ALB, user info"),
    ForwardedCase("user info with the role", editor, path="/editor", server="ALB, user info"),
    # What anybody can send.
    ForwardedCase("identity alone", identity_alone, *MISSING),
    ForwardedCase("the access token alone", forwarded(without=("data",)), *MISSING),
    ForwardedCase("another account's load balancer", foreign, *BAD),
    ForwardedCase("another account's, for an admin", foreign, *BAD, "/admin"),
    ForwardedCase("another account's, by user info", foreign, *BAD, "/me", "ALB, user info"),
    ForwardedCase(
        "no data at all",
        forwarded(without=("data",), also=(f"{OIDC}data: admin",)),
        401,
        THREE_PARTS,
        "malformed_token",
    ),
    ForwardedCase("expired data", expired, 401, EXPIRED, "token_expired"),
    ForwardedCase(
        "another identity",
        forwarded(without=("identity",), also=(f"{OIDC}identity: admin",)),
        401,
        OTHER_SUBJECT,
        "identity_mismatch",
    ),
    ForwardedCase("another user's access token", other_token, 401, OTHER_USER, "identity_mismatch"),
    ForwardedCase(
        "no access token", forwarded(without=("accesstoken",)), 401, NO_TOKEN, "identity_mismatch"
    ),
    ForwardedCase("data twice", twice("data"), *SEVERAL),
    ForwardedCase("the access token twice", twice("accesstoken"), *SEVERAL),
    ForwardedCase("forged data before the good", both(foreign, good), *SEVERAL),
    # Next to a user pool, whose tokens are good as well.
    ForwardedCase("a token", token, server="ALB"),
    ForwardedCase("a token, where none is trusted", token, *MISSING),
    ForwardedCase("behind the load balancer of both", good, server="ALB"),
    ForwardedCase("a token and the same caller", both(token_of("alice"), good), server="ALB"),
    ForwardedCase(
        "a token and another caller",
        both(token, good),
        401,
        OTHER_CALLER,
        "identity_mismatch",
        server="ALB",
    ),
    ForwardedCase("a token and a bad caller", both(token, foreign), *BAD, server="ALB"),
    ForwardedCase(
        "a bad token and a good caller",
        forwarded(also=("Authorization: Bearer none",)),
        401,
        THREE_PARTS,
        "malformed_token",
        server="ALB",
    ),
    ForwardedCase(
        "a malformed header and a good caller",
        forwarded(also=("Authorization: Bearer",)),
        400,
        MALFORMED,
        "malformed_authorization",
        server="ALB",
    ),
    # No key can be had.
    ForwardedCase("no keys, a good caller", good, *DOWN, server="ALB, no keys"),
    ForwardedCase("no keys, another account's", foreign, *BAD, server="ALB, no keys"),
    ForwardedCase("no keys, no credential", lambda _: [], *MISSING, server="ALB, no keys"),
    ForwardedCase("no keys, an open path", lambda _: [], path="/", server="ALB, no keys"),
    ForwardedCase("no keys of the pool", good, *DOWN, server="ALB, no keys of the pool"),
]

WEBSOCKETS = [
    ForwardedCase("a WebSocket for an admin", upgrade(admin), 101, path="/ws"),
    ForwardedCase("a WebSocket for another", upgrade(reader), *NO_GROUP, path="/ws"),
    ForwardedCase("a WebSocket of another account's", upgrade(foreign), *BAD, path="/ws"),
    ForwardedCase("a WebSocket, identity alone", upgrade(identity_alone), *MISSING, path="/ws"),
]


class Caller(NamedTuple):
    """What is forwarded, and what the view must see of it."""

    what: str
    lines: Lines
    name: str
    sees: dict[str, Any] = {}  # noqa: RUF012  # never changed
    server: str = "ALB alone"


_ALL = {"groups": ["admins"], "scopes": ["openid", "orders/read"], "roles": ["editor"]}
_full = forwarded("ada", groups=["admins"], scopes=["openid", "orders/read"], role="editor")

CALLERS = [
    Caller("user info and token", _full, "ada", _ALL),
    Caller("user info", _full, "ada", {"roles": ["editor"]}, "ALB, user info"),
    # The first trusted party decides, and both must be good.
    Caller(
        "of two, the user pool's",
        both(token_of("ada"), _full),
        "ada",
        {"scopes": ["aws.cognito.signin.user.admin"]},
        "ALB",
    ),
    Caller("a name from elsewhere", forwarded("søren", scopes=[]), "søren"),
]
