"""The page that sets up a pool for sign-in: its commands and templates have the names that AWS has,
and its settings are ours."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, MemorySessionStore

from ..needs import need
from .tables import ROOT

PAGE = (ROOT / "docs" / "login-setup.md").read_text(encoding="utf-8")
_OF_THE_CLI = {"--query", "--output"}
_OPERATIONS = {
    "AWS::Cognito::UserPoolClient": "CreateUserPoolClient",
    "AWS::Cognito::UserPoolDomain": "CreateUserPoolDomain",
    "AWS::Cognito::ManagedLoginBranding": "CreateManagedLoginBranding",
    "aws_cognito_user_pool_client": "CreateUserPoolClient",
    "aws_cognito_user_pool_domain": "CreateUserPoolDomain",
    "aws_cognito_managed_login_branding": "CreateManagedLoginBranding",
}


def blocks(language: str) -> list[str]:
    """The page's blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def aws() -> Any:
    """AWS's own description of the API."""
    need(find_spec("boto3") is not None, "boto3: pip install boto3")
    from botocore.session import Session

    return Session().get_service_model("cognito-idp")


def members(aws: Any, operation: str) -> dict[str, Any]:
    """What an operation takes, by name."""
    found: dict[str, Any] = dict(aws.operation_model(operation).input_shape.members)
    return found


def test_options_of_the_aws_cli(aws: Any) -> None:
    """Every command has the options of its operation, spelt as the AWS CLI spells them."""
    from botocore import xform_name

    operations = {xform_name(name, "-"): name for name in aws.operation_names}
    first, more = blocks("sh")[:2]
    commands = re.findall(r"aws cognito-idp ([^)]*?)(?:\)$|\n\n|\Z)", first, re.MULTILINE)
    assert len(commands) == 4
    for command in [*commands, f"create-user-pool-client {more}"]:
        name, *words = shlex.split(command.replace("\\\n", " "))
        known = {f"--{xform_name(each, '-')}" for each in members(aws, operations[name])}
        used = {word for word in words if word.startswith("--")}
        assert used <= known | _OF_THE_CLI, name


def test_properties_of_the_template(aws: Any) -> None:
    """CloudFormation has the names of the API."""
    (template,) = blocks("yaml")
    resources = re.findall(r"Type: (\S+)\n    Properties:\n((?:      .*\n)+)", template)
    assert len(resources) == 3
    for kind, properties in resources:
        used = set(re.findall(r"^      (\w+):", properties, re.MULTILINE))
        assert used <= set(members(aws, _OPERATIONS[kind])), kind


def test_arguments_of_terraform(aws: Any) -> None:
    """Terraform has them in its own spelling."""
    from botocore import xform_name

    (text,) = blocks("terraform")
    resources = re.findall(r'resource "(\w+)" "\w+" {\n(.*?)^}', text, re.MULTILINE | re.DOTALL)
    assert len(resources) == 3
    for kind, body in resources:
        used = set(re.findall(r"^  (\w+) +=", body, re.MULTILINE)) - {"name"}
        spelt = {xform_name(each).replace("o_auth", "oauth") for each in _of(aws, kind)}
        assert used <= spelt, kind


def _of(aws: Any, kind: str) -> list[str]:
    return [*members(aws, _OPERATIONS[kind])]


def test_rotation(aws: Any) -> None:
    """What rotation takes, and for how long the old token may work."""
    rotation = members(aws, "CreateUserPoolClient")["RefreshTokenRotation"].members
    (said,) = re.findall(r"--refresh-token-rotation (\S+)", PAGE)
    values = dict(pair.split("=") for pair in said.split(","))
    assert values.keys() == rotation.keys()
    assert values["Feature"] in rotation["Feature"].enum
    assert 0 <= int(values["RetryGracePeriodSeconds"]) <= 60


def test_the_settings_describe_the_client() -> None:
    """What the app is told makes sessions, with the addresses that the client was given."""
    environ = dict(pair.split("=", 1) for pair in shlex.split(blocks("sh")[-1]))
    environ["COGNITO_LOGIN_SECRETS"] = "rUm3xW1Yk8PeS6vZt2Ac5Od7Ne9Qg4Jh"
    guard = Guard.from_env(environ)
    login = LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore()).login
    assert set(login.scopes) == {"openid", "email"}
    for block in (blocks("sh")[0], *blocks("yaml"), *blocks("terraform")):
        assert re.search(rf"[\"\s]{re.escape(login.redirect_uri)}[\"\s]", block)
        assert re.search(rf"[\"\s]{re.escape(login.logout_uri)}[\"\s]", block)
