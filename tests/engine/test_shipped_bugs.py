"""What released libraries got wrong, each by its number in our list of lessons.

None of it may be true here. The lessons about fetching keys (6, 9, 10, 11) are in the tests of
keys, those about views (15) in the tests of the adapters.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    MissingCredentials,
    Reason,
    UserPool,
    enforce,
    require_claim,
    require_groups,
    require_recent_login,
    require_roles,
    require_scopes,
)
from cognito_guard.testing import LocalUserPool

from ..ports import closed_port
from .forge import OMIT, Forge
from .header_values import headers
from .refusal import assert_refused


def test_1_the_issuer_is_compared(pool: LocalUserPool, guard: Guard) -> None:
    """A token of another issuer is refused, even if it is signed with the right key."""
    assert_refused(guard, pool.access_token(iss="https://example.com"), Reason.UNKNOWN_ISSUER)


def test_2_the_client_is_compared(pool: LocalUserPool, guard: Guard) -> None:
    """Another client's token is refused, and no empty setting skips the comparison."""
    assert_refused(guard, pool.access_token(client_id="another"), Reason.WRONG_CLIENT)
    for nothing in ([], "", None, [""], [None]):
        with pytest.raises(ConfigurationError, match="client_ids"):
            pool.trust(client_ids=nothing)


def test_3_kinds_are_compared(pool: LocalUserPool, guard: Guard) -> None:
    """Neither an ID token nor a token that does not say its kind is an access token."""
    assert_refused(guard, pool.id_token(), Reason.WRONG_TOKEN_USE)
    for token in (pool.access_token(token_use=pool.OMIT), pool.id_token(token_use=pool.OMIT)):
        assert_refused(guard, token, Reason.MALFORMED_CLAIM)


def test_4_an_end_is_required(pool: LocalUserPool, guard: Guard) -> None:
    """A token without ``exp`` is refused without being asked to, and no argument is swallowed."""
    assert_refused(guard, pool.access_token(exp=pool.OMIT), Reason.MALFORMED_CLAIM)
    with pytest.raises(TypeError, match="required_claims"):
        pool.trust(required_claims=["exp"])


@pytest.mark.parametrize("groups", [["xadminx"], ["admins"], ["x,admin"], ["admin "], []])
def test_5_groups_are_compared_whole(pool: LocalUserPool, guard: Guard, groups: list[str]) -> None:
    """No group but ``admin`` itself passes for ``admin``, and a text of groups is malformed."""
    with pytest.raises(AccessDenied):
        enforce(require_groups("admin"), guard.verify(pool.access_token(groups=groups)))

    text = pool.access_token(claims={"cognito:groups": "xadminx"})
    assert_refused(guard, text, Reason.MALFORMED_CLAIM)


def test_7_keys_belong_to_an_issuer(forge: Forge) -> None:
    """Two pools with one ``kid`` have two keys, and each verifies its own pool's tokens."""
    second = Forge()
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_SecondPool"
    keys = {"keys": [second.jwk()]}
    other = UserPool("eu-west-1_SecondPool", client_ids=[forge.client_id], jwks=keys)
    guard = Guard(forge.trust(), other, clock=lambda: forge.claims()["iat"])

    assert guard.verify(forge.token()).issuer == forge.issuer
    assert guard.verify(second.token(second.claims(iss=issuer))).issuer == issuer
    assert_refused(guard, second.token(), Reason.BAD_SIGNATURE)
    assert_refused(guard, forge.token(forge.claims(iss=issuer)), Reason.BAD_SIGNATURE)


def test_8_keys_are_fetched_once_and_late(pool: LocalUserPool) -> None:
    """Nothing is fetched when a guard is built, and one fetch serves every request."""
    with pool.serve() as server:
        threads = set(threading.enumerate())
        guard = Guard(pool.trust(jwks=server.url))
        assert server.requests == 0
        assert set(threading.enumerate()) <= threads  # those of other tests may end meanwhile

        for _ in range(20):
            guard.verify(pool.access_token())
        assert server.requests == 1


