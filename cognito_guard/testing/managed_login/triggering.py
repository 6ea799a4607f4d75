"""When which trigger of the pool is run, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..clients import LocalClient
from ..triggers import Changes, Happening, TriggerFailed, changes_of, run
from ..users import as_user_info
from .refresh_tokens import SignIn
from .state import State

__all__ = [
    "Admission",
    "after_confirmation",
    "after_sign_in",
    "before_machine_token",
    "before_sign_up",
    "before_tokens",
]

_Metadata = Mapping[str, str] | None


class Admission(NamedTuple):
    """How a new user comes in."""

    confirmed: bool
    verified: tuple[str, ...]
    """The addresses that need no code any more."""


def before_sign_up(
    state: State,
    client: LocalClient,
    username: str,
    attributes: Mapping[str, str],
    validation: _Metadata,
    metadata: _Metadata,
) -> Admission:
    """Pre sign-up. Raises :class:`TriggerFailed`."""
    triggers = state.pool.triggers
    if triggers.pre_sign_up is None:
        return Admission(confirmed=False, verified=())
    event = _happening(state, client, username).pre_sign_up_event(attributes, validation, metadata)
    response = run("PreSignUp", triggers.pre_sign_up, event, triggers.seconds)
    answers = {
        name: response.get(f"auto{name}") or False
        for name in ("ConfirmUser", "VerifyEmail", "VerifyPhone")
    }
    addresses = {"VerifyEmail": "email", "VerifyPhone": "phone_number"}
    verified = tuple(address for name, address in addresses.items() if answers[name])
    if not all(isinstance(answer, bool) for answer in answers.values()) or not all(
        attributes.get(address) for address in verified
    ):
        raise TriggerFailed("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return Admission(answers["ConfirmUser"], verified)


def after_confirmation(
    state: State, client: LocalClient, username: str, metadata: _Metadata
) -> None:
    """Post confirmation. Raises :class:`TriggerFailed`; the user is confirmed all the same."""
    triggers = state.pool.triggers
    if triggers.post_confirmation is not None:
        happening = _happening(state, client, username)
        event = happening.post_confirmation_event(_attributes(state, username), metadata)
        run("PostConfirmation", triggers.post_confirmation, event, triggers.seconds)


def after_sign_in(state: State, client: LocalClient, username: str) -> None:
    """Post authentication. Raises :class:`TriggerFailed`."""
    triggers = state.pool.triggers
    if triggers.post_authentication is not None:
        happening = _happening(state, client, username)
        event = happening.post_authentication_event(_attributes(state, username))
        run("PostAuthentication", triggers.post_authentication, event, triggers.seconds)


def before_tokens(
    state: State, client: LocalClient, sign_in: SignIn, source: str, metadata: _Metadata = None
) -> Changes:
    """Pre token generation, for a user. Raises :class:`TriggerFailed`."""
    triggers, username = state.pool.triggers, sign_in.username
    if triggers.pre_token_generation is None:
        return Changes()
    event = _happening(state, client, username).token_event(
        f"TokenGeneration_{source}",
        triggers.event_version,
        _attributes(state, username),
        state.pool.user(username).groups,
        sign_in.scopes,
        metadata,
    )
    response = run("PreTokenGeneration", triggers.pre_token_generation, event, triggers.seconds)
    return changes_of(triggers.event_version, response, client.client_id)


def before_machine_token(
    state: State, client: LocalClient, scopes: tuple[str, ...], metadata: _Metadata
) -> Changes:
    """Pre token generation, for a client that signs in as itself; from ``V3_0`` on. Raises
    :class:`TriggerFailed`."""
    triggers = state.pool.triggers
    if triggers.pre_token_generation is None or triggers.event_version != "V3_0":
        return Changes()
    # What Cognito says of a user who is none is not in its guide.
    event = _happening(state, client, client.client_id).token_event(
        "TokenGeneration_ClientCredentials", "V3_0", {}, (), scopes, metadata
    )
    response = run("PreTokenGeneration", triggers.pre_token_generation, event, triggers.seconds)
    return changes_of("V3_0", response, client.client_id)


def _happening(state: State, client: LocalClient, username: str) -> Happening:
    return Happening(state.pool.user_pool_id, client.client_id, username)


def _attributes(state: State, username: str) -> dict[str, str]:
    """What the pool knows of a user who has been confirmed, all as texts."""
    known = as_user_info(state.pool.attributes(username))
    return {
        "sub": state.pool.subject(username),
        "cognito:user_status": "CONFIRMED",
        **{name: str(value) for name, value in known.items()},
    }
