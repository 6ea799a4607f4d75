"""trust_authorizer: the formats of AWS's authorizers, and what of them is refused as ambiguous."""

from __future__ import annotations

import json
from time import gmtime, strftime
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    LoginTooWeak,
    MissingCredentials,
    Reason,
    build_policy,
    enforce,
    forbid_actor,
)
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalApiGateway, LocalUserPool
from cognito_guard_lambda import Authorizer, guarded, trust_authorizer

from .conftest import MAKE, appsync, bearer
from .test_authorizer import appsync_event, token_event


def claims_in(token: str) -> dict[str, Any]:
    """The claims of a token of the local pool's."""
    from base64 import urlsafe_b64decode

    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def rest_texts(claims: dict[str, Any]) -> dict[str, str]:
    """As a REST API tells claims."""

    def text(name: str, value: Any) -> str:
        if name in ("exp", "iat"):
            return strftime("%a %b %d %H:%M:%S UTC %Y", gmtime(value))
        return ",".join(value) if isinstance(value, list) else str(value)

    return {name: text(name, value) for name, value in claims.items()}


def http_texts(claims: dict[str, Any]) -> dict[str, str]:
    """As an HTTP API tells them."""

    def text(value: Any) -> str:
        return f"[{' '.join(value)}]" if isinstance(value, list) else str(value)

    return {name: text(value) for name, value in claims.items()}


def with_word(kind: str, word: Any) -> dict[str, Any]:
    """A request about which an authorizer has said this."""
    event = MAKE[kind]([])
    event["requestContext"]["authorizer"] = word
    return event


def of_cognito(claims: Any) -> dict[str, Any]:
    """Before a REST API."""
    return with_word("rest", {"claims": claims})


def of_jwt(claims: Any, kind: str = "http") -> dict[str, Any]:
    """Before an HTTP API."""
    word = {"claims": claims, "scopes": None}
    return with_word(kind, {"jwt": word} if kind == "http" else word)


def of_appsync(claims: Any) -> dict[str, Any]:
    """Before AppSync."""
    return {**appsync([]), "identity": {"claims": claims, "sub": "other", "groups": ["other"]}}


@pytest.fixture
def claims(pool: LocalUserPool) -> dict[str, Any]:
    """The claims of a caller."""
    return claims_in(
        pool.access_token("ada", groups=["admins", "x"], scopes=["openid", "orders/read"])
    )


def told(guard: Guard, event: Any, authorizer: Any, **more: Any) -> Identity:
    """Who is calling, by the word of that authorizer."""
    return trust_authorizer(guard, event, authorizer, **more)


def test_each_authorizer(guard: Guard, pool: LocalUserPool, claims: dict[str, Any]) -> None:
    """The claims have the types that they had in the token; nobody looks at a header."""
    ways: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        (of_cognito(rest_texts(claims)), "cognito", {"no_commas_in_groups": True}),
        (of_jwt(http_texts(claims)), "jwt", {}),
        (of_jwt(http_texts(claims), "http-1.0"), "jwt", {}),
        (of_appsync(claims), "appsync", {}),
    ]
    for event, authorizer, more in ways:
        identity = told(guard, event, authorizer, **more)
        assert identity.subject == pool.subject("ada")
        assert identity.groups == ("admins", "x")
        assert identity.scopes == ("openid", "orders/read")
        assert identity.expires_at == claims["exp"]
        assert identity.auth_time == claims["auth_time"]
        assert (identity.source, identity.token_use) == ("authorizer", "access")
        assert "authorizer" in repr(identity)


def _lambda_events(answer: dict[str, Any]) -> list[dict[str, Any]]:
    context = answer["context"]
    word = {**context, "principalId": answer["principalId"]}
    message = with_word("websocket", word)
    message["requestContext"]["eventType"] = "MESSAGE"
    del message["headers"], message["multiValueHeaders"]
    return [
        with_word("rest", word),
        with_word("http-1.0", word),
        with_word("http", {"lambda": context}),
        with_word("websocket", word),
        message,
        {**appsync([]), "identity": {"resolverContext": context}},
    ]