def test_12_an_outage_is_no_refusal(pool: LocalUserPool) -> None:
    """While no key can be had the answer is 503: a 401 would log every user out."""
    with closed_port() as port:
        guard = Guard(pool.trust(jwks=f"http://127.0.0.1:{port}/jwks.json"))
        refusals = []
        for _ in range(3):
            with pytest.raises(KeysUnavailable) as caught:
                guard.verify(pool.access_token())
            refusals.append(caught.value)

    for refusal in refusals:
        answer = guard.challenge(refusal)
        assert answer.status == 503
        assert int(dict(answer.headers)["Retry-After"]) >= 1
        assert "WWW-Authenticate" not in dict(answer.headers)
    assert_refused(guard, pool.id_token(), Reason.WRONG_TOKEN_USE)


def test_13_an_anonymous_caller_is_asked_to_sign_in(guard: Guard) -> None:
    """Without a credential the answer is 401 and exactly ``Bearer``."""
    with pytest.raises(MissingCredentials) as caught:
        guard.authenticate(headers())
    answer = guard.challenge(caught.value)

    assert answer.status == 401
    assert dict(answer.headers)["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "policy",
    [
        require_groups("admins"),
        require_roles("editor"),
        require_scopes("orders/read"),
        require_claim("username"),
        require_recent_login(300),
    ],
    ids=["groups", "roles", "scopes", "claim", "login"],
)
def test_14_what_is_optional_may_be_absent(pool: LocalUserPool, guard: Guard, policy: Any) -> None:
    """A machine's token verifies, and what it lacks is a refusal by a policy, never a fault."""
    identity = guard.verify(pool.machine_token(auth_time=pool.OMIT, scope=pool.OMIT))

    assert identity.is_machine
    assert identity.display_name == pool.client_id
    with pytest.raises((AccessDenied, LoginTooOld)):
        enforce(policy, identity)


def test_14_a_kid_is_required(forge: Forge) -> None:
    """A token without ``kid`` is refused like any malformed one."""
    token = forge.token(header=forge.header(kid=OMIT))

    assert_refused(forge.guard(), token, Reason.MALFORMED_TOKEN)


def test_16_nothing_is_kept_between_requests(pool: LocalUserPool, guard: Guard) -> None:
    """Many threads on one guard each get their own caller, and the guard keeps none of them."""
    tokens = {name: pool.access_token(name) for name in ("alice", "bob", "carol", "dave")}
    before = set(vars(guard))
    ready = threading.Barrier(len(tokens))

    def ask(name: str) -> set[str | None]:
        ready.wait()
        return {guard.verify(tokens[name]).username for _ in range(50)}

    with ThreadPoolExecutor(len(tokens)) as threads:
        assert list(threads.map(ask, tokens)) == [{name} for name in tokens]
    assert set(vars(guard)) == before
    assert not any(isinstance(value, Identity) for value in vars(guard).values())


@pytest.mark.parametrize(
    "setting",
    [
        {"COGNITO_TESTING": "true"},
        {"COGNITO_ENABLED": "false"},
        {"COGNITO_CHECK_TOKEN_EXPIRATION": "false"},
        {"COGNITO_CLIENT_IDS": ""},
        {"COGNITO_TOKEN_USE": ""},
        {"COGNITO_TOKEN_USE": "false"},
        {"COGNITO_ISSUER": "false"},
    ],
    ids=str,
)
def test_17_there_is_no_off_switch(pool: LocalUserPool, setting: dict[str, str]) -> None:
    """No setting turns authentication off, and no empty or false value does."""
    environ = {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "TESTING": "1",
    }
    with pytest.raises(ConfigurationError):
        Guard.from_env({**environ, **setting})


def test_18_an_address_is_no_identity(pool: LocalUserPool) -> None:
    """Two users with one e-mail address are two users, and only a true bool verifies an address."""
    guard = Guard(pool.trust(token_use="id"))
    alice = guard.verify(pool.id_token("alice", email="a@example.com", jti="one"))
    mallory = guard.verify(pool.id_token("mallory", email="a@example.com", jti="one"))

    assert alice != mallory
    assert hash(alice) != hash(mallory)
    for value in ("true", "false", 1, None):
        assert guard.verify(pool.id_token(email_verified=value)).email_verified is None
    assert alice.email_verified is True


def test_20_both_issuer_forms_are_known(pool: LocalUserPool, guard: Guard) -> None:
    """A pool that was switched to the updated issuer locks nobody out, before or after."""
    for issuer in (pool.issuer, pool.updated_issuer):
        assert guard.verify(pool.access_token(iss=issuer)).issuer == issuer
    with pytest.raises(InvalidToken):
        guard.verify(pool.access_token(iss=f"https://issuer-{pool.updated_issuer[8:]}"))
