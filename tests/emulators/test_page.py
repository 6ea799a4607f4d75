"""The page about emulators, followed to the letter, but for the ports."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .emulator import Emulator, no_account

_PAGE = Path(__file__).parents[2] / "docs" / "emulators.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("name", "address"),
    [("moto", "http://127.0.0.1:5000"), ("cognito_local", "http://127.0.0.1:9229")],
    ids=["moto", "cognito-local"],
)
def test_the_pages_snippet_verifies_a_token(
    name: str, address: str, request: pytest.FixtureRequest
) -> None:
    """What the page says to write for an emulator ends with a verified identity."""
    emulator: Emulator = request.getfixturevalue(name)
    set_up, *snippets = _BLOCK.findall(_PAGE.read_text(encoding="utf-8"))
    (snippet,) = [each for each in snippets if address in each]
    names: dict[str, Any] = {}

    exec(compile(set_up, _PAGE, "exec"), names)  # noqa: S102
    with no_account(), closing(names["cognito_at"](emulator.origin)) as client:
        names["cognito_at"] = lambda address: client
        exec(compile(snippet.replace(address, emulator.origin), _PAGE, "exec"), names)  # noqa: S102

    assert names["identity"].groups == ("admins",)