def test_our_own_authorizer(guard: Guard, pool: LocalUserPool) -> None:
    """What Authorizer has told is read again, also on a WebSocket's messages."""
    for token in (
        pool.access_token("ada", groups=["admins", "x,y"], scopes=["a/b", "c"], level=3),
        pool.machine_token(scopes=["a/b"]),
        pool.access_token("ada", scopes=[]),
    ):
        verified = guard.verify(token)
        for event in _lambda_events(Authorizer(guard)(token_event(f"Bearer {token}"))):
            identity = told(guard, event, "lambda")
            for name in (
                *("subject", "issuer", "client_id", "username", "groups", "scopes", "jti"),
                *("origin_jti", "auth_time", "issued_at", "expires_at", "acr", "is_machine"),
            ):
                assert getattr(identity, name) == getattr(verified, name)
            assert identity.source == "authorizer"
    answer = Authorizer(guard)(appsync_event(pool.access_token("ada")))
    event = {**appsync([]), "identity": {"resolverContext": answer["resolverContext"]}}
    assert told(guard, event, "lambda").subject == pool.subject("ada")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("iss", "malformed_claim"), ("client_id", "malformed_claim"), ("exp", "malformed_claim")],
)
def test_a_context_that_lacks_something(
    name: str, reason: str, guard: Guard, pool: LocalUserPool
) -> None:
    """Nothing is taken for granted that the context does not say."""
    context = Authorizer(guard)(token_event(bearer(pool)[1]))["context"]
    without = {key: value for key, value in context.items() if key != name}
    with pytest.raises(InvalidToken, match=reason):
        told(guard, with_word("rest", without), "lambda")
    with pytest.raises(InvalidToken, match="malformed_claim"):
        told(guard, with_word("rest", {**context, "groups": ["admins", 5]}), "lambda")
    less = {key: context[key] for key in ("sub", "iss", "token_use", "exp", "client_id")}
    identity = told(guard, with_word("rest", less), "lambda")
    assert (identity.username, identity.groups, identity.scopes) == (None, (), ())


def test_id_tokens(pool: LocalUserPool) -> None:
    """Are told apart from access tokens after their way through an authorizer, too."""
    guard = Guard(pool.trust(token_use="id"))
    token = pool.id_token("ada", groups=["admins"])
    answer = Authorizer(guard)(token_event(f"Bearer {token}"))
    identity = told(guard, with_word("rest", answer["context"]), "lambda")
    assert (identity.token_use, identity.username) == ("id", "ada")
    assert identity.client_id == pool.client_id
    identity = told(guard, of_cognito(rest_texts(claims_in(token))), "cognito")
    assert (identity.token_use, identity.groups) == ("id", ("admins",))
    with pytest.raises(InvalidToken, match="wrong_token_use"):
        told(Guard(pool.trust()), with_word("rest", answer["context"]), "lambda")


def test_who_acts_for_another(pool: LocalUserPool) -> None:
    """An actor is not lost on the way: whoever refuses one still does."""
    guard = Guard(pool.trust())
    token = pool.access_token("ada", act={"sub": "robot", "client_id": "x"})
    answer = Authorizer(guard)(token_event(f"Bearer {token}"))
    identity = told(guard, with_word("rest", answer["context"]), "lambda")
    with pytest.raises(AccessDenied):
        enforce(forbid_actor(), identity)
    for spoiled in ("", "{", "5", "null", "[]", '"x"', 5, None, "[" * 100_000):
        context = {**answer["context"], "act": spoiled}
        with pytest.raises(InvalidToken, match="malformed_claim"):
            told(guard, with_word("rest", context), "lambda")


def test_how_somebody_signed_in(pool: LocalUserPool) -> None:
    """What a policy asks of the sign-in is not lost on the way: level, methods and time."""
    guard = Guard(pool.trust())
    policy = build_policy(acr="urn:cognito:loa:4", mfa=True, max_age=300)
    answer = Authorizer(guard)(token_event(f"Bearer {pool.access_token('ada', level=4)}"))
    identity = told(guard, with_word("rest", answer["context"]), "lambda")
    assert identity.amr == ("pwd", "otp", "mfa")
    enforce(policy, identity)
    for spoiled in ("", "mfa,pwd", "[mfa]", 5, True):
        context = {**answer["context"], "amr": spoiled}
        with pytest.raises(LoginTooWeak):
            enforce(policy, told(guard, with_word("rest", context), "lambda"))
    answer = Authorizer(guard)(token_event(f"Bearer {pool.access_token('ada')}"))
    assert "amr" not in answer["context"]
    # What cannot be told keeps nobody out.
    token = pool.access_token("ada", amr=["pwd", "text message", "", "mfa"])
    assert Authorizer(guard)(token_event(f"Bearer {token}"))["context"]["amr"] == "pwd mfa"


