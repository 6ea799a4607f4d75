"""``cognito-guard verify``: a verdict for each token."""

from __future__ import annotations

import json
from argparse import Namespace

from .._support.clock import calendar
from ..errors import AuthError, KeysUnavailable
from ..guard import Guard
from ..http.carriers import Credential, Forwarded, LoadBalancerHeaders
from ..identity import Identity
from ..policy import Policy
from .output import harmless, paint, shown, shown_distance, shown_time, wait_for_warnings, write
from .settings import guard_of, policy_of
from .status import Status
from .tokens import read_tokens

__all__ = ["verify"]

_USES = {
    "access": "an access token",
    "id": "an ID token",
    "user_info": "a load balancer's user info",
}


def verify(options: Namespace) -> int:
    """Print a verdict for each token. Raises :class:`ConfigurationError`."""
    guard = guard_of(options)
    policy = policy_of(options)
    status = Status.ALL_VALID
    for label, token in read_tokens(options.tokens):
        try:
            identity = _who(guard, token)
            if policy is not None:
                policy(identity)
        except (AuthError, KeysUnavailable) as error:
            unavailable = isinstance(error, KeysUnavailable)
            status = max(status, Status.KEYS_UNAVAILABLE if unavailable else Status.SOME_REFUSED)
            if options.json:
                write(_refused_json(error))
            else:
                write("\n".join([label + _refused(error), *_why(guard, token, policy)]))
        else:
            write(_valid_json(identity) if options.json else label + _valid(identity, options.at))
    if status is Status.KEYS_UNAVAILABLE:
        wait_for_warnings()
    return status


def _who(guard: Guard, token: str) -> Identity:
    """Who is calling, by a token; by a load balancer's data where no pool is trusted."""
    if guard.user_pools:
        return guard.verify(token)
    return guard.verify_credential(Credential(Forwarded(token), LoadBalancerHeaders()))


def _why(guard: Guard, token: str, policy: Policy | None) -> list[str]:
    """What was expected, what was found and what helps. Nothing more is fetched for that."""
    from ..explain.requests import by_name, explained_request, explained_token
    from ..explain.text import Text

    if guard.user_pools:
        explanation = explained_token(guard, Text(token), policy, to_the_end=False)
    else:
        headers = by_name({LoadBalancerHeaders.data: token})
        explanation = explained_request(guard, headers, policy, to_the_end=False)
    check = explanation.first_failure
    said: dict[str, str | None] = {}
    while check is not None:
        said = {"expected": check.expected, "found": check.actual, "hint": check.hint}
        check = next((part for part in check.parts if part.verdict == "failed"), None)
    return [f"  {name:<8} {harmless(text)}" for name, text in said.items() if text]


def _valid_json(identity: Identity) -> str:
    return json.dumps({"valid": True, "subject": identity.subject, "claims": identity.claims})


def _refused_json(error: AuthError | KeysUnavailable) -> str:
    return json.dumps({"valid": False, "reason": error.reason, "detail": error.detail})


def _refused(error: AuthError | KeysUnavailable) -> str:
    # Without keys nothing was refused: nobody can say.
    verdict = "undecided" if isinstance(error, KeysUnavailable) else "refused"
    return f"{paint(verdict, 'bad')}: {error.reason}: {error.detail}"


def _valid(identity: Identity, now: float | None) -> str:
    """``now``: the time to verify as of, if that is not the present."""
    who = "a machine" if identity.is_machine else shown(identity.display_name)
    use = _USES[identity.token_use]
    facts = {"subject": shown(identity.subject), "client": shown(identity.client_id)}
    facts["groups"] = ", ".join(map(shown, identity.groups)) or "none"
    if identity.token_use == "access":
        facts["scopes"] = ", ".join(map(shown, identity.scopes)) or "none"
    if now is None and (identity.issued_at or 0) - calendar() >= 1:
        # No reason to refuse it, and yet nothing that can be.
        ahead = shown_distance((identity.issued_at or 0) - calendar())
        facts["issued"] = f"{ahead}: this machine's clock is behind"
    facts["expires"] = shown_time(identity.expires_at or 0, calendar() if now is None else now)
    lines = [f"{paint('valid', 'good')}: {use} of {who}"]
    lines += [f"  {name:<8} {value}" for name, value in facts.items()]
    return "\n".join(lines)
