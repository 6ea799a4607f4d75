"""What ``/oauth2/authorize`` and ``/login`` let through, and how they refuse the rest."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .app import CALLBACK, OTHER_CALLBACK, SHOP, App, Clock, answer_of

LONG = "a" * 43


def test_nobody_is_signed_in_yet(app: App) -> None:
    """A browser is led to the sign-in page, with the query as it was."""
    query = app.query(state="a b")
    answer = app.authorize(query)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/login?{query}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_back_to_the_app(app: App) -> None:
    """Whoever signs in comes back with a code and the state, and nothing else."""
    back = app.sign_in_as()
    assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert set(answer := answer_of(back)) == {"code", "state"}
    assert answer["state"] == "a-state"


def test_callback_with_a_query(app: App) -> None:
    """The query that a callback URL has stays."""
    back = app.sign_in_as(redirect_uri=OTHER_CALLBACK)
    assert back.headers["Location"].startswith(f"{OTHER_CALLBACK}&code=")


@pytest.mark.parametrize(
    "state",
    [
        "a%2Bb",
        "a+b",
        "a%20b",
        "~._-",
        "%C3%A4",
        "a%2fb",
        "a%2Fb",
        "",
        "=",
        "eyJhIjoxfQ%3D%3D",
    ],
)
def test_state_comes_back_byte_for_byte(app: App, state: str) -> None:
    """However it is encoded, nobody decodes it and encodes it in another way."""
    query = f"{app.query(state=None)}&state={state}"
    page = app.get(f"{app.server.domain}/login?{query}")
    assert app.choose(page, "alice").headers["Location"].endswith(f"&state={state}")
    refused = app.authorize(f"{query}&prompt=nothing")
    assert refused.headers["Location"].endswith(f"&state={state}")


def test_no_state(app: App) -> None:
    """None is sent back where none was sent."""
    assert set(answer_of(app.sign_in_as(state=None))) == {"code"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?a=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": CALLBACK.replace("localhost", "127.0.0.1")},
        {"redirect_uri": CALLBACK.replace("8000", "8001")},
        {"redirect_uri": CALLBACK.replace("http:", "https:")},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": OTHER_CALLBACK.partition("?")[0]},
        {"client_id": "machine"},
    ],
)
@pytest.mark.parametrize("path", ["/oauth2/authorize", "/login"])
def test_never_led_elsewhere(app: App, path: str, changes: dict[str, str | None]) -> None:
    """Without a client and one of its callback URLs, to the letter, there is an error page."""
    answer = app.get(f"{app.server.domain}{path}?{app.query(**changes)}")
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    # The text names the address, and no browser takes it for more than text.
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("more", ["state=b", "client_id=web", "x=%FF", "a=1&" * 60])
def test_a_query_that_can_be_read_in_two_ways(app: App, more: str) -> None:
    """A parameter that is there twice (RFC 6749, section 3.1), and one that is no text."""
    assert app.authorize(f"{app.query()}&{more}").status_code == 400


REFUSED: list[tuple[str, dict[str, str | None]]] = [
    ("invalid_request", {"response_type": None}),
    ("unsupported_response_type", {"response_type": "id_token"}),
    ("unsupported_response_type", {"response_type": "code token"}),
    ("unauthorized_client", {"response_type": "token"}),
    ("invalid_request", {"code_challenge_method": "plain"}),
    ("invalid_request", {"code_challenge_method": "s256"}),
    ("invalid_request", {"code_challenge_method": None}),
    ("invalid_request", {"code_challenge": None}),
    ("invalid_request", {"code_challenge": LONG[1:]}),
    ("invalid_request", {"code_challenge": LONG + "a"}),
    ("invalid_request", {"code_challenge": LONG[1:] + "="}),
    ("invalid_scope", {"scope": "openid offline_access"}),
    ("invalid_scope", {"scope": "openid orders/read"}),
    ("invalid_scope", {"scope": "OpenID"}),
    ("invalid_scope", {"scope": "email"}),
    ("invalid_scope", {"scope": "profile aws.cognito.signin.user.admin"}),
    ("invalid_request", {"prompt": "none login"}),
    ("invalid_request", {"prompt": "silent"}),
    ("invalid_request", {"max_age": "-1"}),
    ("invalid_request", {"max_age": "soon"}),
    ("invalid_request", {"state": '{"to": "/orders"}'}),
    ("invalid_request", {"state": "[1]"}),
    ("invalid_request", {"identity_provider": "Google"}),
    ("invalid_request", {"resource": "orders"}),
    ("invalid_request", {"resource": "https://api.example/#a"}),
    ("login_required", {"prompt": "none"}),
]


@pytest.mark.parametrize(("error", "changes"), REFUSED)
def test_led_back_with_an_error(app: App, error: str, changes: dict[str, str | None]) -> None:
    """Whatever else is wrong, the app is told, with the state."""
    back = app.authorize(**changes)
    assert back.headers["Location"].startswith(f"{CALLBACK}?error={error}&")
    answer = answer_of(back)
    assert answer["error"] == error
    assert answer["state"] == changes.get("state", "a-state")


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": None},
        {"scope": ""},
        {"scope": "openid email phone profile openid"},
        {"code_challenge": None, "code_challenge_method": None},
        {"prompt": "login consent"},
        {"max_age": "0"},
        {"state": "{no JSON"},
        {"state": "[" * 2000},
        {"identity_provider": "COGNITO", "lang": "de", "acr_values": "urn:cognito:loa:2"},
        {"resource": "https://api.example/orders"},
    ],
)
def test_good_ones(app: App, changes: dict[str, str | None]) -> None:
    """The rules above do not refuse more than they should."""
    assert app.authorize(**changes).headers["Location"].startswith("/login?")


def test_all_scopes_of_the_client(app: App) -> None:
    """Who asks for none gets all."""
    tokens = app.tokens(scope=None)
    scopes = app.claims(tokens["access_token"])["scope"]
    assert scopes == "openid email phone profile aws.cognito.signin.user.admin"


# The session of managed login itself.


def test_signed_in_without_a_page(app: App) -> None:
    """The second time nobody is asked, and the new code is another one."""
    first = answer_of(app.sign_in_as("ada"))
    again = answer_of(app.authorize(client_id="shop"))
    assert again["code"] != first["code"]
    tokens = app.token(code=again["code"], client_id="shop", client_secret=SHOP.secret).json()
    assert app.claims(tokens["access_token"])["username"] == "ada"
    assert answer_of(app.authorize(prompt="none"))["state"] == "a-state"


def test_session_is_over_after_an_hour(app: App, clock: Clock) -> None:
    """Then somebody has to sign in again."""
    app.sign_in_as()
    clock.now += 3599
    assert "code" in answer_of(app.authorize())
    clock.now += 1
    assert app.authorize().headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"prompt": "login"}, True),
        ({"prompt": "select_account"}, True),
        ({"prompt": "consent"}, False),
        ({"max_age": "0"}, True),
        ({"max_age": "100"}, True),
        ({"max_age": "101"}, False),
        ({"login_hint": "ada"}, False),
    ],
)
def test_asked_again(app: App, clock: Clock, changes: dict[str, str], asked: bool) -> None:
    """Where the app wants it, or where the sign-in is too old for it."""
    app.sign_in_as()
    clock.now += 100
    location = app.authorize(**changes).headers["Location"]
    assert location.startswith("/login?" if asked else CALLBACK)


def test_too_old_and_no_page(app: App, clock: Clock) -> None:
    """Where no page may be shown, the app is told."""
    app.sign_in_as()
    clock.now += 100
    assert answer_of(app.authorize(prompt="none", max_age="60"))["error"] == "login_required"


def test_auth_time_is_that_of_the_sign_in(app: App, clock: Clock) -> None:
    """A code without a page is no new sign-in; one with a page is."""
    app.sign_in_as()
    then = int(clock.now)
    clock.now += 100
    code = answer_of(app.authorize())["code"]
    assert app.claims(app.token(code=code).json()["id_token"])["auth_time"] == then
    code = app.code(prompt="login")
    assert app.claims(app.token(code=code).json()["id_token"])["auth_time"] == then + 100


def test_made_up_session(app: App) -> None:
    """A cookie that nobody was given is nobody's."""
    app.cookies.set(f"cognito-{app.server.origin.rpartition(':')[2]}", "a" * 43)
    assert app.authorize().headers["Location"].startswith("/login?")


