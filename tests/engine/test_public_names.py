"""The names that users may rely on, and what importing them costs."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest

import cognito_guard
from cognito_guard.testing import LocalUserPool

MODULES = [
    info.name
    for info in walk_packages(cognito_guard.__path__, "cognito_guard.")
    if not info.name.endswith("__main__")
]

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
        for name in dir(cognito_guard)
        if not name.startswith("_") and not isinstance(getattr(cognito_guard, name), ModuleType)
    }

    assert public == set(cognito_guard.__all__)


def test_names_are_loaded_when_they_are_used(tmp_path: Path) -> None:
    """In a fresh process, a name that the import left out is there as soon as somebody says it, and
    before that for whoever lists the names. No other name is."""
    script = (
        "import sys\n"
        "import cognito_guard\n"
        "assert set(cognito_guard.__all__) <= set(dir(cognito_guard))\n"
        "assert 'cognito_guard.policy' not in sys.modules\n"
        "first = cognito_guard.require_groups\n"
        "from cognito_guard.policy import require_groups\n"
        "assert first is require_groups is vars(cognito_guard)['require_groups']\n"
        "from cognito_guard import *\n"
        "print(*sorted(set(cognito_guard.__all__) - set(globals())))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, cwd=tmp_path, timeout=60
    )

    assert (run.stdout.decode().strip(), run.stderr.decode()) == ("", "")
    with pytest.raises(AttributeError, match="'cognito_guard' has no attribute 'require_nothing'"):
        cognito_guard.require_nothing


@pytest.mark.parametrize("name", MODULES)
def test_lists_of_modules_are_true(name: str) -> None:
    """What a module lists in ``__all__`` exists, each name once."""
    module = import_module(name)
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
    "cognito_guard.explain",
    "cognito_guard.aws",
    "cognito_guard.login",
    "cognito_guard.revocation",
    "cognito_guard.sign_out",
    "cognito_guard_asgi",
    # The HTTP client's: half of the start-up time.
    "asyncio",
    "ssl",
}
# Not needed before there is something to say, or a user's callable to look at.
LATE = {"logging", "inspect", "pathlib"}


def test_the_import_brings_nothing_along(tmp_path: Path) -> None:
    """Importing the engine loads no HTTP client, no framework, no other JWT library."""
    modules = loaded("", tmp_path)

    assert "cognito_guard.tokens.verifier" in modules
    assert modules & (FOREIGN | LATE) == set()


def test_the_import_compiles_no_annotation(tmp_path: Path) -> None:
    """``typing`` compiles the annotations of a NamedTuple that are texts, and the first of them
    costs as much as ten modules. So the modules that have one are without ``from __future__ import
    annotations``."""
    script = (
        "import typing\n"
        "def refuse(self, text, *args, **kwargs): raise AssertionError(text)\n"
        "typing.ForwardRef.__init__ = refuse\n"
        "import cognito_guard"
    )

    run = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, cwd=tmp_path, timeout=60
    )

    assert run.stderr.decode() == ""
    assert run.returncode == 0


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
