"""What Lambda calls, with moto in AWS's place, and the template that attaches it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from cfnlint.api import lint
from moto import mock_aws

from . import handlers
from .functions import NotAdmitted

CONTEXT = SimpleNamespace()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, in this process."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "DOMAINS": "example.com,Example.org",
        "ROLES_TABLE": "roles",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        handlers.client.cache_clear()
        yield
    handlers.client.cache_clear()


@pytest.fixture
def table() -> Any:
    """The table of roles."""
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="roles",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="roles", Item={"id": {"S": "user#1"}, "role": {"S": "editor"}})
    return client


def event(source: str, pool_id: str = "eu-west-1_Pool") -> dict[str, Any]:
    """An event of a user."""
    return {
        "triggerSource": source,
        "userPoolId": pool_id,
        "userName": "ada",
        "callerContext": {"awsSdkVersion": "1", "clientId": "web"},
        "request": {"userAttributes": {"sub": "1", "email": "ada@example.org"}},
        "response": {},
    }


def test_pre_sign_up() -> None:
    asked = event("PreSignUp_SignUp")
    assert handlers.pre_sign_up(asked, CONTEXT) == event("PreSignUp_SignUp")
    asked["request"]["userAttributes"]["email"] = "ada@elsewhere.example"
    with pytest.raises(NotAdmitted):
        handlers.pre_sign_up(asked, CONTEXT)


@pytest.mark.parametrize("domains", ["example.com,", "example.com, ", ",", ""])
@pytest.mark.parametrize("email", ["", "ada@"])
def test_no_domain_is_no_domain(monkeypatch: pytest.MonkeyPatch, domains: str, email: str) -> None:
    """A comma too many does not admit users without an address."""
    monkeypatch.setenv("DOMAINS", domains)
    asked = event("PreSignUp_SignUp")
    asked["request"]["userAttributes"]["email"] = email
    with pytest.raises(NotAdmitted):
        handlers.pre_sign_up(asked, CONTEXT)


def test_domains_with_spaces_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOMAINS", "example.com, Example.org ,")
    assert handlers.pre_sign_up(event("PreSignUp_SignUp"), CONTEXT)


def test_post_confirmation() -> None:
    """The group is the pool's, and joining twice is no error."""
    client = boto3.client("cognito-idp")
    pool_id = client.create_user_pool(PoolName="pool")["UserPool"]["Id"]
    client.create_group(GroupName="members", UserPoolId=pool_id)
    client.admin_create_user(UserPoolId=pool_id, Username="ada")
    asked = event("PostConfirmation_ConfirmSignUp", pool_id)
    for _ in range(2):
        assert handlers.post_confirmation(asked, CONTEXT) == asked
    groups = client.admin_list_groups_for_user(UserPoolId=pool_id, Username="ada")["Groups"]
    assert [group["GroupName"] for group in groups] == ["members"]


def test_post_authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line in the log, without the address."""
    log = StringIO()
    monkeypatch.setattr(handlers, "logger", Logger(service="test", stream=log))
    asked = event("PostAuthentication_Authentication")
    assert handlers.post_authentication(asked, CONTEXT) == asked
    line = json.loads(log.getvalue())
    assert (line["subject"], line["client_id"]) == ("1", "web")
    assert "example.org" not in log.getvalue()


def test_pre_token_generation(table: Any) -> None:
    role = {"claimsToAddOrOverride": {"custom:role": "editor"}}
    answer = handlers.pre_token_generation(event("TokenGeneration_HostedAuth"), CONTEXT)
    assert answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"] == role
    machine = handlers.pre_token_generation(event("TokenGeneration_ClientCredentials"), CONTEXT)
    assert machine["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"] == {
        "claimsToSuppress": ["custom:role"]
    }
    first = handlers.pre_token_generation_v1(event("TokenGeneration_HostedAuth"), CONTEXT)
    assert first["response"] == {"claimsOverrideDetails": role}
    assert json.dumps([answer, machine, first])


def test_when_aws_does_not_answer() -> None:
    """The user is told no name of ours."""
    with pytest.raises(RuntimeError, match=r"^Try again in a minute$") as failed:
        handlers.pre_token_generation(event("TokenGeneration_HostedAuth"), CONTEXT)
    assert failed.value.__cause__ is None


def test_the_template() -> None:
    """cfn-lint has nothing to say of it."""
    template = (Path(__file__).parent / "template.yaml").read_text("utf-8")
    assert lint(template, regions=["eu-west-1"]) == []
    assert lint(template.replace("V3_0", "V9_0", 1), regions=["eu-west-1"]) != []
