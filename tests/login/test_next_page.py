"""The page to return to: on the own site, or it is ``/``."""

from __future__ import annotations

import pytest

from cognito_guard.login import own_page
from cognito_guard.login.next_page import MAX_LENGTH

OWN = {
    "/": "/",
    "/orders": "/orders",
    "/orders/": "/orders/",
    "/orders?page=2&next=//evil#top": "/orders?page=2&next=//evil#top",
    "/a%20b": "/a%20b",
    "/a b": "/a%20b",
    "/bücher?q=ä": "/b%C3%BCcher?q=%C3%A4",
    "/a;b=c/d": "/a;b=c/d",
    "/...": "/...",
    "/a:b": "/a:b",
    "/?": "/?",
    "/100%": "/100%",
    "/" + "a" * (MAX_LENGTH - 1): "/" + "a" * (MAX_LENGTH - 1),
}
FOREIGN = [
    None,
    1,
    b"/orders",
    "",
    "orders",
    "?next=/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/a\\b",
    "/?a\\b",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    " /orders",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "\t//evil.example",
    "/a\0b",
    "/a\x7fb",
    "/a%7Fb",
    "/a%0Ab",
    "/%2F/evil.example",
    "/%2f%2fevil.example",
    "/%5Cevil.example",
    "/%255Cevil.example",
    "/%252F%252Fevil.example",
    "/%25252F/evil.example",
    "/%2525252525252F/evil.example",
    "/%09/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/a/../b",
    "/./a",
    "/%2e%2e//evil.example",
    "/..;/a",
    "/a//b",
    "/a/" + "\ud800",
    "/" + "a" * MAX_LENGTH,
    "/" + "ä" * 400,
]


@pytest.mark.parametrize(("wanted", "page"), OWN.items(), ids=range(len(OWN)))
def test_page_of_the_own_site(wanted: str, page: str) -> None:
    """As it is, but for what a URL writes in percent signs."""
    assert own_page(wanted) == page


@pytest.mark.parametrize("wanted", FOREIGN, ids=ascii)
def test_anything_else_is_the_first_page(wanted: object) -> None:
    """Other sites, other schemes, and what somebody could take for one."""
    assert own_page(wanted) == "/"
