"""Mutants, as mutmut tells of them and as ``survivors.toml`` explains them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("survivors.toml")

# The tests that look at a module closest, which every mutant is held against first. None of them
# has hypothesis, which looks for the smallest example of each failure.
SUITES = {
    "carriers": ["test_carriers.py", "test_joined_headers.py", "test_alb_verifier.py"],
    "policy": ["test_policy.py", "test_policy_combined.py"],
    "claims": ["test_claims.py"],
    "token": ["test_token.py"],
    "signature": ["test_pem.py", "test_verifier.py"],
    "pem": ["test_pem.py"],
    "alb": ["test_alb.py"],
    "alb_verifier": ["test_alb_verifier.py"],
    "verifier": ["test_verifier.py", "test_cache.py", "test_guard.py"],
}

# Whoever survives those meets these.
WIDER = ["test_verifier.py", "test_alb_verifier.py", "test_first_looks.py", "test_confusion.py"]


class Mutant(NamedTuple):
    """One small way to break a function: a piece of it, and what that becomes."""

    function: str
    line: str
    becomes: str

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.line}\n    + {self.becomes}"


def parse_results(text: str) -> Iterator[tuple[str, str]]:
    """The names that mutmut gives to mutants, and how each ended."""
    for line in text.splitlines():
        name, colon, status = line.strip().rpartition(": ")
        if colon:
            yield name, status


def parse_diff(name: str, text: str) -> Mutant:
    """A mutant by the diff that mutmut shows of it."""
    module, _, mangled = name.rpartition(".")
    mangled = re.sub(r"__mutmut_\d+$", "", mangled)
    function = mangled.removeprefix("x_").removeprefix("x\u01c1").replace("\u01c1", ".")
    lines = text.splitlines()
    taken = [line[1:].strip() for line in lines if re.match(r"-(?!--)", line)]
    put = [line[1:].strip() for line in lines if re.match(r"\+(?!\+\+)", line)]
    return Mutant(f"{module.rpartition('.')[2]}.{function}", " ".join(taken), " ".join(put))


def explained() -> dict[Mutant, str]:
    """The mutants that may survive, each with its reason."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))["survivors"]
    return {
        Mutant(group["function"], line, becomes): group["because"]
        for group in groups
        for line, becomes in group["mutants"]
    }


def of_module(module: str, mutants: Iterable[Mutant]) -> set[Mutant]:
    """Those of one module."""
    return {mutant for mutant in mutants if mutant.function.partition(".")[0] == module}
