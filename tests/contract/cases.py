"""The table: what a request carries, and what every adapter must answer to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cognito_guard.testing import LocalUserPool

from ..raw import UPGRADE, bearer

Lines = Callable[[LocalUserPool], list[bytes]]


class Case(NamedTuple):
    """A request and the answer to it. ``reason`` is empty for one that is let in."""

    what: str
    lines: Lines
    status: int = 200
    challenge: str | None = None
    """``WWW-Authenticate``, to the byte."""
    reason: str = ""
    path: str = "/me"
    server: str = "plain"
    """The settings that the app was started with."""


def token(make: Callable[[LocalUserPool], str]) -> Lines:
    """One ``Authorization`` header with this token, as it should be."""
    return lambda pool: [bearer(make(pool))]


def authorization(*values: bytes) -> Lines:
    """``Authorization`` headers with these values; ``TOKEN`` in them becomes a good token."""

    def lines(pool: LocalUserPool) -> list[bytes]:
        good = pool.access_token().encode("ascii")
        return [b"Authorization: " + value.replace(b"TOKEN", good) for value in values]

    return lines


def headers(*own: bytes) -> Lines:
    """These header lines and no ``Authorization``; ``TOKEN`` in them becomes a good token."""
    return lambda pool: [line.replace(b"TOKEN", pool.access_token().encode()) for line in own]


def upgrade(lines: Lines) -> Lines:
    """The same, as the handshake of a WebSocket."""
    return lambda pool: [*UPGRADE, *lines(pool)]


def nothing(pool: LocalUserPool) -> list[bytes]:
    """No credential at all."""
    return []


def invalid_token(detail: str) -> str:
    """The challenge to a token that fails verification."""
    return f'Bearer error="invalid_token", error_description="{detail}"'


def step_up(parameters: str) -> str:
    """The challenge to a sign-in that is not strong enough (RFC 9470)."""
    return f'Bearer error="insufficient_user_authentication", {parameters}'


def signed_in(level: int | None, ago: int = 0, **claims: Any) -> Lines:
    """A token of a sign-in at a level, so many seconds ago."""
    return token(
        lambda pool: pool.access_token(level=level, auth_time=int(pool.clock()) - ago, **claims)
    )


ANY = "Bearer"
MALFORMED = 'Bearer error="invalid_request"'
DENIED = 'Bearer error="insufficient_scope"'
DENIED_SCOPE = 'Bearer error="insufficient_scope", scope="orders/read"'

EXPIRED = invalid_token("The token has expired.")
ID_TOKEN = invalid_token("This is an ID token; this API accepts access tokens.")
ACCESS_TOKEN = invalid_token("This is an access token; this API accepts ID tokens.")
THREE_PARTS = invalid_token("A signed token has three parts, separated by dots.")
OTHER_CLIENT = invalid_token("The token was issued to an app client that is not accepted here.")
UNKNOWN_ISSUER = invalid_token("The token comes from an issuer that is not trusted here.")

expired = token(lambda pool: pool.access_token(expires_in=-1))
reader = token(lambda pool: pool.access_token(scopes=["orders/read"]))
admin = token(lambda pool: pool.access_token("ada", groups=["admins"]))
editor = token(lambda pool: pool.access_token("eve", role="editor"))
machine = token(lambda pool: pool.machine_token(scopes=["orders/read"]))

MISSING = (401, ANY, "missing_credentials")
MALFORMED_HEADER = (400, MALFORMED, "malformed_authorization")
SEVERAL = (400, MALFORMED, "multiple_credentials")
NO_SCOPE = (403, DENIED_SCOPE, "missing_scope")
NO_GROUP = (403, DENIED, "missing_group")
NO_ROLE = (403, DENIED, "missing_role")

_LEVELS = 'acr_values="urn:cognito:loa:3 urn:cognito:loa:4"'
WEAK = (401, step_up(_LEVELS), "login_too_weak")
OLD = (401, step_up('max_age="300"'), "login_too_old")
WEAK_AND_OLD = (401, step_up(f'{_LEVELS}, max_age="300"'), "login_too_weak")
NO_MFA = (401, step_up('acr_values="urn:cognito:loa:4 urn:cognito:loa:3"'), "login_too_weak")

CASES = [
    # Who may come in, and who may not.
    Case("open to anybody", nothing, path="/"),
    Case("no credential", nothing, *MISSING),
    Case("a good token", reader),
    Case("a machine", machine),
    Case("an expired token", expired, 401, EXPIRED, "token_expired"),
    Case("an ID token", token(lambda p: p.id_token()), 401, ID_TOKEN, "wrong_token_use"),
    Case(
        "another client's token",
        token(lambda pool: pool.access_token(client_id="7another89client")),
        401,
        OTHER_CLIENT,
        "wrong_client",
    ),
    Case("the updated issuer", token(lambda p: p.access_token(iss=p.updated_issuer))),
    Case("with the scope", reader, path="/orders"),
    Case("a machine with the scope", machine, path="/orders"),
    Case("without the scope", admin, *NO_SCOPE, path="/orders"),
    Case("in the group", admin, path="/admin"),
    Case("not in the group", reader, *NO_GROUP, path="/admin"),
    Case("a machine in no group", machine, *NO_GROUP, path="/admin"),
    Case("with the role", editor, path="/editor"),
    Case("without the role", reader, *NO_ROLE, path="/editor"),
    Case("a policy without a credential", nothing, *MISSING, path="/admin"),
    Case("a policy with an expired token", expired, 401, EXPIRED, "token_expired", path="/admin"),
    # How the user has signed in (RFC 9470), and how long ago.
    Case("several factors", signed_in(3, 10_000), path="/refunds"),
    Case("one factor", signed_in(1), *NO_MFA, path="/refunds"),
    Case("a code by e-mail is one factor", signed_in(2), *NO_MFA, path="/refunds"),
    Case("factors that nobody tells of", signed_in(None), *NO_MFA, path="/refunds"),
    Case("factors as one text", signed_in(None, amr="mfa"), *NO_MFA, path="/refunds"),
    Case("a machine has no factors", machine, *NO_MFA, path="/refunds"),
    Case("a sign-in that is strong and new", signed_in(3, 200), path="/payouts"),
    Case("a stronger one", signed_in(4), path="/payouts"),
    Case("a sign-in that is too weak", signed_in(2), *WEAK, path="/payouts"),
    Case("a sign-in that is too old", signed_in(4, 400), *OLD, path="/payouts"),
    Case("a sign-in that is both", signed_in(1, 400), *WEAK_AND_OLD, path="/payouts"),
    Case("a level that nobody tells of", signed_in(None), *WEAK, path="/payouts"),
    Case(
        "a level of another name",
        signed_in(4, acr="urn:cognito:loa:10"),
        *WEAK,
        path="/payouts",
    ),
    Case(
        "no time of the sign-in",
        token(lambda pool: pool.access_token(level=4, auth_time=LocalUserPool.OMIT)),
        *OLD,
        path="/payouts",
    ),
    Case("no machine has signed in", machine, *WEAK_AND_OLD, path="/payouts"),
    Case(
        "a machine that says that it has",
        token(lambda pool: pool.machine_token(acr="urn:cognito:loa:4", amr=["mfa"])),
        *WEAK_AND_OLD,
        path="/payouts",
    ),
    Case(
        "strong, and expired",
        token(lambda pool: pool.access_token(level=4, expires_in=-1)),
        401,
        EXPIRED,
        "token_expired",
        path="/payouts",
    ),
    Case("no credential for a strong one", nothing, *MISSING, path="/payouts"),
    # Names are compared whole.
    Case(
        "a longer scope",
        token(lambda pool: pool.access_token(scopes=["orders/reader", "orders"])),
        *NO_SCOPE,
        path="/orders",
    ),
    Case(
        "a longer group",
        token(lambda pool: pool.access_token(groups=["xadminsx", "admin", "x,admins"])),
        *NO_GROUP,
        path="/admin",
    ),
    Case(
        "two roles in one claim",
        token(lambda pool: pool.access_token(role="editor,reader")),
        *NO_ROLE,
        path="/editor",
    ),
    # The scheme is matched in any case, and surrounded by any number of spaces.
    Case("the scheme in lower case", authorization(b"bearer TOKEN")),
    Case("the scheme in upper case", authorization(b"BEARER TOKEN")),
    Case("the header's name in any case", headers(b"aUTHORIZATION: Bearer TOKEN")),
    Case("several spaces", authorization(b"Bearer   TOKEN")),
    Case("space at the end", authorization(b"Bearer TOKEN \t")),
    # Another scheme is no credential of ours.
    Case("Basic", authorization(b"Basic YWxpY2U6cGFzc3dvcmQ="), *MISSING),
    Case("a scheme that begins alike", authorization(b"BearerX TOKEN"), *MISSING),
    Case("a token without a scheme", authorization(b"TOKEN"), *MISSING),
    Case("an empty header", authorization(b""), *MISSING),
    # A Bearer header that is none.
    Case("Bearer with nothing", authorization(b"Bearer"), *MALFORMED_HEADER),
    Case("Bearer with a space", authorization(b"Bearer "), *MALFORMED_HEADER),
    Case("a tab for the space", authorization(b"Bearer\tTOKEN"), *MALFORMED_HEADER),
    Case("a colon", authorization(b"Bearer: TOKEN"), *MALFORMED_HEADER),
    Case("a space inside", authorization(b"Bearer TOKEN TOKEN"), *MALFORMED_HEADER),
    Case("a comma", authorization(b"Bearer TOKEN,Bearer TOKEN"), *SEVERAL),
    Case("a comma after another scheme", authorization(b"Basic YTpi, Bearer TOKEN"), *SEVERAL),
    Case("another scheme's commas", authorization(b'Digest username="a, b", nc=1'), *MISSING),
    Case("a parameter", authorization(b'Bearer token="TOKEN"'), *MALFORMED_HEADER),
    Case("Latin-1", authorization(b"Bearer t\xf6ken.t\xf6ken.t\xf6ken"), *MALFORMED_HEADER),
    Case("UTF-8", authorization("Bearer tökén".encode()), *MALFORMED_HEADER),
    Case("only padding", authorization(b"Bearer =="), *MALFORMED_HEADER),
    Case("padding in the middle", authorization(b"Bearer a=.b.c"), *MALFORMED_HEADER),
    Case("no token at all", authorization(b"Bearer none"), 401, THREE_PARTS, "malformed_token"),
    # Two headers, in any order and of any kind.
    Case("two tokens", authorization(b"Bearer TOKEN", b"Bearer TOKEN"), *SEVERAL),
    Case("Basic and a token", authorization(b"Basic YTpi", b"Bearer TOKEN"), *SEVERAL),
    Case("a token and Basic", authorization(b"Bearer TOKEN", b"Basic YTpi"), *SEVERAL),
    Case("a token and an empty header", authorization(b"Bearer TOKEN", b""), *SEVERAL),
    # Places where nobody looks.
    Case("in the query", nothing, *MISSING, path="/me?access_token=ey.ey.ey"),
    Case("in a cookie", headers(b"Cookie: token=TOKEN"), *MISSING),
    Case(
        "a cookie next to the header", headers(b"Cookie: token=x", b"Authorization: Bearer TOKEN")
    ),
    Case("the ALB's identity alone", headers(b"X-Amzn-Oidc-Identity: admin"), *MISSING),
    Case(
        "the ALB's headers",
        headers(
            b"X-Amzn-Oidc-Identity: alice",
            b"X-Amzn-Oidc-Accesstoken: TOKEN",
            b"X-Amzn-Oidc-Data: TOKEN",
        ),
        *MISSING,
    ),
    # A cookie where the app asks for one.
    Case("the cookie alone", headers(b"Cookie: a=b; token=TOKEN; c=d"), server="cookie"),
    Case(
        "the cookie and the header",
        headers(b"Cookie: token=TOKEN", b"Authorization: Bearer TOKEN"),
        *SEVERAL,
        server="cookie",
    ),
    # Settings that show in the answer.
    Case("a realm", nothing, 401, 'Bearer realm="orders"', "missing_credentials", server="realm"),
    Case(
        "a realm and a malformed header",
        authorization(b"Bearer"),
        400,
        'Bearer realm="orders", error="invalid_request"',
        "malformed_authorization",
        server="realm",
    ),
    Case(
        "a realm and a missing scope",
        admin,
        403,
        'Bearer realm="orders", error="insufficient_scope", scope="orders/read"',
        "missing_scope",
        path="/orders",
        server="realm",
    ),
    Case(
        "a realm and a sign-in that is too weak",
        signed_in(1),
        401,
        'Bearer realm="orders", error="insufficient_user_authentication", ' + _LEVELS,
        "login_too_weak",
        path="/payouts",
        server="realm",
    ),
    Case(
        "a strong sign-in in an ID token",
        token(lambda pool: pool.id_token(level=4)),
        path="/payouts",
        server="ID tokens",
    ),
    Case("an ID token where one belongs", token(lambda pool: pool.id_token()), server="ID tokens"),
    Case(
        "an access token where an ID token belongs",
        reader,
        401,
        ACCESS_TOKEN,
        "wrong_token_use",
        server="ID tokens",
    ),
    # No key can be had: only what needs a key is not the caller's fault.
    Case("no keys, a good token", reader, 503, None, "keys_unavailable", server="no keys"),
    Case("no keys, no credential", nothing, *MISSING, server="no keys"),
    Case("no keys, a malformed one", authorization(b"Bearer"), *MALFORMED_HEADER, server="no keys"),
    Case("no keys, expired", expired, 401, EXPIRED, "token_expired", server="no keys"),
    Case("no keys, an open path", nothing, path="/", server="no keys"),
]

WEBSOCKETS = [
    Case("a WebSocket for an admin", upgrade(admin), 101, path="/ws"),
    Case("a WebSocket without a credential", upgrade(nothing), *MISSING, path="/ws"),
    Case("a WebSocket for another", upgrade(reader), *NO_GROUP, path="/ws"),
    Case(
        "a WebSocket with an expired token",
        upgrade(expired),
        401,
        EXPIRED,
        "token_expired",
        path="/ws",
    ),
    Case(
        "a WebSocket with a malformed header",
        upgrade(authorization(b"Bearer")),
        *MALFORMED_HEADER,
        path="/ws",
    ),
    Case(
        "a WebSocket while there are no keys",
        upgrade(admin),
        503,
        None,
        "keys_unavailable",
        path="/ws",
        server="no keys",
    ),
]


class Caller(NamedTuple):
    """A token, and what the view must see of it."""

    what: str
    make: Callable[[LocalUserPool], str]
    sees: Callable[[LocalUserPool], dict[str, Any]]


def _seen(subject: str, username: str | None, **more: Any) -> dict[str, Any]:
    nobody = {"groups": [], "scopes": [], "roles": [], "machine": False}
    return {"subject": subject, "username": username, **nobody, **more}


CALLERS = [
    Caller(
        "a user",
        lambda pool: pool.access_token(
            "alice", scopes=["openid", "orders/read"], groups=["admins", "x,y"], role="editor"
        ),
        lambda pool: _seen(
            pool.subject("alice"),
            "alice",
            scopes=["openid", "orders/read"],
            groups=["admins", "x,y"],
            roles=["editor"],
        ),
    ),
    Caller(
        "a user with nothing",
        lambda pool: pool.access_token("bob", scopes=[]),
        lambda pool: _seen(pool.subject("bob"), "bob"),
    ),
    Caller(
        "a user with a name from elsewhere",
        lambda pool: pool.access_token("søren 🦊", scopes=[]),
        lambda pool: _seen(pool.subject("søren 🦊"), "søren 🦊"),
    ),
    Caller(
        "a machine",
        lambda pool: pool.machine_token(scopes=["orders/read"]),
        lambda pool: _seen(pool.client_id, None, scopes=["orders/read"], machine=True),
    ),
    Caller(
        "a token as SDKs get it",
        lambda pool: pool.access_token("eve", version=LocalUserPool.OMIT),
        lambda pool: _seen(pool.subject("eve"), "eve", scopes=["aws.cognito.signin.user.admin"]),
    ),
]
