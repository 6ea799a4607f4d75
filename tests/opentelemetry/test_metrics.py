"""OpenTelemetry's metrics of a guard, read as Prometheus reads them: over HTTP."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import MetricsHandler
from prometheus_client.parser import text_string_to_metric_families

from cognito_guard import (
    AccessDenied,
    Guard,
    InvalidToken,
    KeysUnavailable,
    Reason,
    enforce,
    require_groups,
)
from cognito_guard.events import SessionRefreshed
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool
from cognito_guard_opentelemetry import instrument

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Exporter:
    """A meter provider, and the page on which Prometheus finds what it has measured."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        reader = PrometheusMetricReader(disable_target_info=True, registry=registry)
        self.provider = MeterProvider([reader])
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), MetricsHandler.factory(registry))
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.provider.shutdown()

    def text(self) -> str:
        """What Prometheus gets."""
        port = self._server.server_address[1]
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60, trust_env=False).text

    def samples(self) -> Samples:
        """The same, parsed, without the meter's name and version, and without empty labels."""
        return {
            (
                sample.name,
                frozenset(
                    (key, value)
                    for key, value in sample.labels.items()
                    if value and not key.startswith("otel_scope")
                ),
            ): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """One sample."""
        return self.samples().get((name, frozenset(labels.items())))

    def names(self) -> set[str]:
        """The names of all samples."""
        return {name for name, _ in self.samples()}


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    """An exporter of its own."""
    one = Exporter()
    try:
        yield one
    finally:
        one.close()


def _use(guard: Guard, pool: LocalUserPool) -> None:
    """One of everything that is measured."""
    token = pool.access_token("alice")
    for _ in range(4):
        alice = guard.verify(token)
    for wrong in (pool.id_token("alice"), pool.access_token("ada", expires_in=-3600)):
        with pytest.raises(InvalidToken) as refused:
            guard.verify(wrong)
        guard.challenge(refused.value)
    with pytest.raises(AccessDenied) as denied:
        enforce(require_groups("admins"), alice)
    guard.challenge(denied.value)
    guard.sign_out(alice)
    with pytest.raises(InvalidToken) as refused:
        guard.verify(token)
    guard.challenge(refused.value)
    guard.listeners.tell(SessionRefreshed(0.3, "failed"))
    guard.listeners.tell(SessionRefreshed(0.2, "refreshed"))


VERIFICATIONS = "cognito_guard_verifications_total"
DENIALS = "cognito_guard_denials_total"


def test_everything(pool: LocalUserPool, exporter: Exporter) -> None:
    """Each metric that the page lists is there, with its attributes and numbers."""
    with pool.serve() as server:
        guard = Guard(pool.trust(jwks=server.url), revocations=MemoryRevocationList())
        instrument(guard, meter_provider=exporter.provider)
        _use(guard, pool)
        seen = exporter.samples()

    def value(name: str, **labels: str) -> float | None:
        return seen.get((name, frozenset(labels.items())))

    known = [
        value(
            VERIFICATIONS,
            cognito_guard_source="token",
            cognito_guard_remembered=remembered,
        )
        or 0
        for remembered in ("true", "false")
    ]
    assert sum(known) == 4
    assert known[0] >= 2
    for reason in ("wrong_token_use", "token_expired", "revoked"):
        labels = {"error_type": reason, "http_response_status_code": "401"}
        assert value(VERIFICATIONS, **labels) == 1
    labels = {"error_type": "missing_group", "http_response_status_code": "403"}
    assert value(DENIALS, **labels) == 1
    fetched = {"cognito_guard_keys_source": server.url}
    assert value("cognito_guard_keys_fetch_duration_seconds_count", **fetched) == 1
    issuer = {"cognito_guard_issuer": pool.issuer}
    assert value("cognito_guard_keys_count", **issuer) == 2
    assert value("cognito_guard_keys_failures", **issuer) == 0
    assert (value("cognito_guard_keys_age_seconds", **issuer) or 0) > 0
    ask = "cognito_guard_revocations_ask_duration_seconds"
    assert value(f"{ask}_count", cognito_guard_outcome="passed") == 4
    assert value(f"{ask}_count", cognito_guard_outcome="revoked") == 1
    assert value("cognito_guard_revocations_entries") == 1
    refresh = "cognito_guard_sessions_refresh_duration_seconds"
    assert value(f"{refresh}_sum", cognito_guard_outcome="failed") == pytest.approx(0.3)
    assert value(f"{refresh}_bucket", cognito_guard_outcome="refreshed", le="0.25") == 1


def test_keys_that_cannot_be_fetched(pool: LocalUserPool, exporter: Exporter) -> None:
    """A failed attempt counts with an error, and the gauges say so; an age there is none."""
    with pool.serve() as server:
        url = f"{server.url}/nowhere"
        guard = Guard(pool.trust(jwks=url))
        instrument(guard, meter_provider=exporter.provider)
        with pytest.raises(KeysUnavailable) as unavailable:
            guard.verify(pool.access_token())
        guard.challenge(unavailable.value)
    labels = {"error_type": "keys_unavailable", "http_response_status_code": "503"}
    assert exporter.value(VERIFICATIONS, **labels) == 1
    assert exporter.value("cognito_guard_keys_failures", cognito_guard_issuer=pool.issuer) == 1
    assert "cognito_guard_keys_age_seconds" not in exporter.names()


def test_nothing_about_the_caller(pool: LocalUserPool, exporter: Exporter) -> None:
    """No subject, user name, group or token is recorded unless you ask for it."""
    guard = Guard(pool.trust())
    instrument(guard, meter_provider=exporter.provider)
    token = pool.access_token("alice", groups=["clandestine"])
    guard.verify(token)
    said = exporter.text()
    assert VERIFICATIONS in said
    for secret in ("alice", pool.subject("alice"), "clandestine", token, token[-40:]):
        assert secret not in said


def test_asked_for(pool: LocalUserPool, exporter: Exporter) -> None:
    """You may add attributes of the caller."""
    guard = Guard(pool.trust())
    instrument(
        guard,
        meter_provider=exporter.provider,
        identity_attributes=lambda identity: {"client_id": identity.client_id},
    )
    guard.verify(pool.access_token())
    assert f'client_id="{pool.client_id}"' in exporter.text()


def test_several_guards(
    pool: LocalUserPool, other_pool: LocalUserPool, exporter: Exporter, recwarn: Any
) -> None:
    """Guards with names are told apart, and no instrument is made twice."""
    guards = {"api": Guard(pool.trust()), "admin": Guard(other_pool.trust())}
    for name, guard in guards.items():
        instrument(guard, name=name, meter_provider=exporter.provider)
    guards["api"].verify(pool.access_token())
    labels = {"cognito_guard_source": "token", "cognito_guard_remembered": "false"}
    assert exporter.value(VERIFICATIONS, cognito_guard_name="api", **labels) == 1
    assert exporter.value(VERIFICATIONS, cognito_guard_name="admin", **labels) is None
    for name, issuer in (("api", pool.issuer), ("admin", other_pool.issuer)):
        of_guard = {"cognito_guard_name": name, "cognito_guard_issuer": issuer}
        assert exporter.value("cognito_guard_keys_count", **of_guard) == 2
    assert not recwarn.list


def test_stop(pool: LocalUserPool, exporter: Exporter) -> None:
    """After a stop nothing is counted, and no health is asked."""
    guard = Guard(pool.trust())
    stop = instrument(guard, meter_provider=exporter.provider)
    guard.verify(pool.access_token())
    stop()
    stop()
    guard.verify(pool.access_token())
    labels = {"cognito_guard_source": "token", "cognito_guard_remembered": "false"}
    assert exporter.value(VERIFICATIONS, **labels) == 1
    assert "cognito_guard_keys_count" not in exporter.names()


def test_instrumented_twice(pool: LocalUserPool, exporter: Exporter) -> None:
    """A guard that is instrumented again is counted once, as the last call says, and the function
    that the first call returned stops nothing."""
    guard = Guard(pool.trust())
    stop_first = instrument(guard, name="first", meter_provider=exporter.provider)
    stop = instrument(guard, name="last", meter_provider=exporter.provider)
    stop_first()
    guard.verify(pool.access_token())
    labels = {"cognito_guard_source": "token", "cognito_guard_remembered": "false"}
    assert exporter.value(VERIFICATIONS, cognito_guard_name="last", **labels) == 1
    assert exporter.value(VERIFICATIONS, cognito_guard_name="first", **labels) is None
    of_guard = {"cognito_guard_name": "last", "cognito_guard_issuer": pool.issuer}
    assert exporter.value("cognito_guard_keys_count", **of_guard) == 2
    stop()
    assert "cognito_guard_keys_count" not in exporter.names()


def test_guard_that_is_gone(pool: LocalUserPool, exporter: Exporter) -> None:
    """Metrics keep no guard alive."""

    def instrumented(guard: Guard) -> None:
        instrument(
            guard,
            meter_provider=exporter.provider,
            identity_attributes=lambda identity: {"pools": len(guard.user_pools)},
        )

    instrumented(Guard(pool.trust()))
    gc.collect()
    assert "cognito_guard_keys_count" not in exporter.names()


def test_event_of_a_later_release(pool: LocalUserPool, exporter: Exporter) -> None:
    """An event that it does not know changes nothing."""
    guard = Guard(pool.trust())
    instrument(guard, meter_provider=exporter.provider)
    guard.listeners.tell(object())
    guard.verify(pool.access_token())
    assert VERIFICATIONS in exporter.text()


def test_global_provider(pool: LocalUserPool) -> None:
    """Without a provider the global one is used, which does nothing until the app sets one."""
    guard = Guard(pool.trust())
    stop = instrument(guard)
    guard.verify(pool.access_token())
    guard.challenge(InvalidToken(Reason.TOKEN_EXPIRED, "x"))
    stop()


# In a process of its own: the global provider can be set once.
_BEFORE_AND_AFTER = """
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_opentelemetry import instrument

pool, reader = LocalUserPool(), InMemoryMetricReader()
guards = {name: Guard(pool.trust()) for name in ("before", "after")}
instrument(guards["before"], name="before")
set_meter_provider(MeterProvider([reader]))
instrument(guards["after"], name="after")
for guard in guards.values():
    guard.verify(pool.access_token())
for of_resource in reader.get_metrics_data().resource_metrics:
    for of_scope in of_resource.scope_metrics:
        for metric in of_scope.metrics:
            for point in metric.data.data_points:
                print(metric.name, point.attributes["cognito_guard.name"])
"""


def test_global_provider_that_is_set_later() -> None:
    """A guard that was instrumented before it was set is measured, and so is one after: counters
    and gauges of both."""
    run = subprocess.run(
        [sys.executable, "-c", _BEFORE_AND_AFTER], capture_output=True, text=True, timeout=60
    )
    assert (run.stderr, run.returncode) == ("", 0)
    seen = set(run.stdout.splitlines())
    for name in ("before", "after"):
        for metric in ("verifications", "keys.count", "keys.failures"):
            assert f"cognito_guard.{metric} {name}" in seen


def test_dashboard(pool: LocalUserPool, exporter: Exporter) -> None:
    """Each query of the Grafana dashboard asks for metrics and labels that are really exported."""
    with pool.serve() as server:
        guard = Guard(pool.trust(jwks=server.url), revocations=MemoryRevocationList())
        instrument(guard, meter_provider=exporter.provider)
        _use(guard, pool)
        seen = exporter.samples()
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) >= 8
    values = {pair for _, pairs in seen for pair in pairs}
    labels = {key for key, _ in values}
    names = {name for name, _ in seen}
    for query in queries:
        asked = set(re.findall(r"\bcognito_guard_\w+(?=[\[{ )]|$)", query)) - labels
        assert asked, query
        assert asked <= names, query
        by = re.findall(r"by \(([^)]*)\)", query)
        of_query = {label.strip() for each in by for label in each.split(",")}
        of_query |= set(re.findall(r"[{,]\s*(\w+)\s*(?:=|!)", query))
        assert of_query <= labels, query
        selected = set(re.findall(r'[{,]\s*(\w+)="([^"]+)"', query))
        assert selected <= values, query
