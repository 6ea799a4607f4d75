"""The page that makes a pool: its commands, its template and its Terraform are run at an emulator.
Doctor finds nothing wrong with any of the three pools, and they are alike."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.cli import aws_account
from cognito_guard.login import LoginSessions, MemorySessionStore

from ..cli.running import DEADLINE, run
from ..doctor.front import Front, Told
from ..emulators.process import environment, running
from ..needs import need
from ..ports import free_port
from .tables import ROOT

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")
need(find_spec("hcl2") is not None, "python-hcl2: pip install python-hcl2")
need(find_spec("cfnlint") is not None, "cfn-lint: pip install cfn-lint")

PAGE = (ROOT / "docs" / "create-the-pool.md").read_text(encoding="utf-8")
# moto has no pages of managed login.
_PAGES = {"CreateManagedLoginBranding": Told(200, b'{"ManagedLoginBranding": {}}')}


def blocks(language: str) -> list[str]:
    """The page's blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The emulator."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"]
    with (
        running(command, port=port, folder=tmp_path_factory.mktemp("moto")),
        Front(f"http://127.0.0.1:{port}", _PAGES) as front,
    ):
        yield front


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an account that is none."""
    monkeypatch.setattr(aws_account, "SECONDS", 500.0)
    for name in [*os.environ]:
        if name.startswith(("AWS_", "COGNITO_")):
            monkeypatch.delenv(name)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def aws(moto: Front) -> Any:
    """boto3's client."""
    import boto3

    return boto3.client("cognito-idp", region_name="eu-west-1", endpoint_url=moto.origin)


def shell(script: str, folder: Path, origin: str) -> str:
    """What a script prints, in whose shell ``aws`` is a program of boto3 and the service model."""
    program = folder / "aws"
    command = Path(__file__).parents[1] / "doctor" / "aws_command.py"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        env={**os.environ, "PATH": path, "AWS_ENDPOINT_URL": origin},
        capture_output=True,
        text=True,
        timeout=5 * DEADLINE,  # a dozen programs, each of which reads AWS's description of the API
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_cli(folder: Path, aws: Any, origin: str) -> str:
    """A pool by the commands of the page, and one user in it."""
    commands = [
        one for one in blocks("sh") if "aws cognito-idp" in one and "--client-name dev" not in one
    ]
    printed = shell("\n".join(commands), folder, origin)
    settings = dict(re.findall(r"^(COGNITO_\w+)=(.*)$", printed, re.MULTILINE))
    pool = settings["COGNITO_USER_POOL_ID"]
    listed = aws.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    named = {one["ClientName"]: one["ClientId"] for one in listed}
    assert settings["COGNITO_CLIENT_IDS"].split(",") == [
        named[name] for name in ("spa", "web", "machine")
    ]
    groups = aws.admin_list_groups_for_user(UserPoolId=pool, Username="ada@example.com")["Groups"]
    assert [one["GroupName"] for one in groups] == ["admins"]
    return pool


Resources = Mapping[str, tuple[str, dict[str, Any]]]
"""By name: the operation that makes a resource, and its arguments, where ``{NAME}`` is an id."""


def by_template(_: Path, aws: Any, __: str) -> str:
    """A pool by the template: its resources are made by the calls that they are named for."""
    yaml = pytest.importorskip("yaml")

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        pass

    Loader.add_constructor("!Ref", lambda _, node: f"{{{node.value}}}")
    Loader.add_constructor("!Sub", lambda _, node: node.value)
    (text,) = blocks("yaml")
    template = yaml.load(text, Loader)  # a safe loader's class
    resources = {}
    for name, resource in template["Resources"].items():
        kind = resource["Type"].removeprefix("AWS::Cognito::")
        said = dict(resource["Properties"])
        operation = {
            "UserPoolGroup": "CreateGroup",
            "UserPoolResourceServer": "CreateResourceServer",
        }.get(kind, f"Create{kind}")
        if kind == "UserPool":
            said["PoolName"] = said.pop("UserPoolName")
            said["software_token"] = said.pop("EnabledMfas") == ["SOFTWARE_TOKEN_MFA"]
        resources[name] = operation, said
    return make(resources, aws)


_TERRAFORM = {
    "aws_cognito_user_pool": "CreateUserPool",
    "aws_cognito_resource_server": "CreateResourceServer",
    "aws_cognito_user_group": "CreateGroup",
    "aws_cognito_user_pool_domain": "CreateUserPoolDomain",
    "aws_cognito_user_pool_client": "CreateUserPoolClient",
    "aws_cognito_managed_login_branding": "CreateManagedLoginBranding",
}
_NAME = {
    "CreateUserPool": "pool_name",
    "CreateResourceServer": "name",
    "CreateGroup": "group_name",
    "CreateUserPoolClient": "client_name",
}


