"""resource.py: the protected resource metadata (RFC 9728), and where challenges say it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import (
    AuthorizationHeader,
    ConfigurationError,
    Cookie,
    Guard,
    Header,
    KeysUnavailable,
    MissingCredentials,
    UserPool,
)
from cognito_guard.testing import LocalLoadBalancer

ROOT = "/.well-known/oauth-protected-resource"

PLACES = [
    ("https://api.example.com", f"https://api.example.com{ROOT}"),
    ("https://api.example.com/", f"https://api.example.com{ROOT}"),
    ("https://api.example.com/mcp", f"https://api.example.com{ROOT}/mcp"),
    ("https://api.example.com/mcp/", f"https://api.example.com{ROOT}/mcp/"),
    ("https://api.example.com:8443/a/b.c", f"https://api.example.com:8443{ROOT}/a/b.c"),
    ("http://localhost:8000/mcp", f"http://localhost:8000{ROOT}/mcp"),
    ("http://127.0.0.1:8000", f"http://127.0.0.1:8000{ROOT}"),
    ("http://[::1]:8000/mcp", f"http://[::1]:8000{ROOT}/mcp"),
]


@pytest.mark.parametrize(("resource", "url"), PLACES, ids=[each for each, _ in PLACES])
def test_where_it_is(pool: Any, resource: str, url: str) -> None:
    """The well-known path comes between host and path (section 3.1), at the origin's root."""
    guard = Guard(pool.trust(), resource=resource)
    path = url[url.index(ROOT) :]
    answer = guard.answer_metadata("GET", path)
    assert answer is not None
    assert json.loads(answer.body)["resource"] == guard.resource == resource
    assert guard.metadata_url == url
    for other in (f"{path}x", path.upper(), f"/x{path}", f"{path}//", ""):
        assert guard.answer_metadata("GET", other) is None


WRONG: list[Any] = [
    *("", "api.example.com", "http://api.example.com", "ftp://api.example.com", "https://"),
    *("https://API.example.com", "HTTPS://api.example.com", "https://user@api.example.com"),
    *("https://api.example.com?a=b", "https://api.example.com/?a", "https://api.example.com/#x"),
    *("https://api.example.com/%61", "https://api.example.com/a b", "https://api.example.com/a\n"),
    *("https://api.example.com//a", "https://api.example.com/a//", "https://api.example.com//"),
    *("https://api.example.com/../a", "https://api.example.com/a/..", "https://api.example.com/."),
    *('https://api.example.com/"', "https://api.example.com\\a", "https://exämple.com"),
    *("https://api.example.com:0", "https://api.example.com:65536", "https://api.example.com:a"),
    *("http://127.0.0.1.example", "http://localhost.example", "https://api.example.com/ä"),
    *(b"https://api.example.com", 1, ["https://api.example.com"], {}, True),
]


@pytest.mark.parametrize("resource", WRONG, ids=repr)
def test_what_is_no_resource(pool: Any, resource: Any) -> None:
    """Anything but a canonical https URL, or one of this machine, stops the start."""
    with pytest.raises(ConfigurationError, match="resource"):
        Guard(pool.trust(), resource=resource)


WRONG_SCOPES: list[Any] = [
    *("openid", b"openid", [], (), {"openid": 1}, 1, None, [1], [["openid"]], [""], ["a b"]),
    *(['a"b'], ["a\\b"], ["ä"], ["openid", "offline_access"]),
]


@pytest.mark.parametrize("scopes", WRONG_SCOPES, ids=repr)
def test_what_are_no_scopes(pool: Any, scopes: Any) -> None:
    """A list of RFC 6749's scopes, and never an empty one."""
    with pytest.raises(ConfigurationError, match="resource_scopes"):
        Guard(pool.trust(), resource="https://api.example.com", resource_scopes=scopes)


def test_scopes_are_always_listed(pool: Any) -> None:
    """`openid` where nothing is said, and each once, in their order."""
    for said, listed in (({}, ["openid"]), ({"resource_scopes": ["b", "a", "b"]}, ["b", "a"])):
        guard = Guard(pool.trust(), resource="https://api.example.com", **said)
        answer = guard.answer_metadata("GET", ROOT)
        assert answer is not None
        assert json.loads(answer.body)["scopes_supported"] == listed


def test_scopes_of_nothing(pool: Any) -> None:
    """Scopes without a resource would be told to nobody."""
    with pytest.raises(ConfigurationError, match="say resource as well"):
        Guard(pool.trust(), resource_scopes=["openid"])


