"""Reads a user pool, its clients and an identity pool with boto3, and changes nothing.

boto3 is loaded here alone, and when AWS is asked. Whatever goes wrong becomes a finding: a missing
permission, an endpoint that is down, slow or busy, an answer that is none. No client secret is
kept.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, final

from .._support.clock import steady_clock
from .._support.threads import in_background
from ..doctor import Finding, IdentityPoolRead, RolePolicy, UserPoolRead
from ..partitions import partition_of

__all__ = ["AwsAccount", "open_account"]

SECONDS = 60.0
"""How long all of it may take."""

CONNECT_SECONDS, READ_SECONDS = 3.0, 5.0
"""How long each try of a call waits. Whoever gives no answer is asked three times in all."""

_MAX_CLIENTS = 200
_MAX_LOAD_BALANCERS = 50
_KEPT_BACK = "(not kept)"

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorizedException",
    "UnauthorizedException",
    "UnauthorizedOperation",
}
_NOT_THERE = {"NoSuchEntity", "ResourceNotFoundException"}
_BAD_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")
# A user pool, among the providers of an identity pool: with the app client after it.
_OF_POOL = re.compile(r"cognito-idp\.[^/]+/([\w-]+):[^:]+", re.ASCII)

# What came into the service model later than the oldest boto3 that is supported, and what is to be
# said with it alone.
_NEWER = {
    ("UserPoolType", "DcrConfiguration"): ("open-registration",),
    ("UserPoolType", "IssuerConfiguration"): ("updated-issuer",),
    ("UserPoolType", "UserPoolTier"): ("tier-ignores",),
    ("UserPoolClientType", "RefreshTokenRotation"): ("rotation-off", "rotation-grace"),
}


def open_account(endpoint_url: str | None) -> AwsAccount | Finding:
    """The account that the environment's credentials are for; or why it is not asked."""
    try:
        boto3 = import_module("boto3")
    except ModuleNotFoundError:
        return _not_asked("boto3 is not installed", "pip install 'cognito-guard[boto3]'")
    try:
        session = boto3.Session()
        has_credentials = session.get_credentials() is not None
    except Exception as error:  # noqa: BLE001  # of a profile, a file, a helper program
        return _not_asked(f"the credentials cannot be loaded ({type(error).__name__})", "")
    if not has_credentials:
        return _not_asked("there are no AWS credentials", "aws configure")
    return AwsAccount(session, endpoint_url)


def _not_asked(reason: str, fix: str) -> Finding:
    return Finding(
        "aws-not-asked",
        "info",
        f"The settings of the user pool were not checked: {reason}.",
        "Most checks are about these settings. With --no-aws, doctor leaves them out without a "
        "warning.",
        fix,
    )