@pytest.mark.parametrize(
    ("reads", "claims"),
    [
        ({}, {"custom:role": "read and write, all"}),
        ({"split_roles": True}, {"custom:role": "editor,reader"}),
        ({"role_claim": "roles"}, {"roles": ["editor", "read and write", "a,b"]}),
        ({"role_claim": "cognito:groups"}, {"cognito:groups": ["editor"]}),
        ({"role_claim": "scope", "split_roles": True}, {"scope": "openid editor"}),
        ({"role_claim": None}, {"custom:role": "editor"}),
        ({}, {}),
    ],
    ids=str,
)
def test_roles(pool: LocalUserPool, reads: dict[str, Any], claims: dict[str, Any]) -> None:
    """Are the same behind an authorizer, whatever they are called and wherever they come from."""
    guard = Guard(pool.trust(**reads))
    token = pool.access_token("ada", claims=claims)
    verified = guard.verify(token)
    assert bool(verified.roles) is bool(claims and reads.get("role_claim", "custom:role"))
    for event in _lambda_events(Authorizer(guard)(token_event(f"Bearer {token}"))):
        identity = told(guard, event, "lambda")
        assert (identity.roles, identity.groups) == (verified.roles, verified.groups)
        assert identity.scopes == verified.scopes


def test_roles_are_nothing_else(pool: LocalUserPool) -> None:
    """Of a guard that reads roles elsewhere they become no groups and no second factor."""
    other = LocalUserPool("eu-west-1_Other9999")
    token = pool.access_token("ada", claims={"custom:role": "mfa"})
    word = Authorizer(Guard(pool.trust()))(token_event(f"Bearer {token}"))["context"]
    for claim in ("amr", "cognito:groups", "username"):
        guard = Guard(other.trust(), pool.trust(role_claim=claim))
        identity = told(guard, with_word("rest", word), "lambda")
        assert (identity.amr, identity.groups) == ((), ())
        assert "mfa" not in identity.roles
    guard = Guard(other.trust(role_claim="roles"), pool.trust(role_claim="custom:job"))
    identity = told(guard, with_word("rest", word), "lambda")
    assert (identity.roles, dict(identity.custom)) == (("mfa",), {"job": ("mfa",)})


@pytest.mark.parametrize("spoiled", ["", "mfa", '"mfa"', "[5]", '{"mfa": 1}', "[" * 100_000, 5])
def test_roles_that_are_none(guard: Guard, pool: LocalUserPool, spoiled: object) -> None:
    """What is no list of names is refused."""
    context = Authorizer(guard)(token_event(bearer(pool)[1]))["context"]
    assert "roles" not in context
    with pytest.raises(InvalidToken, match="malformed_claim"):
        told(guard, with_word("rest", {**context, "roles": spoiled}), "lambda")


def test_a_role_as_a_requirement(guard: Guard, pool: LocalUserPool) -> None:
    """As in front of any other handler."""
    handler = guarded(guard, roles="editor", trust_authorizer="lambda")(lambda *_: "in")
    for role, answer in (("editor", "in"), ("reader", 403)):
        token = pool.access_token("ada", role=role)
        context = Authorizer(guard)(token_event(f"Bearer {token}"))["context"]
        found = handler(with_word("rest", context), None)
        assert (found if found == "in" else found["statusCode"]) == answer


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://evil.example"}, "unknown_issuer"),
    ({"client_id": "7another89client"}, "wrong_client"),
    ({"token_use": "id"}, "wrong_token_use"),
    ({"exp": 1}, "token_expired"),
    ({"nbf": 4_000_000_000}, "token_not_yet_valid"),
    ({"sub": ""}, "malformed_claim"),
    ({"cnf": "x"}, "sender_constrained"),
    ({"act": "robot"}, "malformed_claim"),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES, ids=str)
