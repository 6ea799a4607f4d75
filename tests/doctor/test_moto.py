"""The whole command against moto over HTTP, and the commands that mend what it found.

A stand-in for the AWS CLI runs those, made of boto3 and the service model; ``jq`` is the real one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cognito_guard.cli import aws_account, doctor
from cognito_guard.doctor import Finding, UserPoolRead, check_user_pool
from cognito_guard.doctor.commands import CLIENT_ONLY_READ, POOL_ONLY_READ

from ..cli.running import DEADLINE, Outcome, run
from ..emulators.emulator import no_account
from ..emulators.process import environment, running
from ..needs import need
from ..ports import closed_port, free_port
from .cases import CASES, CLIENT, NOTHING, POOL, Case, title, with_changes
from .front import Front, Told

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")

SECRET_KEY = "testing-secret-key"
ACCOUNT = "123456789012"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a moto server."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"]
    with running(command, port=port, folder=tmp_path_factory.mktemp("moto")):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who is signed in to an account, and has time: moto loads a
    service when it is first asked about it."""
    monkeypatch.setattr(aws_account, "SECONDS", 500.0)
    monkeypatch.setattr(aws_account, "READ_SECONDS", 100.0)
    for name in [*os.environ]:
        if name.startswith(("AWS_", "COGNITO_")):
            monkeypatch.delenv(name)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


@pytest.fixture(scope="module")
def aws(moto: str) -> Callable[[str], Any]:
    """boto3's client of a service."""
    import boto3

    with no_account():
        session = boto3.Session("testing", "testing", region_name="eu-west-1")
    return cache(lambda service: session.client(service, endpoint_url=moto))


class Pool:
    """A pool at moto, with one client."""

    def __init__(self, aws: Callable[[str], Any], origin: str, case: Case) -> None:
        self.aws = aws("cognito-idp")
        self.origin = origin
        self.id = self.aws.create_user_pool(PoolName="orders")["UserPool"]["Id"]
        role = {"Name": "role", "AttributeDataType": "String", "Mutable": True}
        self.aws.add_custom_attributes(UserPoolId=self.id, CustomAttributes=[role])
        settings = with_changes(POOL, case.pool)
        self.aws.update_user_pool(UserPoolId=self.id, PoolName="orders", **settings)
        made = self.aws.create_user_pool_client(
            UserPoolId=self.id, **with_changes(CLIENT, case.client)
        )
        self.client_id = made["UserPoolClient"]["ClientId"]
        for group in case.groups:
            self.aws.create_group(UserPoolId=self.id, GroupName=group)

    def settings(self) -> dict[str, Any]:
        """All of its settings, and of its client's."""
        pool = self.aws.describe_user_pool(UserPoolId=self.id)["UserPool"]
        client = self.aws.describe_user_pool_client(UserPoolId=self.id, ClientId=self.client_id)
        both = {**pool, **client["UserPoolClient"]}
        return {name: value for name, value in both.items() if not name.endswith("Date")}

    def doctor(self, *more: str, at: str = "") -> Outcome:
        """Ask doctor about it, and about nothing else."""
        origin = at or self.origin
        keys = f"{self.origin}/{self.id}/.well-known/jwks.json"
        where = ("--user-pool-id", self.id, "--jwks", keys, "--endpoint-url", origin)
        return run("doctor", *where, "--json", *more)


def said(outcome: Outcome) -> list[dict[str, str]]:
    """The findings that are none of the surroundings."""
    assert outcome.err == ""
    assert SECRET_KEY not in outcome.out
    return [one for one in json.loads(outcome.out) if one["level"] != "ok"]


