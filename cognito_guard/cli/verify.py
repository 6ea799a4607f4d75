"""``cognito-guard verify``: a verdict for each token."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Callable

from ..alb import LoadBalancer
from ..carriers import Forwarded, LoadBalancerHeaders
from ..errors import AuthError, ConfigurationError, KeysUnavailable
from ..guard import Credential, Guard
from ..identity import Identity
from ..policy import Policy, build_policy
from ..pool import ANY_CLIENT, AnyClient, UserPool
from .arguments import in_options, load_balancer_arguments, pool_arguments
from .output import paint, shown, shown_time, wait_for_warnings, write
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
    clock: Callable[[], float] = time.time if options.at is None else lambda: options.at
    identify = _against_load_balancers if options.alb_arn else _against_pool
    who = identify(options, clock)
    policy = _policy(options)
    status = Status.ALL_VALID
    for label, token in read_tokens(options.tokens):
        try:
            identity = who(token)
            if policy is not None:
                policy(identity)
        except (AuthError, KeysUnavailable) as error:
            unavailable = isinstance(error, KeysUnavailable)
            status = max(status, Status.KEYS_UNAVAILABLE if unavailable else Status.SOME_REFUSED)
            write(_refused_json(error) if options.json else label + _refused(error))
        else:
            write(_valid_json(identity) if options.json else label + _valid(identity, clock()))
    if status is Status.KEYS_UNAVAILABLE:
        wait_for_warnings()
    return status


def _against_pool(options: Namespace, clock: Callable[[], float]) -> Callable[[str], Identity]:
    pool = UserPool(
        **pool_arguments(options),
        client_ids=_client_ids(options.client_id),
        token_use=options.token_use or "access",
        leeway=options.leeway,
    )
    return Guard(pool, clock=clock).verify


def _against_load_balancers(
    options: Namespace, clock: Callable[[], float]
) -> Callable[[str], Identity]:
    try:
        guard = Guard(LoadBalancer(**load_balancer_arguments(options)), clock=clock)
    except ConfigurationError as error:
        raise ConfigurationError(in_options(str(error), about_load_balancers=True)) from None
    carrier = LoadBalancerHeaders()
    return lambda data: guard.verify_credential(Credential(Forwarded(data), carrier))


def _policy(options: Namespace) -> Policy | None:
    if options.require_group is None and options.require_scope is None:
        return None  # even an empty one would load modules that nothing else needs
    return build_policy(groups=options.require_group, scopes=options.require_scope)


def _client_ids(given: list[str]) -> list[str] | AnyClient:
    if "ANY_CLIENT" not in given:
        return given
    if given != ["ANY_CLIENT"]:
        # As an id it would be a strange one, and as the waiver it would make the others idle.
        raise ConfigurationError("--client-id ANY_CLIENT takes no other --client-id next to it")
    return ANY_CLIENT


def _valid_json(identity: Identity) -> str:
    return json.dumps({"valid": True, "subject": identity.subject, "claims": identity.claims})


def _refused_json(error: AuthError | KeysUnavailable) -> str:
    return json.dumps({"valid": False, "reason": error.reason, "detail": error.detail})


def _refused(error: AuthError | KeysUnavailable) -> str:
    # Without keys nothing was refused: nobody can say.
    verdict = "undecided" if isinstance(error, KeysUnavailable) else "refused"
    return f"{paint(verdict, 'bad')}: {error.reason}: {error.detail}"


def _valid(identity: Identity, now: float) -> str:
    who = "a machine" if identity.is_machine else shown(identity.display_name)
    use = _USES[identity.token_use]
    facts = {"subject": shown(identity.subject), "client": shown(identity.client_id)}
    facts["groups"] = ", ".join(map(shown, identity.groups)) or "none"
    if identity.token_use == "access":
        facts["scopes"] = ", ".join(map(shown, identity.scopes)) or "none"
    facts["expires"] = shown_time(identity.expires_at or 0, now)
    lines = [f"{paint('valid', 'good')}: {use} of {who}"]
    lines += [f"  {name:<8} {value}" for name, value in facts.items()]
    return "\n".join(lines)
