"""The list of survivors, and how mutmut's words are read. ``make mutate`` does the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

import cognito_guard

from .__main__ import differences
from .mutants import SUITES, WIDER, Mutant, explained, of_module, parse_diff, parse_results

EXPLAINED = explained()
ENGINE = Path(cognito_guard.__file__).parent


def _file(module: str) -> Path:
    return ENGINE.joinpath(*module.split(".")).with_suffix(".py")


@pytest.mark.parametrize("mutant", EXPLAINED, ids=lambda mutant: mutant.function)
def test_what_is_explained_is_there(mutant: Mutant) -> None:
    """The code that a survivor breaks is in its module, so the list does not outlive the code."""
    [module] = [name for name in SUITES if mutant.function.startswith(f"{name}.")]
    source = " ".join(_file(module).read_text(encoding="utf-8").split())

    assert mutant.line in source
    assert mutant.line != mutant.becomes
    assert len(EXPLAINED[mutant].split()) >= 4


def test_every_suite_is_there() -> None:
    """Each module and each of the tests that it is held against exists."""
    for module, tests in SUITES.items():
        assert _file(module).is_file()
        for test in (*tests, *WIDER):
            assert (Path(__file__).parents[1] / test).is_file()


def test_results() -> None:
    """Names and statuses, without what else is printed."""
    text = "    a.b.x_f__mutmut_1: survived\nnothing\n    a.b.x_f__mutmut_2: no tests\n"

    assert list(parse_results(text)) == [
        ("a.b.x_f__mutmut_1", "survived"),
        ("a.b.x_f__mutmut_2", "no tests"),
    ]


def test_diffs() -> None:
    """A method of a class, and a change over two lines."""
    diff = (
        "# name\n--- a.py\n+++ a.py\n@@ -1 +1 @@\n same\n-    if a:\n-        b\n+    if not a:\n"
    )

    mutant = parse_diff("cognito_guard.http.carriers.x\u01c1Cookie\u01c1find__mutmut_11", diff)

    assert mutant == Mutant("http.carriers.Cookie.find", "if a: b", "if not a:")
    assert parse_diff("cognito_guard.policy.x__names__mutmut_2", "").function == "policy._names"
    assert of_module("http.carriers", [mutant, Mutant("policy.x", "", "")]) == {mutant}


def test_both_sides_of_a_difference_are_told() -> None:
    """A survivor without an explanation, and an explanation without a survivor."""
    one, other, both = (Mutant(f"policy.{name}", "a", "b") for name in "xyz")

    first, second = differences({one, both}, {other, both})

    assert first.startswith("survived, unexplained: policy.x")
    assert second.startswith("explained, but it did not survive: policy.y")