def by_terraform(_: Path, aws: Any, __: str) -> str:
    """A pool by the same calls, with the arguments that Terraform has for them."""
    import hcl2
    from botocore import xform_name

    (text,) = blocks("terraform")
    shapes = aws.meta.service_model

    def told(shape: Any, said: dict[str, Any]) -> dict[str, Any]:
        """Arguments in the API's spelling: blocks are lists."""
        spelt = {xform_name(name).replace("o_auth", "oauth"): name for name in shape.members}
        found = {}
        for key, value in said.items():
            if key.startswith("__") or key == "depends_on":
                continue
            name = spelt[{"scope": "scopes"}.get(key, key)]
            member = shape.members[name]
            if member.type_name == "structure":
                value = told(member, value[0])
            elif member.type_name == "list" and member.member.type_name == "structure":
                value = [told(member.member, one) for one in value]
            elif isinstance(value, int) and member.type_name == "string":
                value = str(value)
            found[name] = value
        return found

    resources = {}
    for resource in _plain(hcl2.loads(text))["resource"]:
        ((kind, named),) = resource.items()
        ((name, body),) = named.items()
        operation = _TERRAFORM[kind]
        factor = body.pop("software_token_mfa_configuration", None)
        if operation in _NAME:
            body[_NAME[operation]] = body.pop("name")
        said = told(shapes.operation_model(operation).input_shape, body)
        if operation == "CreateUserPool":
            said["software_token"] = factor[0]["enabled"]
        resources[f"{kind}.{name}.id"] = operation, said
    return make(resources, aws)


def _plain(value: Any) -> Any:
    """Without the quotation marks and braces in which the parser leaves texts and references."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        reference = re.fullmatch(r"\$\{(aws_\w+\.\w+\.id)\}", value)
        return f"{{{reference[1]}}}" if reference else value.strip('"')
    return value


def make(resources: Resources, aws: Any) -> str:
    """Call the operations, in their order, and put ids into the places of references."""
    ids: dict[str, str] = {}
    operations = {name: method for method, name in aws.meta.method_to_api_mapping.items()}
    pool = ""
    for name, (operation, said) in resources.items():
        arguments = {
            key: ids[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
            for key, value in said.items()
        }
        software_token = arguments.pop("software_token", None)
        factors = arguments.pop("MfaConfiguration", None)
        answer = getattr(aws, operations[operation])(**arguments)
        if operation == "CreateUserPool":
            pool = ids[name] = answer["UserPool"]["Id"]
            aws.set_user_pool_mfa_config(
                UserPoolId=pool,
                MfaConfiguration=factors,
                SoftwareTokenMfaConfiguration={"Enabled": software_token},
            )
        elif operation == "CreateUserPoolClient":
            ids[name] = answer["UserPoolClient"]["ClientId"]
    return pool


def settings(aws: Any, pool: str) -> dict[str, Any]:
    """All that the emulator knows of a pool, but for ids, secrets and times."""
    changing = r'"(Id|Arn|UserPoolId|ClientId|ClientSecret|\w*Date\w*)": ("[^"]*"|[\d.]+)(, )?'
    clients = aws.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    found = {
        "pool": aws.describe_user_pool(UserPoolId=pool)["UserPool"],
        "factors": aws.get_user_pool_mfa_config(UserPoolId=pool),
        "groups": aws.list_groups(UserPoolId=pool)["Groups"],
        "scopes": aws.list_resource_servers(UserPoolId=pool, MaxResults=10)["ResourceServers"],
        **{
            one["ClientName"]: aws.describe_user_pool_client(
                UserPoolId=pool, ClientId=one["ClientId"]
            )["UserPoolClient"]
            for one in clients
        },
    }
    found["factors"].pop("ResponseMetadata")
    found["pool"].pop("EstimatedNumberOfUsers")
    text = json.dumps(found, default=lambda when: when.timestamp(), sort_keys=True)
    known: dict[str, Any] = json.loads(re.sub(r", }", "}", re.sub(changing, "", text)))
    return known


Way = Callable[[Path, Any, str], str]


@pytest.fixture(scope="module")
def by_commands(moto: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What becomes of the page's commands."""
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        client = boto3.client("cognito-idp", region_name="eu-west-1", endpoint_url=moto.origin)
        pool = by_cli(tmp_path_factory.mktemp("cli"), client, moto.origin)
        yield {"id": pool, "settings": settings(client, pool)}


