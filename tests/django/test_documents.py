"""The page about Django lists all settings and all checks, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from cognito_guard_django import checks, settings, view_checks
from cognito_guard_django.login import checks as login_checks
from cognito_guard_django.login import configured

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "django.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_settings() -> None:
    """Each setting that only Django has stands in the table."""
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", section("Settings"), re.MULTILINE))
    assert documented == {*settings._OWN, "GUARD"}


def test_checks() -> None:
    """Each id that a check may report stands in the table."""
    code = "".join(
        Path(str(module.__file__)).read_text(encoding="utf-8")
        for module in (checks, settings, view_checks, login_checks, configured)
    )
    documented = re.findall(r"^\| `cognito_guard\.([EW]\d{3})` \|", section("Checks"), re.MULTILINE)
    assert documented == sorted(set(re.findall(r"[EW]\d{3}", code.replace("# noqa", ""))))
