"""``cognito-guard doctor``: its options, its output and its exit status, without AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

import pytest

from cognito_guard.cli import doctor
from cognito_guard.cli.aws_account import AwsAccount
from cognito_guard.doctor import Finding
from cognito_guard.testing import LocalUserPool, PoolServer

from ..ports import closed_port
from .running import DEADLINE, ENVIRONMENT, Outcome, run


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without settings, and without an AWS account."""
    for name in [*os.environ]:
        if name.startswith(("AWS_", "COGNITO_")):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def server(pool: LocalUserPool) -> Iterator[PoolServer]:
    """A pool that answers."""
    with pool.listen() as listening:
        yield listening


def asked(server: PoolServer, *more: str) -> Outcome:
    """Ask about that pool."""
    pool = ("--user-pool-id", server.environment()["COGNITO_USER_POOL_ID"])
    return run("doctor", *pool, "--issuer", server.issuer, *more)


def test_for_people(server: PoolServer) -> None:
    """A line for each finding, with its level and its id."""
    outcome = asked(server, "--no-aws")
    assert (outcome.status, outcome.err) == (0, "")
    ids = [line.split(": ")[:2] for line in outcome.out.splitlines()]
    names = ("trust-store", "keys-reached", "discovery")
    assert ids == [["ok", name] for name in names]


def test_json(server: PoolServer) -> None:
    """``--json`` is one list, each object with all five members."""
    outcome = asked(server, "--no-aws", "--json")
    found = json.loads(outcome.out)
    assert {tuple(one) for one in found} == {("id", "level", "what", "why", "fix")}


def test_settings_of_the_environment(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an id the environment says what is looked at, under any prefix."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    assert "ok: settings: " in run("doctor", "--no-aws").out
    monkeypatch.setenv("COGNITO_CLIENT_ID", "a-typing-error")
    outcome = run("doctor", "--no-aws", "--json")
    assert outcome.status == 2
    first = json.loads(outcome.out)[0]
    assert (first["id"], first["level"]) == ("settings-wrong", "error")
    assert "did you mean COGNITO_CLIENT_IDS" in first["what"]
    for name, value in server.environment().items():
        monkeypatch.setenv(name.replace("COGNITO_", "ORDERS_"), value)
    assert run("doctor", "--no-aws", "--prefix", "ORDERS_").status == 0


def test_settings_of_sign_in(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where users sign in, those settings are looked at as well; a secret in them is not shown."""
    sign_in = {
        "COGNITO_LOGIN_DOMAIN": server.domain,
        "COGNITO_LOGIN_CLIENT_ID": server.environment()["COGNITO_CLIENT_IDS"],
        "COGNITO_LOGIN_CLIENT_SECRET": "secret-of-the-client",
        "COGNITO_LOGIN_LOGOUT_URI": "http://localhost:8000/",
        "COGNITO_LOGIN_REDIRECT_URI": "http://localhost:8000/auth/callback",
        "COGNITO_LOGIN_SECRETS": "a" * 43,
    }
    for name, value in {**server.environment(), **sign_in}.items():
        monkeypatch.setenv(name, value)
    assert run("doctor", "--no-aws").status == 0
    monkeypatch.setenv("COGNITO_LOGIN_REDIRECT_URI", "http://app.example/callback")
    outcome = run("doctor", "--no-aws")
    assert outcome.status == 2
    assert "COGNITO_LOGIN_REDIRECT_URI" in outcome.out
    monkeypatch.delenv("COGNITO_LOGIN_REDIRECT_URI")
    assert "COGNITO_LOGIN_REDIRECT_URI is missing" in run("doctor", "--no-aws").out
    assert "secret-of-the-client" not in outcome.out


def test_pool_of_the_load_balancers(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user pool behind load balancers is looked at as well, and once."""
    environment = server.environment()
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/50dc6c495c0c9188"
    monkeypatch.setenv("COGNITO_ALB_ARNS", arn)
    monkeypatch.setenv("COGNITO_ALB_CLIENT_ID", "1example23456789")
    monkeypatch.setenv("COGNITO_ALB_USER_POOL_ID", environment["COGNITO_USER_POOL_ID"])
    monkeypatch.setenv("COGNITO_ALB_ISSUER", server.issuer)
    outcome = run("doctor", "--no-aws", "--json")
    ids = [one["id"] for one in json.loads(outcome.out)]
    assert (outcome.status, ids.count("keys-reached")) == (0, 1)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--issuer", "https://x.example"], "--issuer needs --user-pool-id"),
        (["--jwks", "keys.json"], "--jwks needs --user-pool-id"),
        (["--user-pool-id", "nonsense"], "--user-pool-id must be REGION_NAME"),
        (["--user-pool-id", "eu-west-1_A", "--prefix", "P_"], "leave --prefix out"),
        (["--user-pool-id", "eu-west-1_A", "--jwks", "nowhere.json"], "--jwks"),
        (["--endpoint-url", "http://aws.example"], "--endpoint-url must be https"),
        (["--fail-on", "ok"], "--fail-on"),
        (["--mcp-client-id", "1example23456789"], "--mcp-callback go together"),
        (["--mcp-client-id", "x", "--mcp-callback", "http://localhost/x"], "with --mcp"),
    ],
)
def test_wrong_usage(argv: list[str], message: str) -> None:
    """Wrong usage is status 2, and says which option."""
    outcome = run("doctor", *argv)
    assert (outcome.status, outcome.out) == (2, "")
    assert message in outcome.err