def doctor(moto: Front, pool: str) -> list[dict[str, str]]:
    """What doctor finds."""
    keys = f"{moto.origin}/{pool}/.well-known/jwks.json"
    told = ("--jwks", keys, "--endpoint-url", moto.origin, "--json")
    outcome = run("doctor", "--user-pool-id", pool, *told)
    assert outcome.err == ""
    return [one for one in json.loads(outcome.out) if one["level"] != "ok"]


def test_doctor_finds_nothing(moto: Front, by_commands: dict[str, Any]) -> None:
    """With the pool of the commands, all is well."""
    assert doctor(moto, by_commands["id"]) == []


@pytest.mark.parametrize("way", [by_template, by_terraform])
def test_pools_are_alike(
    way: Way, moto: Front, aws: Any, tmp_path: Path, by_commands: dict[str, Any]
) -> None:
    """The pool is that of the commands, and doctor finds nothing."""
    pool = way(tmp_path, aws, moto.origin)
    assert settings(aws, pool) == by_commands["settings"]
    assert doctor(moto, pool) == []


def test_what_the_page_promises(by_commands: dict[str, Any]) -> None:
    """What the list at the top of the page says of the pool and its clients."""
    made = by_commands["settings"]
    assert made["pool"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert made["factors"]["MfaConfiguration"] == "OPTIONAL"
    updates = made["pool"]["UserAttributeUpdateSettings"]
    assert updates == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    for name in ("spa", "web"):
        client = made[name]
        assert "custom:role" not in client["WriteAttributes"]
        assert client["AllowedOAuthFlows"] == ["code"]
        assert client["EnableTokenRevocation"] is True
        assert client["RefreshTokenRotation"]["Feature"] == "ENABLED"
        assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["ExplicitAuthFlows"]
        assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert made["machine"]["AllowedOAuthFlows"] == ["client_credentials"]
    assert "custom:role" in {one["Name"] for one in made["pool"]["SchemaAttributes"]}
    scopes = {f"orders/{one['ScopeName']}" for one in made["scopes"][0]["Scopes"]}
    assert scopes == set(made["machine"]["AllowedOAuthScopes"])


def test_the_client_for_development(moto: Front, aws: Any, tmp_path: Path) -> None:
    """The command makes a client without a secret, for the sites of the tutorials and for the
    command `token`."""
    (command,) = [one for one in blocks("sh") if "--client-name dev" in one]
    pool = aws.create_user_pool(PoolName="orders")["UserPool"]["Id"]
    aws.create_resource_server(
        UserPoolId=pool,
        Identifier="orders",
        Name="orders",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "Read orders"}],
    )
    there = f"export AWS_DEFAULT_REGION=eu-west-1\npool={pool}\n"
    client_id = shell(there + command, tmp_path, moto.origin).splitlines()[-1]
    made = aws.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]
    assert "ClientSecret" not in made
    assert made["CallbackURLs"] == [
        "http://localhost:8000/auth/callback",
        "http://localhost:9394/callback",
    ]
    assert made["LogoutURLs"] == ["http://localhost:8000/"]
    told = {one["id"] for one in doctor(moto, pool) if "(dev)" in one["what"]}
    assert told == {"callback-localhost"}
    assert made["AllowedOAuthFlows"] == ["code"]
    assert "custom:role" not in made["WriteAttributes"]


def test_the_template_is_valid() -> None:
    """`cfn-lint` finds nothing."""
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    (text,) = blocks("yaml")
    found = lint(text, config=ManualArgs(regions=["eu-west-1"]))
    assert [str(one) for one in found] == []


def test_the_settings_describe_the_pool() -> None:
    """What the app is told is what the page has made: client, addresses, scopes, domain."""
    api, site = [one for one in blocks("sh") if one.startswith("COGNITO_")]
    environ = dict(pair.split("=", 1) for pair in shlex.split(api + site))
    environ["COGNITO_LOGIN_SECRETS"] = "rUm3xW1Yk8PeS6vZt2Ac5Od7Ne9Qg4Jh"
    guard = Guard.from_env(environ)
    login = LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore()).login
    for block in (blocks("sh")[0], *blocks("yaml"), *blocks("terraform")):
        for said in (login.redirect_uri, login.logout_uri, "orders-example"):
            assert re.search(rf"[\"\s]{re.escape(said)}[\"\s]", block), said
    assert set(login.scopes) == {"openid", "email", "profile", "orders/read"}
    assert login.domain.startswith("https://orders-example.")
