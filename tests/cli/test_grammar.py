"""The command line's grammar: whatever is wrong is one clear line and status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from cognito_guard.testing import LocalUserPool

from .running import run

POOL = ("--user-pool-id", "eu-west-1_AbC123xyz")
CLIENT = ("--client-id", "1example23456789")
VERIFY = ("verify", *POOL, *CLIENT)
ARN = ("--alb-arn", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/1")
ALB_CLIENT = ("--alb-client-id", "1example23456789")
ALB = ("verify", *ARN, *ALB_CLIENT)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param([], "the following arguments are required: COMMAND", id="nothing"),
        pytest.param(["check"], "invalid choice: 'check'", id="unknown command"),
        pytest.param(["ver"], "invalid choice: 'ver'", id="abbreviated command"),
        pytest.param(["--json"], "required: COMMAND", id="option before the command"),
        pytest.param(["verify", *CLIENT, "t"], "required: --user-pool-id", id="no pool"),
        pytest.param(["verify", *POOL, "t"], "required: --client-id", id="no client"),
        pytest.param(["jwks"], "required: --user-pool-id", id="jwks without pool"),
        pytest.param(["jwks", *POOL, "x"], "unrecognized arguments: x", id="jwks of a token"),
        pytest.param(VERIFY, "no token: give TOKEN, or -", id="no token"),
        pytest.param(["inspect"], "no token: give TOKEN, or -", id="inspect nothing"),
        pytest.param([*VERIFY, "-", "-"], "it takes no other tokens", id="stdin twice"),
        pytest.param([*VERIFY, "a", "-"], "it takes no other tokens", id="stdin and a token"),
        pytest.param([*VERIFY, "-"], "standard input holds no token", id="empty stdin"),
        pytest.param(["inspect", "-"], "standard input holds no token", id="inspect empty stdin"),
        pytest.param([*VERIFY, "--jso", "t"], "unrecognized arguments: --jso", id="abbreviated"),
        pytest.param(["verify", "--user-pool", "x", *CLIENT], "--user-pool ", id="cut option"),
        pytest.param([*VERIFY, "--quiet", "t"], "unrecognized arguments: --quiet", id="unknown"),
        pytest.param([*VERIFY, "t", "--at"], "--at: expected one argument", id="no value"),
        pytest.param([*VERIFY, "--at", "noon", "t"], "--at: must be a number", id="at word"),
        pytest.param([*VERIFY, "--at", "nan", "t"], "--at: must be a number", id="at nan"),
        pytest.param([*VERIFY, "--at", "inf", "t"], "--at: must be a number", id="at inf"),
        pytest.param([*VERIFY, "--at", "1e999", "t"], "--at: must be a number", id="at huge"),
        pytest.param([*VERIFY, "--leeway", "x", "t"], "--leeway: must be", id="leeway word"),
        pytest.param([*VERIFY, "--leeway", "301", "t"], "--leeway must be between", id="leeway"),
        pytest.param([*VERIFY, "--leeway=-1", "t"], "--leeway must be between", id="negative"),
        pytest.param([*VERIFY, "--token-use", "ID", "t"], "invalid choice: 'ID'", id="token use"),
        pytest.param(
            [*VERIFY, "--client-id", "ANY_CLIENT", "t"], "takes no other", id="any and another"
        ),
        pytest.param([*VERIFY, "--client-id", "", "t"], "--client-id", id="empty client"),
        pytest.param([*VERIFY, "--client-id", "a,b", "t"], "--client-id must hold", id="list"),
        pytest.param([*VERIFY, "--require-scope", "a b", "t"], "--require-scope", id="two scopes"),
        pytest.param([*VERIFY, "--require-group", "", "t"], "--require-group", id="no group"),
        pytest.param([*VERIFY, "--issuer", "cognito", "t"], "--issuer must be", id="issuer"),
        pytest.param([*VERIFY, "--jwks", "", "t"], "--jwks must be", id="empty keys"),
        pytest.param(
            [*VERIFY, "--jwks", "/no/such", "t"], "--jwks (/no/such): the file", id="no file"
        ),
        pytest.param([*VERIFY, "--jwks", "ftp://h/k", "t"], "over https only", id="ftp"),
        pytest.param([*VERIFY, "--jwks", "http://h.example/k", "t"], "https only", id="http"),
        pytest.param(["verify", *ARN, "t"], "required: --alb-client-id", id="ALB, no client"),
        pytest.param(["verify", *ALB_CLIENT, "t"], "required: --alb-arn", id="ALB, no ARN"),
        pytest.param(
            ["verify", "--alb-keys", "https://h.example", "t"],
            "required: --alb-arn, --alb-client-id",
            id="ALB, keys alone",
        ),
        pytest.param([*ALB, *POOL, "t"], "--user-pool-id is for tokens of", id="ALB and a pool"),
        pytest.param([*ALB, *CLIENT, "t"], "--client-id is for tokens of", id="ALB and a client"),
        pytest.param(
            [*ALB, "--token-use", "id", "t"], "--token-use is for tokens of", id="ALB and a use"
        ),
        pytest.param([*ALB, "--jwks", "a", "t"], "--jwks is for tokens of", id="ALB and a JWKS"),
        pytest.param([*ALB, "--alb-arn", "x", "t"], "--alb-arn must hold", id="no ARN"),
        pytest.param([*ALB, "--alb-arn", "", "t"], "--alb-arn must be a text", id="empty ARN"),
        pytest.param(
            [*ALB, "--alb-arn", ARN[1].replace("aws", "aws-iso", 1), "t"],
            "pass --alb-keys as well",
            id="ARN of an unknown partition",
        ),
        pytest.param(
            [*ALB, "--alb-keys", "http://h.example", "t"], "https only", id="ALB, http keys"
        ),
        pytest.param([*ALB, "--alb-keys", "k", "t"], "--alb-keys must come", id="ALB, no URL"),
        pytest.param([*ALB, "--issuer", "cognito", "t"], "--issuer must be", id="ALB, issuer"),
        pytest.param([*ALB, "--leeway", "301", "t"], "--leeway must be", id="ALB, leeway"),
        pytest.param(ALB, "no token: give TOKEN, or -", id="ALB, no data"),
        pytest.param(["jwks", *POOL, "--jwks", "/no/such"], "--jwks: the file", id="jwks no file"),
        pytest.param(["jwks", *POOL, "--jwks", "http://h.example/k"], "https only", id="jwks http"),
        pytest.param(
            ["jwks", "--user-pool-id", "local_1"], "pass --issuer as well", id="emulator's pool"
        ),
        pytest.param(["jwks", "--user-pool-id", "x"], "--user-pool-id must be", id="pool id"),
    ],
)
def test_usage(argv: list[str], said: str) -> None:
    """Every misuse is status 2, one line on standard error that names the culprit, no verdict."""
    outcome = run(*argv)
    assert outcome.status == 2
    assert outcome.out == ""
    assert outcome.err.startswith("cognito-guard: ")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["{}"], id="command"),
        pytest.param(["jwks", *POOL, "{}"], id="stranger"),
        pytest.param([*VERIFY, "--at", "{}", "t"], id="number"),
        pytest.param([*VERIFY, "--leeway", "{}", "t"], id="leeway"),
        pytest.param([*VERIFY, "--token-use", "{}", "t"], id="choice"),
        pytest.param([*VERIFY, "--tokens={}", "t"], id="unknown option"),
        pytest.param([*VERIFY, "--json={}", "t"], id="flag"),
        pytest.param(["verify", "--user-pool-id", "{}", *CLIENT, "t"], id="pool id"),
        pytest.param(["verify", *POOL, "--client-id", "{}", "t"], id="client"),
        pytest.param([*VERIFY, "--issuer", "{}", "t"], id="issuer"),
        pytest.param([*VERIFY, "--jwks", "{}", "t"], id="keys"),
        pytest.param([*VERIFY, "--require-scope", " {}", "t"], id="scope"),
    ],
)
def test_misplaced_token_is_not_repeated(pool: LocalUserPool, argv: list[str]) -> None:
    """A token in the wrong place is a usage error that does not quote any of its parts."""
    token = pool.access_token()
    outcome = run(*[argument.format(token) for argument in argv])
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert not any(part in outcome.out + outcome.err for part in token.split("."))


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31m", "\u202eb", "\x9b0m"], ids=ascii)
def test_usage_errors_are_harmless(text: str) -> None:
    """An argument that drives terminals or breaks lines comes out as visible escapes."""
    outcome = run("jwks", *POOL, text)
    assert outcome.status == 2
    assert outcome.err.removesuffix("\n").isprintable()


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["verify", "-h"], ["jwks", "--help"]])
def test_help(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Help is asked for and not an error: standard output, without colours, and status 0."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    outcome = run(*argv)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("usage: cognito-guard")


def test_help_names_the_waiver_and_the_statuses() -> None:
    """The help says how to waive the client check, and what the exit statuses mean."""
    text = run("verify", "--help").out
    assert "ANY_CLIENT" in text
    assert "3 keys" in text


def test_options_anywhere(trust: tuple[str, ...], pool: LocalUserPool) -> None:
    """Options may stand before, between and after the tokens."""
    command, *options = trust
    first, second = pool.access_token(), pool.access_token()
    for argv in ([*options, first, "--json", second], [first, second, *options, "--json"]):
        outcome = run(command, *argv)
        assert [verdict["valid"] for verdict in outcome.verdicts] == [True, True]


def test_double_dash(trust: tuple[str, ...], pool: LocalUserPool) -> None:
    """After ``--`` everything is a token, even where it looks like an option."""
    outcome = run(*trust, "--json", "--", pool.access_token(), "--json")
    assert [verdict["valid"] for verdict in outcome.verdicts] == [True, False]


def test_arguments_that_are_no_text(trust: tuple[str, ...]) -> None:
    """An argument whose bytes are no UTF-8 reaches the command as surrogates, and is refused."""
    outcome = run(*trust, "--json", "a\udcff.b.c", "")
    assert [verdict["reason"] for verdict in outcome.verdicts] == ["malformed_token"] * 2


def test_sys_argv(monkeypatch: pytest.MonkeyPatch, jwks: Path) -> None:
    """Without arguments of its own ``main`` takes those of the process."""
    monkeypatch.setattr("sys.argv", ["cognito-guard", "jwks", *POOL, "--jwks", str(jwks)])
    from cognito_guard.cli import main

    assert main() == 0