@final
class AwsAccount:
    """What is asked of AWS. Calls end, and so does the whole."""

    def __init__(self, session: Any, endpoint_url: str | None) -> None:
        self._session = session
        self._endpoint_url = endpoint_url
        self._findings: list[Finding] = []
        self._over: set[str] = set()
        self._blind: set[str] = set()
        self._clients: dict[tuple[str, str], Any] = {}
        self._ends_at = steady_clock() + SECONDS

    def found(self, findings: Iterable[Finding]) -> None:
        """Take findings, without those that this boto3 cannot know about."""
        self._findings += [one for one in findings if one.id not in self._blind]

    def within_time(self, read: Callable[[], None]) -> list[Finding]:
        """Run ``read``, and give what was found by it, or by the time that it is given."""
        done = threading.Event()

        def run() -> None:
            try:
                read()
            except Exception as error:  # noqa: BLE001  # of an answer in another shape
                self._findings.append(_no_answer("AWS", "as_documented", type(error).__name__))
            finally:
                done.set()

        in_background(run, "cognito_guard.doctor")
        if not done.wait(self._ends_at - steady_clock()):
            self._incomplete(f"it took more than {SECONDS:g} seconds")
        return list(self._findings)

    def user_pool(
        self, pool_id: str, trusted_attributes: Sequence[str], fronts: Sequence[str]
    ) -> UserPoolRead | None:
        """A user pool with its clients and groups; ``None`` if it cannot be read."""
        region = pool_id.partition("_")[0]
        cognito = _Service(self, "cognito-idp", self._region(region))
        told = cognito.ask("describe_user_pool", UserPoolId=pool_id)
        if told is None:
            return None
        pool = told["UserPool"]
        self._note_what_is_newer(cognito)
        clients = []
        for client_id in self._client_ids(cognito, pool_id):
            client = cognito.ask(
                "describe_user_pool_client", UserPoolId=pool_id, ClientId=client_id
            )
            if client is not None:
                clients.append(_without_secret(client["UserPoolClient"]))
        groups = cognito.ask("list_groups", UserPoolId=pool_id, Limit=60) or {}
        named = [f"the load balancer {arn}" for arn in fronts]
        if pool.get("IssuerConfiguration", {}).get("Type") == "UPDATED":
            named += self._fronts(pool["Arn"], self._region(region))
        return UserPoolRead(pool, clients, groups.get("Groups", ()), trusted_attributes, named)

    def identity_pool(self, pool_id: str) -> IdentityPoolRead | None:
        """An identity pool with the policies of its roles; ``None`` if it cannot be read."""
        region = self._region(pool_id.partition(":")[0])
        cognito = _Service(self, "cognito-identity", region)
        pool = cognito.ask("describe_identity_pool", IdentityPoolId=pool_id)
        if pool is None:
            return None
        roles = cognito.ask("get_identity_pool_roles", IdentityPoolId=pool_id) or {}
        arns = [*_signed_in_roles(roles), *self._roles_of_groups(roles)]
        iam = _Service(self, "iam", region)
        names = dict.fromkeys(arn.rpartition("/")[2] for arn in arns if arn)
        policies = [one for role in names for one in _policies(iam, role)]
        return IdentityPoolRead(pool, policies)

    def _roles_of_groups(self, roles: Mapping[str, Any]) -> Iterator[str]:
        """Those of the groups of user pools whose tokens say the role."""
        named = [
            found[1]
            for provider, mapping in roles.get("RoleMappings", {}).items()
            if mapping.get("Type") == "Token" and (found := _OF_POOL.fullmatch(provider))
        ]
        for pool_id in dict.fromkeys(named):
            cognito = _Service(self, "cognito-idp", self._region(pool_id.partition("_")[0]))
            for page in cognito.pages("list_groups", "NextToken", UserPoolId=pool_id, Limit=60):
                yield from (one.get("RoleArn", "") for one in page["Groups"])

    def missed_attributes(self, names: Sequence[str], reads: Sequence[UserPoolRead]) -> None:
        """Say which of the named attributes no pool has: it may be a typing error."""
        known = {one["Name"] for read in reads for one in read.pool.get("SchemaAttributes", ())}
        for name in names:
            if name not in known:
                self._incomplete(
                    f"no attribute of the pool is named {name}; custom attributes are named "
                    "custom:NAME"
                )

    def _client_ids(self, cognito: _Service, pool_id: str) -> Iterator[str]:
        pages = cognito.pages(
            "list_user_pool_clients", "NextToken", UserPoolId=pool_id, MaxResults=60
        )
        for number, one in enumerate(
            client for page in pages for client in page["UserPoolClients"]
        ):
            if number == _MAX_CLIENTS:
                self._incomplete(f"{pool_id} has more than {_MAX_CLIENTS} app clients")
                return
            yield one["ClientId"]

    def _fronts(self, arn: str, region: str) -> Iterator[str]:
        """What signs users in with a pool, and takes the original issuer alone."""
        gateway = _Service(self, "apigateway", region)
        for page in gateway.pages("get_rest_apis", "position", limit=500):
            for api in page["items"]:
                listed = gateway.pages(
                    "get_authorizers", "position", restApiId=api["id"], limit=500
                )
                for one in (one for told in listed for one in told.get("items", ())):
                    if arn in one.get("providerARNs", ()):
                        yield f"the authorizer {one['name']} of the API {api['name']}"
        balancing = _Service(self, "elbv2", region)
        told = balancing.ask("describe_load_balancers", PageSize=_MAX_LOAD_BALANCERS) or {}
        for balancer in told.get("LoadBalancers", ()):
            if balancer["Type"] == "application" and arn in _signs_in_with(
                balancing, balancer["LoadBalancerArn"]
            ):
                yield f"the load balancer {balancer['LoadBalancerArn']}"
        if told.get("NextMarker"):
            self._incomplete(f"there are more than {_MAX_LOAD_BALANCERS} load balancers")

    def _region(self, named: str) -> str:
        """An emulator's pool may name a region that is none of AWS."""
        if partition_of(named) is not None:
            return named
        return self._session.region_name or "us-east-1"

    def _note_what_is_newer(self, cognito: _Service) -> None:
        model = cognito.client().meta.service_model
        missing = [
            (member, ids)
            for (shape, member), ids in _NEWER.items()
            if member not in model.shape_for(shape).members
        ]
        if missing:
            self._blind.update(one for _, ids in missing for one in ids)
            names = ", ".join(member for member, _ in missing)
            self._incomplete(f"the installed boto3 is too old to know {names}")

    def _incomplete(self, reason: str) -> None:
        self._findings.append(
            Finding(
                "audit-incomplete",
                "warning",
                f"Not everything was checked: {reason}.",
                "There may be problems in what was not checked.",
            )
        )

    # These are for `_Service`.

    def client(self, service: str, region: str) -> Any:
        """boto3's client, made once."""
        key = (service, region)
        if key not in self._clients:
            config = import_module("botocore.config").Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 3},
            )
            self._clients[key] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint_url, config=config
            )
        return self._clients[key]

    def is_over(self, service: str, operation: str, of: str) -> bool:
        """Whether asking would be in vain. ``of``: of which pool, role or the like it is asked."""
        late = steady_clock() >= self._ends_at  # who waits has gone
        return late or not self._over.isdisjoint((service, f"{service}:{operation}:{of}"))

    def note(self, service: str, operation: str, of: str, error: Exception) -> None:
        """What a call failed of, as a finding. One that would fail again is not made again."""
        # Errors of the connection have one as well, which is None.
        response: Mapping[str, Any] = getattr(error, "response", None) or {}
        code = str(response.get("Error", {}).get("Code", type(error).__name__))
        code = code if _CODE.fullmatch(code) else "an unknown error"
        if code in _DENIED:
            # A policy may name resources, and so allow the same of another one.
            self._over.add(f"{service}:{operation}:{of}")
            if (denied := _denied(service, operation)) not in self._findings:
                self._findings.append(denied)
        elif code in _NOT_THERE:
            self._findings.append(_not_there(service, operation))
        else:
            self._over.add(service)
            self._findings.append(_no_answer(service, operation, code))


