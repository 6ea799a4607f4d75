"""Whatever comes in, the outcome is one of the documented ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cognito_guard import (
    AccessDenied,
    AuthError,
    AuthorizationHeader,
    ConfigurationError,
    Cookie,
    Guard,
    Identity,
    InvalidRequest,
    InvalidToken,
    LoginTooOld,
    UserPool,
    enforce,
    require_claim,
    require_groups,
    require_recent_login,
    require_roles,
    require_scopes,
)
from cognito_guard._support.base64url import decode_base64url
from cognito_guard.http.challenge import challenge
from cognito_guard.testing import LocalUserPool

from .forge import NOW, OMIT, Forge, b64, to_json
from .header_values import headers
from .silence import assert_silent, secrets_of
from .strategies import (
    any_text,
    argument_names,
    arguments,
    claim_names,
    edits,
    header_lines,
    header_names,
    json_like,
    json_values,
    repeatable,
    segments,
    setting_names,
    setting_texts,
    token_like,
)


@pytest.fixture(scope="module")
def strict(forge: Forge) -> Guard:
    """A guard that meets claims with everything it has; its leeway is no whole number."""
    return forge.guard(
        token_use="any", leeway=0.5, split_roles=True, checks=[lambda identity: None]
    )


POLICIES = [
    require_groups("admins"),
    require_scopes("orders/read"),
    require_roles("editor"),
    require_claim("act", "agent", 1),
    require_claim("acr", None, {"a": [1]}, match="any"),
    require_recent_login(300, clock=lambda: NOW + 0.5),
]


def outcome(guard: Guard, token: str) -> Identity | None:
    """The identity, or ``None`` for a documented refusal. Anything else fails the test."""
    try:
        identity = guard.verify(token)
    except InvalidToken as error:
        assert_silent(error, secrets_of(token))
        guard.challenge(error)
        return None
    assert type(identity) is Identity
    for name in dir(Identity):
        if not name.startswith("_"):
            getattr(identity, name)
    hash(identity)
    repr(identity)
    json.dumps(identity.claims)
    for policy in POLICIES:
        try:
            enforce(policy, identity)
        except (AccessDenied, LoginTooOld) as error:
            guard.challenge(error)
    return identity


@repeatable
@given(any_text | token_like | segments | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text(strict: Guard, text: str) -> None:
    """Text that nobody signed is refused, and nothing else ever happens."""
    assert outcome(strict, text) is None


@repeatable
@given(st.binary() | any_text.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_signed_payload(forge: Forge, strict: Guard, payload: bytes) -> None:
    """A payload of any bytes is refused, even if a trusted key signed it."""
    assert outcome(strict, forge.token(payload)) is None


@repeatable
@given(st.binary() | st.dictionaries(header_names, json_values).map(to_json))
def test_any_signed_header(forge: Forge, strict: Guard, header: bytes) -> None:
    """A header of any bytes is refused, even if a trusted key signed it."""
    assert outcome(strict, forge.token(None, header)) is None


@repeatable
@given(st.dictionaries(header_names, json_values, min_size=1, max_size=2))
def test_any_change_of_a_header(forge: Forge, strict: Guard, changes: dict[str, Any]) -> None:
    """Whatever a trusted key says in its header, the caller is the one that it signed for."""
    identity = outcome(strict, forge.token(header=forge.header(**changes)))

    assert identity is None or identity.claims == forge.claims()


@settings(repeatable, max_examples=600)
@given(
    st.dictionaries(claim_names, json_values | st.just(OMIT), min_size=1, max_size=3),
    st.booleans(),
)
@example({"exp": -(10**4000)}, False)
@example({"auth_time": -(10**4000)}, False)
@example({"auth_time": -1e308}, False)
def test_any_change_of_claims(
    forge: Forge, strict: Guard, changes: dict[str, Any], as_id: bool
) -> None:
    """Whatever a trusted key signs, it is understood as it was said, or refused."""
    claims = forge.id_claims(changes) if as_id else forge.claims(changes)

    identity = outcome(strict, forge.token(claims))

    if identity is not None:
        assert json.dumps(identity.claims) == json.dumps(claims)
        assert identity.subject == claims["sub"]
        assert identity.token_use == claims["token_use"]
        assert list(identity.groups) == claims.get("cognito:groups", [])


@settings(repeatable, max_examples=400)
@given(
    json_like,
    st.integers(0, 400),
)
def test_any_json_like_text(forge: Forge, strict: Guard, noise: str, at: int) -> None:
    """A payload that is accepted means the same to a reader that is less strict."""
    text = to_json(forge.claims()).decode()
    at %= len(text)
    payload = (text[:at] + noise + text[at:]).encode()

    identity = outcome(strict, forge.token(payload))

    if identity is not None:
        assert json.dumps(identity.claims) == json.dumps(json.loads(payload))


@settings(repeatable, max_examples=500)
@given(st.lists(edits, min_size=1, max_size=3))
def test_any_edit_of_a_token(forge: Forge, strict: Guard, changes: list[Any]) -> None:
    """A good token in which anything was changed is no token any more."""
    token = good = forge.token()
    for at, length, text in changes:
        at %= len(token) + 1
        token = token[:at] + text + token[at + length :]
    assume(token != good)

    assert outcome(strict, token) is None


@repeatable
@given(st.integers(0, 2000), st.integers(1, 63))
def test_any_other_letter(forge: Forge, strict: Guard, at: int, step: int) -> None:
    """No letter of a token can be replaced by another one of its alphabet."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = forge.token()
    at %= len(token)
    assume(token[at] != ".")
    other = alphabet[(alphabet.index(token[at]) + step) % 64]

    assert outcome(strict, token[:at] + other + token[at + 1 :]) is None


