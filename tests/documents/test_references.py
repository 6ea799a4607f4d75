"""The pages that list things list all of them, and say of each what is true."""

from __future__ import annotations

import re
from collections import Counter
from types import ModuleType

import pytest

import cognito_guard
from cognito_guard import AuthError, Guard, KeysUnavailable, Reason, config, testing
from cognito_guard.testing import LocalUserPool, attacks

from .tables import ROOT, table_rows

DOCS = ROOT / "docs"


def test_errors_md_has_every_reason_with_its_exception_and_status(guard: Guard) -> None:
    """The table of reasons is the error tree, no row more and no row less."""
    errors: list[AuthError | KeysUnavailable] = [KeysUnavailable()]
    for kind in AuthError.__subclasses__():
        errors += [kind(reason, "") for reason in kind.reasons]
    expected = Counter(
        (f"`{error.reason}`", type(error).__name__, str(guard.challenge(error).status))
        for error in errors
    )
    documented = Counter(
        (cells[0], *heading.split(": ")) for heading, cells in table_rows(DOCS / "errors.md")
    )
    assert documented == expected
    assert {reason for reason, _, _ in documented} == {f"`{reason}`" for reason in Reason}


def test_every_row_of_errors_md_says_what_happened_and_what_to_do() -> None:
    """No reason is left without an explanation or without advice."""
    assert [cells[0] for _, cells in table_rows(DOCS / "errors.md") if not all(cells)] == []


def test_configuration_md_has_every_setting_with_its_argument() -> None:
    """The tables of settings are the vocabulary, no row more and no row less."""
    arguments = {**config._POOL_SETTINGS, **config._ALB_SETTINGS, **config._GUARD_SETTINGS}
    documented = {cells[0]: cells[1] for _, cells in table_rows(DOCS / "configuration.md")}
    assert documented.pop("`COGNITO_USER_POOLS`") == "several `UserPool`"
    assert documented == {
        f"`{config.DEFAULT_PREFIX}{name}`": f"`{argument}`" for name, argument in arguments.items()
    }
    assert set(Guard.setting_names) == {"USER_POOLS", *arguments}


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
