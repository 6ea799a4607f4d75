"""Who is to read an answer: a person before a page, or a script."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cognito_guard.login import is_navigation

Headers = Mapping[str, list[str | bytes]]
CASES: dict[str, tuple[Headers, bool]] = {
    "on the way to a page": ({"sec-fetch-mode": ["navigate"]}, True),
    "as bytes": ({"sec-fetch-mode": [b"navigate"]}, True),
    "fetch": ({"sec-fetch-mode": ["cors"]}, False),
    "fetch of a page": ({"sec-fetch-mode": ["cors"], "accept": ["text/html"]}, False),
    "twice": ({"sec-fetch-mode": ["navigate", "cors"]}, False),
    "in another case": ({"sec-fetch-mode": ["Navigate"]}, False),
    "no mode": ({"sec-fetch-mode": [""], "accept": ["text/html"]}, False),
    "older browser": ({"accept": ["application/json, Text/HTML;q=0.9"]}, True),
    "older browser, as bytes": ({"accept": [b"text/html"]}, True),
    "older browser, two headers": ({"accept": ["image/png", "text/html"]}, True),
    "older script": ({"accept": ["application/json"]}, False),
    "bytes that are no UTF-8": ({"accept": [b"\xff"]}, False),
    "nothing": ({}, False),
}


@pytest.mark.parametrize(("headers", "expected"), CASES.values(), ids=CASES)
def test_by_its_headers(headers: Headers, expected: bool) -> None:
    """What the browser says of itself counts, and what it takes only where it says nothing."""
    assert is_navigation(lambda name: headers.get(name, [])) is expected
