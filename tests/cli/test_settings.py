"""The app's own settings, for the commands that read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cognito_guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .running import run


@pytest.fixture
def settings(
    pool: LocalUserPool, jwks: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """An environment with the settings of an app that trusts ``pool``."""
    monkeypatch.setenv("COGNITO_USER_POOL_ID", pool.user_pool_id)
    monkeypatch.setenv("COGNITO_CLIENT_IDS", pool.client_id)
    monkeypatch.setenv("COGNITO_JWKS", str(jwks))
    return monkeypatch


@pytest.fixture
def file(pool: LocalUserPool, jwks: Path, tmp_path: Path) -> Path:
    """The same in a file, under another prefix."""
    path = tmp_path / "app.env"
    path.write_text(
        "\ufeff# The app's settings\n\n"
        f"export MY_USER_POOL_ID={pool.user_pool_id}\r\n"
        f'MY_CLIENT_IDS = "{pool.client_id}"\n'
        f"MY_JWKS='{jwks}'\nOTHER=\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("command", ["verify", "explain"])
def test_environment(settings: pytest.MonkeyPatch, pool: LocalUserPool, command: str) -> None:
    """They are used where no pool is named, and the other options win over them."""
    token, id_token = pool.access_token(), pool.id_token()

    assert run(command, token).status == 0
    assert run(command, id_token).status == 1
    assert run(command, "--token-use", "id", id_token).status == 0
    assert run(command, "--client-id", "other", token).status == 1
    assert run(command, "--client-id", "ANY_CLIENT", token).status == 0
    assert run(command, "--jwks", "/no/such", token).status == 2
    settings.setenv("COGNITO_LEEWAY", "120")
    late = pool.access_token(expires_in=-60)
    assert run(command, late).status == 0
    assert run(command, "--leeway", "0", late).status == 1


def test_options_that_name_a_pool_replace_them(
    settings: pytest.MonkeyPatch, trust: tuple[str, ...], pool: LocalUserPool
) -> None:
    """As before there were settings: nothing of the environment is read."""
    settings.setenv("COGNITO_REGION", "no setting of ours")
    settings.setenv("COGNITO_TOKEN_USE", "id")

    assert run(*trust, pool.access_token()).status == 0
    outcome = run(*trust, "--prefix", "X_", "t")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--user-pool-id replaces the app's settings; leave --prefix out" in outcome.err
    outcome = run("verify", "--alb-arn", "x", "--env-file", "y", "t")
    assert "--alb-arn replaces" in outcome.err


@pytest.mark.parametrize("command", ["verify", "explain", "keys"])
def test_a_file_and_a_prefix(file: Path, pool: LocalUserPool, command: str) -> None:
    """A file in the usual format, and another prefix."""
    outcome = run(command, "--prefix", "MY_", "--env-file", str(file), pool.access_token())
    assert (outcome.status, outcome.err) == (0, "")


def test_a_file_wins(settings: pytest.MonkeyPatch, tmp_path: Path, pool: LocalUserPool) -> None:
    """Over the environment; and options over it."""
    path = tmp_path / "env"
    path.write_text("COGNITO_CLIENT_IDS=other\n")
    token = pool.access_token()

    assert run("verify", "--env-file", str(path), token).status == 1
    assert run("verify", "--env-file", str(path), "--client-id", pool.client_id, token).status == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"COGNITO_CLIENT_IDS=a\nsecret words\n", "--env-file: line 2 is no NAME=value"),
        (b"\xff", "it is not UTF-8"),
        (b"COGNITO_CLIENT_ID=a\n", "did you mean COGNITO_CLIENT_IDS"),
        (b"", "the setting COGNITO_USER_POOL_ID is missing"),
    ],
    ids=["no setting", "no text", "misspelt", "empty"],
)
def test_wrong_files(tmp_path: Path, text: bytes, said: str) -> None:
    """Status 2, and nothing of a line is repeated."""
    path = tmp_path / "env"
    path.write_bytes(text)
    outcome = run("verify", "--env-file", str(path), "t")

    assert outcome.status == 2
    assert said in outcome.err
    assert "secret" not in outcome.err
    missing = run("verify", "--env-file", str(tmp_path / "none"), "t")
    assert "the file cannot be read: No such file" in missing.err


@pytest.mark.parametrize("command", ["verify", "explain", "inspect", "keys", "doctor"])
def test_errors_name_the_setting(
    settings: pytest.MonkeyPatch, pool: LocalUserPool, command: str
) -> None:
    """And not an option that nobody has given."""
    tokens = [] if command == "doctor" else [pool.access_token()]
    for name, value in (("JWKS", "/nowhere"), ("JWKS", "http://a/b"), ("ISSUER", "http://a/b")):
        settings.setenv(f"COGNITO_{name}", value)
        if name == "ISSUER":
            settings.delenv("COGNITO_JWKS")
        outcome = run(command, *tokens)
        said = outcome.out + outcome.err
        assert f"COGNITO_{name}" in said
        assert "--jwks" not in said
        assert outcome.status != 0


@pytest.mark.parametrize(
    ("option", "value"),
    [("--jwks", "/nowhere"), ("--jwks", "http://a/b"), ("--leeway", "900"), ("--client-id", "a b")],
)
def test_errors_name_the_option(
    settings: pytest.MonkeyPatch, pool: LocalUserPool, option: str, value: str
) -> None:
    """Where one stands in the place of a setting."""
    outcome = run("verify", option, value, pool.access_token())

    assert outcome.status == 2
    assert outcome.err.startswith(f"cognito-guard: {option}")
    assert "COGNITO_" not in outcome.err


def test_inspect(settings: pytest.MonkeyPatch, pool: LocalUserPool) -> None:
    """What the settings would say stands below, and nothing is fetched for it."""
    settings.setenv("COGNITO_JWKS", "https://nowhere.invalid/keys")
    outcome = run("inspect", pool.id_token())
    wanted = "  By the settings: wrong_token_use: expected token_use access, found token_use id."

    assert wanted in outcome.out.splitlines()
    assert "By the settings" not in run("inspect", pool.access_token()).out
    one = {"USER_POOL_ID": pool.user_pool_id, "CLIENT_IDS": ["other"]}
    for name in ("USER_POOL_ID", "CLIENT_IDS", "JWKS"):
        settings.delenv(f"COGNITO_{name}")
    assert "By the settings" not in run("inspect", pool.id_token()).out
    settings.setenv("COGNITO_USER_POOLS", json.dumps([one]))
    assert "By the settings: wrong_client" in run("inspect", pool.access_token()).out


def test_settings_of_a_load_balancer(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pool, a token is what a load balancer signs."""
    balancer = LocalLoadBalancer(pool)
    monkeypatch.setenv("COGNITO_ALB_ARNS", balancer.arn)
    monkeypatch.setenv("COGNITO_ALB_CLIENT_ID", "other")
    outcome = run("verify", balancer.data())

    assert outcome.status == 1
    assert "refused: wrong_client" in outcome.out
    assert f"  found    client {balancer.client_id}\n" in outcome.out
    inspected = run("inspect", balancer.data())
    assert (inspected.status, "By the settings" in inspected.out) == (0, False)
    assert "the settings name no user pool" in run("keys").err


def test_version() -> None:
    """The command and the package say which one it is."""
    outcome = run("--version")

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"cognito-guard {cognito_guard.__version__}\n"
