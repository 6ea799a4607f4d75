"""Sign-in of a Django project in a real browser: tabs, refresh, the back button, the admin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.expected_conditions import (
    url_to_be,
)

from example_apps.serving_django import django_database

from ..django.login_workers_site import Workers, workers
from . import waiting

SESSION = "cognito_session_token"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """The project, with two workers."""
    folder = tmp_path_factory.mktemp("login")
    with django_database() as environ:
        database = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": environ["DJANGO_DATABASE"],
            "OPTIONS": {"timeout": 60},
        }
        with workers(database, folder, "--workers", "2", "--threads=4") as one:
            yield one


@pytest.fixture
def page(browser: Chrome, here: Workers) -> Page:
    """A browser that knows nothing, of the site or of the pool."""
    for origin in (here.origin, here.server.origin):
        browser.get(f"{origin}/nowhere")
        browser.delete_all_cookies()
    return Page(browser, here)


class Page:
    """What a person sees and does."""

    def __init__(self, browser: Chrome, here: Workers) -> None:
        self.browser = browser
        self.here = here
        self.wait = waiting.waiting(browser)

    def go(self, path: str) -> None:
        """Type an address."""
        self.browser.get(f"{self.here.origin}{path}")

    def click(self, selector: str) -> None:
        """Click an element as soon as that is possible."""
        waiting.click(self.browser, selector)

    def reads(self, selector: str, text: str) -> None:
        """Wait until an element's text is this."""
        waiting.reads(self.browser, selector, text)

    def shows(self, text: str, selector: str = "body") -> None:
        """Wait for a text, whatever page it comes with."""
        waiting.shows(self.browser, selector, text)

    def is_at(self, path: str) -> None:
        """Wait for an address."""
        self.wait.until(url_to_be(f"{self.here.origin}{path}"))

    def sign_in(self, path: str, username: str = "alice") -> None:
        """Go to a page, and sign in for it."""
        self.go(path)
        self.click(f"button[value={username}]")
        self.is_at(path)


def test_sign_in_second_tab_sign_out_back(page: Page) -> None:
    """Who signs in is signed in everywhere, and who signs out nowhere, the back button included."""
    page.sign_in("/page?tab=1")
    page.reads("#who", "alice")
    cookie = page.browser.get_cookie(SESSION)
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    first = page.browser.current_window_handle
    page.browser.switch_to.new_window("tab")
    page.go("/page?tab=2")
    page.reads("#who", "alice")
    page.click("#out")
    page.is_at("/")
    page.reads("#who", "None")
    page.browser.close()
    page.browser.switch_to.window(first)
    page.browser.refresh()
    page.shows("alice", "button[value=alice]")  # the pool's page: here, too, nobody is signed in
    page.browser.back()
    page.go("/")
    page.reads("#who", "None")


def test_back_to_the_callback(page: Page) -> None:
    """Whoever goes back past the sign-in is led forward again."""
    page.sign_in("/page")
    page.browser.back()
    page.go("/page")
    page.reads("#who", "alice")


def test_refresh_across_expiry(page: Page) -> None:
    """An hour later, and another one: nobody notices, and the tokens are new."""
    page.sign_in("/page")
    before = page.here.server.requests["token"]
    for hours in (1, 2):
        page.here.pass_time(page.here.client.token_seconds + 1)
        page.browser.refresh()
        page.reads("#who", "alice")
        assert page.here.server.requests["token"] == before + hours


def test_expired_session(page: Page) -> None:
    """After a night the session is over: to sign in is to go on where one was."""
    page.sign_in("/page?x")
    page.here.pass_time(9 * 3600)
    page.go("/")
    page.reads("#who", "None")
    page.go("/page?x")
    page.is_at("/page?x")  # the pool still knows the browser
    page.reads("#who", "alice")


def test_admin(page: Page) -> None:
    """The admin's own pages lead through the pool, in both directions."""
    page.sign_in("/admin/", "ada")
    page.shows("Site administration", "#content")
    page.click("#logout-form button")
    page.is_at("/")
    page.reads("#who", "None")


def test_admin_for_others(page: Page) -> None:
    """Who is no member of the staff is told so."""
    page.go("/admin/")
    page.click("button[value=alice]")
    page.shows("403 Forbidden")


def test_forged_sign_out(page: Page) -> None:
    """A page of another site signs nobody out."""
    page.sign_in("/page")
    form = f'<form method="post" action="{page.here.origin}/auth/logout"><button>x</button></form>'
    page.browser.get(f"data:text/html,{form}")
    page.click("button")
    page.shows("403")
    page.go("/page")
    page.reads("#who", "alice")
