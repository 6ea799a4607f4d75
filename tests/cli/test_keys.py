"""``cognito-guard keys``: a pool's keys, which token uses which, and when they change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cognito_guard.cli import watching
from cognito_guard.testing import LocalUserPool

from .running import run


@pytest.fixture
def own(tmp_path: Path) -> tuple[LocalUserPool, Path]:
    """A pool whose keys may change, and the file that they are in."""
    pool = LocalUserPool()
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(pool.jwks()))
    return pool, path


def options(pool: LocalUserPool, path: Path) -> tuple[str, ...]:
    """The command, for that pool."""
    return ("keys", "--user-pool-id", pool.user_pool_id, "--jwks", str(path))


def test_which_token_uses_which(own: tuple[LocalUserPool, Path]) -> None:
    """Each key has the tokens that name it beside it; other tokens are named below."""
    pool, path = own
    tokens = [pool.access_token(), pool.id_token(), LocalUserPool().access_token(), "junk"]
    outcome = run(*options(pool, path), *tokens)
    lines = outcome.out.splitlines()

    assert (outcome.status, outcome.err) == (1, "")
    assert lines[0] == f"keys of {pool.user_pool_id}"
    assert f"  {pool.kid('access')}  RS256, 2048 bits  used by token 1" in lines
    assert f"  {pool.kid('id')}  RS256, 2048 bits  used by token 2" in lines
    assert lines[3].startswith("token 3: no such key: ")
    assert lines[4] == "token 4: no such key: it names none"
    assert run(*options(pool, path), tokens[0]).out.count("used by the token") == 1
    assert run(*options(pool, path)).status == 0


def test_changes(own: tuple[LocalUserPool, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that comes, goes, or is another one is told, with the time and the tokens that use it;
    Ctrl-C is the end."""
    pool, path = own
    first, second = pool.jwks()["keys"]
    third = LocalUserPool().jwks()["keys"][0]
    states = [[first, second], [first, third], [{**second, "kid": first["kid"]}, third]]
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if not states:
            raise KeyboardInterrupt
        path.write_text(json.dumps({"keys": states.pop(0)}))

    monkeypatch.setattr(watching.time, "sleep", sleep)
    outcome = run(*options(pool, path), "--watch", "--every", "5", pool.access_token())
    said = [line.partition(": ")[2] for line in outcome.out.splitlines()[3:]]

    assert (outcome.status, waited) == (0, [5.0] * 4)
    assert sorted(said) == [
        f"another key under the same id {first['kid']}  RS256, 2048 bits",
        f"key gone {second['kid']}  RS256, 2048 bits  used by the token",
        f"new key {third['kid']}  RS256, 2048 bits",
    ]


def test_no_keys(own: tuple[LocalUserPool, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 3; and while watching, what was held is held on to."""
    pool, _ = own
    where = ("keys", "--user-pool-id", pool.user_pool_id, "--jwks", "http://127.0.0.1:9/k")
    outcome = run(*where)
    assert outcome.status == 3
    assert "no address of the key set gave a usable one" in outcome.err

    def sleep(_: float, times: list[int] = []) -> None:  # noqa: B006
        times.append(1)
        if len(times) > 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", sleep)
    assert run(*where, "--watch").out == f"keys of {pool.user_pool_id}\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--every", "0.5"], "--every must be at least 1 second"),
        (["--user-pool-id", "eu-west-1_A", "--prefix", "X_"], "replaces the app's settings"),
        ([], "the setting COGNITO_USER_POOL_ID is missing"),
        (["--issuer", "http://127.0.0.1:9/x"], "the setting COGNITO_USER_POOL_ID is missing"),
    ],
    ids=["every", "both", "nothing", "an issuer alone"],
)
def test_usage(argv: list[str], said: str) -> None:
    """Status 2."""
    outcome = run("keys", *argv)

    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
