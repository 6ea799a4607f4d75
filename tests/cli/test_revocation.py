"""``cognito-guard revoke`` and ``revoked``: what is written, what is shown, the exit status."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from cognito_guard import Guard, InvalidToken, UserPool
from cognito_guard.revocation import MirroredRevocationList, Revocation
from cognito_guard.testing import LocalUserPool

from ..ports import closed_port
from . import revocation_stores
from .running import Outcome, run

STORE = ("--store", "tests.cli.revocation_stores:STORE")
POOL = LocalUserPool("eu-west-1_AbC123xyz")
DAY = 86400
SUBJECT = ("--subject", "a-sub")


@pytest.fixture(autouse=True)
def emptied() -> None:
    """Each test has an empty list."""
    revocation_stores.STORE.empty()
    revocation_stores.STORE.unreadable = 0


def entries() -> list[Revocation]:
    """What is written."""
    return revocation_stores.STORE.entries


def revoke(*argv: str, stdin: bytes = b"") -> Outcome:
    """Run ``cognito-guard revoke``."""
    return run("revoke", *STORE, *argv, stdin=stdin)


def revoked(*argv: str) -> Outcome:
    """Run ``cognito-guard revoked``."""
    return run("revoked", *STORE, *argv)


@pytest.mark.parametrize("everywhere", [(), ("--everywhere",)])
def test_a_token(everywhere: tuple[str, ...]) -> None:
    """A guard refuses it from then on, under either form of the issuer."""
    here = MirroredRevocationList(revocation_stores.STORE, when_unavailable="closed")
    guard = Guard(POOL.trust(), revocations=here)
    token = POOL.access_token("alice", iss=POOL.updated_issuer)
    assert revoked(token)[:2] == (0, "not revoked; the token was not verified\n")
    outcome = revoke(*everywhere, token)
    assert outcome.status == 0
    what = "a user" if everywhere else "a sign-in"
    assert outcome.out.startswith(f"revoked: {what}, until ")
    assert token not in outcome.out
    with pytest.raises(InvalidToken, match="revoked"):
        guard.verify(token)
    assert revoked(token)[:2] == (1, "revoked; the token was not verified\n")
    other = POOL.access_token("alice")
    assert revoked("--json", other).verdicts == [{"revoked": bool(everywhere)}]


@pytest.mark.parametrize("by_name", [False, True])
def test_a_replicas_token(by_name: bool) -> None:
    """Guards know its user by the issuer of the pool's own region."""
    replica = POOL.issuer.replace("eu-west-1.", "us-east-1.")
    assert replica != POOL.issuer
    token = POOL.access_token("alice", iss=replica)
    who: tuple[str, ...] = ("--everywhere", token)
    if by_name:
        who = ("--subject", POOL.subject("alice"), "--issuer", replica)
    assert revoke(*who).status == 0
    assert [one.issuer for one in entries()] == [POOL.issuer]
    assert revoked(token).status == 1
    here = MirroredRevocationList(revocation_stores.STORE, when_unavailable="closed")
    pool = UserPool(
        POOL.user_pool_id,
        client_ids=[POOL.client_id],
        regions=["us-east-1"],
        jwks=POOL.jwks(),
    )
    with pytest.raises(InvalidToken, match="revoked"):
        Guard(pool, revocations=here).verify(token)


def test_a_user_without_a_sign_in() -> None:
    """A refresh would bring another token: he is signed out everywhere or not at all."""
    token = POOL.access_token(origin_jti=LocalUserPool.OMIT)
    outcome = revoke(token)
    assert outcome.status == 1
    assert "nothing distinguishes this sign-in" in outcome.out
    assert not entries()


def test_a_token_of_nowhere() -> None:
    """No guard would honour the entry."""
    aws = POOL.issuer.replace("https:", "http:")
    outcome = revoke("--everywhere", POOL.access_token(iss=aws), POOL.access_token(iss=""))
    assert outcome.status == 1
    assert outcome.out.count("not understood: issuer ") == 2
    assert not entries()


