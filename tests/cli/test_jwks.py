"""``cognito-guard jwks``: the key set, wherever it is, as JSON that ``verify --jwks`` takes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from cognito_guard.testing import JwksServer, LocalUserPool

from .aws import StandIn
from .running import run, run_process

ORIGINAL = "cognito-idp.eu-west-1.amazonaws.com"
UPDATED = "issuer-cognito-idp.eu-west-1.amazonaws.com"

Keys = list[dict[str, Any]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that the clients of the stand-in trust."""
    return trustme.CA()


@pytest.mark.parametrize(
    ("good", "asked", "status"),
    [
        pytest.param({ORIGINAL, UPDATED}, [ORIGINAL], 0, id="original first"),
        pytest.param({UPDATED}, [ORIGINAL, UPDATED], 0, id="updated if that fails"),
        pytest.param(set(), [ORIGINAL, UPDATED], 3, id="neither"),
    ],
)
def test_both_forms_of_the_issuer(
    pool: LocalUserPool,
    authority: trustme.CA,
    tmp_path: Path,
    good: set[str],
    asked: list[str],
    status: int,
) -> None:
    """The original form of the issuer is asked first, the updated one if that has no keys."""
    body = json.dumps(pool.jwks()).encode("utf-8")
    with StandIn(authority, dict.fromkeys(good, body)) as aws:
        outcome = run_process(
            "jwks", "--user-pool-id", pool.user_pool_id, env=aws.environment(tmp_path)
        )
    assert aws.asked == asked
    assert outcome.status == status
    assert json.loads(outcome.out or "{}") == (pool.jwks() if good else {})
    # Where a form failed, its host and what was wrong are named.
    lines = outcome.err.splitlines()
    failed = asked if status else asked[:-1]
    for host, line in zip(failed, lines, strict=False):
        assert f"https://{host}/" in line
        assert "status 403" in line
    assert len(lines) == len(failed) + (status != 0)


def test_what_it_prints_verifies(pool: LocalUserPool, tmp_path: Path) -> None:
    """What is printed is a key set that ``verify --jwks`` takes."""
    with pool.serve() as server:
        options = ["--user-pool-id", pool.user_pool_id]
        outcome = run("jwks", *options, "--jwks", server.url)
    assert outcome.status == 0
    assert outcome.err == ""
    path = tmp_path / "jwks.json"
    path.write_text(outcome.out, encoding="utf-8")
    options += ["--client-id", pool.client_id, "--token-use", "any", "--jwks", str(path)]
    assert run("verify", *options, pool.access_token(), pool.id_token()).status == 0


def test_issuer(pool: LocalUserPool) -> None:
    """``--issuer`` replaces the addresses of AWS, also for an emulator's pool id."""
    with pool.serve() as server:
        issuer = f"{server.origin}/{pool.user_pool_id}"
        outcome = run("jwks", "--user-pool-id", "local_abc", "--issuer", issuer)
    assert json.loads(outcome.out) == pool.jwks()


def _with_private_member(keys: Keys) -> Keys:
    return [{**keys[0], "d": "AQAB"}, keys[1]]


def _with_foreign_keys(keys: Keys) -> Keys:
    return [{"kty": "EC", "kid": "ec"}, {"kty": "oct", "k": "AQAB"}, 7, keys[1]]  # type: ignore[list-item]


def _with_one_kid(keys: Keys) -> Keys:
    return [{**keys[0], "kid": "a"}, {**LocalUserPool().jwks()["keys"][0], "kid": "a"}, keys[1]]


def _with_further_members(keys: Keys) -> Keys:
    return [{**keys[1], "x5u": "https://a.example/", "note": "\x1b[31m"}]


def _with_repetition(keys: Keys) -> Keys:
    return [keys[1], keys[1]]


