"""Looking at a page that another one may just be replacing.

A click that leads to another page returns before that page is there. An element that was found in
the old one is stale a moment later, and its text is the old page's. So these look until the page
shows what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable
from selenium.webdriver.support.wait import WebDriverWait

from .conftest import PATIENCE_SECONDS


def waiting(browser: Chrome) -> WebDriverWait[Chrome]:
    """Asks again where the page was replaced between finding an element and using it, or laid out
    anew, so that something else was in the way of a click."""
    replaced = (
        NoSuchElementException,
        StaleElementReferenceException,
        ElementClickInterceptedException,
    )
    return WebDriverWait(browser, PATIENCE_SECONDS, ignored_exceptions=replaced)


def click(browser: Chrome, selector: str) -> None:
    """Click an element as soon as that is possible.

    An element that is stale, or behind another one, was not clicked, so asking again clicks once.
    """

    def clicked(browser: Chrome) -> bool:
        element = element_to_be_clickable((By.CSS_SELECTOR, selector))(browser)
        if not element:
            return False
        element.click()
        return True

    waiting(browser).until(clicked, f"nothing to click at {selector}")


def text(browser: Chrome, selector: str) -> str:
    """An element's text, as soon as it has one."""
    return waiting(browser).until(lambda b: b.find_element(By.CSS_SELECTOR, selector).text)


def reads(browser: Chrome, selector: str, text: str) -> None:
    """Wait until an element's whole text is this."""
    _look(browser, selector, f"exactly {text!r}", lambda seen: seen == text)


def shows(browser: Chrome, selector: str, text: str) -> None:
    """Wait until an element's text contains this."""
    _look(browser, selector, repr(text), lambda seen: text in seen)


def _look(browser: Chrome, selector: str, wanted: str, good: Callable[[str], bool]) -> None:
    last = "nothing"

    def look(browser: Chrome) -> bool:
        nonlocal last
        last = browser.find_element(By.CSS_SELECTOR, selector).text
        return good(last)

    try:
        waiting(browser).until(look)
    except TimeoutException:
        pytest.fail(f"{selector} should read {wanted}; it reads {last!r}")
