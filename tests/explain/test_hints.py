"""What explanations say to whoever reads them: the hint for each of the usual mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import (
    Cookie,
    Guard,
    Header,
    KeyHealth,
    KeysUnavailable,
    LoadBalancer,
    UserPool,
)
from cognito_guard.explain import Check, Explanation
from cognito_guard.keys.remote import RemoteKeySet
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard.testing.attacks.forge import OTHER_ARN

from ..engine.forge import NOW, OMIT, Forge
from .same import assert_same

Make = Callable[[Forge], Any]


def edited(change: Callable[[str], Any]) -> Make:
    """A good token, but for a change of its text."""
    return lambda forge: change(forge.token())


def claimed(**claims: Any) -> Make:
    """A good token, but for its claims."""
    return lambda forge: forge.token(forge.claims(claims))


def headed(**members: Any) -> Make:
    """A good token, but for its header."""
    return lambda forge: forge.token(header=forge.header(**members))


def part(text: str, number: int, change: Callable[[str], str]) -> str:
    """A token, one of whose parts is changed."""
    parts = text.split(".")
    parts[number] = change(parts[number])
    return ".".join(parts)


JWE = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d"
POOL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ForgedPool"

# What is handed in; the first check that fails, and a part of its hint.
MISTAKES: dict[str, tuple[Make, str, str]] = {
    "bytes": (edited(str.encode), "size", "token.decode()"),
    "nothing at all": (lambda _: None, "size", "Pass the token as text"),
    "too long": (lambda _: "x" * 20000, "size", "besides the token"),
    "empty": (lambda _: " ", "parts", "The text is empty"),
    "a header line": (edited("Authorization: Bearer {}".format), "header", "whole header line"),
    "a load balancer's line": (edited("x-amzn-oidc-data: {}".format), "header", "header line"),
    "quotes": (edited('"{}"'.format), "header", "quotation marks"),
    "curly quotes": (edited("\u201c{}\u201d".format), "characters", "quotation marks"),
    "one quote": (edited("{}'".format), "signature_text", "quotation marks"),
    "Bearer": (edited("Bearer {}".format), "header", '"Bearer" is in front'),
    "Bearer, twice": (edited("bearer Bearer {}".format), "header", "twice"),
    "a line break": (edited("{}\r\n".format), "signature_text", "line break at the end"),
    "white space": (edited(" {}".format), "header", "white space around"),
    "wrapped": (edited(lambda text: f"{text[:20]}\n{text[20:]}"), "header", "inside the token"),
    "undefined": (lambda _: "undefined", "parts", "a missing value"),
    "an object": (lambda _: "[object Object]", "parts", "a missing value"),
    "a placeholder": (lambda _: "${TOKEN}", "parts", "placeholder"),
    "JSON": (lambda _: '{"access_token": "a.b.c"}', "header", "one of its members"),
    "a code": (lambda _: "b2f4c9a0-1c1e-4b0e-8f0a-1f1f1f1f1f1f", "parts", "authorization code"),
    "percent": (edited("{}%3D".format), "signature_text", "percent-encoded"),
    "shortened": (edited(lambda text: f"{text[:200]}..."), "parts", "shortened"),
    "two of them": (edited("{0} {0}".format), "parts", "more than one token"),
    "two, and a comma": (edited("{0},{0}".format), "parts", "more than one token"),
    "another scheme": (edited("JWT {}".format), "header", "There is JWT in front"),
    "angle brackets": (edited("<{}>".format), "header", 'There is "<" in front'),
    "a redirect": (edited("http://x/#id_token={}&a=b".format), "header", "#id_token="),
    "a comma": (edited("{},".format), "signature_text", 'There is "," behind'),
    "bytes as a text": (edited("b'{}'".format), "header", "quotation marks"),
    "a byte order mark": (edited("\ufeff{}".format), "characters", "invisible character"),
    "an invisible letter": (
        edited(lambda text: f"{text[:9]}\u200b{text[9:]}"),
        "characters",
        "invisible character",
    ),
    "a refresh token": (lambda _: JWE, "parts", "refresh token"),
    "another JWE": (lambda _: "x.a.b.c.d", "parts", "five parts"),
    "two parts": (edited(lambda text: text.rpartition(".")[0]), "parts", "signature, is missing"),
    "one part": (lambda _: "c2Vzc2lvbg", "parts", "not a JSON Web Token"),
    "four parts": (edited("{}.x".format), "parts", "three parts"),
    "cut off": (edited(lambda text: text[:-5]), "signature_text", "canonical base64url"),
    "cut off in the middle": (edited(lambda text: text[:-6]), "signature", "and not 256: it was"),
    "altered": (
        edited(lambda text: part(text, 2, lambda one: "AAAA" + one[4:])),
        "signature",
        "changed after it was signed",
    ),
    "padded": (edited("{}==".format), "signature_text", "canonical base64url"),
    "standard base64": (
        edited(lambda text: part(text, 1, lambda one: f"+{one[1:]}")),
        "payload",
        "canonical base64url",
    ),
    "HS256": (headed(alg="HS256"), "algorithm", "shared secret"),
    "none": (headed(alg="none"), "algorithm", "not signed at all"),
    "encrypted": (headed(alg="RSA-OAEP", enc="A256GCM"), "algorithm", "encrypted"),
    "ES256": (headed(alg="ES256"), "algorithm", "signed with RS256"),
    "a load balancer's data": (headed(alg="ES256", signer="arn"), "algorithm", "load balancer"),
    "crit": (headed(crit=["exp"]), "header_members", '"crit" member'),
    "another type": (headed(typ="dpop+jwt"), "type", "other than JWT"),
    "no kid": (headed(kid=OMIT), "key_id", 'no usable "kid"'),
    "no issuer": (claimed(iss=OMIT), "issuer", '"iss" must be present'),
    "a slash": (claimed(iss=f"{POOL}/"), "issuer", "slash at the end"),
    "capital letters": (claimed(iss=POOL.upper()), "issuer", "small and capital letters"),
    "capital letters in the id": (
        claimed(iss=POOL.replace("Forged", "forged").replace("idp", "idp2")),
        "issuer",
        "id differs only in small and capital",
    ),
    "http": (claimed(iss=POOL.replace("https", "http")), "issuer", "http and https"),
    "a space": (claimed(iss=f" {POOL}"), "issuer", "white space around it"),
    "another region": (
        claimed(iss=POOL.replace("eu-west-1", "us-east-1")),
        "issuer",
        "the token names us-east-1, the settings eu-west-1",
    ),
    "a replica": (
        claimed(iss=POOL.replace("idp.eu-west-1", "idp.us-east-1")),
        "issuer",
        "regions=",
    ),
    "an identity pool": (
        claimed(iss="https://cognito-identity.amazonaws.com"),
        "issuer",
        "identity pool",
    ),
    "another pool": (
        claimed(iss=POOL.replace("Forged", "Staging")),
        "issuer",
        "another user pool, eu-west-1_StagingPool",
    ),
    "an emulator": (claimed(iss="http://localhost:9229/local_x1"), "issuer", "an emulator"),
    "somebody else": (claimed(iss="https://accounts.example"), "issuer", "not come from an AWS"),
    "no exp": (claimed(exp=OMIT), "expiry", '"exp" must be present'),
    "expired": (claimed(exp=NOW - 7300), "expiry", "It expired 2 hours ago"),
    "expired just now": (claimed(exp=NOW), "expiry", "It expired 0 seconds ago"),
    "expired, and not issued yet": (
        claimed(exp=NOW - 1, iat=NOW + 540),
        "expiry",
        "This machine's clock is 9 minutes behind",
    ),
    "milliseconds": (claimed(exp=NOW * 1000), "expiry", "in milliseconds"),
    "exp beyond calendars": (claimed(exp=10**40), "expiry", '"exp" must be present'),
    "exp in the year 10000": (claimed(exp=253402300800), "expiry", '"exp" must be present'),
    "an ID token": (
        lambda forge: forge.token(forge.id_claims()),
        "token_use",
        "has an access token as well",
    ),
    "no token_use": (claimed(token_use=OMIT), "token_use", "Who made this one"),
    "another token_use": (claimed(token_use="refresh"), "token_use", "must be access"),
    "another client": (claimed(client_id="other"), "client", "of the pool, other."),
    "another client's case": (
        claimed(client_id=Forge.client_id.upper()),
        "client",
        "except for white space, or small",
    ),
    "no client": (claimed(client_id=OMIT), "client", '"client_id" must be present'),
    "moto's key": (headed(kid="dummy"), "key", "an emulator"),
    "no such key": (headed(kid="other"), "key", "deleted and created again"),
    "not yet": (claimed(nbf=NOW + 540), "not_before", "clock is 9 minutes behind"),
    "nbf in milliseconds": (claimed(nbf=NOW * 1000), "not_before", "nbf is in milliseconds"),
    "iat in milliseconds": (claimed(iat=NOW * 1000), "issued_at", "iat is in milliseconds"),
    "auth_time in milliseconds": (
        claimed(auth_time=NOW * 1000),
        "signed_in_at",
        "auth_time is in milliseconds",
    ),
    "nbf a text": (claimed(nbf="now"), "not_before", '"nbf" must be present'),
    "bound": (claimed(cnf={"jkt": "x"}), "sender", "bound to a key"),
    "groups as a text": (claimed(**{"cognito:groups": "a,b"}), "groups", "pre-token trigger"),
    "groups as a number": (claimed(**{"cognito:groups": 1}), "groups", "a list of texts"),
}


@pytest.mark.parametrize(("make", "name", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(forge: Forge, make: Make, name: str, hint: str) -> None:
    """The check that fails first has the hint that helps."""
    token = make(forge)
    guard = forge.guard()
    explanation = guard.explain(token)
    assert_same(explanation, lambda: guard.verify(token))
    failure = explanation.first_failure

    assert failure is not None
    assert (failure.name, hint in (failure.hint or "")) == (name, True), failure.hint
    assert failure.expected
    assert failure.actual


WRAPPINGS = (
    *('"{}"', "Bearer {}", "{}\n", "Authorization: Bearer {}", "'{}'", "b'{}'", "<{}>", "({})"),
    *("Token {}", "{},", "access_token={}; Path=/", "http://x/#id_token={}&a=b", '{{"a": "{}"}}'),
)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_what_was_pasted_is_looked_through(forge: Forge, wrap: str) -> None:
    """It goes on with the token that was meant, and says what else is wrong with that."""
    explanation = forge.guard().explain(wrap.format(forge.token(forge.claims(client_id="other"))))
    failed = [check.name for check in explanation.checks if check.verdict == "failed"]

    assert failed[-1] == "client"
    assert named(explanation, "signature").verdict == "passed"
    assert not explanation.valid


def named(explanation: Explanation, name: str) -> Check:
    """One of the checks."""
    return next(check for check in explanation.checks if check.name == name)


def test_it_goes_on(forge: Forge) -> None:
    """Each thing that is wrong is told, and what cannot be said is not reached."""
    token = forge.token(
        forge.claims(exp=NOW - 1, client_id="other", sub="", iss="https://x.example")
    )
    explanation = forge.guard().explain(token)
    verdicts = {check.name: check.verdict for check in explanation.checks}

    assert [name for name, verdict in verdicts.items() if verdict == "failed"] == [
        "issuer",
        "expiry",
        "client",
        "subject",
    ]
    assert [name for name, verdict in verdicts.items() if verdict == "not_reached"] == [
        "key",
        "key_algorithm",
        "signature",
    ]


def test_a_clock_that_is_behind_is_told_of_a_good_token(forge: Forge) -> None:
    """An ``iat`` ahead of the clock is no failure, and yet worth a word."""
    explanation = forge.guard().explain(forge.token(forge.claims(iat=NOW + 540)))

    assert explanation.valid
    assert "9 minutes behind" in (named(explanation, "issued_at").hint or "")


def test_expected_and_actual(forge: Forge) -> None:
    """What was compared stands side by side, in full words."""
    guard = forge.guard(leeway=60, resources=["https://api.example"])
    explanation = guard.explain(
        forge.token(forge.claims(exp=NOW - 60, aud="\u202ex", client_id="y" * 400))
    )
    expiry, client, resource = (named(explanation, n) for n in ("expiry", "client", "resource"))

    assert expiry.expected == "exp after 2027-01-15 08:00:00 UTC, less a leeway of 1 minute"
    assert expiry.actual == "exp 2027-01-15 07:59:00 UTC (1 minute ago)"
    assert client.expected == f"client_id {Forge.client_id}"
    assert client.actual == f"client_id {'y' * 300}... (400 letters)"
    assert resource.expected == "aud https://api.example"
    assert resource.actual == 'aud "\\u202ex"'
    assert named(explanation, "key").actual == f"kid {Forge.kid}"


def test_no_resource(forge: Forge) -> None:
    """Most tokens are bound to no resource."""
    explanation = forge.guard(resources=["https://api.example"]).explain(forge.token())

    assert "Send resource=" in (named(explanation, "resource").hint or "")


def test_an_access_token_for_an_app_of_id_tokens(forge: Forge) -> None:
    """The other way round."""
    failure = forge.guard(token_use="id").explain(forge.token()).first_failure

    assert failure is not None
    assert "has an ID token as well" in (failure.hint or "")


def test_any_client(forge: Forge) -> None:
    """Where the client is not checked, what fails is only its type."""
    from cognito_guard import ANY_CLIENT

    failure = forge.guard(client_ids=ANY_CLIENT).explain(claimed(client_id=7)(forge)).first_failure

    assert failure is not None
    assert (failure.expected, failure.actual) == ("client_id: any", "client_id 7")


def test_keys_of_another_pool(forge: Forge) -> None:
    """A key that another trusted pool has, fixed or fetched; nothing is fetched for a hint."""
    other, third = (LocalUserPool(f"eu-west-1_{name}", clock=lambda: NOW) for name in "AB")
    fetched = RemoteKeySet("https://keys.example", get=lambda _: json.dumps(third.jwks()).encode())
    guard = Guard(
        forge.trust(),
        other.trust(),
        UserPool("eu-west-1_B", client_ids=["x"], jwks=fetched),
        UserPool("eu-west-1_C", client_ids=["x"]),
        UserPool("eu-west-1_D", client_ids=["x"], jwks=Silent()),
        clock=lambda: float(NOW),
    )
    assert not guard.explain(third.access_token()).valid  # has its keys fetched

    for pool in (other, third):
        failure = guard.explain(headed(kid=pool.kid("access"))(forge)).first_failure
        assert failure is not None
        assert failure.hint == "The key belongs to another pool that is trusted here."
    failure = guard.explain(headed(kid="nobody's")(forge)).first_failure
    assert failure is not None
    assert "deleted and created again" in (failure.hint or "")


class Silent:
    """A key set that cannot say anything."""

    def __init__(self, health: Any = None) -> None:
        self._health = health

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        raise KeysUnavailable(7, "Your own words.")

    def health(self) -> Any:
        """As of a key set."""
        if self._health is None:
            raise LookupError
        return self._health


@pytest.mark.parametrize(
    ("health", "hint"),
    [
        (None, "Your own words."),
        (KeyHealth("empty"), "Your own words."),
        (
            KeyHealth("unavailable", "https://keys.example", last_error="no answer"),
            "No keys could be fetched from https://keys.example: no answer. If this is an emulator "
            "or a private network, set jwks= (COGNITO_JWKS).",
        ),
        (
            KeyHealth("unavailable", "http://127.0.0.1:9393/jwks.json", last_error="refused"),
            "No keys could be fetched from http://127.0.0.1:9393/jwks.json: refused. The address "
            "is on this machine: is the local pool or emulator running?",
        ),
    ],
    ids=["none", "empty", "unavailable", "local"],
)
def test_no_keys(forge: Forge, health: Any, hint: str) -> None:
    """Why there are no keys, as far as the key set says."""
    failure = forge.guard(jwks=Silent(health)).explain(forge.token()).first_failure

    assert failure is not None
    assert failure.reason == "keys_unavailable"
    assert failure.hint == hint


REQUESTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "WSGIPassAuthorization"),
    "Basic": ({"Authorization": "Basic YTpi"}, "The scheme is Basic"),
    "no scheme": ({"authorization": "eyJhbGciOi.e30.x"}, '"Bearer" and a space are missing'),
    "a colon": ({"authorization": "Bearer: a.b.c"}, "colon"),
    "a long word": ({"authorization": "c2Vzc2lvbi1pZC1vZi1zb21lYm9keQ"}, "a space and the token"),
    "quotes": ({"authorization": 'Bearer "a.b.c"'}, "quotation marks"),
    "Bearer alone": ({"authorization": "Bearer"}, "The text is empty"),
    "two": ({"authorization": ["Bearer a.b.c", "Bearer a.b.c"]}, "second Authorization"),
    "two in one": ({"authorization": "Bearer a.b.c, Bearer a.b.c"}, "a comma in the header"),
    "an empty header": ({"authorization": ""}, "The header is empty"),
    "no header in words": ({"Authorization": None}, "WSGIPassAuthorization"),
    "a cookie": ({"cookie": "session=a.b.c"}, "Cookie(...)"),
    "a load balancer": ({"x-amzn-oidc-data": "a.b.c"}, "COGNITO_ALB_ARNS"),
}


@pytest.mark.parametrize(("headers", "hint"), REQUESTS.values(), ids=REQUESTS)
def test_requests(forge: Forge, headers: dict[str, Any], hint: str) -> None:
    """Why no credential was found, or none that can be used."""
    failure = forge.guard().explain_request(headers).first_failure

    assert failure is not None
    assert failure.name == "credential"
    assert failure.expected == "one credential: Authorization: Bearer TOKEN"
    assert hint in (failure.hint or "")


class Frameworks(list[tuple[str, str]]):
    """The headers of a framework whose headers are no mapping, such as Werkzeug's."""

    def items(self) -> list[tuple[str, str]]:
        """Every header, also one that is there twice."""
        return self