@pytest.mark.parametrize(
    ("change", "left", "warnings"),
    [
        pytest.param(_with_private_member, 1, 1, id="private"),
        pytest.param(_with_foreign_keys, 1, 3, id="foreign"),
        pytest.param(_with_one_kid, 1, 1, id="two keys under one kid"),
        pytest.param(_with_further_members, 1, 0, id="further members"),
        pytest.param(_with_repetition, 2, 0, id="one key twice"),
    ],
)
def test_only_what_verification_would_use(
    pool: LocalUserPool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Keys], Keys],
    left: int,
    warnings: int,
) -> None:
    """Keys that verification leaves out are not printed, and are named; members it ignores too."""
    good = pool.jwks()["keys"][1]
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": change(pool.jwks()["keys"])}), encoding="utf-8")
    outcome = run("jwks", "--user-pool-id", pool.user_pool_id, "--jwks", str(path))
    assert outcome.status == 0
    assert json.loads(outcome.out) == {"keys": [good] * left}
    assert len(caplog.messages) == warnings


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"keys": []}', b"\xff", b'{"keys": [{"kty": "EC"}]}', b"[" * 100_000],
    ids=["empty", "no keys", "empty set", "bytes", "no usable key", "nesting"],
)
def test_file_that_is_no_key_set(pool: LocalUserPool, tmp_path: Path, content: bytes) -> None:
    """A file that holds no usable key set is a configuration error, for both commands."""
    path = tmp_path / "jwks.json"
    path.write_bytes(content)
    options = ["--user-pool-id", pool.user_pool_id, "--jwks", str(path)]
    for argv, name in (
        (["jwks", *options], "--jwks"),
        (["verify", *options, "--client-id", "x", "t"], f"--jwks ({path})"),
    ):
        outcome = run(*argv)
        assert (outcome.status, outcome.out) == (2, "")
        assert outcome.err.startswith(f"cognito-guard: {name} is not a usable key set: ")


def test_pipe_as_file(pool: LocalUserPool, jwks: Path) -> None:
    """The file may be a pipe, as a shell makes for ``<(...)``."""
    options = ("--user-pool-id", pool.user_pool_id, "--jwks", "/dev/stdin")
    outcome = run_process("jwks", *options, stdin=jwks.read_bytes())
    assert json.loads(outcome.out) == pool.jwks()


@pytest.mark.parametrize(
    ("path", "problem"),
    [("/elsewhere", "status 404"), ("/keys", "it holds no usable key")],
    ids=["not found", "no usable key"],
)
def test_unavailable(pool: LocalUserPool, path: str, problem: str) -> None:
    """Without keys the status is 3, and a line says which address failed and how."""
    with JwksServer(lambda: {"keys": []}, "/keys") as server:
        options = ["--user-pool-id", pool.user_pool_id, "--jwks", server.origin + path]
        outcome = run_process("jwks", *options)
    assert (outcome.status, outcome.out) == (3, "")
    first, last = outcome.err.splitlines()
    assert first.startswith(f"keys of {server.origin}{path} were not fetched: {problem}")
    assert last == "cognito-guard: no address of the key set gave a usable one"


def test_nobody_listens(pool: LocalUserPool) -> None:
    """Where nobody listens, status 3 and the address, for ``verify`` as well."""
    with pool.serve() as server:
        address = server.url
    options = ["--user-pool-id", pool.user_pool_id, "--jwks", address]
    for argv in (["jwks", *options], ["verify", *options, "--client-id", "x1", "junk"]):
        outcome = run_process(*argv)
        assert outcome.status == (3 if argv[0] == "jwks" else 1)
    verify = ["verify", *options, "--client-id", pool.client_id, pool.access_token()]
    outcome = run_process(*verify)
    assert outcome.status == 3
    assert outcome.err.startswith(f"keys of {address} were not fetched: ")
    assert outcome.err.count("\n") == 1


def test_no_thread_to_be_had(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started to fetch in, keys are unavailable and nothing breaks."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with pool.serve() as server:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        outcome = run("jwks", "--user-pool-id", pool.user_pool_id, "--jwks", server.url)
        monkeypatch.undo()
    assert outcome.status == 3


def test_save(pool: LocalUserPool, tmp_path: Path) -> None:
    """The key set is put into a file, over one that was there, and nothing is printed."""
    path = tmp_path / "jwks.json"
    path.write_text("old")
    with pool.serve() as server:
        arguments = ("jwks", "--user-pool-id", pool.user_pool_id, "--jwks", server.url)
        outcome = run(*arguments, "--save", str(path))
        assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
        assert json.loads(path.read_text()) == pool.jwks()
        assert [each.name for each in tmp_path.iterdir()] == ["jwks.json"]
        for wrong in (str(tmp_path / "no" / "folder"), str(tmp_path), "a\0b"):
            outcome = run(*arguments, "--save", wrong)
            assert (outcome.status, outcome.out) == (2, "")
            assert "--save: the file cannot be written" in outcome.err
        assert [each.name for each in tmp_path.iterdir()] == ["jwks.json"]


def test_save_without_keys(pool: LocalUserPool, tmp_path: Path) -> None:
    """Where there are no keys, the file that was there stays."""
    path = tmp_path / "jwks.json"
    path.write_text("old")
    outcome = run(
        *("jwks", "--user-pool-id", pool.user_pool_id, "--save", str(path)),
        *("--jwks", "http://127.0.0.1:9/jwks.json"),
    )
    assert outcome.status == 3
    assert path.read_text() == "old"
