"""The page of a sign-in that failed: words for a person, and nothing that runs."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from cognito_guard import KeysUnavailable
from cognito_guard.login import (
    LoginFailed,
    LoginReason,
    SessionsUnavailable,
    error_page,
    error_problem,
)
from cognito_guard.login.reasons import OF_AUTHORIZE, WORDS

OF_SESSIONS = (LoginReason.SESSIONS_UNAVAILABLE, LoginReason.REFRESH_UNAVAILABLE)
ERRORS = [
    *(LoginFailed(reason) for reason in LoginReason if reason not in OF_SESSIONS),
    *(SessionsUnavailable(reason, retry_after=7) for reason in OF_SESSIONS),
    KeysUnavailable(7),
]


class Page(HTMLParser):
    """What is on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.texts: list[str] = []
        self.styles: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag."""
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        """Text."""
        where = self.styles if self.tags[-1:] == ["style"] else self.texts
        where.append(data.strip())


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error.reason))
def test_page_says_what_happened(
    error: LoginFailed | SessionsUnavailable | KeysUnavailable,
) -> None:
    """A heading, a sentence, a link to start again, and the reason to quote."""
    answer = error_page(error, again="/auth/login?next=/a&b=c")
    page = Page(answer.body.decode("utf-8"))
    assert answer.status in (400, 403, 503)
    assert page.links == ["/auth/login?next=/a&b=c"]
    assert str(error.reason) in page.texts
    assert not {"script", "img", "form", "iframe", "link"} & set(page.tags)
    headers = dict(answer.headers)
    assert len(headers) == len(answer.headers)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("Retry-After" in headers) == (answer.status == 503)
    style = answer.body.decode("ascii").partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode("ascii")).digest()).decode("ascii")
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"style-src 'sha256-{digest}'"
    )


@pytest.mark.parametrize("again", ["//evil.example", "javascript:alert(1)", '/"><script>'])
def test_link_stays_on_the_site(again: str) -> None:
    """Wherever the address comes from."""
    page = Page(error_page(LoginFailed(LoginReason.WRONG_STATE), again=again).body.decode("ascii"))
    assert len(page.links) == 1
    assert "script" not in page.tags
    assert (page.links[0] or "").startswith("/")
    assert not (page.links[0] or "").startswith("//")


@pytest.mark.parametrize("reason", LoginReason)
def test_every_reason_has_words(reason: LoginReason) -> None:
    """A status, a heading, a sentence for the person and one for the log."""
    status, title, message, detail = WORDS[reason]
    assert status in (400, 403, 503)
    assert title == title.strip(" .")
    for sentence in (message, detail):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert detail not in message


def test_errors_of_the_standards_have_a_reason_each() -> None:
    """RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6; RFC 8707, section 2."""
    assert {str(reason) for reason in OF_AUTHORIZE} == {
        *("invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type"),
        *("invalid_scope", "server_error", "temporarily_unavailable"),
        *("interaction_required", "login_required", "account_selection_required"),
        *("consent_required", "invalid_request_uri", "invalid_request_object"),
        *("request_not_supported", "request_uri_not_supported", "registration_not_supported"),
        "invalid_target",
    }


def test_script_is_told_when_to_come_again() -> None:
    """Of what is 503, and of nothing else."""
    for error, expected in (
        (SessionsUnavailable(retry_after=7), "7"),
        (LoginFailed(LoginReason.WRONG_STATE), None),
    ):
        problem = error_problem(error)
        assert (problem.status, dict(problem.headers).get("Retry-After")) == (
            503 if expected else 400,
            expected,
        )