def test_headers_of_a_framework(forge: Forge) -> None:
    """What has names and values is taken as it is."""
    headers = Frameworks([("Authorization", f"Bearer {forge.token()}"), ("Host", "x")])

    assert forge.guard().explain_request(headers).valid
    twice = forge.guard().explain_request(Frameworks([*headers, *headers]))
    assert twice.reason == "multiple_credentials"


def test_a_value_that_is_no_text(forge: Forge) -> None:
    """It is told, and no error."""
    headers: Any = {"Authorization": 3}

    assert not forge.guard().explain_request(headers).valid


# What a request carries for a guard that looks into a header and a cookie, or behind a load
# balancer alone.
ELSEWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "The header did not arrive"),
    "Bearer": ({"X-Token": "Bearer a.b.c"}, '"Bearer" is in front'),
    "an empty header": ({"X-Token": ""}, "The text is empty"),
    "two headers": ({"X-Token": ["a.b.c", "a.b.c"]}, "second x-token header"),
    "two headers in one": ({"X-Token": "a.b.c,a.b.c"}, "comma in the header"),
    "two places": ({"X-Token": "a.b.c", "Cookie": "session=a.b.c"}, "Send it in one of them"),
    "another cookie": ({"Cookie": "sid=a.b.c"}, "none with the name session"),
    "two cookies": ({"Cookie": "session=a; session=b"}, "this cookie twice"),
    "an empty cookie": ({"Cookie": "session="}, "as after a sign-out"),
    "Authorization": ({"Authorization": "Bearer a.b.c"}, "does not look there"),
}


