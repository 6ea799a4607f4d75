"""AWS's own verifier for load balancers as a second opinion on what they forward."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import Guard, LoadBalancer
from cognito_guard.testing import LocalLoadBalancer

from ..engine.forge import NOW
from ..engine.header_values import headers
from . import forwarded
from .comparison import Comparison, compare, documented
from .opinions import ask_node

Ask = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def balancer() -> LocalLoadBalancer:
    """The load balancer that everybody trusts."""
    return LocalLoadBalancer(clock=lambda: float(NOW))


@pytest.fixture(scope="module")
def ask(balancer: LocalLoadBalancer, modules: Path) -> Ask:
    """What aws-jwt-verify answers."""
    trusted = {
        "albArn": balancer.arn,
        "clientId": balancer.client_id,
        "issuer": balancer.issuer,
        "jwk": forwarded.jwk(balancer),
    }
    return lambda data: ask_node(modules, {"now": NOW, "loadBalancer": trusted}, data)


@pytest.fixture(scope="module")
def verify(balancer: LocalLoadBalancer) -> Callable[[str], Any]:
    """The engine, asked through the header."""
    trusted = LoadBalancer(
        [balancer.arn],
        client_id=balancer.client_id,
        issuer=balancer.issuer,
        keys=balancer.keys(),
    )
    guard = Guard(trusted, clock=lambda: float(NOW))

    def ask_the_engine(data: str) -> Any:
        # As UTF-8, of which a header's text is the bytes one by one.
        return guard.authenticate(headers(x_amzn_oidc_data=[data.encode("utf-8")]))

    return ask_the_engine


@pytest.fixture(scope="module")
def everything(balancer: LocalLoadBalancer) -> dict[str, str]:
    """What both are asked about."""
    return {
        f"{generate.__name__}: {name}": data
        for generate in (forwarded.good, forwarded.changed, forwarded.bad, forwarded.spelt)
        for name, data in generate(balancer)
    }


@pytest.fixture(scope="module")
def comparison(everything: dict[str, str], ask: Ask, verify: Callable[[str], Any]) -> Comparison:
    """What both say."""
    return compare(verify, everything, {"aws-jwt-verify": ask(list(everything.values()))})


def test_the_data_is_of_many_kinds(everything: dict[str, str], comparison: Comparison) -> None:
    """More than 300 different values, and hundreds on each side of the verdict."""
    assert len(set(everything.values())) > 800
    assert 200 < len(comparison.accepted) < len(everything) - 200


def test_the_engine_accepts_nothing_that_aws_refuses(comparison: Comparison) -> None:
    """No data passes here that aws-jwt-verify refuses."""
    assert comparison.laxer == []


def test_both_accept_what_is_good(
    balancer: LocalLoadBalancer, comparison: Comparison, ask: Ask
) -> None:
    """What a load balancer may well send passes here, and there."""
    good = dict(forwarded.good(balancer))
    accepted = {what.partition(": ")[2] for what in comparison.accepted if what.startswith("good")}

    assert len(good) > 150
    assert accepted == set(good)
    assert set(ask(list(good.values()))) == {""}


def test_both_refuse_what_is_bad(
    balancer: LocalLoadBalancer, comparison: Comparison, ask: Ask
) -> None:
    """What no load balancer signed passes nowhere."""
    assert not [what for what in comparison.accepted if what.startswith("bad")]
    assert "" not in ask([data for _, data in forwarded.bad(balancer)])


def test_where_the_engine_is_stricter(comparison: Comparison) -> None:
    """What AWS's verifier lets pass and the engine does not is in the documentation."""
    assert comparison.stricter == documented("Data of load balancers")