def test_new_session_ends_the_old_one(app: App) -> None:
    """Whoever signs in has a new cookie; the old one is good for nothing."""
    app.sign_in_as()
    old = dict(app.cookies)
    app.sign_in_as("ada")
    assert dict(app.cookies) != old
    with App(app.server, app.clock) as other:
        other.cookies.update(old)
        assert other.authorize().headers["Location"].startswith("/login?")


def test_cookie(app: App) -> None:
    """No script sees it, and no other site sends it along but with a link."""
    cookie = app.sign_in_as().headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")


# The page.


def test_page(app: App) -> None:
    """A button for each user; the one who is hinted at has the focus."""
    page = app.get(f"{app.server.domain}/login?{app.query(login_hint='ada', state='<b>')}")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'value="ada" autofocus>ada' in page.text
    assert 'value="alice">alice' in page.text
    assert "<b>" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("status", "change", "headers"),
    [
        (400, {"username": "mallory"}, {}),
        (400, {"username": ""}, {}),
        (403, {"nonce": "a" * 43}, {}),
        (403, {"nonce": ""}, {}),
        (403, {}, {"Origin": "https://evil.example"}),
        (403, {}, {"Origin": "null"}),
        (413, {"more": "a" * 40_000}, {}),
    ],
)
def test_form_that_is_not_ours(
    app: App, status: int, change: dict[str, str], headers: dict[str, str]
) -> None:
    """Another site can sign nobody in."""
    page = app.get(f"{app.server.domain}/login?{app.query()}")
    form = {**app.fields(page), "username": "alice", **change}
    answer = app.post(page.url, data=form, headers=headers)
    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers


