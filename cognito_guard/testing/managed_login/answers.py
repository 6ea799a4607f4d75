"""What the endpoints answer, and the errors that end a request with an answer."""

from __future__ import annotations

import json
from http import HTTPStatus

from ..wire import Page

__all__ = ["OAuthError", "SentBack", "json_page", "redirect", "text_page"]

_NOT_KEPT = ("Cache-Control: no-store", "Pragma: no-cache")


class OAuthError(Exception):
    """An endpoint that programs ask refuses (RFC 6749, section 5.2)."""

    def __init__(
        self,
        error: str,
        description: str | None = None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        *headers: str,
    ) -> None:
        super().__init__(error)
        body = {"error": error}
        if description is not None:
            body["error_description"] = description
        self.page = json_page(body, status, *headers)


class SentBack(Exception):
    """A browser is led back to the app with an error (RFC 6749, section 4.1.2.1)."""

    def __init__(self, error: str, page: Page) -> None:
        super().__init__(error)
        self.page = page


def json_page(value: object, status: HTTPStatus = HTTPStatus.OK, *headers: str) -> Page:
    """An answer in JSON that nobody is to keep."""
    body = json.dumps(value).encode("utf-8")
    return Page("application/json;charset=UTF-8", body, status, (*_NOT_KEPT, *headers))


def redirect(to: str, *headers: str) -> Page:
    """Lead a browser on."""
    return Page(
        "text/plain",
        b"",
        HTTPStatus.FOUND,
        (f"Location: {to}", "Cache-Control: no-store", *headers),
    )


def text_page(status: HTTPStatus, detail: str) -> Page:
    """A sentence for whoever stands before a browser."""
    body = detail.encode("utf-8")
    # It may repeat what was asked for.
    headers = ("Cache-Control: no-store", "X-Content-Type-Options: nosniff")
    return Page("text/plain; charset=utf-8", body, status, headers)
