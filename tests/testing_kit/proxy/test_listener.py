"""LocalListener: signs users in and adds the headers of a load balancer, and only those."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cognito_guard import Guard, Identity
from cognito_guard.testing import LocalListener, LocalLoadBalancer, LocalUser, LocalUserPool

from ...ports import free_port
from ...raw import UPGRADE, ask
from .browser import Browser
from .conftest import ADA, ODD

LOGIN, LOGOUT, COOKIE = "/.cognito/login", "/.cognito/logout", "AWSELBAuthSessionCookie-0"


@pytest.fixture(scope="module")
def listener(balancer: LocalLoadBalancer, echo: str) -> Iterator[LocalListener]:
    """In front of the echo, for signed-in users only."""
    with balancer.listen(echo) as listener:
        yield listener


def who(balancer: LocalLoadBalancer, arrived: httpx.Response) -> Identity:
    """Who a guard behind the load balancer says is calling, by the headers that arrived."""
    headers = [(name, value.encode("latin-1")) for name, value in arrived.json()["headers"]]
    trusted = balancer.trust(user_pool=balancer.pool.trust())
    return Guard(trusted).authenticate(lambda name: [v for n, v in headers if n == name])


def test_whoever_signs_in_arrives_where_he_wanted(
    balancer: LocalLoadBalancer, listener: LocalListener, browser: Browser
) -> None:
    """By way of the login page to the page with its query, with headers that a guard believes."""
    arrived = browser.sign_in(f"{listener.url}/a%2Fb//c?x=1&y=%20&x=2", "ada")
    assert arrived.json()["target"] == "/a%2Fb//c?x=1&y=%20&x=2"
    identity = who(balancer, arrived)
    assert (identity.username, identity.groups) == ("ada", ("admins", "a<b>"))
    assert (identity.source, identity.roles) == ("user_info_and_token", ("editor",))
    assert identity.claims["name"] == "Ada Lovelace"
    assert identity.claims["email"] == ADA.email


def test_session_cookie(listener: LocalListener, browser: Browser) -> None:
    """It is a random name, out of scripts' reach, and a new one at every login."""
    login = browser.get(listener.url + LOGIN)
    names = []
    for _ in range(2):
        [idp, alb] = browser.choose(login, "alice").headers.get_list("set-cookie")
        assert idp.startswith("cognito=")
        assert idp.endswith("; Path=/.cognito/; HttpOnly; SameSite=Lax")
        name, _, attributes = alb.removeprefix(COOKIE + "=").partition("; ")
        assert attributes == "Path=/; HttpOnly; SameSite=Lax"
        assert len(name) == 43
        assert browser.get(listener.url).status_code == 203
        names.append(name)
    assert names[0] != names[1]
    for name, status in zip(names, (302, 203), strict=True):
        headers = {"Cookie": f"x=1; {COOKIE}={name}"}
        assert (
            httpx.get(listener.url, headers=headers, trust_env=False, timeout=60).status_code
            == status
        )


@pytest.mark.parametrize("cookie", ["", "x", "%00", "a" * 10_000], ids=len)
def test_other_cookies_are_nobody(listener: LocalListener, cookie: str) -> None:
    """A cookie that names no session leads to the login page."""
    answer = httpx.get(
        f"{listener.url}/x?y",
        headers={"Cookie": f"{COOKIE}={cookie}"},
        trust_env=False,
        timeout=60,
    )
    assert (answer.status_code, answer.headers["location"]) == (302, f"{LOGIN}?to=%2Fx%3Fy")


# The login page.


def test_login_page(listener: LocalListener, browser: Browser) -> None:
    """It names every user, says that it is no real one, and shows what it is told as text."""
    page = browser.get(listener.url + LOGIN, params={"to": '/"><script>'})
    assert page.status_code == 200
    assert "nobody is asked for a password" in page.text
    assert page.text.count("<button ") == 3
    assert "admins, a&lt;b&gt;" in page.text
    assert "<script" not in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert browser.fields(page)["to"] == '/"><script>'


