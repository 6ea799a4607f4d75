"""Mutants, as mutmut tells of them and as ``survivors.toml`` explains them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("survivors.toml")

# Modules by their name in the package, and the tests that look at each closest, which every mutant
# is held against first. None of them has hypothesis, which looks for the smallest example of each
# failure.
SUITES = {
    "http.carriers": [
        "http/test_carriers.py",
        "http/test_header.py",
        "http/test_joined_headers.py",
        "load_balancers/test_verifier.py",
    ],
    "login.forgery": ["login/test_forgery.py"],
    "login.navigation": ["login/test_navigation.py"],
    "login.next_page": ["login/test_next_page.py"],
    "login.routes": ["login/test_routes.py"],
    "policy": [
        "engine/test_policy.py",
        "engine/test_policy_combined.py",
        "engine/test_step_up.py",
        "engine/test_actor.py",
        "explain/test_policies.py",
    ],
    "tokens.claims": ["tokens/test_claims.py"],
    "tokens.parsing": ["tokens/test_parsing.py"],
    "keys.signature": [
        "load_balancers/test_pem.py",
        "tokens/test_verifier.py",
        "keys/test_remote.py",
    ],
    "load_balancers.pem": ["load_balancers/test_pem.py"],
    "load_balancers.claims": ["load_balancers/test_verifier.py"],
    "load_balancers.load_balancer": ["load_balancers/test_load_balancer.py"],
    "load_balancers.verifier": [
        "load_balancers/test_verifier.py",
        "load_balancers/test_remembered.py",
    ],
    "tokens.cache": ["tokens/test_cache.py"],
    "tokens.verifier": [
        "tokens/test_verifier.py",
        "tokens/test_cache.py",
        "engine/test_guard.py",
    ],
}

# Whoever survives those meets these, which use all modules but those of sign-in.
WIDER = [
    "tokens/test_verifier.py",
    "load_balancers/test_verifier.py",
    "tokens/test_first_looks.py",
    "tokens/test_confusion.py",
]


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
    where = module.removeprefix("cognito_guard.")
    return Mutant(f"{where}.{function}", " ".join(taken), " ".join(put))


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
    return {mutant for mutant in mutants if mutant.function.startswith(f"{module}.")}