def test_all_else_is_asked(
    change: dict[str, Any], reason: str, guard: Guard, claims: dict[str, Any]
) -> None:
    """AWS's authorizers ask for less: a REST API's looks at no client."""
    claims = {**claims, **change}
    del claims["cognito:groups"]
    for event, authorizer in (
        (of_cognito(rest_texts(claims)), "cognito"),
        (of_jwt(http_texts(claims)), "jwt"),
        (of_appsync(claims), "appsync"),
    ):
        with pytest.raises(InvalidToken, match=reason):
            told(guard, event, authorizer)


MALFORMED: list[tuple[str, str]] = [
    *(
        ("exp", text)
        for text in ("", "tomorrow", "1e30", "4e9", "-5", " 4000000000", "\uff14000000000")
    ),
    *(
        ("exp", text)
        for text in (
            "Wed Jul 22 04:44:04 CET 2036",
            "Wed Foo 22 04:44:04 UTC 2036",
            "Wed Feb 31 04:44:04 UTC 2036",
            "Wed Jul 22 04:44:61 UTC 2036",
            "Wed Jul 22 04:44:04 UTC 2036 ",
            "1" * 5000,
        )
    ),
    ("auth_time", "Mon"),
    ("iat", "x"),
]


@pytest.mark.parametrize(("name", "text"), MALFORMED, ids=lambda value: str(value)[:30])
def test_times_that_cannot_be_read(
    name: str, text: str, guard: Guard, claims: dict[str, Any]
) -> None:
    """Are refused, in whatever format they are none."""
    del claims["cognito:groups"]
    for event, authorizer in (
        (of_cognito({**rest_texts(claims), name: text}), "cognito"),
        (of_jwt({**http_texts(claims), name: text}), "jwt"),
    ):
        with pytest.raises(InvalidToken, match="malformed_claim"):
            told(guard, event, authorizer)


def test_a_date_is_none_for_an_http_api(guard: Guard, claims: dict[str, Any]) -> None:
    """Each format is read where it belongs; seconds are known to both."""
    del claims["cognito:groups"]
    with pytest.raises(InvalidToken, match="malformed_claim"):
        told(guard, of_jwt(rest_texts(claims)), "jwt")
    assert told(guard, of_cognito(http_texts(claims)), "cognito").expires_at == claims["exp"]


def test_groups_of_a_rest_api(guard: Guard, claims: dict[str, Any]) -> None:
    """A comma joins two groups, or belongs to one: nobody guesses."""
    for groups, found in ((["admins"], ("admins",)), ([], ()), (["[a"], ("[a",))):
        event = of_cognito(rest_texts({**claims, "cognito:groups": groups}))
        assert told(guard, event, "cognito").groups == found
    for groups in (["x", "admins"], ["x,admins"]):
        event = of_cognito(rest_texts({**claims, "cognito:groups": groups}))
        with pytest.raises(InvalidToken, match="malformed_claim"):
            told(guard, event, "cognito")
        identity = told(guard, event, "cognito", no_commas_in_groups=True)
        assert identity.groups == ("x", "admins")


def test_groups_of_an_http_api(guard: Guard, claims: dict[str, Any]) -> None:
    """One pair of brackets, and a space between two names."""
    texts = http_texts(claims)
    for text, found in (
        ("[admins users]", ("admins", "users")),
        ("[x,admins]", ("x,admins",)),
        ("[[a] b]]", ("[a]", "b]")),
        ("[]", ()),
    ):
        event = of_jwt({**texts, "cognito:groups": text})
        assert told(guard, event, "jwt").groups == found
    for text in ("admins", "", "[", "]", "[admins", "admins]", "[a  b]", "[ a]", "[a ]", "[ ]"):
        with pytest.raises(InvalidToken, match="malformed_claim"):
            told(guard, of_jwt({**texts, "cognito:groups": text}), "jwt")
    event = of_jwt({**texts, "amr": "[pwd mfa]"})
    assert told(guard, event, "jwt").amr == ("pwd", "mfa")


