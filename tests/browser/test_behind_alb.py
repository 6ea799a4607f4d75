"""The app behind the local load balancer in a real browser: log in, see the name, log out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from cognito_guard.testing import LocalListener
from example_apps.behind_alb.running import Running, serve_behind_alb

from . import waiting


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The app, behind a load balancer."""
    with serve_behind_alb() as running:
        yield running


class Page:
    """What a person sees and does."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self._browser = browser
        browser.get(url)

    def click(self, selector: str) -> None:
        """Click an element as soon as that is possible."""
        waiting.click(self._browser, selector)

    def reads(self, selector: str, text: str) -> None:
        """Wait until an element's text is this."""
        waiting.reads(self._browser, selector, text)

    def log_in(self, username: str) -> None:
        """Follow the link on the home page, and choose a user."""
        self.click("#login")
        self.click(f"button[value={username}]")


def test_log_in_see_the_name_log_out(browser: Chrome, running: Running) -> None:
    """A browser keeps the cookies, sends the form and follows the redirects as it should."""
    page = Page(browser, running.listener.url)
    page.log_in("ada")
    page.reads("#name", "Ada Lovelace")
    assert browser.current_url == f"{running.listener.url}/"
    cookie = browser.get_cookie(LocalListener.session_cookie)
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    browser.refresh()
    page.reads("#name", "Ada Lovelace")

    page.click("#logout")
    page.reads("#login", "Log in")
    assert browser.get_cookie(LocalListener.session_cookie) is None

    page.log_in("alice")
    page.reads("#name", "alice")
    page.click("#logout")
    page.reads("#login", "Log in")


def test_form_of_another_site_signs_nobody_in(browser: Chrome, running: Running) -> None:
    """A page elsewhere that sends the login form does not get its user signed in."""
    form = (
        f'<form method="post" action="{running.listener.url}{LocalListener.login_path}">'
        '<input name="nonce" value=""><input name="username" value="ada"><button>x</button></form>'
    )
    page = Page(browser, f"data:text/html,{form}")
    page.click("button")
    waiting.shows(browser, "body", "This form belongs to another site.")
    page = Page(browser, running.listener.url)
    page.reads("#login", "Log in")
