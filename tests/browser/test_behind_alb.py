"""The app behind the local load balancer in a real browser: log in, see the name, log out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    element_to_be_clickable,
    presence_of_element_located,
)
from selenium.webdriver.support.wait import WebDriverWait

from cognito_guard.testing import LocalListener
from example_apps.behind_alb.running import Running, serve_behind_alb

from .conftest import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The app, behind a load balancer."""
    with serve_behind_alb() as running:
        yield running


class Page:
    """What a person sees and does."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self._browser = browser
        self._wait = WebDriverWait(browser, PATIENCE_SECONDS)
        browser.get(url)

    def click(self, selector: str) -> None:
        """Click an element as soon as that is possible."""
        self._wait.until(element_to_be_clickable((By.CSS_SELECTOR, selector))).click()

    def text(self, selector: str) -> str:
        """The text of an element, as soon as it is there."""
        return self._wait.until(presence_of_element_located((By.CSS_SELECTOR, selector))).text

    def log_in(self, username: str) -> None:
        """Follow the link on the home page, and choose a user."""
        self.click("#login")
        self.click(f"button[value={username}]")


def test_log_in_see_the_name_log_out(browser: Chrome, running: Running) -> None:
    """A browser keeps the cookies, sends the form and follows the redirects as it should."""
    page = Page(browser, running.listener.url)
    page.log_in("ada")
    assert page.text("#name") == "Ada Lovelace"
    assert browser.current_url == f"{running.listener.url}/"
    cookie = browser.get_cookie(LocalListener.session_cookie)
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    browser.refresh()
    assert page.text("#name") == "Ada Lovelace"

    page.click("#logout")
    assert page.text("#login") == "Log in"
    assert browser.get_cookie(LocalListener.session_cookie) is None

    page.log_in("alice")
    assert page.text("#name") == "alice"
    page.click("#logout")
    assert page.text("#login") == "Log in"


def test_form_of_another_site_signs_nobody_in(browser: Chrome, running: Running) -> None:
    """A page elsewhere that sends the login form does not get its user signed in."""
    form = (
        f'<form method="post" action="{running.listener.url}{LocalListener.login_path}">'
        '<input name="nonce" value=""><input name="username" value="ada"><button>x</button></form>'
    )
    page = Page(browser, f"data:text/html,{form}")
    page.click("button")
    assert "This form belongs to another site." in page.text("body")
    page = Page(browser, running.listener.url)
    assert page.text("#login") == "Log in"
