"""The pytest plugin: fixtures and a marker for those who use them, and no cost for others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

APP = """
import pytest
from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

def answer(guard, attack):
    def values(name):
        return [value for key, value in attack.headers if key.lower() == name]
    try:
        guard.authenticate(values)
    except Exception as error:
        return guard.challenge(error).status
    return 200
"""


# Starlette's lowest version that is supported uses it, in its test client.
_ALLOWED = "ignore:The anyio.abc.BlockingPortal alias is deprecated:DeprecationWarning"


def run(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of a file of tests, with the plugin loaded as its entry point does."""
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    return subprocess.run(
        [
            *(sys.executable, "-W", "error", "-W", _ALLOWED),
            *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "cognito_guard_pytest", "--strict-markers", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_a_test_for_each_attack(tmp_path: Path) -> None:
    """The marked test runs once for each attack on the app that the marker describes."""
    test = f"""{APP}
@pytest.fixture(scope="session")
def guard(local_user_pool):
    return Guard(local_user_pool.trust(token_use="id"))

@pytest.mark.cognito_attacks(token_use="id")
def test_attacks(cognito_attack, guard):
    cognito_attack.check(answer(guard, cognito_attack))
"""
    done = run(tmp_path, test, "-vv", "-k", "aud or none")

    assert done.returncode == 0, done.stdout
    assert "test_attacks[id tokens: aud a list] PASSED" in done.stdout
    assert "test_attacks[alg: none, unsigned] PASSED" in done.stdout


def test_a_pool_of_ones_own_and_a_hole(tmp_path: Path) -> None:
    """Whoever overrides the pool is attacked by that one; a hole fails the attack that found it."""
    test = f"""{APP}
@pytest.fixture(scope="session")
def local_user_pool():
    return LocalUserPool("eu-west-1_Own", client_id="3own")

@pytest.mark.cognito_attacks()
def test_attacks(cognito_attack, local_user_pool):
    # All tokens are made before the first is sent: on a busy machine, not a few seconds before.
    guard = Guard(local_user_pool.trust(leeway=300))
    cognito_attack.check(answer(guard, cognito_attack))
"""
    done = run(tmp_path, test, "-k", "exp or client_id")

    assert done.returncode == 1
    failed = {line.partition(" - ")[0] for line in done.stdout.splitlines() if "FAILED" in line}
    assert failed == {
        f"FAILED test_it.py::test_attacks[claims: {name}]"
        for name in ("exp now", "exp now, a float", "exp a moment ago")
    }


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("@pytest.mark.cognito_attacks\ndef test_it(): pass", "does not use cognito_attack"),
        ("def test_it(cognito_attack): pass", "needs the marker @pytest.mark.cognito_attacks"),
    ],
)
def test_half_of_it_is_an_error(tmp_path: Path, test: str, says: str) -> None:
    """The marker without the fixture would attack nothing, and the fixture alone cannot."""
    done = run(tmp_path, f"import pytest\n{test}\n")

    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def test_who_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    """Neither the engine nor the test kit is imported at a start of pytest."""
    done = run(
        tmp_path,
        "import sys\ndef test_it():\n"
        "    assert 'cognito_guard_pytest' in sys.modules\n"
        "    assert not {'cognito_guard', 'jwt', 'cryptography'} & set(sys.modules)\n",
    )

    assert done.returncode == 0, done.stdout
