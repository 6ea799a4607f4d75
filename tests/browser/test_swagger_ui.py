"""FastAPI's ``/docs`` in a real browser: the Authorize button works with our scheme."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import (
    element_to_be_clickable,
    invisibility_of_element_located,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from example_apps.fastapi_app.app import create_app
from example_apps.serving import serve

from . import waiting


@pytest.fixture(scope="module")
def docs(guard: Guard) -> Iterator[str]:
    """The page that FastAPI makes for the example app, its scripts served from here."""
    package = find_spec("fastapi_offline")
    assert package is not None
    assert package.origin is not None
    assets = Path(package.origin).parent / "static"

    async def page(request: Request) -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Orders",
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    app = Starlette(
        routes=[
            Route("/docs", page),
            Mount("/assets", StaticFiles(directory=assets)),
            Mount("/", create_app(guard)),
        ]
    )
    with serve(app) as origin:
        yield f"{origin}/docs"


class Page:
    """What a person does on the page."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self._browser = browser
        self._wait = waiting.waiting(browser)
        browser.get(url)

    def click(self, selector: str) -> WebElement:
        """Click an element as soon as that is possible."""
        element: WebElement = self._wait.until(element_to_be_clickable((By.CSS_SELECTOR, selector)))
        element.click()
        return element

    def authorize(self, token: str) -> None:
        """Paste a token behind the Authorize button."""
        self.click(".auth-wrapper .btn.authorize")
        self.click(".auth-container input").send_keys(token)
        self.click(".auth-btn-wrapper .btn.authorize")
        self.click(".auth-btn-wrapper .btn-done")
        self._wait.until(invisibility_of_element_located((By.CSS_SELECTOR, ".modal-ux")))

    def open(self, operation: str) -> None:
        """Unfold an operation and make it ready to be tried."""
        self.click(f"#{operation} .opblock-summary-control")
        self.click(f"#{operation} .try-out__btn")

    def execute(self, operation: str, status: str) -> str:
        """Send the request, wait for an answer with this status, and give its text."""
        self.click(f"#{operation} .btn.execute")
        answer = f"#{operation} .live-responses-table .response"
        waiting.shows(self._browser, f"{answer} .response-col_status", status)
        return waiting.text(self._browser, answer)


def test_authorize(browser: Chrome, docs: str, pool: LocalUserPool) -> None:
    """Without a token ``/me`` is 401; after Authorize it is 200 and knows the caller."""
    operation = "operations-default-me_me_get"
    page = Page(browser, docs)
    page.open(operation)
    assert "missing_credentials" in page.execute(operation, "401")
    page.authorize(pool.access_token("alice"))
    assert pool.subject("alice") in page.execute(operation, "200")


def test_bad_token(browser: Chrome, docs: str, pool: LocalUserPool) -> None:
    """The page shows why a token was refused, with the challenge among the headers."""
    operation = "operations-default-me_me_get"
    page = Page(browser, docs)
    page.authorize(pool.id_token())
    page.open(operation)
    answer = page.execute(operation, "401")
    assert "This is an ID token; this API accepts access tokens." in answer
    assert 'www-authenticate: Bearer error="invalid_token"' in answer