def test_tokens_from_standard_input() -> None:
    """Each has its line, and what is no token is said."""
    machine = POOL.machine_token()
    lines = [POOL.access_token(), "junk", machine, POOL.machine_token(jti=LocalUserPool.OMIT)]
    outcome = revoke("-", stdin="\n".join(lines).encode("ascii"))
    assert outcome.status == 1
    said = outcome.out.splitlines()
    assert said[0].startswith("line 1: revoked: a sign-in")
    assert said[1].startswith("line 2: not understood: malformed_token")
    assert said[2].startswith("line 3: revoked: a token")
    assert said[3].startswith("line 4: not understood: nothing distinguishes this sign-in")
    outcome = revoke("--json", "junk")
    assert outcome.status == 1
    assert "malformed_token" in outcome.verdicts[0]["error"]
    outcome = revoked("--json", "junk", machine)
    assert outcome.status == 1
    assert outcome.verdicts[1] == {"revoked": True}
    assert revoked("junk").out.startswith("not understood: malformed_token")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--jti", "a"), ("token", "a", None)),
        (("--origin-jti", "a"), ("sign_in", "a", None)),
        ((*SUBJECT, "--user-pool-id", POOL.user_pool_id), ("user", "a-sub", POOL.issuer)),
        ((*SUBJECT, "--issuer", POOL.updated_issuer), ("user", "a-sub", POOL.issuer)),
        ((*SUBJECT, "--issuer", "https://idp.example"), ("user", "a-sub", "https://idp.example")),
        (
            (*SUBJECT, "--user-pool-id", "local_1", "--issuer", "http://localhost:9229/local_1"),
            ("user", "a-sub", "http://localhost:9229/local_1"),
        ),
    ],
)
def test_by_name(argv: tuple[str, ...], expected: tuple[Any, ...]) -> None:
    """For as long as there can be tokens that it is about."""
    now = time.time()
    outcome = revoke("--json", *argv)
    (entry,) = entries()
    assert (outcome.status, outcome.err) == (0, "")
    assert (entry.kind, entry.name, entry.issuer) == expected
    assert outcome.verdicts[0]["ends_at"] == entry.ends_at
    lasts = DAY + 300 if entry.kind == "token" else 31 * DAY + 300
    assert 0 <= entry.ends_at - now - lasts < 60
    if entry.before is not None:
        assert 0 <= entry.before - now < 60


def test_times_of_ones_own() -> None:
    """The end, the time before which a user signed in, the life of refresh tokens."""
    pool = ("--user-pool-id", POOL.user_pool_id)
    revoke(*SUBJECT, *pool, "--before", "1700000000.5", "--ends-at", "1900000000")
    revoke("--origin-jti", "a", "--ends-at", "1900000000")
    revoke("--jti", "a", "--ends-at", "1900000000")
    revoke("--everywhere", POOL.access_token(), "--before", "1700000000")
    assert [one.before for one in entries()] == [1700000000, None, None, 1700000000]
    assert [one.ends_at for one in entries()[:3]] == [1900000000] * 3
    revoke("--origin-jti", "b", "--refresh-seconds", "3600")
    assert entries()[-1].ends_at - time.time() < DAY + 2 * 3600


def test_the_list() -> None:
    """Each entry, in words and as JSON, harmless for a terminal."""
    revoke("--jti", "\x1b[31m", "--ends-at", "1900000000")
    revoke("--origin-jti", "b", "--ends-at", "1900000000")
    pool = ("--user-pool-id", POOL.user_pool_id)
    revoke(*SUBJECT, *pool, "--before", "1700000000", "--ends-at", "1900000000")
    outcome = revoked()
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("sign_in  b  until 2030-03-17 17:46:40 UTC (in ")
    assert lines[1].startswith(r'token    "\u001b[31m"  until 2030')
    assert lines[2].startswith(
        f"user     a-sub of {POOL.issuer}, signed in before 2023-11-14 22:13:20 UTC ("
    )
    assert revoked("--json").verdicts == [
        {"kind": "sign_in", "name": "b", "issuer": None, "before": None, "ends_at": 1900000000},
        {
            "kind": "token",
            "name": "\x1b[31m",
            "issuer": None,
            "before": None,
            "ends_at": 1900000000,
        },
        {
            "kind": "user",
            "name": "a-sub",
            "issuer": POOL.issuer,
            "before": 1700000000,
            "ends_at": 1900000000,
        },
    ]


def test_a_list_in_pages() -> None:
    """All of them."""
    revocation_stores.STORE.add([Revocation.of_token(str(n), ends_at=4e9) for n in range(2500)])
    assert len(revoked().out.splitlines()) == 2500


def test_entries_that_nobody_understands() -> None:
    """Then nobody can say: that of the others is shown, and the status is 3."""
    revoke("--jti", "a")
    revocation_stores.STORE.unreadable = 2
    outcome = revoked()
    assert outcome.status == 3
    assert len(outcome.out.splitlines()) == 1
    assert "2 entries of the list cannot be understood" in outcome.err


@pytest.mark.parametrize("argv", [("revoke", "--jti", "a"), ("revoked",)])
def test_a_store_that_is_down(argv: tuple[str, ...]) -> None:
    """Status 3, and nothing of its address."""
    outcome = run(*argv, "--store", "tests.cli.revocation_stores:Down")
    assert outcome.status == 3
    assert outcome.err.startswith("cognito-guard: revocations_unavailable: The list cannot be ")
    assert "ConnectionError" in outcome.err
    assert "secret" not in outcome.err


