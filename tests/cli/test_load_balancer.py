"""``cognito-guard verify --alb-arn``: verdicts on what a load balancer forwards."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from cognito_guard.testing import LocalLoadBalancer

from ..engine.silence import assert_unsaid, secrets_of
from .running import run


@pytest.fixture(scope="module")
def alb() -> LocalLoadBalancer:
    """The load balancer whose data is accepted."""
    return LocalLoadBalancer()


@pytest.fixture(scope="module")
def trust(alb: LocalLoadBalancer) -> Iterator[tuple[str, ...]]:
    """``verify`` with the options that accept its data."""
    with alb.serve() as server:
        yield (
            "verify",
            *("--alb-arn", alb.arn),
            *("--alb-client-id", alb.client_id),
            *("--alb-keys", server.url),
        )


def test_valid_in_json(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """Valid data is one object, with typed claims."""
    outcome = run(*trust, "--issuer", alb.issuer, "--json", alb.data("alice"))
    (verdict,) = outcome.verdicts
    assert (outcome.status, outcome.err) == (0, "")
    assert verdict.keys() == {"valid", "subject", "claims"}
    assert (verdict["valid"], verdict["subject"]) == (True, alb.pool.subject("alice"))
    assert verdict["claims"]["email_verified"] is True


def test_valid_for_people(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """For people it says that this is user info, of whom, and until when."""
    outcome = run(*trust, alb.data("alice"))
    lines = [line.strip() for line in outcome.out.splitlines()]
    assert outcome.status == 0
    assert lines[:3] == [
        "valid: a load balancer's user info of alice",
        f"subject  {alb.pool.subject('alice')}",
        f"client   {alb.client_id}",
    ]
    assert not any(line.startswith("scopes") for line in lines)


def test_refused(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """Each value on standard input gets its verdict, and none is repeated."""
    values = [
        alb.data("ada", headers={"signer": alb.arn[:-1]}),
        alb.data("ada", expires_in=-1),
        LocalLoadBalancer().data("ada"),
        alb.pool.access_token("ada"),
        "a,b",
        "",
        alb.data("ada", iss="https://evil.example"),
    ]
    outcome = run(*trust, "--json", "-", stdin="\n".join([*values, ""]).encode())
    assert outcome.status == 1
    assert [verdict["reason"] for verdict in outcome.verdicts] == [
        "wrong_signer",
        "token_expired",
        "unknown_key",
        "unsupported_algorithm",
        "malformed_token",
        "malformed_token",
        "unknown_issuer",
    ]
    for value in values:
        assert_unsaid(outcome.out + outcome.err, secrets_of(value), "the output")


def test_issuer(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """``--issuer`` says which one the data has to name."""
    outcome = run(*trust, "--issuer", "https://other.example", "--json", alb.data("ada"))
    assert outcome.verdicts[0]["reason"] == "unknown_issuer"


def test_at_and_leeway(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """``--at`` looks back, ``--leeway`` gives slack, as for tokens."""
    old = alb.data("ada", expires_in=-10)
    assert run(*trust, old).status == 1
    assert run(*trust, "--at", str(int(time.time()) - 300), old).status == 0
    assert run(*trust, "--leeway", "300", old).status == 0


def test_policies(trust: tuple[str, ...], alb: LocalLoadBalancer) -> None:
    """User info has no groups and no scopes, also where something in it is called so."""
    admin = alb.data("ada", claims={"cognito:groups": ["admins"], "scope": "openid"})
    outcome = run(*trust, "--require-group", "admins", "--json", admin)
    assert (outcome.status, outcome.verdicts[0]["reason"]) == (1, "missing_group")
    assert run(*trust, "--require-scope", "openid", admin).status == 1


def test_keys_unavailable(alb: LocalLoadBalancer) -> None:
    """Where no key can be had, nobody can say: status 3, and a line that says why."""
    with alb.serve() as server:
        gone = server.url
    options = ("verify", "--alb-arn", alb.arn, "--alb-client-id", alb.client_id)
    outcome = run(*options, "--alb-keys", gone, "--json", alb.data("ada"))
    assert outcome.status == 3
    assert json.loads(outcome.out)["reason"] == "keys_unavailable"