@final
class _Service:
    """One of AWS's services in a region."""

    def __init__(self, account: AwsAccount, name: str, region: str) -> None:
        self._account = account
        self._name = name
        self._region = region

    def client(self) -> Any:
        return self._account.client(self._name, self._region)

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer; ``None`` where there is none, of which a finding then tells."""
        account = self._account
        of = str(next(iter(arguments.values()), ""))
        if account.is_over(self._name, operation, of):
            return None
        try:
            return dict(getattr(self.client(), operation)(**arguments))
        except Exception as error:  # noqa: BLE001  # of boto3, botocore, urllib3 and the parsers
            account.note(self._name, operation, of, error)
        return None

    def pages(self, operation: str, token: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Each page of a list, whose next one ``token`` names."""
        page = self.ask(operation, **arguments)
        asked_by = "Marker" if token == "NextMarker" else token
        while page is not None:
            yield page
            if not page.get(token):
                return
            page = self.ask(operation, **{**arguments, asked_by: page[token]})


def _without_secret(client: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _KEPT_BACK if name == "ClientSecret" else value for name, value in client.items()}


def _signed_in_roles(roles: Mapping[str, Any]) -> Iterator[str]:
    """The roles that the identity pool itself gives users who are signed in."""
    yield roles.get("Roles", {}).get("authenticated", "")
    for mapping in roles.get("RoleMappings", {}).values():
        rules = mapping.get("RulesConfiguration", {}).get("Rules", ())
        yield from (rule["RoleARN"] for rule in rules)


def _policies(iam: _Service, role: str) -> Iterator[RolePolicy]:
    for page in iam.pages("list_role_policies", "Marker", RoleName=role):
        for name in page["PolicyNames"]:
            told = iam.ask("get_role_policy", RoleName=role, PolicyName=name)
            if told is not None:
                yield RolePolicy(role, name, None, told["PolicyDocument"])
    for page in iam.pages("list_attached_role_policies", "Marker", RoleName=role):
        for one in page["AttachedPolicies"]:
            arn = one["PolicyArn"]
            policy = iam.ask("get_policy", PolicyArn=arn)
            version = policy and iam.ask(
                "get_policy_version",
                PolicyArn=arn,
                VersionId=policy["Policy"]["DefaultVersionId"],
            )
            if version:
                document = version["PolicyVersion"]["Document"]
                yield RolePolicy(role, one["PolicyName"], arn, document)


def _signs_in_with(balancing: _Service, balancer_arn: str) -> set[str]:
    """The user pools, by ARN, that a load balancer's listeners sign users in with."""
    found: set[str] = set()
    pages = balancing.pages("describe_listeners", "NextMarker", LoadBalancerArn=balancer_arn)
    for listener in (one for page in pages for one in page.get("Listeners", ())):
        listed = balancing.pages(
            "describe_rules", "NextMarker", ListenerArn=listener["ListenerArn"]
        )
        rules = [rule for page in listed for rule in page.get("Rules", ())]
        actions = [action for rule in rules for action in rule["Actions"]]
        for action in (*listener.get("DefaultActions", ()), *actions):
            found.add(action.get("AuthenticateCognitoConfig", {}).get("UserPoolArn", ""))
    return found


def _denied(service: str, operation: str) -> Finding:
    action = f"{service if service != 'elbv2' else 'elasticloadbalancing'}:{_camel(operation)}"
    if service == "apigateway":
        action = "apigateway:GET"
    return Finding(
        "permission-missing",
        "warning",
        f"The credentials may not {action}, so its answer was not checked.",
        "There may be problems in what was not checked. The documentation has the policy that "
        "doctor needs.",
    )


def _not_there(service: str, operation: str) -> Finding:
    return Finding(
        "not-found",
        "error",
        f"{service} {_camel(operation)} found nothing under that id in this account and region.",
        "The id is mistyped, or the credentials belong to another account.",
    )


def _no_answer(service: str, operation: str, code: str) -> Finding:
    if code in _BAD_CREDENTIALS:
        return Finding(
            "credentials-refused",
            "warning",
            f"{service} refuses the AWS credentials ({code}).",
            "They have expired, they belong to another partition, or this machine's clock is "
            "wrong.",
            "aws sts get-caller-identity",
        )
    return Finding(
        "aws-no-answer",
        "warning",
        f"{service} gave no answer to {_camel(operation)} ({code}).",
        "Its answer was not checked. Try again. If it fails again, check the network and the "
        "proxy.",
    )


def _camel(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))