@repeatable
@given(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)))
def test_parts_of_good_tokens(pool: LocalUserPool, good: list[str], picks: tuple[int, ...]) -> None:
    """Parts of several good tokens make no other token, whichever caller they come from."""
    guard = Guard(pool.trust(token_use="any"))
    token = ".".join(good[pick].split(".")[part] for part, pick in enumerate(picks))

    identity = outcome(guard, token)

    assert (identity is not None) == (token in good)


@pytest.fixture(scope="module")
def good(pool: LocalUserPool) -> list[str]:
    """Good tokens of one pool: of two users, of a machine, and of the other kind."""
    users = [pool.access_token("alice"), pool.access_token("bob", groups=["admins"])]
    return [*users, pool.machine_token(), pool.id_token("alice")]


@repeatable
@given(st.lists(header_lines, max_size=2))
def test_any_authorization(values: list[Any]) -> None:
    """What is found in an Authorization header is of RFC 6750's alphabet, or it is an error."""
    try:
        found = AuthorizationHeader().find(headers(authorization=values))
    except InvalidRequest:
        return
    assert found is None or re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", found)


@repeatable
@given(st.lists(header_lines, max_size=2), st.lists(header_lines, max_size=2))
def test_any_request(forge: Forge, authorization: list[Any], cookie: list[Any]) -> None:
    """A request of any header values that hold no good token is refused with an answer."""
    cookies = [
        f"session={line}" if isinstance(line, str) else b"session=" + line for line in cookie
    ]
    guard = Guard(forge.trust(), carriers=[AuthorizationHeader(), Cookie("session")])
    with pytest.raises(AuthError) as caught:
        guard.authenticate(headers(authorization=authorization, cookie=cookies))
    assert guard.challenge(caught.value).status in (400, 401)


quoted_string = r'"[ !#-\[\]-~]*"'


@repeatable
@given(any_text, st.lists(any_text, max_size=3))
def test_any_words_in_a_challenge(detail: str, scopes: list[str]) -> None:
    """Whatever a user's own error says, the header stays one line of well-formed parameters."""
    errors = [
        InvalidToken("check_failed", detail),
        AccessDenied("missing_scope", detail, scopes=scopes),
    ]
    for error in errors:
        answer = challenge(error)
        value = dict(answer.headers)["WWW-Authenticate"]
        assert re.fullmatch(rf"Bearer \w+={quoted_string}(, \w+={quoted_string})*", value)
        assert json.loads(answer.body)["detail"] == detail


@repeatable
@given(st.binary() | token_like.map(lambda text: text.encode("latin-1")))
def test_base64url_has_one_spelling(text: bytes) -> None:
    """What is decoded is the one text that encodes to it."""
    data = decode_base64url(text)

    assert data is None or b64(data).encode() == text


@repeatable
@given(st.dictionaries(argument_names, arguments, min_size=1, max_size=2))
def test_any_argument_of_a_pool(changes: dict[str, Any]) -> None:
    """A pool is built, or the error says what is wrong with the configuration."""
    good = {"user_pool_id": "eu-west-1_AbC123xyz", "client_ids": ["one"]}
    try:
        pool = UserPool(**{**good, **changes})
    except ConfigurationError:
        return
    assert pool.client_ids != frozenset()


@repeatable
@given(st.dictionaries(setting_names, setting_texts, max_size=3))
def test_any_environment(texts: dict[str, str]) -> None:
    """A guard is built, or the error says what is wrong with the environment."""
    environ = {
        "COGNITO_USER_POOL_ID": "eu-west-1_AbC123xyz",
        "COGNITO_CLIENT_IDS": "one",
        **{f"COGNITO_{name}": text for name, text in texts.items()},
    }
    try:
        assert Guard.from_env(environ).carriers
    except ConfigurationError:
        return


@settings(repeatable, max_examples=400)
@given(
    st.dictionaries(setting_names, arguments, max_size=4),
    st.none() | st.lists(st.dictionaries(setting_names, arguments, max_size=4) | arguments),
    st.booleans(),
)
def test_any_mapping(values: dict[str, Any], pools: list[Any] | None, with_pool: bool) -> None:
    """A guard is built, or the error says what is wrong with the settings; nothing is fetched."""
    good = {"USER_POOL_ID": "eu-west-1_AbC123xyz", "CLIENT_IDS": ["one"]}
    chosen = {**(good if with_pool else {}), **values}
    if pools is not None:
        described = [{**good, **one} if isinstance(one, dict) else one for one in pools]
        chosen = {"USER_POOLS": described, **values}
    try:
        guard = Guard.from_mapping({f"COGNITO_{name}": value for name, value in chosen.items()})
    except ConfigurationError:
        return
    with pytest.raises(AuthError):
        guard.authenticate(headers(authorization=["Bearer e30.e30.e30"]))