def test_form_looks_at_the_query_again(app: App) -> None:
    """What was changed between page and form is refused as ever."""
    page = app.get(f"{app.server.domain}/login?{app.query()}")
    form = {**app.fields(page), "username": "alice"}
    changed = app.query(redirect_uri="https://evil.example/")
    assert app.post(f"{app.server.domain}/login?{changed}", data=form).status_code == 400


# Sign-out.


def test_sign_out(app: App) -> None:
    """The session is over, and the browser is led where the app wants it, from a list."""
    app.sign_in_as()
    old = dict(app.cookies)
    answer = app.get(
        f"{app.server.domain}/logout?client_id=web&logout_uri={quote('http://localhost:8000/')}"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost:8000/")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    app.cookies.update(old)
    assert app.authorize().headers["Location"].startswith("/login?")


def test_sign_out_and_in_again(app: App) -> None:
    """With a callback URL in place of the logout URL, it is on to the sign-in page."""
    app.sign_in_as()
    answer = app.get(f"{app.server.domain}/logout?{app.query()}")
    assert answer.headers["Location"] == f"/login?{app.query()}"
    assert app.authorize().headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "client_id=web",
        "logout_uri=http://localhost:8000/",
        "client_id=unknown&logout_uri=http://localhost:8000/",
        "client_id=shop&logout_uri=http://localhost:8000/",
        "client_id=web&logout_uri=http://localhost:8000",
        "client_id=web&logout_uri=https://evil.example/",
        "client_id=web&client_id=web&logout_uri=http://localhost:8000/",
        "client_id=web&redirect_uri=https://evil.example/&response_type=code",
        "client_id=web&post_logout_redirect_uri=http://localhost:8000/",
    ],
)
def test_sign_out_that_is_refused(app: App, query: str) -> None:
    """Not for everybody, not to everywhere; and whoever is signed in stays it."""
    app.sign_in_as()
    answer = app.get(f"{app.server.domain}/logout?{query}")
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "code" in answer_of(app.authorize())


def test_pages_say_what_to_change(app: App) -> None:
    """A developer who has mistaken a port reads both addresses, and how to have another one."""
    page = app.authorize(redirect_uri="http://localhost:5000/<b>")
    assert page.status_code == 400
    assert page.text == (
        f"redirect_mismatch: this client may lead to {CALLBACK} or {OTHER_CALLBACK}, and not to "
        "http://localhost:5000/<b>. For another one, start `cognito-guard dev` with `--callback`; "
        "in a test, name it in the LocalClient."
    )
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    none = app.authorize(client_id="machine", redirect_uri=None)
    assert "may lead to no address, and not to none." in none.text
    unknown = app.authorize(client_id="unknown").text
    assert unknown == "The client does not exist. This pool has web, shop, rotating, machine."


def test_page_after_a_sign_out_says_it_too(app: App) -> None:
    """Of the addresses for that."""
    query = "client_id=web&logout_uri=http://localhost:5000/"
    page = app.get(f"{app.server.domain}/logout?{query}")
    assert page.status_code == 400
    assert page.text.startswith(
        "redirect_mismatch: this client may lead to http://localhost:8000/, and not to "
        "http://localhost:5000/. "
    )