def mend(command: str, origin: str, folder: Path) -> str:
    """Run a command in a shell, whose ``aws`` is the stand-in."""
    need(shutil.which("jq") is not None, "jq")
    program = folder / "aws"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "aws_command.py"} "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", command],
        env={
            **os.environ,
            "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
            "AWS_ENDPOINT_URL": origin,
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("case", CASES, ids=title)
def test_found_and_mended(aws: Callable[[str], Any], moto: str, tmp_path: Path, case: Case) -> None:
    """A bad setting is found; its command mends it, and touches no other."""
    pool = Pool(aws, moto, case)
    outcome = pool.doctor()
    (finding,) = said(outcome)
    assert (finding["id"], finding["level"]) == (case.id, case.level)
    assert outcome.status == (1 if case.level == "error" else 0)
    before = pool.settings()
    told = mend(finding["fix"], moto, tmp_path)
    assert before.get("ClientSecret", "no secret") not in told
    after = pool.settings()
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    if case.id == "mfa-off":  # moto keeps this one apart from the pool's settings
        told = pool.aws.get_user_pool_mfa_config(UserPoolId=pool.id)["MfaConfiguration"]
        assert (told, changed) == ("OPTIONAL", set())
        return
    assert said(pool.doctor()) == []
    assert changed
    assert changed <= {*case.pool, *case.client, "TokenValidityUnits", "ExplicitAuthFlows"}


@pytest.mark.parametrize("case", NOTHING, ids=title)
def test_nothing_found(aws: Callable[[str], Any], moto: str, case: Case) -> None:
    """Of good settings nothing is said, and the status is 0."""
    outcome = Pool(aws, moto, case).doctor("--fail-on", "info")
    assert (said(outcome), outcome.status) == ([], 0)


def test_client_secret(
    aws: Callable[[str], Any], moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret of a client is printed neither by doctor nor by the commands, and does not come
    as far as the checks; at moto it stays what it is."""
    reads = []

    def check(read: UserPoolRead) -> Iterator[Finding]:
        reads.append(read)
        return check_user_pool(read)

    monkeypatch.setattr(doctor, "check_user_pool", check)
    wrong = {"GenerateSecret": True, "EnableTokenRevocation": False, "RefreshTokenRotation": None}
    pool = Pool(aws, moto, Case("", "", client=wrong))
    secret = pool.settings()["ClientSecret"]
    outcome = pool.doctor()
    (finding,) = said(outcome)
    assert finding["id"] == "revocation-off"
    assert "ClientSecret" in reads[0].clients[0]
    assert secret not in repr(reads)
    assert secret not in outcome.out + mend(finding["fix"], moto, tmp_path)
    assert pool.settings()["ClientSecret"] == secret


def test_several_mended_one_after_another(
    aws: Callable[[str], Any], moto: str, tmp_path: Path
) -> None:
    """Each command reads anew, so that none takes back what another has mended."""
    wrong = {"EnableTokenRevocation": False, "PreventUserExistenceErrors": "LEGACY"}
    pool = Pool(aws, moto, Case("", "", client={**wrong, "AllowedOAuthFlows": ["implicit"]}))
    findings = said(pool.doctor())
    assert len(findings) == 3
    for finding in findings:
        mend(finding["fix"], moto, tmp_path)
    assert said(pool.doctor()) == []


def test_old_command_line_changes_nothing(
    aws: Callable[[str], Any], moto: str, tmp_path: Path
) -> None:
    """An AWS CLI that does not know all settings would reset them: the command gives up first."""
    pool = Pool(aws, moto, Case("", "", client={"EnableTokenRevocation": False}))
    (finding,) = said(pool.doctor())
    before = pool.settings()
    # As old ones leave out what they do not know.
    older = finding["fix"].replace("| jq '", "| jq 'del(.UserPoolClient.RefreshTokenRotation) | ")
    with pytest.raises(AssertionError, match="does not know all of the settings"):
        mend(older, moto, tmp_path)
    assert pool.settings() == before


@pytest.mark.parametrize("front", ["authorizer", "load balancer", "rule"])
def test_updated_issuer(aws: Callable[[str], Any], moto: str, tmp_path: Path, front: str) -> None:
    """What takes the original issuer alone is found at API Gateway and at load balancers."""
    updated = {"IssuerConfiguration": {"Type": "UPDATED"}}
    pool = Pool(aws, moto, Case("", "", pool=updated))
    assert said(pool.doctor()) == []
    if front == "authorizer":
        _put_gateway_before(aws("apigateway"), pool)
    else:
        _put_balancer_before(aws, pool, in_rule=front == "rule")
    (finding,) = said(pool.doctor())
    assert (finding["id"], finding["level"]) == ("updated-issuer", "error")
    mend(finding["fix"], moto, tmp_path)
    assert said(pool.doctor()) == []


def _listed(operation: str, members: str) -> Told:
    """A page of elbv2 or of API Gateway, after which there is another."""
    if operation.startswith("GET"):
        return Told(200, json.dumps({"position": "1", "items": []}).encode())
    body = (
        f"<{operation}Response><{operation}Result><{members}/><NextMarker>1</NextMarker>"
        f"</{operation}Result></{operation}Response>"
    )
    return Told(200, body.encode())


@pytest.mark.parametrize(
    ("front", "operation", "members"),
    [
        ("authorizer", "GET /restapis/{api}/authorizers", ""),
        ("load balancer", "DescribeListeners", "Listeners"),
        ("rule", "", ""),  # after 50 others, moto's page
    ],
)
def test_updated_issuer_on_another_page(
    aws: Callable[[str], Any], moto: str, front: str, operation: str, members: str
) -> None:
    """All pages are looked at."""
    pool = Pool(aws, moto, Case("", "", pool={"IssuerConfiguration": {"Type": "UPDATED"}}))
    api = ""
    if front == "authorizer":
        _put_gateway_before(aws("apigateway"), pool)
        made = aws("apigateway").get_rest_apis()["items"]
        named = [
            one["id"]
            for one in made
            if aws("apigateway").get_authorizers(restApiId=one["id"])["items"]
        ]
        api = named[-1]
    else:
        _put_balancer_before(aws, pool, in_rule=front == "rule", after=50)
    told = First({operation.format(api=api): _listed(operation, members)} if operation else {})
    with Front(moto, told) as before:
        outcome = pool.doctor(at=before.origin)
    assert [one["id"] for one in said(outcome)] == ["updated-issuer"]
    assert not told


def test_many_load_balancers(aws: Callable[[str], Any], moto: str) -> None:
    """That not all of them were looked at is said."""
    pool = Pool(aws, moto, Case("", "", pool={"IssuerConfiguration": {"Type": "UPDATED"}}))
    told = _listed("DescribeLoadBalancers", "LoadBalancers")
    with Front(moto, {"DescribeLoadBalancers": told}) as front:
        (finding,) = said(pool.doctor(at=front.origin))
    assert finding["id"] == "audit-incomplete"
    assert "50 load balancers" in finding["what"]


def _arn(pool: Pool) -> str:
    arn: str = pool.settings()["Arn"]
    return arn


def _put_gateway_before(gateway: Any, pool: Pool) -> None:
    for name in ("another", "orders"):
        api = gateway.create_rest_api(name=name)["id"]
    gateway.create_authorizer(
        restApiId=api,
        name="users",
        type="COGNITO_USER_POOLS",
        providerARNs=[_arn(pool)],
        identitySource="method.request.header.Authorization",
    )


def _put_balancer_before(
    aws: Callable[[str], Any], pool: Pool, *, in_rule: bool, after: int = 0
) -> None:
    ec2, balancing = aws("ec2"), aws("elbv2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)
        for n, zone in enumerate(("eu-west-1a", "eu-west-1b"))
    ]
    made = balancing.create_load_balancer(
        Name=f"alb-{pool.id[-12:]}", Subnets=[one["Subnet"]["SubnetId"] for one in subnets]
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    sign_in = {
        "Type": "authenticate-cognito",
        "Order": 1,
        "AuthenticateCognitoConfig": {
            "UserPoolArn": _arn(pool),
            "UserPoolClientId": pool.client_id,
            "UserPoolDomain": "orders",
        },
    }
    respond = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}, "Order": 2}
    listener = balancing.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[respond] if in_rule else [sign_in, respond],
    )["Listeners"][0]["ListenerArn"]
    if in_rule:
        for number in range(after + 1):
            balancing.create_rule(
                ListenerArn=listener,
                Priority=number + 1,
                Conditions=[{"Field": "path-pattern", "Values": [f"/orders/{number}/*"]}],
                Actions=[sign_in, respond] if number == after else [respond],
            )


SHARED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject"}]}
SHARED["Statement"][0]["Resource"] = "arn:aws:s3:::files/*"  # type: ignore[index]


def _roles(*, rules: str = "", **roles: str) -> Told:
    """GetIdentityPoolRoles, which moto does not have, as documented."""
    arns = {name: f"arn:aws:iam::{ACCOUNT}:role/{role}" for name, role in roles.items()}
    answer: dict[str, Any] = {"IdentityPoolId": "eu-west-1:1", "Roles": arns}
    if rules:
        arn = f"arn:aws:iam::{ACCOUNT}:role/service/{rules}"
        rule = {"Claim": "isAdmin", "MatchType": "Equals", "Value": "yes", "RoleARN": arn}
        mapping = {"Type": "Rules", "RulesConfiguration": {"Rules": [rule]}}
        answer["RoleMappings"] = {"pool:client": mapping, "other": {"Type": "Token"}}
    return Told(200, json.dumps(answer).encode())


def test_identity_pool(aws: Callable[[str], Any], moto: str, tmp_path: Path) -> None:
    """Guests, and the policies of the roles for users, inline and managed ones; and the mends."""
    pool_id = aws("cognito-identity").create_identity_pool(
        IdentityPoolName="orders", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    iam, shared = aws("iam"), json.dumps(SHARED)
    for role in ("signed-in", "boss", "guest"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}", Path="/service/")
    iam.put_role_policy(RoleName="signed-in", PolicyName="inline", PolicyDocument=shared)
    managed = iam.create_policy(PolicyName="managed", PolicyDocument=shared)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="boss", PolicyArn=managed)
    iam.put_role_policy(RoleName="guest", PolicyName="not-of-users", PolicyDocument=shared)
    roles = _roles(authenticated="signed-in", unauthenticated="guest", rules="boss")
    asked = ("doctor", "--identity-pool-id", pool_id, "--json", "--endpoint-url")
    with Front(moto, {"GetIdentityPoolRoles": roles}) as front:
        outcome = run(*asked, front.origin)
        assert outcome.status == 1
        findings = said(outcome)
        assert sorted(one["id"] for one in findings) == [
            "identity-policy-unscoped",
            "identity-policy-unscoped",
            "unauthenticated-identities",
        ]
        for finding in findings:
            mend(finding["fix"], front.origin, tmp_path)
        outcome = run(*asked, front.origin)
    assert (said(outcome), outcome.status) == ([], 0)


def test_roles_of_groups(aws: Callable[[str], Any], moto: str) -> None:
    """Where the role comes with the token, those of the user pool's groups are looked at."""
    pool, iam = Pool(aws, moto, Case("", "", groups=("readers",))), aws("iam")
    for role in ("of-group", "of-nobody"):
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(SHARED))
        if role == "of-group":
            pool.aws.create_group(UserPoolId=pool.id, GroupName="writers", RoleArn=made)
    provider = f"cognito-idp.eu-west-1.amazonaws.com/{pool.id}:"
    for type_, expected in (("Token", ["of-group"]), ("Rules", [])):
        mappings = {f"{provider}{one}": {"Type": type_} for one in ("1", "2")}
        roles = {"IdentityPoolId": "eu-west-1:1", "RoleMappings": mappings}
        told = {
            "DescribeIdentityPool": Told(200, json.dumps({"IdentityPoolId": "1"}).encode()),
            "GetIdentityPoolRoles": Told(200, json.dumps(roles).encode()),
        }
        with Front(moto, told) as front:
            asked = ("--identity-pool-id", "eu-west-1:1", "--json", "--endpoint-url", front.origin)
            findings = said(run("doctor", *asked))
        assert [one["id"] for one in findings] == ["identity-policy-unscoped"] * len(expected)
        assert all(role in one["what"] for role, one in zip(expected, findings, strict=True))


def test_identity_pool_without_roles(aws: Callable[[str], Any], moto: str) -> None:
    """A pool that nobody gave roles has no policies."""
    pool_id = aws("cognito-identity").create_identity_pool(
        IdentityPoolName="orders", AllowUnauthenticatedIdentities=False
    )["IdentityPoolId"]
    empty = Told(200, json.dumps({"IdentityPoolId": pool_id}).encode())
    with Front(moto, {"GetIdentityPoolRoles": empty}) as front:
        asked = ("--identity-pool-id", pool_id, "--json", "--endpoint-url", front.origin)
        assert said(run("doctor", *asked)) == []


def _error(code: str, status: int = 400) -> Told:
    return Told(status, json.dumps({"__type": code, "message": "a text of AWS"}).encode())


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("DescribeUserPool", "cognito-idp:DescribeUserPool"),
        ("ListUserPoolClients", "cognito-idp:ListUserPoolClients"),
        ("DescribeUserPoolClient", "cognito-idp:DescribeUserPoolClient"),
        ("ListGroups", "cognito-idp:ListGroups"),
        ("GET /restapis", "apigateway:GET"),
        ("DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ],
)
def test_permission_missing(
    aws: Callable[[str], Any], moto: str, operation: str, action: str
) -> None:
    """A missing permission is a line of its own, once, that names it; the rest is looked at."""
    updated = {"IssuerConfiguration": {"Type": "UPDATED"}, "MfaConfiguration": "OFF"}
    pool = Pool(aws, moto, Case("", "", pool=updated))
    pool.aws.create_user_pool_client(UserPoolId=pool.id, **{**CLIENT, "ClientName": "second"})
    denied = _error("AccessDeniedException")
    if operation == "DescribeLoadBalancers":
        body = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        denied = Told(403, body)
    with Front(moto, {operation: denied}) as front:
        outcome = pool.doctor(at=front.origin)
    findings = {one["id"]: one for one in said(outcome)}
    assert action in findings["permission-missing"]["what"]
    assert outcome.out.count("permission-missing") == 1
    assert ("mfa-off" in findings) is (operation != "DescribeUserPool")
    assert outcome.status == (0 if "updated-issuer" not in findings else 1)


@pytest.mark.parametrize("operation", ["DescribeIdentityPool", "GetIdentityPoolRoles"])
def test_permission_missing_for_identity_pool(moto: str, operation: str) -> None:
    """The same of identity pools."""
    pool = Told(200, json.dumps({"IdentityPoolId": "eu-west-1:1"}).encode())
    told = {"DescribeIdentityPool": pool, operation: _error("NotAuthorizedException")}
    with Front(moto, told) as front:
        asked = ("--identity-pool-id", "eu-west-1:1", "--json", "--endpoint-url", front.origin)
        outcome = run("doctor", *asked)
    (finding,) = said(outcome)
    assert finding["id"] == "permission-missing"
    assert f"cognito-identity:{operation}" in finding["what"]
    assert run("doctor", *asked, "--fail-on", "warning").status == 3  # nobody is there any more


@pytest.mark.parametrize("operation", ["GetRolePolicy", "GetPolicy", "GetPolicyVersion"])
def test_permission_missing_for_policies(
    aws: Callable[[str], Any], moto: str, operation: str
) -> None:
    """The same of policies."""
    iam, role = aws("iam"), f"role-{operation}"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(SHARED))
    managed = iam.create_policy(PolicyName=operation, PolicyDocument=json.dumps(SHARED))
    iam.attach_role_policy(RoleName=role, PolicyArn=managed["Policy"]["Arn"])
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    pool = Told(200, json.dumps({"IdentityPoolId": "eu-west-1:1"}).encode())
    told = {
        "DescribeIdentityPool": pool,
        "GetIdentityPoolRoles": _roles(authenticated=role),
        operation: Told(403, denied),
    }
    with Front(moto, told) as front:
        asked = ("--identity-pool-id", "eu-west-1:1", "--json", "--endpoint-url", front.origin)
        findings = said(run("doctor", *asked))
    assert sorted(one["id"] for one in findings) == [
        "identity-policy-unscoped",
        "permission-missing",
    ]


