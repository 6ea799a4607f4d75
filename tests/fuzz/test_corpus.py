"""What fuzzing found to be of interest, replayed; and a few bugs that the targets must see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cognito_guard import InvalidRequest, Reason
from cognito_guard.http import carriers
from cognito_guard.keys import jwk
from cognito_guard.load_balancers import claims as alb_claims
from cognito_guard.tokens import claims

from ..leaks import Listener
from . import corpus, examine, targets
from .targets import TARGETS


def saved(*names: str) -> Iterator[Any]:
    """Every saved input of these targets, as parameters of a test."""
    for name in names:
        for number, data in enumerate(corpus.load(name), start=1):
            yield pytest.param(name, data, id=f"{name} {number}")


@pytest.mark.parametrize(("name", "data"), list(saved(*TARGETS)))
def test_replay(name: str, data: bytes) -> None:
    """Each saved input ends as it must: in an identity or in a documented error."""
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_small_and_distinct(name: str) -> None:
    """The saved inputs are few and short, so that people can read them."""
    inputs = corpus.load(name)

    assert len(set(inputs)) == len(inputs) <= 150
    assert max(map(len, inputs)) <= corpus.LONGEST


def test_the_corpus_reaches_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some saved tokens and requests are good ones, so that every check is passed through."""
    seen: list[str] = []
    monkeypatch.setattr(examine, "identity", lambda who, text: seen.append(text))
    for name in ("token", "forwarded", "request"):
        before = len(seen)
        for data in corpus.load(name):
            TARGETS[name](data)
        assert len(seen) - before >= 4, name


def _raises(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("name", "module", "attribute", "bug"),
    [
        ("token", claims, "subject", _raises(KeyError("sub"))),
        ("token", claims, "groups", lambda claims: ("admins",)),
        ("request", carriers, "_text", str),
        ("request", carriers, "InvalidRequest", _raises(ValueError("no such reason"))),
        (
            "request",
            carriers,
            "InvalidRequest",
            lambda reason, detail: InvalidRequest(Reason(reason), "session=eyJhbGciOi"),
        ),
        ("jwks", jwk, "_unsigned", _raises(OverflowError("too large"))),
        ("forwarded", claims, "signer", _raises(KeyError("signer"))),
        ("forwarded", alb_claims, "_TYPED", {"true": False}),
        ("forwarded", alb_claims, "_UUID", None),
        ("pem", targets, "parse_pem", _raises(ValueError("no key"))),
    ],
)
def test_the_targets_see_bugs(
    monkeypatch: pytest.MonkeyPatch,
    leaks: Listener,
    name: str,
    module: Any,
    attribute: str,
    bug: Any,
) -> None:
    """With a bug put in, at least one saved input fails."""
    monkeypatch.setattr(module, attribute, bug)
    failures: list[BaseException] = []
    for data in corpus.load(name):
        try:
            TARGETS[name](data)
        except Exception as error:  # noqa: BLE001  # whatever a fuzzer would report
            failures.append(error)

    leaks.leaks.clear()  # one of the bugs is a leak, and it was heard
    assert failures
