"""fetch.py and addresses: which URLs keys may come from, and what the environment may change."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard, RemoteKeySet, UserPool
from cognito_guard.network.fetch import FetchFailed, check_url, fetch

from ..keys.endpoint import Endpoint, answer
from ..keys.material import jwk, jwks
from ..ports import closed_port

GOOD = jwks(jwk())

ALLOWED = [
    "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz/.well-known/jwks.json",
    "https://keys.internal:8443/jwks?v=1",
    "https://10.0.0.7/jwks",
    "HTTPS://keys.example/",
    "http://127.0.0.1:9229/local_abc/.well-known/jwks.json",
    "http://127.8.9.1/",
    "http://localhost:5000/",
    "http://[::1]:5000/",
]

REFUSED: dict[str, tuple[Any, str]] = {
    "a file": ("file:///etc/passwd", "https://host/path"),
    "a file with a host": ("file://localhost/etc/passwd", "https only"),
    "http": ("http://cognito-idp.eu-west-1.amazonaws.com/", "https only"),
    "http to a private address": ("http://10.0.0.7/", "https only"),
    "http to every address": ("http://0.0.0.0/", "https only"),
    "http to a link-local address": ("http://169.254.169.254/latest/", "https only"),
    "http to a name that begins well": ("http://127.0.0.1.evil.example/", "https only"),
    "http to a name that ends well": ("http://localhost.evil.example/", "https only"),
    "http to a short address": ("http://127.1/", "https only"),
    "http to an address as a number": ("http://2130706433/", "https only"),
    "ftp": ("ftp://keys.example/", "https only"),
    "data": ("data:application/json,{}", "https://host/path"),
    "gopher": ("gopher://127.0.0.1/", "https only"),
    "no scheme": ("keys.example/jwks.json", "https://host/path"),
    "a scheme only": ("https://", "https://host/path"),
    "no host": ("https:///jwks.json", "https://host/path"),
    "empty": ("", "https://host/path"),
    "a user": ("https://user@keys.example/", "no user name"),
    "a user and a password": ("https://user:secret@keys.example/", "no user name"),
    "a host dressed up as a user": ("http://127.0.0.1@evil.example/", "no user name"),
    "an empty user": ("https://@keys.example/", "no user name"),
    "a fragment": ("https://keys.example/#x", "no fragment"),
    "an empty fragment": ("https://keys.example/#", "no fragment"),
    "a space": ("https://keys.example/a b", "https://host/path"),
    "a line break": ("https://keys.example/\r\nX: y", "https://host/path"),
    "a tab": ("ht\ttps://keys.example/", "https://host/path"),
    "NUL": ("https://keys.example/\0", "https://host/path"),
    "not ASCII": ("https://kéys.example/", "https://host/path"),
    "a port that is no number": ("https://keys.example:x/", "https://host/path"),
    "a port that is too large": ("https://keys.example:99999/", "https://host/path"),
    "half a bracket": ("https://[::1/", "https://host/path"),
    "bytes": (b"https://keys.example/", "must be text"),
    "None": (None, "must be text"),
}


@pytest.mark.parametrize("url", ALLOWED)
def test_https_anywhere_and_http_on_loopback(url: str) -> None:
    """Keys come over https, or over http from the machine itself; the address stays as it is."""
    assert check_url(url) == url
    assert RemoteKeySet(url).url == url


@pytest.mark.parametrize(("url", "problem"), REFUSED.values(), ids=REFUSED)
def test_any_other_address_is_a_configuration_error(url: Any, problem: str) -> None:
    """What keys may not come from is refused at start-up, and the address is not repeated."""
    with pytest.raises(ConfigurationError) as caught:
        RemoteKeySet(url)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://keys.example/"])
def test_pool_with_such_an_address_makes_no_guard(url: str) -> None:
    """The address that a pool was given is looked at when the guard is built."""
    trusted = UserPool("eu-west-1_AbC123xyz", client_ids=["1example23456789"], jwks=url)
    with pytest.raises(ConfigurationError):
        Guard(trusted)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://xn--a/", "InvalidCodepoint|no connection"),
        ("https://[v1.x]/", "InvalidURL"),
        ("https://keys..example/", "no connection: .*label empty or too long"),
    ],
    ids=["no IDNA name", "no IP address", "an empty label"],
)
def test_address_that_only_the_client_refuses_is_a_failed_fetch(
    url: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that looks like one and is none is no accident in the thread that fetches."""

    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "label empty or too long")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(FetchFailed, match=problem):
        fetch(url)


PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the machine's own."""
    for name in [*PROXIES, "NO_PROXY", "no_proxy"]:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("name", PROXIES)
def test_proxy_never_sees_loopback(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy could answer with keys of its own; what is on loopback is fetched directly."""
    with Endpoint(lambda visit: visit.send(answer(body=b"forged"))) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with Endpoint(lambda visit: visit.send(answer(body=GOOD))) as endpoint:
            assert fetch(endpoint.url) == GOOD
    assert proxy.requests == []


@pytest.mark.usefixtures("no_proxies")
def test_proxy_is_used_for_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is left through a proxy only is a network all the same."""
    with Endpoint(lambda visit: visit.send(answer("403 Forbidden"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed) as caught:
            fetch("https://keys.example/jwks.json")
    assert str(caught.value) == (
        f"the proxy answered with 403 (through the proxy 127.0.0.1:{proxy.port})"
    )
    (head,) = proxy.requests
    assert head.startswith(b"CONNECT keys.example:443 HTTP/1.1\r\n")


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_proxy_that_fails_is_named_without_its_password(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator reads which proxy stands in the way and what the system said, and no secret."""
    with closed_port() as port:
        monkeypatch.setenv(name, f"http://somebody:secret@127.0.0.1:{port}")
        with pytest.raises(FetchFailed) as caught:
            fetch("https://keys.example/jwks.json")
    assert str(caught.value) == (
        f"no connection: Connection refused (ECONNREFUSED) (through the proxy 127.0.0.1:{port})"
    )


@pytest.mark.usefixtures("no_proxies")
def test_words_of_a_proxy_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy may answer with anything: of its words, the status is all that is told."""
    says = answer("407 Tell: Basic c2VjcmV0")
    with Endpoint(lambda visit: visit.send(says)) as proxy:
        # Without a scheme, as people write it.
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed) as caught:
            fetch("https://keys.example/jwks.json")
    assert str(caught.value) == (
        f"the proxy answered with 407 (through the proxy 127.0.0.1:{proxy.port})"
    )


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("exempt", ["keys.example", "*"])
def test_proxy_that_is_passed_by_is_not_named(exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What NO_PROXY exempts goes without the proxy, and the fault is not laid at its door."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with monkeypatch.context() as patch:
        patch.setenv("NO_PROXY", exempt)
        with pytest.raises(FetchFailed) as caught:
            fetch("https://keys.example/jwks.json")
    assert str(caught.value) == "no connection: Name or service not known"
    with pytest.raises(FetchFailed) as caught:
        fetch("http://localhost:9/")
    assert str(caught.value) == "no connection: Name or service not known"


@pytest.mark.usefixtures("no_proxies")
def test_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt HTTPS_PROXY is a failed fetch, not an accident."""
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1")
    with pytest.raises(FetchFailed, match="while the HTTP client was set up"):
        fetch("https://keys.example/jwks.json")


@pytest.mark.parametrize("issuer", ["https://idp.example/pool/", "https://idp.example/pool"])
def test_keys_of_an_issuer_with_a_slash_at_its_end(issuer: str) -> None:
    """OpenID Connect Discovery, section 4: a slash at the end is taken off before the well-known
    path is added. The issuer itself is compared as it is.
    """
    pool = UserPool("local_Pool", client_ids=["1example23456789"], issuer=issuer)
    (name,) = (told := Guard(pool).health())
    assert name == issuer
    assert told[name].source == "https://idp.example/pool/.well-known/jwks.json"