class First(dict[str, Told]):
    """Answers to the first request for each operation alone."""

    def get(self, key: str, default: Any = None) -> Any:
        return self.pop(key, default)


def test_permission_for_some(aws: Callable[[str], Any], moto: str) -> None:
    """A policy that allows to look at one role and not at another hides neither."""
    iam = aws("iam")
    for role in ("hidden", "shown"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}", Path="/service/")
        iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(SHARED))
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    told = First(
        DescribeIdentityPool=Told(200, json.dumps({"IdentityPoolId": "eu-west-1:1"}).encode()),
        GetIdentityPoolRoles=_roles(authenticated="hidden", rules="shown"),
        ListRolePolicies=Told(403, denied),
    )
    with Front(moto, told) as front:
        asked = ("--identity-pool-id", "eu-west-1:1", "--json", "--endpoint-url", front.origin)
        outcome = run("doctor", *asked)
    findings = said(outcome)
    assert [one["id"] for one in findings] == ["identity-policy-unscoped", "permission-missing"]
    assert "shown" in findings[0]["what"]
    assert outcome.status == 1


@pytest.mark.parametrize(
    ("told", "id_", "word", "status"),
    [
        (_error("ResourceNotFoundException"), "not-found", "DescribeUserPool", 1),
        (_error("TooManyRequestsException"), "aws-no-answer", "TooManyRequestsException", 3),
        (_error("InternalErrorException", 500), "aws-no-answer", "InternalErrorException", 3),
        (_error("ExpiredTokenException"), "credentials-refused", "ExpiredTokenException", 3),
        (_error("UnrecognizedClientException"), "credentials-refused", "Unrecognized", 3),
        (_error("\x1b[31m"), "aws-no-answer", "an unknown error", 3),
        (Told(200, b"<html>"), "aws-no-answer", "Error", 3),
        (Told(200, b"{}"), "aws-no-answer", "KeyError", 3),
        (Told(200, b'{"UserPool": 7}'), "aws-no-answer", "Error", 3),
        (Told(0, b"", hangs=True), "aws-no-answer", "ReadTimeoutError", 3),
    ],
    ids=[
        "gone",
        "throttled",
        "500",
        "expired",
        "refused",
        "odd",
        "html",
        "empty",
        "shape",
        "hangs",
    ],
)
def test_no_good_answer(
    aws: Callable[[str], Any],
    moto: str,
    monkeypatch: pytest.MonkeyPatch,
    told: Told,
    id_: str,
    word: str,
    status: int,
) -> None:
    """Whatever AWS answers is one finding, and never a crash or a wait without an end."""
    if told.hangs:
        monkeypatch.setattr(aws_account, "READ_SECONDS", 0.3)
    pool = Pool(aws, moto, Case("", ""))
    with Front(moto, {"DescribeUserPool": told}) as front:
        outcome = pool.doctor(at=front.origin)
    (finding,) = said(outcome)
    assert (finding["id"], outcome.status) == (id_, status)
    assert word in finding["what"]
    assert "a text of AWS" not in outcome.out