@pytest.mark.parametrize(("headers", "hint"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_other_places(forge: Forge, headers: dict[str, Any], hint: str) -> None:
    """The hint is about where this guard looks."""
    guard = Guard(forge.trust(), carriers=[Header("x-token"), Cookie("session")])
    failure = guard.explain_request(headers).first_failure

    assert failure is not None
    assert failure.name == "credential"
    assert hint in (failure.hint or "")


def test_places_with_nothing(forge: Forge) -> None:
    """What did not arrive is named by where the guard looks."""
    balanced = Guard(LocalLoadBalancer(forge.pool).trust())
    cookie = Guard(forge.trust(), carriers=[Cookie("session")])
    own = Guard(forge.trust(), carriers=[Own()])

    def hint(guard: Guard, headers: dict[str, Any]) -> str:
        failure = guard.explain_request(headers).first_failure
        return "" if failure is None else failure.hint or ""

    assert "come through the load balancer" in hint(balanced, {"cookie": "a=b"})
    assert "second x-amzn-oidc-data" in hint(balanced, {"x-amzn-oidc-data": ["a", "b"]})
    assert "The cookie did not arrive" in hint(cookie, {})
    assert hint(own, {}) == "The request carries no bearer token."


def test_a_time_that_is_a_text(forge: Forge) -> None:
    """It is told from a number."""
    explanation = forge.guard().explain(forge.token(forge.claims({"exp": str(NOW + 60)})))

    assert named(explanation, "expiry").actual == f'exp "{NOW + 60}"'


class Own:
    """A carrier of a user's own."""

    ambient = False

    def find(self, headers: Any) -> None:
        """Nothing."""


def test_where_a_guard_looks(forge: Forge) -> None:
    """Every kind of carrier is named, and what the request has is, without the values."""
    balancer = LocalLoadBalancer(forge.pool)
    guard = Guard(
        forge.trust(), balancer.trust(), carriers=[Header("x-token"), Cookie("session"), Own()]
    )
    failure = guard.explain_request({"Cookie": ["a=b", b"c=d"], "Authorization": "Negotiate"})
    check = failure.first_failure

    assert check is not None
    assert check.expected == (
        "one credential: the header x-token or the cookie session or what Own finds or "
        "the header x-amzn-oidc-data"
    )
    assert check.actual == "authorization: Negotiate, 2 times cookie"


DATA: dict[str, tuple[dict[str, Any], str, str]] = {
    "another account": (
        {"headers": {"signer": OTHER_ARN}},
        "data.signer",
        "in another account, 999999999999",
    ),
    "another region": (
        {"headers": {"signer": LocalLoadBalancer().arn.replace("eu-west-1", "us-east-1")}},
        "data.signer",
        "in another region, us-east-1",
    ),
    "another one": (
        {"headers": {"signer": f"{LocalLoadBalancer().arn}0"}},
        "data.signer",
        "another load balancer of your account",
    ),
    "no signer": ({"headers": {"signer": OMIT}}, "data.signer", "Who made this data"),
    "another client": ({"headers": {"client": "x"}}, "data.client", "in ALB_CLIENT_ID"),
    "another issuer": ({"headers": {"iss": f"{POOL}/"}}, "data.issuer", "a slash at the end"),
    "expired": ({"expires_in": -60}, "data.expiry", "It expired 1 minute ago. A load balancer"),
    "no exp": ({"headers": {"exp": OMIT}}, "data.expiry", '"exp" must be present'),
    "no UUID": ({"headers": {"kid": "x"}}, "data.key_uuid", "no UUID"),
    "unknown key": (
        {"headers": {"kid": "00000000-0000-0000-0000-000000000000"}},
        "data.key",
        "Was keys= set by hand",
    ),
}


@pytest.mark.parametrize(("made", "name", "hint"), DATA.values(), ids=DATA)
def test_forwarded(forge: Forge, made: dict[str, Any], name: str, hint: str) -> None:
    """What is wrong with what a load balancer signed."""
    balancer = LocalLoadBalancer(forge.pool)
    guard = Guard(balancer.trust(), clock=lambda: float(NOW))
    failure = guard.explain_request({"x-amzn-oidc-data": balancer.data(**made)}).first_failure

    assert failure is not None
    assert (failure.name, hint in (failure.hint or "")) == (name, True), failure.hint


def test_forwarded_by_an_unknown_load_balancer(forge: Forge) -> None:
    """Which client is expected is known only once it is known who signed."""
    balancer = LocalLoadBalancer(forge.pool)
    guard = Guard(balancer.trust(), clock=lambda: float(NOW))
    for arn, expected in ((OTHER_ARN, None), (balancer.arn, f"client {balancer.client_id}")):
        headers = {"x-amzn-oidc-data": balancer.data(headers={"signer": arn})}
        assert named(guard.explain_request(headers), "data.client").expected == expected


def test_forwarded_by_somebody_of_any_issuer(forge: Forge) -> None:
    """A load balancer that trusts no issuer by name."""
    balancer = LocalLoadBalancer(forge.pool)
    trusted = LoadBalancer([balancer.arn], client_id=balancer.client_id, keys=balancer.keys())
    explanation = Guard(trusted, clock=lambda: float(NOW)).explain_request(
        {"x-amzn-oidc-data": balancer.data(headers={"iss": 7})}
    )
    failure = explanation.first_failure

    assert failure is not None
    assert (failure.expected, failure.actual) == ("iss: any", "iss 7")