def test_an_mcp_server_that_is_away() -> None:
    """With a client of one's own for it, which has an id and a callback."""
    of_client = ("--mcp-client-id", "1example23456789", "--mcp-callback", "http://localhost/x")
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/mcp"
        outcome = run("doctor", "--no-aws", "--json", "--mcp", url, *of_client)
    assert outcome.status == 3
    assert json.loads(outcome.out)[0]["id"] == "mcp-unreachable"


def test_nothing_to_look_at() -> None:
    """Without an id and without settings, the settings are what is wrong; not for an identity
    pool."""
    outcome = run("doctor", "--no-aws")
    assert outcome.status == 2
    assert "COGNITO_USER_POOL_ID is missing" in outcome.out
    assert run("doctor", "--no-aws", "--identity-pool-id", "eu-west-1:1").status == 0


class _Session:
    """What boto3 gives, as far as it is asked for here."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def get_credentials(self) -> Any:
        if isinstance(self._credentials, Exception):
            raise self._credentials
        return self._credentials


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (None, "there are no AWS credentials"),
        (RuntimeError("token ABC of a profile"), "cannot be loaded (RuntimeError)"),
    ],
)
def test_no_credentials(
    server: PoolServer, monkeypatch: pytest.MonkeyPatch, credentials: Any, reason: str
) -> None:
    """Without credentials that is said in a line, and nothing that a helper program wrote."""
    boto3 = ModuleType("boto3")
    boto3.Session = lambda: _Session(credentials)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    outcome = asked(server, "--json")
    first = json.loads(outcome.out)[0]
    assert (first["id"], first["level"], outcome.status) == ("aws-not-asked", "info", 0)
    assert reason in first["what"]
    assert "ABC" not in outcome.out + outcome.err
    assert asked(server, "--fail-on", "info").status == 1


class _DeniedError(Exception):
    response: ClassVar = {"Error": {"Code": "AccessDeniedException"}}


def test_a_permission_is_missed_once() -> None:
    """The others of its kind are asked all the same, and one line says it."""
    account = AwsAccount(_Session(None), None)

    def read() -> None:
        for of in ("one", "another"):
            account.note("cognito-idp", "DescribeUserPool", of, _DeniedError())

    assert [one.id for one in account.within_time(read)] == ["permission-missing"]
    assert account.is_over("cognito-idp", "DescribeUserPool", "one")
    assert not account.is_over("cognito-idp", "DescribeUserPool", "a third")


def test_without_boto3(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without boto3 the line says how to get it."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    first = json.loads(asked(server, "--json").out)[0]
    assert first["fix"] == "pip install 'cognito-guard[boto3]'"


@pytest.mark.parametrize("command", ["verify", "doctor --no-aws"])
def test_loads_boto3_only_to_ask_aws(server: PoolServer, command: str) -> None:
    """No other command loads it, nor does this one without AWS."""
    pool_id = server.environment()["COGNITO_USER_POOL_ID"]
    argv = [*command.split(), "--user-pool-id", pool_id, "--issuer", server.issuer]
    argv += ["--client-id", "x", "token"] if command == "verify" else []
    code = f"""
import sys
from cognito_guard.cli import main
main({argv!r})
assert not {{"boto3", "botocore"}} & set(sys.modules)
assert {command!r} != "verify" or "cognito_guard.doctor" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stderr


def test_harmless_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What AWS tells drives no terminal."""
    finding = Finding("x", "error", "a\x1b[2Jb", "c\u202ed", "echo 'e\x07f'")
    monkeypatch.setattr(doctor, "check_machine", lambda: [finding])
    outcome = run("doctor", "--no-aws", "--identity-pool-id", "eu-west-1:1")
    assert outcome.out.splitlines() == [
        "error: x: a\\u001b[2Jb",
        "  why: c\\u202ed",
        "  fix: echo 'e\\u0007f'",
    ]
    assert outcome.status == 1