def test_nobody_listens(aws: Callable[[str], Any], moto: str) -> None:
    """Where nobody listens, that is said once, and other services are asked all the same."""
    pool = Pool(aws, moto, Case("", ""))
    with closed_port() as port:
        closed = f"http://127.0.0.1:{port}"
        outcome = pool.doctor("--identity-pool-id", "eu-west-1:1", at=closed)
    findings = said(outcome)
    assert [one["id"] for one in findings] == ["aws-no-answer", "aws-no-answer"]
    assert "EndpointConnectionError" in findings[0]["what"]
    assert outcome.status == 3


def test_what_failed_is_not_asked_again(aws: Callable[[str], Any], moto: str) -> None:
    """A service that gave no answer is left alone: its clients are not asked about one by one."""
    pool = Pool(aws, moto, Case("", ""))
    for _ in range(3):
        pool.aws.create_user_pool_client(UserPoolId=pool.id, **CLIENT)
    busy = {"DescribeUserPoolClient": _error("TooManyRequestsException")}
    with Front(moto, busy) as front:
        findings = said(pool.doctor(at=front.origin))
    assert [one["id"] for one in findings] == ["aws-no-answer"]
    assert front.asked.count("DescribeUserPoolClient") == 3  # one call, made three times
    assert "ListGroups" not in front.asked