def test_the_issuers(pool: Any, other_pool: Any) -> None:
    """The issuer of each pool, in the form that the guard is configured for."""
    updated = UserPool(other_pool.user_pool_id, client_ids=["a"], issuer=other_pool.updated_issuer)
    guard = Guard(pool.trust(), updated, resource="https://api.example.com")
    answer = guard.answer_metadata("GET", ROOT)
    assert answer is not None
    issuers = json.loads(answer.body)["authorization_servers"]
    assert issuers == [pool.issuer, other_pool.updated_issuer]


@pytest.mark.parametrize(
    ("carriers", "methods"),
    [
        ([AuthorizationHeader()], ["header"]),
        ([AuthorizationHeader(), Cookie("token")], ["header"]),
        ([Header("X-Token")], []),
    ],
    ids=["header", "and a cookie", "another header"],
)
def test_the_methods(pool: Any, carriers: Any, methods: list[str]) -> None:
    """Those of RFC 6750 by which a token is accepted."""
    guard = Guard(pool.trust(), resource="https://api.example.com", carriers=carriers)
    answer = guard.answer_metadata("GET", ROOT)
    assert answer is not None
    assert json.loads(answer.body)["bearer_methods_supported"] == methods


def test_nobody_to_go_to(pool: Any) -> None:
    """The users of a load balancer bring no token that a client could get."""
    alb = LocalLoadBalancer(pool)
    with pytest.raises(ConfigurationError, match="needs a UserPool"):
        Guard(alb.trust(), resource="https://api.example.com")


def test_a_resource_that_each_token_would_be_refused_for(pool: Any) -> None:
    """What clients are told to ask for is what their tokens are held against, to the letter."""
    bound = UserPool(pool.user_pool_id, client_ids=["a"], resources=["https://api.example.com/"])
    with pytest.raises(ConfigurationError, match="one of the resources"):
        Guard(bound, resource="https://api.example.com")
    assert Guard(bound, resource="https://api.example.com/").resource in (bound.resources or ())


def test_it_checks_nothing(pool: Any) -> None:
    """A token that is bound to nothing is let in, unless the pool's `resources` say otherwise."""
    guard = Guard(pool.trust(), resource="https://api.example.com")
    assert guard.verify(pool.machine_token()).is_machine


def test_challenges(pool: Any) -> None:
    """Each says where, and an outage none. Without a resource there is no difference."""
    guard = Guard(pool.trust(), resource="https://api.example.com/mcp", realm="api")
    error = MissingCredentials("missing_credentials", "None.")
    told = f'Bearer realm="api", resource_metadata="https://api.example.com{ROOT}/mcp"'
    assert dict(guard.challenge(error).headers)["WWW-Authenticate"] == told
    assert "WWW-Authenticate" not in dict(guard.challenge(KeysUnavailable()).headers)
    plain = Guard(pool.trust())
    assert plain.resource is plain.metadata_url is None
    assert plain.answer_metadata("GET", ROOT) is None
    assert dict(plain.challenge(error).headers)["WWW-Authenticate"] == "Bearer"


def test_settings(pool: Any) -> None:
    """The environment and typed settings say the same."""
    known = {"USER_POOL_ID": pool.user_pool_id, "CLIENT_IDS": [pool.client_id]}
    typed = {**known, "RESOURCE": "https://api.example.com", "RESOURCE_SCOPES": ["openid", "a/b"]}
    text = {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_RESOURCE": "https://api.example.com",
        "COGNITO_RESOURCE_SCOPES": "openid, a/b",
    }
    answers = [
        guard.answer_metadata("GET", ROOT)
        for guard in (Guard.from_mapping(typed, prefix=""), Guard.from_env(text))
    ]
    assert answers[0] is not None
    assert answers[0] == answers[1]
    assert json.loads(answers[0].body)["scopes_supported"] == ["openid", "a/b"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "get", ""])
def test_answers_may_be_copied(pool: Any, method: str) -> None:
    """Every answer has the length of its body, but for one without a body, and CORS."""
    guard = Guard(pool.trust(), resource="https://api.example.com")
    answer, whole = guard.answer_metadata(method, ROOT), guard.answer_metadata("GET", ROOT)
    assert answer is not None
    assert whole is not None
    headers = dict(answer.headers)
    assert len(headers) == len(answer.headers)
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert (answer.status, headers.get("Content-Length"), answer.body) == {
        "GET": (200, str(len(whole.body)), whole.body),
        "HEAD": (200, str(len(whole.body)), b""),
        "OPTIONS": (204, None, b""),
    }.get(method, (405, "0", b""))
