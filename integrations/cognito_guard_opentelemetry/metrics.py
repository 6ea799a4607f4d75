"""Metrics by the OpenTelemetry API, on the guard's events and its health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import TypeAlias, final
from weakref import WeakKeyDictionary

from opentelemetry.metrics import (
    CallbackOptions,
    Meter,
    MeterProvider,
    Observation,
    get_meter_provider,
)

import cognito_guard
from cognito_guard import Guard, Identity
from cognito_guard.events import (
    CallerVerified,
    Event,
    KeysFetched,
    RequestRefused,
    RevocationsAsked,
    SessionRefreshed,
)

__all__ = ["instrument"]

Attributes: TypeAlias = Mapping[str, str | bool | int | float]

# Fetches take 50 ms to some seconds, a question to a list in memory some microseconds.
_FETCH_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ASK_SECONDS = (0.00001, 0.0001, 0.001, 0.01, 0.1, 0.5, 1.0, 2.5)


# By name: the unit and what it is. The last part of a name is a field of the guard's health.
_GAUGES = (
    ("keys.age", "s", "Time since the keys in use were fetched."),
    ("keys.count", "{key}", "Keys that can be used."),
    ("keys.failures", "{attempt}", "Failed attempts to fetch keys since the last success."),
    ("revocations.age", "s", "Time since the revocation list was read."),
    ("revocations.entries", "{entry}", "Entries of the revocation list."),
    ("revocations.failures", "{attempt}", "Failed attempts to read it since the last success."),
)
_FIELDS = {"count": "keys"}
_PROXY = "_ProxyMeterProvider"  # of opentelemetry-api, which does not export it


def instrument(
    guard: Guard,
    *,
    name: str | None = None,
    meter_provider: MeterProvider | None = None,
    identity_attributes: Callable[[Identity], Attributes] | None = None,
) -> Callable[[], None]:
    """Record metrics of ``guard`` from now on. Call what is returned to stop. A second call for the
    same guard and provider takes the place of the first, so that nothing is counted twice.

    ``name`` becomes the attribute ``cognito_guard.name``. Pass one where a process has several
    guards. ``meter_provider`` is the global one unless you pass another.

    ``identity_attributes`` returns attributes to add to each successful verification, such as the
    app client. By default nothing about the caller is recorded. Each distinct value is a time
    series of its own, so never return a subject or a user name unless your backend is made for it.

    The page "Metrics and events" of the documentation lists the metrics.
    """
    instruments = _instruments(get_meter_provider() if meter_provider is None else meter_provider)
    common: Attributes = {} if name is None else {"cognito_guard.name": name}
    for one in guard.listeners.all:
        if isinstance(one, _Recorder) and one.writes_to(instruments):
            guard.add_listener(one)()  # it is there already: what is returned removes it
    remove = guard.add_listener(_Recorder(instruments, common, identity_attributes))
    instruments.guards[guard] = common

    def stop() -> None:
        remove()
        if instruments.guards.get(guard) is common:
            del instruments.guards[guard]

    return stop


def _instruments(provider: MeterProvider) -> _Instruments:
    """Those of a provider. One set for each: of two gauges with the same name, a meter asks only
    the first."""
    found = _of_provider.get(provider)
    if found is None and provider is get_meter_provider():
        # Until the app sets the global provider, the API has a proxy for it. What was made with the
        # proxy is the global provider's from then on.
        found = {type(known).__name__: one for known, one in _of_provider.items()}.get(_PROXY)
    if found is None:
        found = _Instruments(provider.get_meter("cognito_guard", cognito_guard.__version__))
    _of_provider[provider] = found
    return found


@final
class _Instruments:
    """What is measured, once for each meter provider. ``guards`` are those whose health is asked,
    with the attributes of each; one that is gone is asked no more."""

    def __init__(self, meter: Meter) -> None:
        self.guards: MutableMapping[Guard, Attributes] = WeakKeyDictionary()
        self.verifications = meter.create_counter(
            "cognito_guard.verifications",
            unit="{verification}",
            description="Credentials that were verified, or refused with error.type.",
        )
        self.denials = meter.create_counter(
            "cognito_guard.denials",
            unit="{request}",
            description="Requests of known callers, and sign-ins, that were refused with 403.",
        )
        self.fetches = meter.create_histogram(
            "cognito_guard.keys.fetch.duration",
            unit="s",
            description="Attempts to fetch keys.",
            explicit_bucket_boundaries_advisory=_FETCH_SECONDS,
        )
        self.asks = meter.create_histogram(
            "cognito_guard.revocations.ask.duration",
            unit="s",
            description="Questions to the revocation list.",
            explicit_bucket_boundaries_advisory=_ASK_SECONDS,
        )
        self.refreshes = meter.create_histogram(
            "cognito_guard.sessions.refresh.duration",
            unit="s",
            description="Refreshes of login sessions.",
            explicit_bucket_boundaries_advisory=_FETCH_SECONDS,
        )
        for name, unit, description in _GAUGES:
            observe = partial(self._observe, *name.rpartition(".")[::2])
            meter.create_observable_gauge(
                f"cognito_guard.{name}", [observe], unit=unit, description=description
            )

    def _observe(self, of: str, field: str, _: CallbackOptions) -> list[Observation]:
        of_list = of == "revocations"
        return [
            Observation(value, {**common, **({} if of_list else {"cognito_guard.issuer": source})})
            for guard, common in list(self.guards.items())
            for source, health in guard.health().items()
            if (source == "revocations") is of_list
            and (value := getattr(health, _FIELDS.get(field, field))) is not None
        ]


@final
class _Recorder:
    """Writes the events of one guard into the instruments."""

    def __init__(
        self,
        instruments: _Instruments,
        common: Attributes,
        identity_attributes: Callable[[Identity], Attributes] | None,
    ) -> None:
        self._instruments = instruments
        self._common = common
        self._identity_attributes = identity_attributes

    def writes_to(self, instruments: _Instruments) -> bool:
        """Whether these are its instruments."""
        return self._instruments is instruments

    def __call__(self, event: Event) -> None:
        to, attributes = self._instruments, dict(self._common)
        match event:
            case CallerVerified(identity, remembered):
                attributes["cognito_guard.source"] = identity.source
                attributes["cognito_guard.remembered"] = remembered
                if self._identity_attributes is not None:
                    attributes.update(self._identity_attributes(identity))
                to.verifications.add(1, attributes)
            case RequestRefused(reason, status):
                attributes["error.type"] = reason
                attributes["http.response.status_code"] = status
                (to.denials if status == 403 else to.verifications).add(1, attributes)
            case KeysFetched(source, seconds, _, problem):
                attributes["cognito_guard.keys.source"] = source
                if problem is not None:
                    attributes["error.type"] = "keys_not_fetched"
                to.fetches.record(seconds, attributes)
            case RevocationsAsked(seconds, outcome) | SessionRefreshed(seconds, outcome):
                attributes["cognito_guard.outcome"] = outcome
                asked = isinstance(event, RevocationsAsked)
                (to.asks if asked else to.refreshes).record(seconds, attributes)
            # Anything else is an event of a later release, of which this one knows nothing.


# A provider that is gone has no instruments.
_of_provider: MutableMapping[MeterProvider, _Instruments] = WeakKeyDictionary()
