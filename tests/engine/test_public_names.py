"""The names that users may rely on, and what importing them costs."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

import cognito_guard
from cognito_guard.testing import LocalUserPool

MODULES = [info.name for info in iter_modules(cognito_guard.__path__)]

# Seen in a process of its own, because this one has long since imported everything.
_LOADED = """
import json, sys
before = set(sys.modules)
import cognito_guard
{then}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(then: str, where: Path) -> set[str]:
    """The modules that a fresh process has loaded after the import and ``then``."""
    script = _LOADED.format(then=then)
    run = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, check=True, cwd=where, timeout=60
    )
    return set(json.loads(run.stdout))


def test_the_list_is_sorted_and_true() -> None:
    """``__all__`` names each public name once, in order, and every one of them exists."""
    names = cognito_guard.__all__

    assert names == sorted(set(names))
    assert all(hasattr(cognito_guard, name) for name in names)


def test_the_list_is_complete() -> None:
    """Nothing without an underscore is to be had from the package that it does not list."""
    public = {
        name
        for name, value in vars(cognito_guard).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert public == set(cognito_guard.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_lists_of_modules_are_true(name: str) -> None:
    """What a module lists in ``__all__`` exists, each name once."""
    module = import_module(f"cognito_guard.{name}")
    names = getattr(module, "__all__", [])

    assert len(names) == len(set(names))
    assert all(hasattr(module, one) for one in names)


def test_public_names_are_documented() -> None:
    """Every public class and function says what it is for."""
    undocumented = [
        name
        for name in cognito_guard.__all__
        if inspect.isroutine(value := getattr(cognito_guard, name)) or inspect.isclass(value)
        if not value.__doc__
    ]

    assert undocumented == []


FOREIGN = {
    "httpx",
    "httpcore",
    "anyio",
    "trio",
    "jwt",
    "joserfc",
    "starlette",
    "fastapi",
    "django",
    "flask",
    "pydantic",
    "requests",
    "boto3",
    # Ours, but for those who ask for them.
    "cognito_guard.testing",
    "cognito_guard.cli",
    "cognito_guard_asgi",
    # The HTTP client's: half of the start-up time.
    "asyncio",
    "ssl",
}
# Not needed before there is something to say, or a user's callable to look at.
LATE = {"logging", "inspect"}


def test_the_import_brings_nothing_along(tmp_path: Path) -> None:
    """Importing the engine loads no HTTP client, no framework, no other JWT library."""
    modules = loaded("", tmp_path)

    assert "cognito_guard.verifier" in modules
    assert modules & (FOREIGN | LATE) == set()


def test_static_keys_bring_nothing_along(tmp_path: Path, pool: LocalUserPool) -> None:
    """A process that verifies with static keys never loads the HTTP client."""
    keys, token = pool.jwks(), pool.access_token()
    (tmp_path / "jwks.json").write_text(json.dumps(keys))
    then = (
        f"guard = cognito_guard.Guard(cognito_guard.UserPool({pool.user_pool_id!r},"
        f" client_ids=[{pool.client_id!r}], jwks='jwks.json'))\n"
        f"assert guard.verify({token!r}).username == 'alice'"
    )

    assert loaded(then, tmp_path) & FOREIGN == set()
