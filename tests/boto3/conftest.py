"""An identity pool, sessions that ask it, and a service that hears who signs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from unittest import mock

import pytest

from cognito_guard.testing import LocalUserPool

from ..aws.conftest import patience
from ..aws.identity_pools.server import IDENTITY_POOL, IdentityServer
from ..aws.kept_server import KeptServer, says
from ..needs import need

need(find_spec("boto3") is not None, "boto3: pip install 'cognito-guard[boto3]'")

# What the process may do by itself, and no session of a user's may ever use.
OF_THE_PROCESS = {
    "AWS_ACCESS_KEY_ID": "AKIAPROCESS",
    "AWS_SECRET_ACCESS_KEY": "of the process",
    "AWS_SESSION_TOKEN": "of the process",
    "AWS_BEARER_TOKEN_BEDROCK": "of-the-process",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_REGION": "us-west-2",
    "AWS_DEFAULT_REGION": "us-west-2",
}


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """The environment of a server that has an AWS account of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with mock.patch.dict(os.environ, own | OF_THE_PROCESS, clear=True):
        yield


@pytest.fixture
def server() -> Iterator[IdentityServer]:
    """The identity pool."""
    with IdentityServer() as server:
        yield server


@pytest.fixture
def service() -> Iterator[KeptServer]:
    """A service that answers everybody."""
    with KeptServer(says(200, b"{}")) as service:
        yield service


@pytest.fixture
def token(pool: LocalUserPool) -> str:
    """Ada's ID token."""
    return pool.id_token("ada")


__all__ = ["IDENTITY_POOL", "patience"]
