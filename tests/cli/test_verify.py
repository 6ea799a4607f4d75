"""``cognito-guard verify``: the verdicts, the options, the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cognito_guard.testing import LocalUserPool

from ..engine.silence import assert_unsaid, secrets_of
from .running import run

Trust = tuple[str, ...]


def test_valid_in_json(trust: Trust, pool: LocalUserPool) -> None:
    """A valid token is one object with exactly the members that the design promises."""
    outcome = run(*trust, "--json", pool.access_token("alice", groups=["admins"]))
    (verdict,) = outcome.verdicts
    assert (outcome.status, outcome.err) == (0, "")
    assert verdict.keys() == {"valid", "subject", "claims"}
    assert verdict["valid"] is True
    assert verdict["subject"] == pool.subject("alice")
    assert verdict["claims"]["cognito:groups"] == ["admins"]


def test_refused_in_json(trust: Trust, pool: LocalUserPool) -> None:
    """A refused token is one object with its reason and the sentence that helps."""
    outcome = run(*trust, "--json", pool.access_token(expires_in=-1))
    assert outcome.status == 1
    assert outcome.err == ""
    assert outcome.verdicts == [
        {"valid": False, "reason": "token_expired", "detail": "The token has expired."}
    ]


@pytest.mark.parametrize(
    ("token", "lines"),
    [
        pytest.param(
            lambda pool: pool.access_token("alice", groups=["a", "b,c"], scopes=["x/y", "z"]),
            ["valid: an access token of alice", 'groups   a, "b,c"', "scopes   x/y, z"],
            id="access",
        ),
        pytest.param(
            lambda pool: pool.id_token("bob smith"),
            ['valid: an ID token of "bob smith"', "groups   none"],
            id="id",
        ),
        pytest.param(
            lambda pool: pool.machine_token(),
            ["valid: an access token of a machine", "scopes   none"],
            id="machine",
        ),
    ],
)
def test_valid_for_people(trust: Trust, pool: LocalUserPool, token: Any, lines: list[str]) -> None:
    """For people a valid token says who it is, for which client, what it may and until when."""
    text = token(pool)
    outcome = run(*trust, "--token-use", "any", text)
    said = [line.strip() for line in outcome.out.splitlines()]
    assert outcome.status == 0
    assert set(lines) <= set(said)
    assert f"client   {pool.client_id}" in said
    assert any(line.startswith("expires  ") and "(in 59 minutes)" in line for line in said)
    assert ("scopes" in outcome.out) is ("ID token" not in outcome.out)
    assert text not in outcome.out


def test_refused_for_people(trust: Trust, pool: LocalUserPool) -> None:
    """For people a refusal is a line with the reason, and what was expected and found below it."""
    token = pool.id_token("somebody-in-particular")
    outcome = run(*trust, token)
    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out == (
        "refused: wrong_token_use: This is an ID token; this API accepts access tokens.\n"
        "  expected token_use access\n"
        "  found    token_use id\n"
        "  hint     This is the ID token. Your client has an access token as well: send that "
        'one. To accept ID tokens, set token_use="id".\n'
    )
    assert_unsaid(outcome.out, secrets_of(token), "the verdict")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"{}"', "quotation marks"),
        ("Bearer {}", '"Bearer" is in front'),
        ("{}\n", "line break at the end"),
        ("{}", "It expired 2 hours ago, at "),
    ],
    ids=["quotes", "Bearer", "a line break", "expired"],
)
def test_told_by_name(trust: Trust, pool: LocalUserPool, text: str, said: str) -> None:
    """What was copied along is told by its name, and an expired token says since when."""
    outcome = run(*trust, text.format(pool.access_token(expires_in=-7300)))
    assert outcome.status == 1
    assert said in outcome.out


def test_a_token_from_the_future(trust: Trust, pool: LocalUserPool) -> None:
    """One that is valid all the same, and a clock that is not right."""
    token = pool.access_token(claims={"iat": int(pool.clock()) + 3 * 86400 - 60})
    assert "  issued   in 2 days: this machine's clock is behind\n" in run(*trust, token).out
    assert "issued" not in run(*trust, pool.access_token()).out
    assert "issued" not in run(*trust, "--at", "1", token).out


def test_what_a_policy_expected(trust: Trust, pool: LocalUserPool) -> None:
    """Of a policy it is the part that refuses."""
    outcome = run(*trust, "--require-group", "admins", pool.access_token(groups=["staff"]))
    assert '  expected admins\n  found    ["staff"]\n' in outcome.out


def test_several_tokens(trust: Trust, pool: LocalUserPool) -> None:
    """Several tokens get one numbered verdict each, in the order in which they were given."""
    outcome = run(*trust, "junk", pool.access_token("alice"), pool.access_token(expires_in=-1))
    heads = [line for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert outcome.status == 1
    assert [head.split(":")[:3] for head in heads] == [
        ["token 1", " refused", " malformed_token"],
        ["token 2", " valid", " an access token of alice"],
        ["token 3", " refused", " token_expired"],
    ]


@pytest.mark.parametrize(
    ("options", "claims", "reason"),
    [
        pytest.param([], {}, None, id="none"),
        pytest.param(["--client-id", "another"], {}, None, id="one of two clients"),
        pytest.param([], {"client_id": "another"}, "wrong_client", id="another client"),
        pytest.param(["--token-use", "id"], {}, "wrong_token_use", id="ID tokens only"),
        pytest.param(["--token-use", "any"], {}, None, id="both uses"),
        pytest.param(["--issuer", "https://a.example/p"], {}, "unknown_issuer", id="issuer"),
        pytest.param(
            ["--issuer", "https://a.example/p"], {"iss": "https://a.example/p"}, None, id="its own"
        ),
        pytest.param(["--require-group", "admins"], {}, None, id="group"),
        pytest.param(
            ["--require-group", "admins", "--require-group", "x"], {}, "missing_group", id="groups"
        ),
        pytest.param(["--require-group", "admin"], {}, "missing_group", id="part of a group"),
        pytest.param(["--require-scope", "orders/read"], {}, None, id="scope"),
        pytest.param(
            ["--require-scope", "orders/read", "--require-scope", "x"],
            {},
            "missing_scope",
            id="scopes",
        ),
        pytest.param(
            ["--require-scope", "orders/read", "--require-group", "x"],
            {},
            "missing_group",
            id="scope and group",
        ),
        pytest.param(["--leeway", "300"], {"expires_in": -60}, None, id="leeway"),
        pytest.param([], {"expires_in": -60}, "token_expired", id="no leeway"),
    ],
)
def test_options(
    trust: Trust,
    pool: LocalUserPool,
    options: list[str],
    claims: dict[str, Any],
    reason: str | None,
) -> None:
    """Each option decides what it is for, and the exit status follows."""
    token = pool.access_token(groups=["admins"], scopes=["orders/read"], **claims)
    outcome = run(*trust, *options, "--json", token)
    assert [verdict.get("reason") for verdict in outcome.verdicts] == [reason]
    assert outcome.status == (0 if reason is None else 1)


@pytest.mark.parametrize(
    ("at", "reason"),
    [("1000", None), ("1099.5", None), ("1100", "token_expired"), ("999", "token_not_yet_valid")],
)
def test_at(trust: Trust, pool: LocalUserPool, at: str, reason: str | None) -> None:
    """``--at`` is the clock, to the fraction of a second."""
    token = pool.access_token(nbf=1000, iat=1000, exp=1100)
    outcome = run(*trust, "--json", "--at", at, token)
    assert [verdict.get("reason") for verdict in outcome.verdicts] == [reason]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("0", "expires  1970-01-02 00:00:01 UTC (in 1 day)"),
        ("86400.5", "expires  1970-01-02 00:00:01 UTC (now)"),
        ("86402", "expires  1970-01-02 00:00:01 UTC (1 second ago)"),
    ],
)
def test_expiry_is_told_by_the_same_clock(
    trust: Trust, pool: LocalUserPool, at: str, said: str
) -> None:
    """When a token expires is told from ``--at``, and with a leeway that may have been."""
    outcome = run(*trust, "--at", at, "--leeway", "10", pool.access_token(exp=86401))
    assert outcome.out.splitlines()[-1].strip() == said


def test_any_client(pool: LocalUserPool, jwks: Path) -> None:
    """``--client-id ANY_CLIENT`` waives the client check."""
    options = ["--user-pool-id", pool.user_pool_id, "--jwks", str(jwks)]
    token = pool.access_token(client_id="whoever")
    assert run("verify", *options, "--client-id", "ANY_CLIENT", token).status == 0
    assert run("verify", *options, "--client-id", "ANY_CLIENTS", token).status == 1


def test_keys_unavailable_wins(pool: LocalUserPool) -> None:
    """Where keys cannot be had the verdict is open: status 3, also next to refused tokens."""
    with pool.serve() as server:
        options = ["--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id]
        options += ["--jwks", server.origin + "/nowhere"]
        tokens = [pool.access_token(), "junk"]
        assert run("verify", *options, *tokens[1:]).status == 1
        outcome = run("verify", *options, "--json", *tokens)
        people = run("verify", *options, *tokens)
    assert outcome.status == people.status == 3
    assert [verdict["reason"] for verdict in outcome.verdicts] == [
        "keys_unavailable",
        "malformed_token",
    ]
    assert outcome.verdicts[0].keys() == {"valid", "reason", "detail"}
    assert people.out.startswith("token 1: undecided: keys_unavailable: ")


def test_one_guard_for_all(pool: LocalUserPool) -> None:
    """Any number of tokens causes one fetch of the keys, and a refused one causes none."""
    with pool.serve() as server:
        options = ["--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id]
        options += ["--jwks", server.url]
        assert run("verify", *options, pool.access_token(expires_in=-1)).status == 1
        assert server.requests == 0
        assert run("verify", *options, *[pool.access_token() for _ in range(5)]).status == 0
        assert server.requests == 1


def test_keys_left_out_are_named(
    pool: LocalUserPool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A key set with one bad key serves the good ones, and says which was left out."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{"kty": "EC"}, *pool.jwks()["keys"]]}), encoding="utf-8")
    options = ["--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id]
    assert run("verify", *options, "--jwks", str(path), pool.access_token()).status == 0
    assert caplog.messages == ["key set: key 1 is not an RSA key and is left out"]
