"""proxies.py: which proxy counts, and which hosts go without, as curl and urllib have it."""

from __future__ import annotations

import urllib.request

import pytest

from cognito_guard.network.fetch import FetchFailed, fetch
from cognito_guard.network.proxies import is_exempt, proxy_for

from ..keys.endpoint import Endpoint, answer

URL = "https://cognito-idp.eu-west-1.amazonaws.com/x/.well-known/jwks.json"
HOST = "cognito-idp.eu-west-1.amazonaws.com"

NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the machine's own."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# Lists that container tools and companies write.
LISTS = [
    "localhost,::1,fd00::/8",
    "localhost,127.0.0.1,::1,[::1],fe80::/10",
    "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local",
    "localhost, *.internal, , ,;junk;,http://[,[::1,::/x,a:b:c,1.2.3.4/99,:80,[]:80",
]


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_list_that_does_not_name_the_host_changes_nothing(
    name: str, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses, networks and junk among the entries do no harm: the proxy is asked."""
    monkeypatch.setenv(name, listed)
    with Endpoint(lambda visit: visit.send(answer("403 Forbidden"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed, match="the proxy answered with 403"):
            fetch(URL)
    assert len(proxy.requests) == 1


def test_list_alone_is_enough_to_have_been_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no proxy at all, the list says nothing, whatever stands in it."""
    monkeypatch.setenv("NO_PROXY", LISTS[0])
    assert proxy_for(URL) is None


@pytest.mark.parametrize(
    ("entry", "host", "exempt"),
    [
        ("*", HOST, True),
        ("a, *", HOST, True),
        (HOST, HOST, True),
        (HOST.upper(), HOST, True),
        (f"{HOST}.", HOST, True),
        (HOST, f"{HOST}.", True),
        ("amazonaws.com", HOST, True),
        (".amazonaws.com", HOST, True),
        ("*.amazonaws.com", HOST, True),
        ("b amazonaws.com", HOST, True),
        ("mazonaws.com", HOST, False),
        ("amazonaws.com.evil", HOST, False),
        ("cognito-idp", HOST, False),
        (f"{HOST}:443", HOST, True),
        (f"{HOST}:8443", HOST, False),
        (f"https://{HOST}", HOST, True),
        (f"all://{HOST}", HOST, True),
        (f"http://{HOST}", HOST, False),
        ("", HOST, False),
        (".", HOST, False),
        (",", HOST, False),
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.0/8", "10.0.0.7", True),
        ("10.0.0.9/8", "10.0.0.7", True),
        ("10.0.0.0/24", "10.0.1.7", False),
        ("10.0.0.7:443", "10.0.0.7", True),
        ("0.0.7", "10.0.0.7", False),
        ("fd00::/8", "fd12::1", True),
        ("fd00::/8", "fe80::1", False),
        ("fd12::1", "fd12:0:0::1", True),
        ("[fd12::1]", "fd12::1", True),
        ("[fd12::1]:443", "fd12::1", True),
        ("[fd12::1]:80", "fd12::1", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.0.0.0/8", "::ffff:10.0.0.7", True),
        ("::/0", "10.0.0.7", False),
        ("10.0.0.0/8", "10.example", False),
    ],
)
def test_what_an_entry_matches(entry: str, host: str, exempt: bool) -> None:
    """Hosts with their subdomains, addresses, networks, ports."""
    assert is_exempt(host, 443, entry) is exempt


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "a:1"),
        ({"all_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "b:2"),
        ({"ALL_PROXY": "http://a:1"}, "a:1"),
        ({"HTTPS_PROXY": "a:1"}, "a:1"),
        ({"HTTPS_PROXY": "https://user:secret@a"}, "a"),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, None),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "x", "NO_PROXY": "*"}, "a:1"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://[::1]:1"}, "[::1]:1"),
    ],
)
def test_which_variable_counts(
    environment: dict[str, str], place: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lower case before upper, the one for https before the one for all; a header is none."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(URL)
    assert (None if proxy is None else proxy.place) == place
    assert "secret" not in repr(proxy)


@pytest.mark.parametrize(
    "value", ["ftp://a", "http://", "http://a:x", "http://a:99999", "http://[::1"]
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_that_is_none_is_laid_at_its_variables_door(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one variable that is at fault is named, and no other; its value is not."""
    monkeypatch.setenv("NO_PROXY", "localhost,::1")
    monkeypatch.setenv(name, value)
    with pytest.raises(FetchFailed) as caught:
        fetch(URL)
    assert str(caught.value).endswith(
        f"while the HTTP client was set up from the environment ({name})"
    )


def test_proxy_of_the_system_and_its_exemptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """MacOS and Windows have settings of their own, which `urllib` knows."""
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://a:1"})
    monkeypatch.setattr(urllib.request, "getproxies_environment", dict)
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "near.example")
    assert proxy_for("https://near.example/") is None
    proxy = proxy_for(URL)
    assert proxy is not None
    assert proxy.variable == "the system"


def test_password_reaches_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """User name and password are sent as the URL has them, unescaped."""
    with Endpoint(lambda visit: visit.send(answer("407 Again"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed, match="407"):
            fetch(URL)
    (head,) = proxy.requests
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==" in head
