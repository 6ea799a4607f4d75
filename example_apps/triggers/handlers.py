"""What Lambda calls, with AWS behind it. `template.yaml` attaches each to the user pool.

Settings: ``DOMAINS`` (separated by commas), ``ROLES_TABLE`` (a DynamoDB table whose key is ``id``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import (
    PostAuthenticationTriggerEvent,
    PostConfirmationTriggerEvent,
    PreSignUpTriggerEvent,
    PreTokenGenerationTriggerEvent,
    PreTokenGenerationV2TriggerEvent,
)
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from . import functions

Event = dict[str, Any]

logger = Logger(service="triggers")

# Cognito waits five seconds for an answer, cold start included, and then calls again.
_IN_TIME = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})


def pre_sign_up(event: Event, context: Any) -> Event:
    """Attached as PreSignUp."""
    named = [domain.strip() for domain in os.environ["DOMAINS"].lower().split(",")]
    # Without the empty one after a last comma: it would admit users who have no address.
    domains = [domain for domain in named if domain]
    functions.admit(PreSignUpTriggerEvent(event), domains)
    return event


def post_confirmation(event: Event, context: Any) -> Event:
    """Attached as PostConfirmation."""
    pool_id = event["userPoolId"]

    def join(username: str, group: str) -> None:
        client("cognito-idp").admin_add_user_to_group(
            UserPoolId=pool_id, Username=username, GroupName=group
        )

    with _words_for_the_user():
        functions.welcome(PostConfirmationTriggerEvent(event), join, _send_welcome)
    return event


def post_authentication(event: Event, context: Any) -> Event:
    """Attached as PostAuthentication."""
    functions.note_sign_in(PostAuthenticationTriggerEvent(event), _note)
    return event


def pre_token_generation(event: Event, context: Any) -> Event:
    """Attached as PreTokenGenerationConfig, with LambdaVersion V2_0 or V3_0."""
    with _words_for_the_user():
        functions.add_role(PreTokenGenerationV2TriggerEvent(event), _role_of)
    return event


def pre_token_generation_v1(event: Event, context: Any) -> Event:
    """Attached as PreTokenGenerationConfig, with LambdaVersion V1_0."""
    with _words_for_the_user():
        functions.add_role_to_id_token(PreTokenGenerationTriggerEvent(event), _role_of)
    return event


@cache
def client(service: str) -> Any:
    """A client of AWS, which stays from one call to the next."""
    return boto3.client(service, config=_IN_TIME)


def _role_of(key: str) -> str | None:
    # Consistent: a role that was taken away is gone with the next token.
    answer = client("dynamodb").get_item(
        TableName=os.environ["ROLES_TABLE"], Key={"id": {"S": key}}, ConsistentRead=True
    )
    role: str | None = answer.get("Item", {}).get("role", {}).get("S")
    return role


def _send_welcome(address: str) -> None:
    """Here a letter would be sent, by a queue: Cognito does not wait for mail servers."""


def _note(subject: str, client_id: str) -> None:
    logger.info("signed in", extra={"subject": subject, "client_id": client_id})


@contextmanager
def _words_for_the_user() -> Iterator[None]:
    """Cognito shows the words of an error to the user: AWS's own, with its names, go to the log."""
    try:
        yield
    except (BotoCoreError, ClientError):
        logger.exception("AWS does not answer")
        raise RuntimeError("Try again in a minute") from None