def test_null(guard: Guard, claims: dict[str, Any]) -> None:
    """Is no claim: of scopes there are none, and of a subject there must be one."""
    texts = http_texts(claims)
    assert told(guard, of_jwt({**texts, "scope": None}), "jwt").scopes == ()
    with pytest.raises(InvalidToken, match="malformed_claim"):
        told(guard, of_jwt({**texts, "sub": None}), "jwt")


def test_nothing_told(guard: Guard, pool: LocalUserPool) -> None:
    """A route that no authorizer stands before has no caller, whatever token comes along."""
    words: list[tuple[str, str, Any]] = [
        *(("rest", "cognito", word) for word in (None, {}, {"claims": None}, {"sub": "x"})),
        *(("http", "jwt", word) for word in (None, {}, {"jwt": None}, {"lambda": {}}, {"iam": {}})),
        ("http-1.0", "jwt", {"claims": None, "scopes": None}),
        ("function-url", "jwt", {"iam": {"userId": "x"}}),
        *(("http", "lambda", word) for word in (None, {}, {"lambda": None}, {"lambda": {}})),
        *(("rest", "lambda", word) for word in ({"principalId": "x"}, {"claims": {"sub": "x"}})),
    ]
    for kind, authorizer, word in words:
        event = with_word(kind, word)
        event["headers"] = dict([bearer(pool)])
        with pytest.raises(MissingCredentials):
            told(guard, event, authorizer)
    for identity in (None, {}, {"claims": None}, {"resolverContext": None}, {"userArn": "x"}):
        for authorizer in ("appsync", "lambda"):
            with pytest.raises(MissingCredentials):
                told(guard, {**appsync([]), "identity": identity}, authorizer)


def test_an_event_of_another_door(guard: Guard, claims: dict[str, Any]) -> None:
    """An authorizer's word is read only where that authorizer can stand."""
    stands = {
        "cognito": {"rest"},
        "jwt": {"http", "http-1.0", "function-url"},
        "lambda": {"rest", "http", "http-1.0", "function-url", "websocket", "appsync"},
        "appsync": {"appsync"},
    }
    for authorizer, kinds in stands.items():
        for kind in set(MAKE) - kinds:
            with pytest.raises(ConfigurationError, match="does not stand"):
                told(guard, MAKE[kind]([]), authorizer)
    for word in ("x", [], 5, True, {"claims": []}, {"claims": {"sub": 5}}, {"claims": {5: "x"}}):
        with pytest.raises(ConfigurationError):
            told(guard, with_word("rest", word), "cognito")
    for wrong in ("rest", "", None, True, ["jwt"]):
        with pytest.raises(ConfigurationError, match="one of"):
            told(guard, of_cognito(rest_texts(claims)), wrong)
    with pytest.raises(ConfigurationError, match="no_commas"):
        told(guard, of_cognito({}), "cognito", no_commas_in_groups="yes")


def test_revocation(pool: LocalUserPool) -> None:
    """The list of what was revoked is asked, by all that an authorizer tells."""
    token = pool.access_token("ada")
    guard = Guard(pool.trust(), revocations=MemoryRevocationList())
    events = _lambda_events(Authorizer(guard)(token_event(f"Bearer {token}")))
    guard.sign_out(guard.verify(token))
    for event, authorizer in (
        *((event, "lambda") for event in events),
        (of_cognito(rest_texts(claims_in(token))), "cognito"),
        (of_jwt(http_texts(claims_in(token))), "jwt"),
    ):
        with pytest.raises(InvalidToken, match="revoked"):
            told(guard, event, authorizer)


def test_own_checks(pool: LocalUserPool, claims: dict[str, Any]) -> None:
    """They are asked, and told whose word it is."""
    seen: list[str] = []

    def check(identity: Identity) -> bool:
        seen.append(identity.source)
        return False

    with pytest.raises(InvalidToken, match="check_failed"):
        told(Guard(pool.trust(checks=[check])), of_appsync(claims), "appsync")
    assert seen == ["authorizer"]

    def missing(identity: Identity) -> None:
        raise MissingCredentials("missing_credentials", "x")

    with pytest.raises(InvalidToken, match="check_failed"):
        told(Guard(pool.trust(checks=[missing])), of_appsync(claims), "appsync")


