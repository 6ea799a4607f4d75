"""The names that users may rely on, and what importing them costs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from cognito_guard import aws
from cognito_guard.aws import UserApi, UserApiError

from ..documents.tables import ROOT, table_rows
from ..engine.test_public_names import FOREIGN, loaded

PAGE = ROOT / "docs" / "user-data.md"


def test_the_list_is_sorted_true_and_documented() -> None:
    """``__all__`` names each public name once, and each says what it is for."""
    assert aws.__all__ == sorted(set(aws.__all__))
    assert [name for name in aws.__all__ if not inspect.getdoc(getattr(aws, name))] == []


def test_the_engine_loads_nothing_of_it(tmp_path: Path) -> None:
    """An API that receives tokens does not pay for it, nor does one that signs users in."""
    for one in ("", "import cognito_guard.login"):
        modules = loaded(one, tmp_path)
        assert [name for name in modules if name.startswith("cognito_guard.aws")] == []


def test_it_loads_no_http_client_no_sdk_and_no_framework(tmp_path: Path) -> None:
    """The first comes with the first call, the others never."""
    modules = loaded("import cognito_guard.aws", tmp_path)
    assert "cognito_guard.aws.user_api" in modules
    assert modules & (FOREIGN | {"boto3", "botocore"}) == {"cognito_guard.aws"}
    assert [name for name in modules if name.startswith("cognito_guard.login")] == []


def test_api_md_has_every_public_name() -> None:
    """Whatever the package exports is on the page that says what it is."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\.\. [a-z:]+:: cognito_guard\.aws\.(\w+)$", page, re.MULTILINE)
    assert sorted(documented) == aws.__all__


def test_page_has_every_call_and_every_error() -> None:
    """No row more and no row less."""
    rows: dict[str, list[str]] = {}
    for heading, cells in table_rows(PAGE):
        rows.setdefault(heading, []).append(cells[0].strip("`").partition("(")[0])
    calls = {name for name, one in vars(UserApi).items() if inspect.iscoroutinefunction(one)}
    assert sorted(rows["Ask the pool"]) == sorted(
        name.removeprefix("a") for name in calls if not name.startswith("_")
    )
    errors = {
        name
        for name in aws.__all__
        if inspect.isclass(getattr(aws, name)) and issubclass(getattr(aws, name), UserApiError)
    }
    assert sorted(rows["Errors"]) == sorted(errors - {"UserApiError"})


def test_the_errors_are_as_drawn() -> None:
    """The tree in their docstring."""
    from cognito_guard.aws import errors

    drawn = re.findall(r"── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted([*errors.__all__, "KeysUnavailable"])
