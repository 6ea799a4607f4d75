"""Whatever stands around our guards, they hold: without a credential, nothing behind them runs."""

from __future__ import annotations

import pytest

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool

from ..raw import ask, bearer
from . import asgi_rows, django_rows, flask_rows, rest_rows
from .row import Preflight, Ran, Row

ROWS: list[Row] = [*asgi_rows.ROWS, *flask_rows.ROWS, *django_rows.ROWS, *rest_rows.ROWS]
PREFLIGHTS: list[Preflight] = [
    *asgi_rows.PREFLIGHTS,
    *flask_rows.PREFLIGHTS,
    *django_rows.PREFLIGHTS,
    *rest_rows.PREFLIGHTS,
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row, guard: Guard, pool: LocalUserPool) -> None:
    """Without a credential the view does not run; with a good one, it does."""
    ran = Ran()
    if row.refused is None:
        with pytest.raises(ConfigurationError), row.serve(guard, ran):
            pass
        return
    with row.serve(guard, ran) as origin:
        refused = ask(origin, row.path, row.lines, method=row.method)
        assert (refused.status, ran.times) == (row.refused, 0)
        assert b"the view ran" not in refused.body
        if row.granted is not None:
            lines = (*row.lines, bearer(pool.access_token()))
            granted = ask(origin, row.path, lines, method=row.method)
            assert (granted.status, ran.times) == (row.granted, int(row.granted == 200))


@pytest.mark.parametrize("row", PREFLIGHTS, ids=lambda row: row.name)
def test_preflight(row: Preflight, guard: Guard, pool: LocalUserPool) -> None:
    """A preflight runs nothing and brings no body, whatever it carries besides."""
    ran = Ran()
    lines = (
        b"Origin: https://shop.example",
        b"Access-Control-Request-Method: POST",
        b"X-HTTP-Method-Override: POST",
        b"X-Method-Override: POST",
        b"X-Original-URL: /",
        b"Cookie: sessionid=1",
        bearer(pool.access_token()),
    )
    with row.serve(guard, ran) as origin:
        answer = ask(origin, f"{row.path}?_method=POST", lines, method="OPTIONS")

    assert ran.times == 0
    assert b"the view ran" not in answer.body
    assert answer.status < 500
