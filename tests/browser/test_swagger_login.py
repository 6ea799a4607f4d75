"""FastAPI's ``/docs`` in a real browser: *Authorize* leads through the sign-in, with PKCE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Security
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    number_of_windows_to_be,
    visibility_of_element_located,
)
from starlette.staticfiles import StaticFiles

from cognito_guard import Identity
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_router
from example_apps.serving import serve

from ..contract.login.site import Adapter, Running, Site, site
from . import waiting


def _app(running: Running) -> FastAPI:
    auth = CognitoAuth(running.guard, login=running.sessions)
    app = FastAPI(docs_url=None, swagger_ui_init_oauth=auth.swagger_ui_init_oauth())
    app.include_router(login_router(running.sessions), prefix="/auth")
    caller, reader = Depends(auth), Security(auth, scopes=["openid"])

    @app.get("/me")
    async def me(user: Identity = caller) -> Any:
        return {"subject": user.subject}

    @app.get("/scoped")
    async def scoped(user: Identity = reader) -> Any:
        return {"subject": user.subject}

    # What FastAPI does for `/docs`, with the page's scripts from here.
    package = find_spec("fastapi_offline")
    assert package is not None
    assert package.origin is not None
    app.mount("/assets", StaticFiles(directory=Path(package.origin).parent / "static"))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Any:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Orders",
            oauth2_redirect_url=app.swagger_ui_oauth2_redirect_url,
            init_oauth=app.swagger_ui_init_oauth,
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    assert app.swagger_ui_oauth2_redirect_url is not None

    @app.get(app.swagger_ui_oauth2_redirect_url, include_in_schema=False)
    async def redirect() -> Any:
        return get_swagger_ui_oauth2_redirect_html()

    return app


def _serve(running: Running, listener: socket) -> Any:
    return serve(_app(running), listener)


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    """The API. Its app client lets browsers come back to the page as well."""
    with site(Adapter("fastapi", _serve)) as one:
        callbacks = [*one.client.callback_urls, f"{one.origin}/docs/oauth2-redirect"]
        one.server.register(replace(one.client, callback_urls=callbacks))
        yield one


class Page:
    """What a person does on the page."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self._browser = browser
        self._wait = waiting.waiting(browser)
        browser.get(url)

    def click(self, selector: str) -> None:
        """Click an element as soon as that is possible."""
        waiting.click(self._browser, selector)

    def authorize(self, username: str) -> None:
        """Press *Authorize*, sign in in the window that opens, and come back."""
        page = self._browser.current_window_handle
        self.click(".auth-wrapper .btn.authorize")
        self.click(".auth-btn-wrapper .btn.authorize")
        self._wait.until(number_of_windows_to_be(2))
        (window,) = {*self._browser.window_handles} - {page}
        self._browser.switch_to.window(window)
        self.click(f"button[value={username}]")
        self._wait.until(number_of_windows_to_be(1))
        self._browser.switch_to.window(page)
        leave = ".auth-btn-wrapper .btn.modal-btn.auth:not(.authorize)"
        self._wait.until(visibility_of_element_located((By.CSS_SELECTOR, leave)))
        self.click(".auth-btn-wrapper .btn-done")

    def execute(self, operation: str, status: str) -> str:
        """Try an operation, wait for an answer with this status, and give its text."""
        self.click(f"#{operation} .opblock-summary-control")
        self.click(f"#{operation} .try-out__btn")
        self.click(f"#{operation} .btn.execute")
        answer = f"#{operation} .live-responses-table .response"
        waiting.shows(self._browser, f"{answer} .response-col_status", status)
        return waiting.text(self._browser, answer)


def test_authorize(browser: Chrome, here: Site) -> None:
    """*Authorize* leads to the pool's sign-in page and comes back with a token of the user's."""
    page = Page(browser, f"{here.origin}/docs")
    assert "missing_credentials" in page.execute("operations-default-me_me_get", "401")
    page.authorize("ada")
    page.click("#operations-default-me_me_get .opblock-summary-control")
    answer = page.execute("operations-default-scoped_scoped_get", "200")
    assert '"subject"' in answer


def test_signed_in_already(browser: Chrome, here: Site) -> None:
    """Who is signed in at the site tries the operations without *Authorize*."""
    browser.get(f"{here.origin}/auth/login?next=/docs")
    page = Page(browser, f"{here.origin}/auth/login?next=/docs&prompt=login")
    page.click("button[value=alice]")
    assert '"subject"' in page.execute("operations-default-me_me_get", "200")