def test_user_with_an_odd_name_can_sign_in(
    balancer: LocalLoadBalancer, listener: LocalListener, browser: Browser
) -> None:
    """Names are data, on the page and in the form."""
    assert who(balancer, browser.sign_in(listener.url, ODD.username)).username == ODD.username


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"username": "mallory"}, 400),
        ({"username": None}, 400),
        ({"nonce": "A" * 43}, 403),
        ({"nonce": ""}, 403),
        ({"nonce": None}, 403),
        ({"nonce": "ä"}, 403),
        ({"more": "x" * 33_000}, 413),
        ({str(n): "" for n in range(20)}, 400),
    ],
    ids=lambda value: str(value)[:20],
)
def test_form_that_is_not_ours(
    listener: LocalListener, browser: Browser, change: dict[str, str | None], status: int
) -> None:
    """Unknown users, other nonces and other forms sign nobody in."""
    page = browser.get(listener.url + LOGIN)
    form = {**browser.fields(page), "username": "alice", **change}
    answer = browser.post(page.url, data={k: v for k, v in form.items() if v is not None})
    assert answer.status_code == status
    assert COOKIE not in browser.cookies


def test_form_from_another_site(listener: LocalListener, browser: Browser) -> None:
    """Another site knows no nonce, and its origin is refused even if it did."""
    page = browser.get(listener.url + LOGIN)
    form = {**browser.fields(page), "username": "alice"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        answer = browser.post(page.url, data=form, headers={"Origin": origin})
        assert answer.status_code == 403
    assert httpx.post(page.url, data=form, trust_env=False, timeout=60).status_code == 403
    good = browser.post(page.url, data=form, headers={"Origin": listener.url})
    assert good.status_code == 302


def test_nonce_is_the_browsers(listener: LocalListener, browser: Browser) -> None:
    """Two tabs share a nonce, so both forms work; a nonce of nobody's making is replaced."""
    first, second = (browser.get(listener.url + LOGIN) for _ in range(2))
    assert browser.fields(first) == browser.fields(second)
    assert "HttpOnly; SameSite=Strict" in first.headers["set-cookie"]
    headers = {"Cookie": 'cognito-login="><script>'}
    page = httpx.get(listener.url + LOGIN, headers=headers, trust_env=False, timeout=60)
    assert "<script" not in page.text + page.headers["set-cookie"]
    assert len(browser.fields(page)["nonce"]) == 43


@pytest.mark.parametrize(
    ("to", "arrives"),
    [
        ("/page?x=1", "/page?x=1"),
        ("{origin}/page", "/page"),
        ("{origin}", "/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("{origin}.evil.example/", "/"),
        ("{origin}@evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/ä", "/"),
    ],
)
def test_way_back_stays_here(
    listener: LocalListener, browser: Browser, to: str, arrives: str
) -> None:
    """Neither login nor logout leads to another site."""
    to = to.format(origin=listener.url)
    page = browser.get(listener.url + LOGIN, params={"to": to})
    assert browser.choose(page, "alice").headers["location"] == arrives
    answer = browser.get(listener.url + LOGOUT, params={"logout_uri": to})
    assert answer.headers["location"] == arrives


def test_query_that_is_none(listener: LocalListener, browser: Browser) -> None:
    """More fields than anybody sends lead home."""
    answer = browser.get(f"{listener.url}{LOGOUT}?" + "&".join(["logout_uri=/x"] * 50))
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/.cognito/"), ("GET", "/.cognito/x"), ("PUT", LOGIN), ("POST", LOGOUT)],
)
def test_other_pages(listener: LocalListener, method: str, path: str) -> None:
    """There are no others under that prefix, for the app neither."""
    answer = httpx.request(method, listener.url + path, trust_env=False, timeout=60)
    assert answer.status_code == 404


# Logging out.


def test_logout(listener: LocalListener, browser: Browser) -> None:
    """Both sessions are over, also for whoever kept the cookies."""
    browser.sign_in(listener.url)
    kept = dict(browser.cookies)
    assert COOKIE in kept
    answer = browser.get(listener.url + LOGOUT, params={"logout_uri": "/bye", "client_id": "c"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/bye")
    assert set(browser.cookies) == {"cognito-login", "a", "b"}  # the last two are the app's
    for cookies in (dict(browser.cookies), kept):
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        assert (
            httpx.get(listener.url, headers=header, trust_env=False, timeout=60).status_code == 302
        )
        page = httpx.get(listener.url + LOGIN, headers=header, trust_env=False, timeout=60)
        assert page.status_code == 200


def test_expiring_the_cookie_is_not_enough(
    balancer: LocalLoadBalancer, listener: LocalListener, browser: Browser
) -> None:
    """As with managed login: whoever is still signed in there is let in without being asked."""
    browser.sign_in(f"{listener.url}/first", "ada")
    browser.cookies.delete(COOKIE)
    answer = browser.get(f"{listener.url}/second")
    answer = browser.get(listener.url + answer.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (302, "/second")
    assert who(balancer, browser.get(f"{listener.url}/second")).username == "ada"


# Time.


def test_sessions_and_tokens_have_an_end(echo: str, browser: Browser) -> None:
    """The access token is forwarded until it expires, then renewed; a session ends once."""
    now = 1_800_000_000.0
    pool = LocalUserPool(clock=lambda: now)
    balancer = LocalLoadBalancer(pool)
    with balancer.listen(echo, session_seconds=10_000) as listener:

        def headers() -> dict[str, str]:
            return dict(browser.get(listener.url).json()["headers"])

        browser.sign_in(listener.url)
        first = headers()
        now += 3599
        second = headers()
        assert second["x-amzn-oidc-accesstoken"] == first["x-amzn-oidc-accesstoken"]
        assert second["x-amzn-oidc-data"] != first["x-amzn-oidc-data"]
        now += 1
        assert headers()["x-amzn-oidc-accesstoken"] != first["x-amzn-oidc-accesstoken"]
        now += 6399
        assert headers()["x-amzn-oidc-identity"] == pool.subject("alice")
        now += 1
        assert browser.get(listener.url).status_code == 302


def test_kept_cookie_ends_with_its_access_token(echo: str, browser: Browser) -> None:
    """After a logout at the user pool alone, no new access token is to be had."""
    now = 1_800_000_000.0
    pool = LocalUserPool(clock=lambda: now)
    with LocalLoadBalancer(pool).listen(echo) as listener:
        browser.sign_in(listener.url)
        session = browser.cookies[COOKIE]
        browser.cookies.delete(COOKIE)
        browser.get(listener.url + LOGOUT)
        header = {"Cookie": f"{COOKIE}={session}"}
        statuses = []
        for seconds in (0, 3599, 1):
            now += seconds
            statuses.append(
                httpx.get(listener.url, headers=header, trust_env=False, timeout=60).status_code
            )
        assert statuses == [203, 203, 302]


# Those who are not signed in.


def test_allow(balancer: LocalLoadBalancer, echo: str, browser: Browser) -> None:
    """Everybody gets through, and only who signed in brings the headers."""
    with balancer.listen(
        echo, on_unauthenticated_request="allow", rules={"/login": "authenticate"}
    ) as listener:
        headers = dict(browser.get(listener.url).json()["headers"])
        assert not [name for name in headers if name.startswith("x-amzn-oidc")]
        assert browser.get(f"{listener.url}/login/x").status_code == 203
        arrived = browser.sign_in(f"{listener.url}/login?to=x")
        assert arrived.json()["target"] == "/login?to=x"
        assert who(balancer, browser.get(listener.url)).username == "alice"


def test_deny(balancer: LocalLoadBalancer, echo: str, browser: Browser) -> None:
    """Nobody gets 401 instead of a page to sign in on; who is signed in gets through."""
    with balancer.listen(
        echo, on_unauthenticated_request="deny", rules={"/": "authenticate"}
    ) as listener:
        answer = browser.get(f"{listener.url}/x")
        assert (answer.status_code, answer.text) == (401, "Nobody is signed in.")
        head = browser.head(f"{listener.url}/x")
        assert (head.status_code, head.content) == (401, b"")
        browser.sign_in(listener.url)
        assert browser.get(f"{listener.url}/x").status_code == 203


SPELLINGS = [
    name
    for header in ("data", "accesstoken", "identity", "anything")
    for name in (f"x-amzn-oidc-{header}", f"X-Amzn-Oidc-{header}", f"X_AMZN_OIDC_{header}")
] + ["x-amzn_oidc-data", "x_amzn-oidc-identity"]


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "alice"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_copies_of_the_headers_are_stripped(
    balancer: LocalLoadBalancer, echo: str, browser: Browser, name: str, signed_in: bool
) -> None:
    """However it is spelt, whether somebody is signed in or not, and as often as it comes."""
    forged = balancer.headers("ada")
    value = forged.get(name.lower().replace("_", "-"), "forged")
    with balancer.listen(
        echo, on_unauthenticated_request="allow", rules={"/in": "authenticate"}
    ) as listener:
        if signed_in:
            browser.sign_in(f"{listener.url}/in", "alice")
        arrived = browser.get(listener.url, headers=[(name, value), (name, value)])
    sent = arrived.json()["headers"]
    assert value not in [sent_value for _, sent_value in sent]
    names = [n for n, _ in sent if n.replace("_", "-").startswith("x-amzn-oidc-")]
    assert sorted(names) == (
        ["x-amzn-oidc-accesstoken", "x-amzn-oidc-data", "x-amzn-oidc-identity"] * signed_in
    )
    if signed_in:
        assert who(balancer, arrived).username == "alice"


def test_headers_cannot_be_named_away(
    balancer: LocalLoadBalancer, listener: LocalListener, browser: Browser
) -> None:
    """A ``Connection`` header takes away none of those that say who is calling."""
    browser.sign_in(listener.url, "alice")
    named = "x-amzn-oidc-data, x-amzn-oidc-identity, x-amzn-oidc-accesstoken, host"
    arrived = browser.get(listener.url, headers={"Connection": named})
    assert who(balancer, arrived).username == "alice"


def test_claims_that_are_too_large(echo: str, browser: Browser) -> None:
    """With more than 11 KB of claims and token the answer is 500, as a load balancer's is."""
    users = [
        LocalUser("small", claims={"custom:x": "x" * 9_000}),
        LocalUser("large", claims={"custom:x": "x" * 11_000}),
    ]
    with LocalLoadBalancer(LocalUserPool(users=users)).listen(echo) as listener:
        assert browser.sign_in(listener.url, "small").status_code == 203
        browser.cookies.clear()
        assert browser.sign_in(listener.url, "large").status_code == 500


# What it is.


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[x"])
def test_other_hosts_are_not_served(listener: LocalListener, host: str) -> None:
    """A name of another site that leads here (DNS rebinding) opens nothing."""
    for path in ("/", LOGIN):
        answer = httpx.get(listener.url + path, headers={"Host": host}, trust_env=False, timeout=60)
        assert (answer.status_code, answer.text) == (421, "This host is not served here.")


@pytest.mark.parametrize(
    "host", ["localhost:1", "LOCALHOST", "app.localhost", "[::1]:5", "127.9.9.9"]
)
def test_names_of_this_machine(listener: LocalListener, host: str) -> None:
    """All names of this machine are served."""
    answer = httpx.get(listener.url, headers={"Host": host}, trust_env=False, timeout=60)
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:8000",
        "http://example.com",
        "http://10.0.0.1:80",
        "http://127.0.0.1:80/x",
        "http://127.0.0.1:80?x",
        "127.0.0.1:80",
        "",
    ],
)
def test_only_apps_on_this_machine(balancer: LocalLoadBalancer, target: str) -> None:
    """Nothing else may be sent headers that say who somebody is."""
    with pytest.raises(ValueError, match="a target "):
        balancer.listen(target)


def test_actions_are_three(balancer: LocalLoadBalancer, echo: str) -> None:
    """A typing error must not open anything."""
    with pytest.raises(ValueError, match="'Allow' is none of authenticate, allow, deny"):
        balancer.listen(echo, on_unauthenticated_request="Allow")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'open' is none of authenticate, allow, deny"):
        balancer.listen(echo, rules={"/": "open"})  # type: ignore[dict-item]


def test_websockets_do_not_pass(balancer: LocalLoadBalancer, echo: str) -> None:
    """They are told so, whoever asks."""
    with balancer.listen(echo, on_unauthenticated_request="allow") as listener:
        answer = ask(listener.url, "/ws", UPGRADE)
    assert (answer.status, answer.body) == (501, b"No WebSockets pass through here.")


def test_port_may_be_chosen(balancer: LocalLoadBalancer, echo: str) -> None:
    """It is free again as soon as the listener is closed, connections or not."""
    port = free_port()
    with balancer.listen(echo, port=port) as first:
        assert first.url == f"http://127.0.0.1:{port}"
        ask(first.url)
    with balancer.listen(echo, port=port) as second:
        assert second.url == first.url
        assert ask(second.url).status == 302
