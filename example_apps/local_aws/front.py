"""LocalAws: what stands in front of moto, and does what an identity pool, STS and IAM do."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import boto3
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from cognito_guard import Guard, InvalidToken, UserPool

from .policies import Context, Decision, NotEvaluated, PolicyEvaluator

__all__ = ["LocalAws"]

_SERVICE = "cognito-identity.amazonaws.com"
_TARGET = "AWSCognitoIdentityService."
_ASSUME = "AssumeRoleWithWebIdentity"
_OBJECT_ACTIONS = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",  # the parts of a large one
    "DELETE": "s3:DeleteObject",
}

Told = dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """Somebody whom an identity pool knows."""

    id: str
    pool_id: str
    amr: tuple[str, ...]

    @property
    def context(self) -> Context:
        """What a policy can ask about them."""
        return {f"{_SERVICE}:aud": self.pool_id, f"{_SERVICE}:sub": self.id}


@dataclass(frozen=True)
class Keys:
    """Temporary credentials that were given: to whom, and for which role."""

    identity: Identity
    role: str
    session_token: str


class Refused(Exception):
    """AWS's name for an error, a sentence, and a status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.code, self.message, self.status = code, message, status


class LocalAws:
    """AWS on a free port of 127.0.0.1, as a context manager.

    All services are at ``origin``. Set it up with ``client(name)``, as whom the account belongs to.
    With the keys of an identity, nothing but buckets and objects of S3 can be reached, as far as
    the role's inline policies allow. Signatures are not verified.
    """

    def __init__(self, region: str = "eu-west-1") -> None:
        self.region = region
        self.origin = ""
        self._identities: dict[tuple[str, str, str], Identity] = {}
        self._roles: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, Identity] = {}
        self._keys: dict[str, Keys] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> LocalAws:
        self._moto: Any = DomainDispatcherApplication(create_backend_app)
        self._inside = Client(self._moto, Response)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=MotoRequestHandler
        )
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self._iam, self._pools = self.client("iam"), self.client("cognito-identity")
        return self

    def __exit__(self, *_: object) -> None:
        self._iam.close()
        self._pools.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, service: str) -> Any:
        """A client of boto3 for whom the account belongs to."""
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.origin,
            aws_access_key_id="owner",
            aws_secret_access_key="owner",
        )

    def user_pool(self, user_pool_id: str, **arguments: Any) -> UserPool:
        """What an app writes to accept the tokens of a user pool in here."""
        jwks = f"{self.origin}/{user_pool_id}/.well-known/jwks.json"
        return UserPool(user_pool_id, jwks=jwks, **arguments)

    # The front, as a WSGI application.

    def _serve(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = (self._front(environ) or self._moto)(environ, start)
        return answer

    def _front(self, environ: dict[str, Any]) -> Response | None:
        """An answer, or ``None`` where it is moto's to give one."""
        request = Request(environ)
        if "Authorization" in request.headers:
            keys = self._keys.get(_access_key(request))
            if keys is not None:
                root = "Error" if _service(request) == "s3" else "ErrorResponse/Error"
                return _as_xml(lambda: self._authorize(request, keys), root)
            return self._set_roles(environ, request)
        body = _body(environ, request)
        operation = request.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        if operation in ("GetId", "GetCredentialsForIdentity", "GetOpenIdToken"):
            return _as_json(lambda: getattr(self, f"_{operation}")(json.loads(body)))
        form = dict(parse_qsl(body.decode("latin-1")))
        if form.get("Action") == _ASSUME:
            return _as_xml(lambda: self._assume_role(form), "ErrorResponse/Error")
        return None

    def _set_roles(self, environ: dict[str, Any], request: Request) -> Response | None:
        if request.headers.get("X-Amz-Target") != f"{_TARGET}SetIdentityPoolRoles":
            return None
        told = json.loads(_body(environ, request))
        self._roles[told["IdentityPoolId"]] = told["Roles"]
        return _json({})

    # The identity pool.

    def _GetId(self, told: Told) -> Told:  # noqa: N802  # AWS's name, as the next two
        pool_id = told["IdentityPoolId"]
        found = self._pools.describe_identity_pool(IdentityPoolId=pool_id)
        logins = told.get("Logins") or {}
        if not logins:
            if not found["AllowUnauthenticatedIdentities"]:
                raise _not_authorized("Unauthenticated access is not supported.")
            return {"IdentityId": self._identity(pool_id, "", secrets.token_hex(8)).id}
        if len(logins) > 1:
            raise NotEvaluated("linked logins")
        ((provider, token),) = logins.items()
        subject = self._subject(found, provider, token)
        return {"IdentityId": self._identity(pool_id, provider, subject).id}

    def _GetCredentialsForIdentity(self, told: Told) -> Told:  # noqa: N802
        identity = self._known(told)
        kind = "authenticated" if "authenticated" in identity.amr else "unauthenticated"
        role_arn = self._roles.get(identity.pool_id, {}).get(kind)
        if role_arn is None or not self._trusts(role_arn, identity):
            raise Refused(
                "InvalidIdentityPoolConfigurationException",
                "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            )
        _, given = self._give(role_arn, identity)
        held = {
            "AccessKeyId": given["AccessKeyId"],
            "SecretKey": given["SecretAccessKey"],
            "SessionToken": given["SessionToken"],
            "Expiration": _seconds(given["Expiration"]),
        }
        return {"IdentityId": identity.id, "Credentials": held}

    def _GetOpenIdToken(self, told: Told) -> Told:  # noqa: N802
        identity = self._known(told)
        token = secrets.token_urlsafe(32)  # AWS's is a JWT, which is for STS alone to read
        self._tokens[token] = identity
        return {"IdentityId": identity.id, "Token": token}

    def _identity(self, pool_id: str, provider: str, subject: str) -> Identity:
        amr = ("authenticated", provider) if provider else ("unauthenticated",)
        with self._lock:
            known = self._identities.get((pool_id, provider, subject))
            if known is None:
                known = Identity(f"{self.region}:{uuid.uuid4()}", pool_id, amr)
                self._identities[pool_id, provider, subject] = known
        return known

    def _known(self, told: Told) -> Identity:
        """The identity that is asked for, by a token of its own."""
        for (pool_id, provider, subject), identity in self._identities.items():
            if identity.id != told["IdentityId"]:
                continue
            logins = told.get("Logins") or {}
            if not provider and not logins:
                return identity
            found = self._pools.describe_identity_pool(IdentityPoolId=pool_id)
            if provider in logins and self._subject(found, provider, logins[provider]) == subject:
                return identity
            raise _not_authorized("Access to the identity is forbidden.")
        raise Refused("ResourceNotFoundException", "The identity is not found.")

    def _subject(self, pool: Told, provider: str, token: str) -> str:
        """Whom a token of one of the pool's providers speaks for."""
        clients = [
            one["ClientId"]
            for one in pool["CognitoIdentityProviders"]
            if one["ProviderName"] == provider
        ]
        if not clients:
            raise _not_authorized("Token is not from a supported provider of this identity pool.")
        user_pool = self.user_pool(provider.rpartition("/")[2], client_ids=clients, token_use="id")
        try:
            return Guard(user_pool).verify(token).subject
        except InvalidToken as error:
            raise _not_authorized(f"Invalid login token. {error.detail}") from None

    # STS.

    def _assume_role(self, form: Mapping[str, str]) -> Response:
        identity = self._tokens.get(form["WebIdentityToken"])
        if identity is None:
            raise Refused("InvalidIdentityToken", "The token is not valid.")
        if not self._trusts(form["RoleArn"], identity):
            raise Refused("AccessDenied", f"Not authorized to perform sts:{_ASSUME}", 403)
        return self._give(form["RoleArn"], identity)[0]

    def _trusts(self, role_arn: str, identity: Identity) -> bool:
        name = role_arn.rpartition("/")[2]
        try:
            trust = self._iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        except self._iam.exceptions.NoSuchEntityException:
            return False
        context = {**identity.context, f"{_SERVICE}:amr": identity.amr}
        said = PolicyEvaluator(trust).decide(f"sts:{_ASSUME}", None, context, principal=_SERVICE)
        return said is Decision.ALLOWED

    def _give(self, role_arn: str, identity: Identity) -> tuple[Response, dict[str, str]]:
        """Keys of moto's for the role: its answer, and the texts in that."""
        answer = self._inside.post(
            "/",
            data={
                "Action": _ASSUME,
                "Version": "2011-06-15",
                "RoleArn": role_arn,
                "RoleSessionName": "CognitoIdentityCredentials",
                "WebIdentityToken": "-",
            },
        )
        found = ElementTree.fromstring(answer.get_data()).iter()  # noqa: S314  # moto's own
        given = {one.tag.rpartition("}")[2]: one.text or "" for one in found}
        role = role_arn.rpartition("/")[2]
        self._keys[given["AccessKeyId"]] = Keys(identity, role, given["SessionToken"])
        return answer, given

    # IAM, for S3.

    def _authorize(self, request: Request, keys: Keys) -> Response | None:
        """``None`` where the role lets the identity do what is asked."""
        if request.headers.get("X-Amz-Security-Token") != keys.session_token:
            raise Refused("InvalidToken", "The provided token is malformed.")
        bucket, _, key = request.path.removeprefix("/").partition("/")
        resource, context = f"arn:aws:s3:::{bucket}", dict(keys.identity.context)
        if key:
            action, resource = _OBJECT_ACTIONS.get(request.method), f"{resource}/{key}"
        else:
            action = "s3:ListBucket" if request.method == "GET" else None
            context["s3:prefix"] = request.args.get("prefix", "")
        policies = [
            self._iam.get_role_policy(RoleName=keys.role, PolicyName=name)["PolicyDocument"]
            for name in self._iam.list_role_policies(RoleName=keys.role)["PolicyNames"]
        ]
        if action is not None and _service(request) == "s3":
            said = PolicyEvaluator(*policies).decide(action, resource, context)
            if said is Decision.ALLOWED:
                return None
        raise Refused("AccessDenied", "Access Denied", 403)


def _access_key(request: Request) -> str:
    """Who signed a request, by their own word."""
    return request.headers["Authorization"].partition("Credential=")[2].partition("/")[0]


def _service(request: Request) -> str:
    """Which service a request was signed for."""
    return request.headers["Authorization"].split("/")[3]


def _body(environ: dict[str, Any], request: Request) -> bytes:
    """The body of a request, which moto can read once more."""
    body = request.get_data()
    environ["wsgi.input"] = BytesIO(body)
    return body


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _not_authorized(message: str) -> Refused:
    return Refused("NotAuthorizedException", message)


def _json(told: Told, status: int = 200) -> Response:
    return Response(json.dumps(told), status, content_type="application/x-amz-json-1.1")


def _as_json(work: Callable[[], Told]) -> Response:
    try:
        return _json(work())
    except Refused as error:
        return _json({"__type": error.code, "message": error.message}, error.status)
    except ClientError as error:  # moto's, about an identity pool that there is not
        return _json({"__type": error.response["Error"]["Code"], "message": "Not found."}, 400)


def _as_xml(work: Callable[[], Response | None], root: str) -> Response | None:
    try:
        return work()
    except Refused as error:
        said = f"<Code>{error.code}</Code><Message>{error.message}</Message>"
        for name in reversed(root.split("/")):
            said = f"<{name}>{said}</{name}>"
        return Response(said, error.status, content_type="text/xml")
