"""The names that users may rely on, and what importing them costs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from cognito_guard import login
from cognito_guard.login import LoginReason
from cognito_guard.login.errors import LoginFailed

from ..documents.tables import ROOT, table_rows
from ..engine.test_public_names import FOREIGN, loaded
from .test_page import OF_SESSIONS


def test_the_list_is_sorted_true_and_documented() -> None:
    """``__all__`` names each public name once, and each says what it is for."""
    assert login.__all__ == sorted(set(login.__all__))
    assert [name for name in login.__all__ if not inspect.getdoc(getattr(login, name))] == []


def test_the_engine_loads_nothing_of_it(tmp_path: Path) -> None:
    """An API that receives tokens does not pay for sign-in."""
    modules = loaded("", tmp_path)
    assert [name for name in modules if name.startswith("cognito_guard.login")] == []


def test_it_loads_no_http_client_and_no_framework(tmp_path: Path) -> None:
    """Those come with the first sign-in."""
    modules = loaded("import cognito_guard.login", tmp_path)
    assert "cognito_guard.login.sessions" in modules
    assert modules & FOREIGN == {"cognito_guard.login"}


def test_api_md_has_every_public_name() -> None:
    """Whatever the package exports is on the page that says what it is."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = re.findall(
        r"^\.\. [a-z:]+:: cognito_guard\.login\.(\w+)(?:\(\w+\))?$", page, re.MULTILINE
    )
    assert sorted(documented) == login.__all__


def test_page_has_every_reason_with_its_status() -> None:
    """The table in login.md is the list, no row more and no row less."""
    rows = {
        cells[0]: cells[1]
        for heading, cells in table_rows(ROOT / "docs" / "login.md")
        if heading == "Every reason"
    }
    expected = {
        f"`{reason}`": str(503 if reason in OF_SESSIONS else LoginFailed(reason).status)
        for reason in LoginReason
    }
    assert rows == expected