def test_bounded_as_a_whole(
    aws: Callable[[str], Any], moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes too long is cut off, with what was found so far, and said."""
    monkeypatch.setattr(aws_account, "SECONDS", 0.5)
    pool = Pool(aws, moto, Case("", ""))
    with Front(moto, {"ListUserPoolClients": Told(0, b"", hangs=True)}) as front:
        outcome = pool.doctor(at=front.origin)
    (finding,) = said(outcome)
    assert finding["id"] == "audit-incomplete"
    assert "0.5 seconds" in finding["what"]


def test_many_clients(
    aws: Callable[[str], Any], moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients come in pages; of more than are looked at, that is said."""
    pool = Pool(aws, moto, Case("", "", client={"EnableTokenRevocation": False}))
    for _ in range(61):
        pool.aws.create_user_pool_client(
            UserPoolId=pool.id, **{**CLIENT, "EnableTokenRevocation": False}
        )
    assert [one["id"] for one in said(pool.doctor())] == ["revocation-off"] * 62
    monkeypatch.setattr(aws_account, "_MAX_CLIENTS", 2)
    ids = [one["id"] for one in said(pool.doctor())]
    assert ids == ["audit-incomplete", "revocation-off", "revocation-off"]


def test_older_boto3(aws: Callable[[str], Any], moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older boto3 does not know is neither taken for absent nor passed over in silence."""
    pool = Pool(aws, moto, Case("", "", client={"RefreshTokenRotation": None}))
    assert [one["id"] for one in said(pool.doctor())] == ["rotation-off"]
    newer = {("UserPoolClientType", "OfNextYear"): ("rotation-off",)}
    monkeypatch.setattr(aws_account, "_NEWER", newer)
    (finding,) = said(pool.doctor())
    assert finding["id"] == "audit-incomplete"
    assert "OfNextYear" in finding["what"]


def test_settings_of_the_environment(
    aws: Callable[[str], Any], moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pools, the role claim and the load balancers of the settings are looked at."""
    updated = {"IssuerConfiguration": {"Type": "UPDATED"}}
    writable = {"WriteAttributes": ["custom:role", "email"]}
    pool = Pool(aws, moto, Case("", "", pool=updated, client=writable))
    alb = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/app/orders/50dc6c495c0c"
    settings = {
        "ORDERS_USER_POOL_ID": pool.id,
        "ORDERS_CLIENT_IDS": pool.client_id,
        "ORDERS_JWKS": f"{moto}/{pool.id}/.well-known/jwks.json",
        "ORDERS_ROLE_CLAIM": "custom:role",
        "ORDERS_ALB_ARNS": alb,
        "ORDERS_ALB_ROLE_CLAIM": "custom:role",
        "ORDERS_ALB_CLIENT_ID": pool.client_id,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    asked = ("doctor", "--prefix", "ORDERS_", "--json", "--endpoint-url", moto)
    outcome = run(*asked)
    assert [one["id"] for one in said(outcome)] == ["updated-issuer", "role-attribute-writable"]
    assert alb in outcome.out
    assert outcome.status == 1
    (_, finding) = said(run(*asked, "--trusted-attribute", "role"))
    assert finding["id"] == "audit-incomplete"
    assert "custom:NAME" in finding["what"]
    assert said(run(*asked, "--trusted-attribute", "name"))[1:] == []


def test_emulator_with_a_region_of_its_own(moto: str) -> None:
    """A pool whose id names no region of AWS is asked about in the one of the environment."""
    with Front(moto, {"DescribeUserPool": _error("ResourceNotFoundException")}) as front:
        keys = ("--issuer", f"{moto}/local_abc", "--jwks", f"{moto}/x/.well-known/jwks.json")
        asked = ("doctor", "--user-pool-id", "local_abc", *keys, "--json")
        outcome = run(*asked, "--endpoint-url", front.origin)
    assert "not-found" in [one["id"] for one in said(outcome)]


def test_commands_leave_nothing_out() -> None:
    """What the commands drop is exactly what the two update operations do not take."""
    import boto3

    model = boto3.client("cognito-idp", region_name="eu-west-1").meta.service_model
    pool = set(model.shape_for("UserPoolType").members)
    client = set(model.shape_for("UserPoolClientType").members)
    pool_takes = set(model.operation_model("UpdateUserPool").input_shape.members)
    client_takes = set(model.operation_model("UpdateUserPoolClient").input_shape.members)
    assert pool - pool_takes == set(POOL_ONLY_READ)
    assert client - client_takes == set(CLIENT_ONLY_READ)
    assert pool_takes - pool == {"UserPoolId", "PoolName"}
    for members in aws_account._NEWER:
        assert members[1] in model.shape_for(members[0]).members
