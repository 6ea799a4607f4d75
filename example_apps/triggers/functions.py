"""What the triggers do: plain functions of the event and of their dependencies.

They make no AWS calls. `handlers.py` contains what Lambda calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import (
    PostAuthenticationTriggerEvent,
    PostConfirmationTriggerEvent,
    PreSignUpTriggerEvent,
    PreTokenGenerationTriggerEvent,
    PreTokenGenerationV2TriggerEvent,
)

ROLE = "custom:role"
GROUP = "members"

RoleOf = Callable[[str], str | None]
"""Returns the role that the server stores for ``user#SUB`` or ``client#ID``, or ``None``."""


class NotAdmitted(Exception):
    """The sign-up is refused. Cognito shows the text to the user and adds a full stop."""


def admit(event: PreSignUpTriggerEvent, domains: Collection[str]) -> None:
    """Pre sign-up: accept only e-mail addresses of some domains.

    It confirms nobody. The address is verified by the code that Cognito sends to it.
    """
    name, _, domain = event.request.user_attributes.get("email", "").rpartition("@")
    if not name or domain.lower() not in domains:
        raise NotAdmitted("Sign up with the address that you have at work")


def welcome(
    event: PostConfirmationTriggerEvent,
    join: Callable[[str, str], None],
    send: Callable[[str], None],
) -> None:
    """Post confirmation: add the user to the default group, and send a welcome message.

    ``join`` takes the user's name and the group, ``send`` the address. Cognito may call up to
    three times, so joining twice must not be an error.
    """
    if event.trigger_source == "PostConfirmation_ConfirmSignUp":  # and not a new password
        join(event.user_name, GROUP)
        send(event.request.user_attributes["email"])


def note_sign_in(event: PostAuthenticationTriggerEvent, note: Callable[[str, str], None]) -> None:
    """Post authentication: pass the user's ``sub`` and the client's id to ``note``."""
    note(event.request.user_attributes["sub"], event.caller_context.client_id)


def add_role(event: PreTokenGenerationV2TriggerEvent, role_of: RoleOf) -> None:
    """Pre token generation, versions 2 and 3: put the role into both tokens.

    If the server stores none, the claim is suppressed. The user may have written the attribute of
    that name, and it must not get into a token.
    """
    role = role_of(_key(event))
    details = event.response.claims_scope_override_details
    for token in (details.access_token_generation, details.id_token_generation):
        if role is None:
            token.claims_to_suppress = [ROLE]
        else:
            token.claims_to_add_or_override = {ROLE: role}


def add_role_to_id_token(event: PreTokenGenerationTriggerEvent, role_of: RoleOf) -> None:
    """Pre token generation, version 1: for apps that use ID tokens, on any plan."""
    role = role_of(f"user#{event.request.user_attributes['sub']}")
    if role is None:
        event.response.claims_override_details.claims_to_suppress = [ROLE]
    else:
        event.response.claims_override_details.claims_to_add_or_override = {ROLE: role}


def _key(event: PreTokenGenerationV2TriggerEvent) -> str:
    """The user's ``sub``, which is never reused, or the client's id for a machine."""
    if event.trigger_source == "TokenGeneration_ClientCredentials":
        return f"client#{event.caller_context.client_id}"
    return f"user#{event.request.user_attributes['sub']}"
