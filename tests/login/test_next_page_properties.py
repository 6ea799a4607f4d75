"""The page to return to is on the own site, whatever comes in."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from cognito_guard.login import own_page

from ..engine.strategies import repeatable


@repeatable
@given(st.text() | st.from_regex(r"[/\\.%25cFf:;a@?#\t ]{1,12}", fullmatch=True))
def test_it_never_leads_away(wanted: str) -> None:
    """Whatever comes in, a browser that is led there stays; and a header can hold it."""
    for text in (wanted, f"/{wanted}"):
        page = own_page(text)
        assert page.isascii()
        assert page.isprintable()
        parts = urlsplit(urljoin("https://app.example/auth/callback", page))
        assert (parts.scheme, parts.netloc) == ("https", "app.example")
        assert own_page(page) == page
