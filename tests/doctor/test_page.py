"""The page on doctor: a section for each finding, the policy and the options that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cognito_guard
from cognito_guard.cli.doctor_arguments import doctor

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
PACKAGE = Path(cognito_guard.__file__).parent
SOURCES = [*(PACKAGE / "doctor").glob("*.py")]
SOURCES += [PACKAGE / "cli" / name for name in ("doctor.py", "aws_account.py")]


def test_a_section_for_each_finding() -> None:
    """Each id has a section of its own that says something, and each section an id."""
    written = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    ids = set(re.findall(r'Finding\(\s*"([a-z0-9-]+)"', written))
    assert len(ids) > 30
    sections = re.findall(r"^### `([a-z0-9-]+)`\n\n(\S.*)$", PAGE, re.MULTILINE)
    assert {name for name, _ in sections} == ids
    assert len(sections) == len(ids)


def test_options() -> None:
    """The table has the options that there are."""
    known = set(re.findall(r"^  (--[a-z-]+)", doctor().format_help(), re.MULTILINE))
    rows = [line for line in PAGE.splitlines() if line.startswith("| `--")]
    named = [one for row in rows for one in re.findall(r"`(--[a-z-]+)", row.split("|")[1])]
    assert set(named) == known


def test_policy() -> None:
    """The policy allows what is asked of AWS, and nothing that changes anything."""
    (block,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    allowed = [one for each in json.loads(block)["Statement"] for one in each["Action"]]
    assert all(re.fullmatch(r"[a-z-]+:(Get|List|Describe)\w*|apigateway:GET", x) for x in allowed)
    reader = (PACKAGE / "cli" / "aws_account.py").read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:ask|pages)\(\s*"([a-z_]+)"', reader))
    camel = {"".join(word.capitalize() for word in one.split("_")) for one in asked}
    gateway = {"GetRestApis", "GetAuthorizers"}  # which have one action
    assert {one.partition(":")[2] for one in allowed} == (camel - gateway) | {"GET"}