def test_guarded(guard: Guard, pool: LocalUserPool) -> None:
    """The decorator trusts only when told to, and then verifies no token."""
    token = pool.access_token("ada", groups=["admins"])
    events = _lambda_events(Authorizer(guard)(token_event(f"Bearer {token}")))

    @guarded(guard, groups="admins", trust_authorizer="lambda")
    def trusting(event: Any, context: Any, identity: Identity) -> Any:
        return identity.source

    @guarded(guard, groups="admins")
    def verifying(event: Any, context: Any, identity: Identity) -> Any:
        raise AssertionError

    for event in events[:4]:
        assert trusting(event, None) == "authorizer"
        assert verifying(event, None)["statusCode"] == 401
    assert trusting(events[4], None) == "authorizer"  # a WebSocket's message
    assert trusting(events[5], None) == "authorizer"
    expired = with_word(
        "http", {"lambda": {**events[2]["requestContext"]["authorizer"]["lambda"], "exp": "1"}}
    )
    assert json.loads(trusting(expired, None)["body"])["reason"] == "token_expired"
    assert json.loads(trusting(MAKE["http"]([bearer(pool)]), None)["body"])["reason"] == (
        "missing_credentials"
    )
    preflight = LocalApiGateway(print).event(
        "/",
        [("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")],
        method="OPTIONS",
    )
    assert trusting(preflight, None)["statusCode"] == 204

    async def handler(event: Any, context: Any, identity: Identity) -> Any:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="async"):
        guarded(guard, trust_authorizer="lambda")(handler)
    with pytest.raises(ConfigurationError, match="no_commas_in_groups is for"):
        guarded(guard, no_commas_in_groups=True)
    with pytest.raises(ConfigurationError, match="True or False"):
        guarded(guard, trust_authorizer="cognito", no_commas_in_groups="no")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="one of"):
        guarded(guard, trust_authorizer="rest")  # type: ignore[arg-type]


def test_trust_claims_takes_claims(guard: Guard, claims: dict[str, Any]) -> None:
    """What is no mapping is told apart, and the mapping is not kept."""
    with pytest.raises(TypeError, match="str"):
        guard.trust_claims("eyJ")  # type: ignore[arg-type]
    identity = guard.trust_claims(claims)
    claims["sub"] = "other"
    assert identity.subject != "other"
    assert identity == guard.trust_claims({**claims, "sub": identity.subject})


def test_a_cache_has_no_part_in_vouched_claims(pool: LocalUserPool, claims: dict[str, Any]) -> None:
    """A mapping whose names are of a class of its own is taken by a guard that remembers tokens, as
    by one that does not, and leaves nothing behind."""

    class Name(str):
        __slots__ = ()

    claims[Name("custom:team")] = "blue"
    warm, cold = Guard(pool.trust()), Guard(pool.trust(), cache_entries=0)
    for _ in range(3):
        assert warm.trust_claims(claims) == cold.trust_claims(claims)
    cache = warm._tokens._cache
    assert cache is not None
    assert cache._seen is None


def test_claims_are_there(
    pool: LocalUserPool, claims: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that takes them for missing makes nobody of nobody: they are refused."""

    def missing(*arguments: Any) -> None:
        raise MissingCredentials(Reason.MISSING_CREDENTIALS, "So it says.")

    monkeypatch.setattr(MemoryRevocationList, "is_revoked", missing)
    for guard in (
        Guard(pool.trust(checks=[missing])),
        Guard(pool.trust(), revocations=MemoryRevocationList()),
    ):
        with pytest.raises(InvalidToken) as refused:
            guard.trust_claims(claims)
        assert refused.value.reason is Reason.CHECK_FAILED


def test_guarded_by_groups_with_commas(guard: Guard, claims: dict[str, Any]) -> None:
    """Where no group of the pool has one, and not otherwise."""
    event = of_cognito(rest_texts(claims))

    def handler(event: Any, context: Any, identity: Identity) -> Any:
        return identity.groups

    trusting = guarded(guard, groups="x", trust_authorizer="cognito", no_commas_in_groups=True)
    assert trusting(handler)(event, None) == ("admins", "x")
    doubting = guarded(guard, groups="x", trust_authorizer="cognito")(handler)(event, None)
    assert json.loads(doubting["body"])["reason"] == "malformed_claim"