def test_a_function_that_gives_a_store() -> None:
    """As servers take an app."""
    assert run("revoke", "--store", "tests.cli.revocation_stores:make", "--jti", "a").status == 0
    assert len(entries()) == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("revoke", "--jti", "a"), "--redis (or REDIS_URL) or --store"),
        (("revoked",), "--redis (or REDIS_URL) or --store"),
        (("revoke", *STORE), "what is revoked: TOKEN, or --jti"),
        (("revoke", *STORE, "--jti", "a", "--origin-jti", "b"), "what is revoked"),
        (("revoke", *STORE, "--jti", "a", "token"), "what is revoked"),
        (("revoke", *STORE, "--jti", "a", "--everywhere"), "--everywhere does not apply"),
        (("revoke", *STORE, "--jti", "a", "--before", "1"), "--before does not apply"),
        (("revoke", *STORE, "--jti", "a", "--user-pool-id", "b"), "--user-pool-id does not apply"),
        (("revoke", *STORE, "--jti", "a", "--issuer", "b"), "--issuer does not apply"),
        (("revoke", *STORE, "--jti", ""), "--jti must be a text"),
        (("revoke", *STORE, "--jti", "a\r"), "--jti must not begin or end with white space"),
        (("revoke", *STORE, "--origin-jti", " a"), "--origin-jti must not begin or end"),
        (
            ("revoke", *STORE, "--subject", "a\n", "--issuer", POOL.issuer),
            "--subject must not begin or end",
        ),
        (("revoke", *STORE, "--jti", "a", "--ends-at", "nan"), "--ends-at must be a time"),
        (("revoke", *STORE, "--jti", "a", "--ends-at", "3600"), "--ends-at is in the past"),
        (("revoke", *STORE, "--jti", "a", "--ends-at", "soon"), "must be a number of seconds"),
        (("revoke", *STORE, "--jti", "a", "--refresh-seconds", "1"), "--refresh-seconds must be"),
        (
            ("revoke", *STORE, *SUBJECT, "--issuer", POOL.issuer, "--before", "inf"),
            "--before must be a time",
        ),
        (
            ("revoke", *STORE, *SUBJECT, "--issuer", POOL.issuer, "--before", "nan"),
            "--before must be a time",
        ),
        (("revoke", *STORE, *SUBJECT), "--subject needs --user-pool-id, or --issuer"),
        (("revoke", *STORE, *SUBJECT, "--user-pool-id", "x"), "--user-pool-id"),
        (("revoke", *STORE, *SUBJECT, "--issuer", POOL.issuer + "/"), "is not a user pool's"),
        (("revoke", *STORE, *SUBJECT, "--issuer", "eu-west-1_AbC123xyz"), "must be the URL"),
        (("revoke", *STORE, *SUBJECT, "--issuer", "http://[cognito-idp."), "is not a user pool's"),
        (("revoked", *STORE, "--prefix", "a"), "leave --redis and --prefix out"),
        (("revoked", "--store", "nowhere.at.all:STORE"), "cannot be imported"),
        (("revoked", "--store", "tests.cli.revocation_stores:LOST"), "cannot be imported"),
        (("revoked", "--store", ":"), "cannot be imported"),
        (("revoked", "--store", "tests.cli.revocation_stores:NONE"), "--store must be a"),
        (("revoked", "--store", "tests.cli.revocation_stores:ASYNC"), "not async"),
        (("revoked", "--redis", "http://example"), "must be redis://"),
        (("revoked", "--redis", "redis://127.0.0.1/?foo=bar"), "its options must be"),
        (("revoked", "--redis", "redis://127.0.0.1/?protocol=9"), "its options must be"),
        (("revoked", "--redis", "redis://127.0.0.1/?db=first"), "its options must be"),
        (("revoke", "--redis", "rediss://127.0.0.1/?ssl_key=x", "--jti", "a"), "its options"),
    ],
)
def test_wrong_usage(argv: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and status 2."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    outcome = run(*argv)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err


def test_an_address_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a password is not seen by others. Nobody answers here."""
    with closed_port() as port:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}")
        outcome = run("revoked", "--prefix", "own:")
    assert outcome.status == 3
    assert "The list cannot be read (ConnectionError)." in outcome.err


@pytest.mark.parametrize("missing", ["redis", "another"])
def test_without_the_package(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which one is needed. What else is missing is no matter of usage."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "cognito_guard_redis"]:
        monkeypatch.delitem(sys.modules, name)

    class Missing:
        @staticmethod
        def find_spec(name: str, path: Any, target: Any = None) -> None:
            if name == "cognito_guard_redis":
                raise ModuleNotFoundError(name=missing)

    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    if missing == "redis":
        outcome = run("revoked", "--redis", "redis://127.0.0.1")
        assert outcome.status == 2
        assert "pip install 'cognito-guard[redis]'" in outcome.err
    else:
        with pytest.raises(ModuleNotFoundError):
            run("revoked", "--redis", "redis://127.0.0.1")


def test_claims_of_the_wrong_type() -> None:
    """No crash, whatever a token says."""
    odd: list[dict[str, Any]] = [
        {"iss": 1},
        {"sub": ["a"]},
        {"origin_jti": 7, "jti": None},
        {"auth_time": 10**30},
        {"exp": -5, "origin_jti": None},
    ]
    tokens = [POOL.access_token(**claims) for claims in odd]
    for everywhere in ((), ("--everywhere",)):
        outcome = revoke(*everywhere, "--json", *tokens)
        assert outcome.status in (0, 1)
        assert len(outcome.verdicts) == len(odd)
        assert revoked("--json", *tokens).status in (0, 1)
    assert all(json.loads(line) for line in revoked("--json").out.splitlines())
