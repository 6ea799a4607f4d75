"""Sign-in in a real browser: two tabs, a refresh, the back button, signing out, a session's end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    element_to_be_clickable,
    url_to_be,
)

from ..contract.login.site import Site, site
from . import waiting
from .login_sites import SITES


@pytest.fixture(params=SITES, ids=lambda adapter: adapter.name)
def here(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Each of the sites."""
    with site(request.param) as one:
        yield one


class Person:
    """Who sits before the browser."""

    def __init__(self, browser: Chrome, here: Site) -> None:
        self._browser = browser
        self._here = here
        self._wait = waiting.waiting(browser)

    def go(self, path: str) -> None:
        """Type an address."""
        self._browser.get(self._here.origin + path)

    def click(self, selector: str) -> None:
        """Click an element as soon as that is possible."""
        waiting.click(self._browser, selector)

    def choose(self, username: str) -> None:
        """Sign in on the pool's page."""
        self.click(f"button[value={username}]")

    def is_at(self, path: str) -> None:
        """Arrive somewhere."""
        self._wait.until(url_to_be(self._here.origin + path))

    def is_called(self, name: str) -> None:
        """Wait for a page with this name on it."""
        waiting.reads(self._browser, "#name", name)

    def is_asked(self) -> None:
        """Arrive at the pool's sign-in page."""
        self._wait.until(element_to_be_clickable((By.CSS_SELECTOR, "button[value=alice]")))
        assert self._browser.current_url.startswith(f"{self._here.server.domain}/login?")


@pytest.fixture
def person(browser: Chrome, here: Site) -> Iterator[Person]:
    """Somebody with one empty tab and no cookies."""
    tab = browser.current_window_handle
    yield Person(browser, here)
    for handle in browser.window_handles:
        if handle != tab:
            browser.switch_to.window(handle)
            browser.close()
    browser.switch_to.window(tab)
    browser.delete_all_cookies()


def test_sign_in_stay_sign_out(browser: Chrome, here: Site, person: Person) -> None:
    """A browser keeps the cookies, follows the redirects and sends the form as it should."""
    person.go("/profile?tab=1")
    person.is_asked()
    person.choose("alice")
    person.is_at("/profile?tab=1")
    person.is_called("alice")
    cookie = browser.get_cookie("cognito_session_token")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert browser.execute_script("return document.cookie") == ""

    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    person.go("/profile?tab=2")
    person.is_called("alice")

    asked = here.server.requests["token"]
    here.expire()
    for tab in (browser.current_window_handle, first):
        browser.switch_to.window(tab)
        browser.refresh()
        person.is_called("alice")
    assert here.server.requests["token"] == asked + 1

    person.click("#leave")
    person.is_at("/")
    person.is_called("stranger")
    assert browser.get_cookie("cognito_session_token") is None
    browser.back()
    person.is_asked()


def test_back_to_the_sign_in_page(browser: Chrome, here: Site, person: Person) -> None:
    """Who goes back to it, and signs in there a second time, arrives where they were going."""
    person.go("/")
    person.click("#enter")
    person.choose("alice")
    person.is_at("/profile")
    browser.back()
    person.is_asked()
    person.choose("alice")
    person.is_at("/profile")
    person.is_called("alice")


def test_session_expires(browser: Chrome, here: Site, person: Person) -> None:
    """Nothing was heard for too long: the next page leads to the sign-in and back."""
    person.go("/profile")
    person.choose("alice")
    person.is_at("/profile")
    here.pass_time(8 * 3600)
    browser.refresh()
    person.is_asked()
    person.choose("ada")
    person.is_at("/profile")
    person.is_called("ada")


def test_form_of_another_site_signs_nobody_out(here: Site, person: Person, browser: Chrome) -> None:
    """A page elsewhere that sends the sign-out's form changes nothing."""
    person.go("/profile")
    person.choose("alice")
    person.is_at("/profile")
    form = f'<form method="post" action="{here.origin}/auth/logout"><button>x</button></form>'
    browser.get(f"data:text/html,{form}")
    person.click("button")
    person.is_at("/auth/logout")
    waiting.shows(browser, "body", "cross_site_request")
    person.go("/profile")
    person.is_called("alice")
