"""The pages that list things list all of them, and say of each what is true."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from types import ModuleType

import pytest

import cognito_guard
from cognito_guard import Guard, testing
from cognito_guard._support.setting_names import (
    ALB_SETTINGS,
    COOKIE_SETTINGS,
    DEFAULT_PREFIX,
    GUARD_SETTINGS,
    POOL_SETTINGS,
)
from cognito_guard.testing import LocalUserPool, attacks

from .pages import parse
from .tables import ROOT, table_rows

DOCS = ROOT / "docs"


def test_configuration_md_has_every_setting_with_its_argument() -> None:
    """The tables of settings are the vocabulary, no row more and no row less."""
    arguments = {**POOL_SETTINGS, **ALB_SETTINGS, **GUARD_SETTINGS}
    arguments |= {name: f"Cookie({value}=)" for name, value in COOKIE_SETTINGS.items()}
    documented = {cells[0]: cells[1] for _, cells in table_rows(DOCS / "configuration.md")}
    assert documented.pop("`COGNITO_USER_POOLS`") == "several `UserPool`"
    assert documented.pop("`COGNITO_REGION`") == "none"
    assert documented == {
        f"`{DEFAULT_PREFIX}{name}`": f"`{argument}`" for name, argument in arguments.items()
    }
    assert set(Guard.setting_names) == {"USER_POOLS", "REGION", *arguments}


def test_configuration_md_shows_the_defaults_that_hold() -> None:
    """The defaults in the table are those of a pool and a guard that were told nothing."""
    defaults = {cells[1]: cells[2] for _, cells in table_rows(DOCS / "configuration.md")}
    pool = LocalUserPool().trust()
    assert defaults["`token_use`"] == f"`{' '.join(pool.token_uses)}`"
    assert defaults["`role_claim`"] == f"`{pool.role_claim}`"
    assert defaults["`split_roles`"] == f"`{pool.split_roles}`".lower()
    assert defaults["`leeway`"] == f"`{pool.leeway}`"


def test_api_md_has_every_public_name() -> None:
    """Whatever `cognito_guard` exports is on the page that says what it is."""
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    documented = re.findall(
        r"^\.\. [a-z:]+:: cognito_guard\.(\w+)(?:\(\w+\))?$", page, re.MULTILINE
    )
    assert sorted(documented) == sorted(cognito_guard.__all__)


@pytest.mark.parametrize("module", [testing, attacks], ids=["testing", "attacks"])
def test_api_md_has_every_name_of_the_testing_kit(module: ModuleType) -> None:
    """What is there for the tests of apps is on that page as well."""
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    name = re.escape(module.__name__)
    documented = re.findall(rf"^\.\. [a-z:]+:: {name}\.(\w+)$", page, re.MULTILINE)
    assert sorted(documented) == sorted(module.__all__)


def test_attacks_md_has_every_group_of_the_corpus() -> None:
    """The table of groups counts all attacks that there are."""
    rows = [cells for heading, cells in table_rows(DOCS / "attacks.md") if "tried" in heading]
    corpus = Counter(attack.name.partition(": ")[0] for attack in attacks.CORPUS)
    assert {cells[0].strip("`"): int(cells[1]) for cells in rows} == corpus


def test_moving_md_names_the_reasons_that_hold() -> None:
    """The table of tokens that are no longer let in says what each is refused for. The page itself
    makes them."""
    page = DOCS / "moving.md"
    documented = {
        cells[0]: cells[1].strip("`")
        for heading, cells in table_rows(page)
        if heading == "Tokens that are now refused"
    }
    examples = [example for example in parse(page) if isinstance(example.parsed, str)]
    made = next(index for index, example in enumerate(examples) if "refused = {" in example.parsed)
    for example in examples[: made + 1]:
        example.evaluate()
    assert examples[made].namespace["refused"] == documented


def test_install_md_has_every_extra() -> None:
    """The table of extras is that of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    documented = {cells[0].strip("`") for _, cells in table_rows(DOCS / "install.md")}
    assert documented == set(project["optional-dependencies"])
