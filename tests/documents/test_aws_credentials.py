"""The page about AWS credentials: its policies decide as it says, and are the same in each of its
forms; its commands and templates have the names that AWS has."""

from __future__ import annotations

import json
import re
import shlex
from importlib.util import find_spec
from typing import Any

import pytest

from ..needs import need
from .tables import ROOT

PAGE = (ROOT / "docs" / "aws-credentials.md").read_text(encoding="utf-8")
POOL, BUCKET = "eu-west-1:12345678-1234-1234-1234-123456789012", "amzn-s3-demo-bucket"
_OF_THE_CLI = {"--query", "--output"}


def blocks(language: str) -> list[str]:
    """The page's blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def policies() -> tuple[dict[str, Any], dict[str, Any]]:
    """The trust policy, and the permission policy."""
    trust, permissions = map(json.loads, blocks("json"))
    return trust, permissions


def test_the_policies_are_those_that_are_tested() -> None:
    """What the page shows is what the local AWS evaluates, in the example and in tests."""
    need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")
    from example_apps.local_aws.account import permission_policy, trust_policy

    assert policies() == (trust_policy(POOL), permission_policy(BUCKET))


def test_options_of_the_aws_cli() -> None:
    """Every command has the options of its operation, spelt as the AWS CLI spells them."""
    need(find_spec("boto3") is not None, "boto3: pip install boto3")
    from botocore import xform_name
    from botocore.session import Session

    (text,) = [one for one in blocks("sh") if "aws " in one]
    commands = re.findall(r"aws ([\w-]+) ([^)]*?)(?:\)$|\n\n|\Z)", text, re.MULTILINE)
    assert len(commands) == 4
    session = Session()
    for service, command in commands:
        model = session.get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        name, *words = shlex.split(command.replace("\\\n", " "))
        members = model.operation_model(operations[name]).input_shape.members
        known = {f"--{xform_name(each, '-')}" for each in members}
        used = {word.replace("--no-", "--") for word in words if word.startswith("--")}
        assert used <= known | _OF_THE_CLI, name


def template() -> Any:
    """The template, with CloudFormation's functions as their arguments."""
    yaml = pytest.importorskip("yaml")

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        pass

    for tag in ("!Sub", "!Ref", "!GetAtt"):
        Loader.add_constructor(tag, lambda loader, node: node.value)
    (text,) = blocks("yaml")
    return yaml.load(text, Loader)  # a safe loader's class


def test_the_template() -> None:
    """`cfn-lint` finds nothing, and the policies are those above."""
    need(find_spec("cfnlint") is not None, "cfn-lint: pip install cfn-lint")
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    (text,) = blocks("yaml")
    matches = lint(text, config=ManualArgs(regions=["eu-west-1"]))
    assert [str(match) for match in matches] == []
    trust, permissions = policies()
    role = template()["Resources"]["Role"]["Properties"]
    said = json.dumps(role["AssumeRolePolicyDocument"]).replace('"IdentityPool"', f'"{POOL}"')
    assert json.loads(said) == trust
    (policy,) = role["Policies"]
    said = json.dumps(policy["PolicyDocument"]).replace("${!", "${")
    said = said.replace("${BucketName}", BUCKET).replace("${AWS::Partition}", "aws")
    assert json.loads(said) == permissions


def test_terraform() -> None:
    """It is parsed, its resources and arguments are those of the API, and the policies are those
    above. There is no Terraform here to apply it."""
    need(find_spec("hcl2") is not None, "python-hcl2: pip install python-hcl2")
    need(find_spec("boto3") is not None, "boto3: pip install boto3")
    import hcl2
    from botocore import xform_name
    from botocore.session import Session

    (text,) = blocks("terraform")
    found = {
        kind.strip('"'): body
        for resource in hcl2.loads(text)["resource"]
        for kind, named in resource.items()
        for body in named.values()
    }
    made_by = {
        "aws_cognito_identity_pool": ("cognito-identity", "CreateIdentityPool"),
        "aws_cognito_identity_pool_roles_attachment": ("cognito-identity", "SetIdentityPoolRoles"),
        "aws_iam_role": ("iam", "CreateRole"),
        "aws_iam_role_policy": ("iam", "PutRolePolicy"),
    }
    assert found.keys() == made_by.keys()
    # Terraform's own names.
    renamed = {
        "assume_role_policy": "assume_role_policy_document",
        "policy": "policy_document",
        "name": "policy_name",
        "role": "role_name",
    }
    for kind, (service, operation) in made_by.items():
        shape = Session().get_service_model(service).operation_model(operation).input_shape
        known = {xform_name(name) for name in shape.members} | {"name"}
        used = {name for name in found[kind] if not name.startswith("__")}
        assert {name if name in known else renamed[name] for name in used} <= known, kind

    trust, permissions = (
        _policy(found["aws_iam_role"]["assume_role_policy"]),
        _policy(found["aws_iam_role_policy"]["policy"]),
    )
    assert (trust, permissions) == policies()


def _policy(encoded: str) -> Any:
    """What `jsonencode` would make of a policy."""
    said = encoded.removeprefix("${jsonencode(").removesuffix(")}")
    said = said.replace("aws_cognito_identity_pool.this.id", f'"{POOL}"')
    said = said.replace("${var.bucket}", BUCKET).replace("$${", "${")
    return json.loads(re.sub(r'"?([\w:.-]+)"? = ', r'"\1": ', said))
