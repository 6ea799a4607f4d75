"""preflight.py: what a CORS preflight is, and what of it is passed on."""

from __future__ import annotations

import pytest

from cognito_guard import PREFLIGHT_HEADERS, is_preflight

from ..engine.header_values import headers

ASKS = {"origin": "https://shop.example", "access-control-request-method": "GET"}


def test_a_preflight() -> None:
    """OPTIONS, an origin, and the method that is to follow."""
    assert is_preflight("OPTIONS", headers(**ASKS))


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "options", "OPTIONSS", ""])
def test_another_method(method: str) -> None:
    """Methods are matched exactly (RFC 9110, section 9.1)."""
    assert not is_preflight(method, headers(**ASKS))


@pytest.mark.parametrize("missing", ASKS)
def test_not_all_of_it(missing: str) -> None:
    """Without one of the two headers, it is a request like any other."""
    assert not is_preflight("OPTIONS", headers(**{k: v for k, v in ASKS.items() if k != missing}))


@pytest.mark.parametrize(
    "name",
    ["authorization", "cookie", "x-http-method-override", "x-original-url", "content-length"],
)
def test_what_is_dropped(name: str) -> None:
    """Credentials, other methods, other paths, and a body are no part of a preflight."""
    assert name not in PREFLIGHT_HEADERS


def test_the_names_can_be_looked_up() -> None:
    """In lower case, as headers are asked for, with all that makes a preflight."""
    assert {name.lower() for name in PREFLIGHT_HEADERS} == PREFLIGHT_HEADERS
    assert ASKS.keys() <= PREFLIGHT_HEADERS
