"""What a guard explains: a token, or a request with all that it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._support.silence import Unsaid
from ..http.carriers import Forwarded, HeaderValues
from . import carried, words
from .forwarded import explain_forwarded
from .outcome import Explanation
from .policies import add_policy
from .steps import Steps
from .text import Text
from .tokens import explain_token

if TYPE_CHECKING:
    from ..guard import Guard
    from ..http.carriers import Credential
    from ..identity import Identity
    from ..policy import PolicyLike

__all__ = ["by_name", "explained_request", "explained_token"]


def explained_token(
    guard: Guard, text: Text, policy: PolicyLike | None, *, to_the_end: bool = True
) -> Explanation:
    """See ``Guard.explain``. ``to_the_end``: whether to go on after the first check that fails."""
    steps = Steps(to_the_end=to_the_end)
    identity = explain_token(steps, guard._tokens, text)
    if policy is not None:
        add_policy(steps, policy, identity)
    return steps.explanation()


def explained_request(
    guard: Guard, headers: HeaderValues, policy: PolicyLike | None, *, to_the_end: bool = True
) -> Explanation:
    """See ``Guard.explain_request``; and above."""
    steps = Steps(to_the_end=to_the_end)
    credential = steps.check(
        "credential",
        lambda: _credential(guard, headers),
        expected=lambda: carried.wanted(guard),
        actual=lambda: carried.found(guard, headers),
        hint=lambda: carried.hint(guard, headers),
        absent=True,
    )
    identity = None if credential is None else _caller(steps, guard, credential)
    if policy is not None:
        add_policy(steps, policy, identity)
    return steps.explanation()


def _credential(guard: Guard, headers: HeaderValues) -> Credential:
    credential = guard.find_credential(headers)
    if credential is None:
        raise guard.missing_credentials()
    return credential


def _caller(steps: Steps, guard: Guard, credential: Credential) -> Identity | None:
    identity = _of(steps, guard, credential)
    for other in credential.others:
        beside = _of(steps, guard, other)
        told: Any = (identity, beside)
        steps.check(
            "same_caller",
            lambda told=told: guard._check_same_caller(*told),  # type: ignore[misc]
            expected="one caller behind the token and the load balancer's data",
            actual=lambda told=told: " and ".join(  # type: ignore[misc]
                f"sub {words.value(one.subject)}" for one in told
            ),
            when=identity is not None and beside is not None,
        )
    return identity


def _of(steps: Steps, guard: Guard, credential: Credential) -> Identity | None:
    if isinstance(credential.value, Forwarded):
        return explain_forwarded(steps, guard._verifier(credential.value), credential.value)
    return explain_token(steps, guard._tokens, Text(credential.value))


def by_name(headers: Any) -> HeaderValues:
    """A function of a header's name, for one, or for what has names and values: a mapping, or the
    headers of a framework (Werkzeug's are no mapping)."""
    items = getattr(headers, "items", None)
    if items is None:
        return Unsaid(headers)
    found: dict[str, list[str | bytes]] = {}
    for name, value in items():
        several = value if isinstance(value, list | tuple) else [value]
        # As `get` says that there is none, in a mapping that somebody has put together.
        there = [one for one in several if one is not None]
        found.setdefault(str(name).lower(), []).extend(there)
    return Unsaid(lambda name: found.get(name, []))
