"""The tour itself, from the user pool to the sign-out. Read it from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import boto3
import httpx

from cognito_guard import Guard, UserPool
from cognito_guard.aws import UserApi
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalTriggers, LocalUser, LocalUserPool
from cognito_guard_boto3 import IdentityPool

from ..local_aws import LocalAws
from ..serving import serve
from .app import create_app
from .setting_up import PASSWORD, Clients, Tokens, clients, make_identity_pool, sign_in, sign_up
from .telling import Teller, refusal, verdict

__all__ = ["walk"]

# Where moto looks for a request that nobody has signed, such as GlobalSignOut.
_REGION = "us-east-1"
_BUCKET = "notes-of-the-tour"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the steps are about."""

    tell: Teller
    aws: LocalAws
    owner: Clients
    pool: UserPool
    client_id: str
    guard: Guard
    api: UserApi
    app: httpx.Client

    def sign_in(self, username: str) -> Tokens:
        """The tokens of a new sign-in."""
        return sign_in(self.owner.cognito, self.client_id, username)


def walk(tell: Teller) -> None:
    """Go through all of it. Raises :class:`.telling.WentWrong`."""
    with LocalAws(_REGION) as aws, clients(aws) as owner:
        tell.say(f"AWS is moto {version('moto')}, at {aws.origin}. No account is used.")
        user_pool_id, client_id = the_user_pool(tell, owner.cognito)
        pool = aws.user_pool(user_pool_id, client_ids=[client_id])
        guard = Guard(pool, revocations=MemoryRevocationList())
        with (
            closing(UserApi(pool, writable=["name"], url=f"{aws.origin}/")) as api,
            serving(create_app(guard, api)) as app,
        ):
            stage = Stage(tell, aws, owner, pool, client_id, guard, api, app)
            phone = the_tokens(stage)
            the_guard(stage, phone)
            laptop = a_group_and_a_role(stage, phone)
            her_own_data(stage, laptop)
            with (
                an_identity_pool(stage) as identity_pool,
                closing(s3_of(stage, identity_pool, laptop)) as s3,
            ):
                plan = s3_as_the_user(stage, identity_pool, laptop, s3)
                signed_out(stage, phone, laptop, s3, plan)
        what_moto_does_not_sign(tell)


def the_user_pool(tell: Teller, cognito: Any) -> tuple[str, str]:
    """What the service itself keeps. Gives the ids of the pool and of its app client."""
    tell.section("1. The user pool keeps the users. You make it once.")
    pool = cognito.create_user_pool(
        PoolName="notes", Schema=[{"Name": "role", "AttributeDataType": "String", "Mutable": True}]
    )["UserPool"]
    names = [one["Name"] for one in pool["SchemaAttributes"]]
    found = "custom:role" if "custom:role" in names else "no custom:role"
    tell.step('create_user_pool(Schema=[{"Name": "role", ...}])', found, "custom:role")
    client = cognito.create_user_pool_client(
        UserPoolId=pool["Id"],
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        WriteAttributes=["email", "name"],
    )["UserPoolClient"]
    call = 'create_user_pool_client(WriteAttributes=["email", "name"])'
    writable = ", ".join(client["WriteAttributes"])
    tell.step(call, writable, "email, name", "so users write no role")
    cognito.create_group(UserPoolId=pool["Id"], GroupName="admins")
    return pool["Id"], client["ClientId"]


def the_tokens(stage: Stage) -> Tokens:
    """A new user, and the tokens of the first sign-in."""
    tell, cognito = stage.tell, stage.owner.cognito
    tell.section("2. Who signs in gets tokens, signed by the pool.")
    sign_up(cognito, stage.client_id, "ada")
    too_early = refusal(lambda: stage.sign_in("ada"))
    call = 'sign_up(Username="ada", Password=...), and sign in at once'
    tell.step(call, too_early, "400 UserNotConfirmedException")
    confirm(stage, "ada")
    status = cognito.admin_get_user(UserPoolId=stage.pool.user_pool_id, Username="ada")
    call = 'confirm_sign_up(ConfirmationCode="123456")'
    tell.step(call, status["UserStatus"], "CONFIRMED", "moto takes any code")
    tokens = stage.sign_in("ada")
    got = " and ".join(name for name, token in tokens._asdict().items() if token.count(".") == 2)
    tell.step('initiate_auth(AuthFlow="USER_PASSWORD_AUTH")', f"{got} token", "access and id token")
    return tokens


def the_guard(stage: Stage, phone: Tokens) -> None:
    """A guarded app on a server. Of the pool it needs the public keys, and nothing else."""
    tell = stage.tell
    tell.section("3. The guard in your app verifies the access token, with the pool's public keys.")
    ada = stage.guard.verify(phone.access)
    tell.step(
        "guard.verify(access_token)",
        f"{ada.username}, groups: {listed(ada.groups)}",
        "ada, groups: none",
    )
    tell.step("GET /me, no token", verdict(stage.app.get("/me")), "401 missing_credentials")
    tell.step("GET /me, ID token", ask(stage.app, "/me", phone.id), "401 wrong_token_use")
    tell.step("GET /me, access token", ask(stage.app, "/me", phone.access), "200")
    refused = ask(stage.app, "/admin", phone.access)
    tell.step('GET /admin, behind @requires(groups="admins")', refused, "403 missing_group")


def a_group_and_a_role(stage: Stage, phone: Tokens) -> Tokens:
    """What an administrator gives, and which tokens have it."""
    tell, cognito = stage.tell, stage.owner.cognito
    tell.section(
        "4. An administrator gives a group and a role. New tokens have them, old ones do not."
    )
    ada = {"UserPoolId": stage.pool.user_pool_id, "Username": "ada"}
    cognito.admin_add_user_to_group(**ada, GroupName="admins")
    old = ask(stage.app, "/admin", phone.access)
    tell.step('admin_add_user_to_group(GroupName="admins")', old, "403 missing_group", "old token")
    role = [{"Name": "custom:role", "Value": "editor"}]
    cognito.admin_update_user_attributes(**ada, UserAttributes=role)
    laptop = stage.sign_in("ada")
    tell.step("GET /admin, signed in again", ask(stage.app, "/admin", laptop.access), "200")
    told = Guard(id_tokens(stage)).verify(laptop.id), stage.guard.verify(laptop.access)
    roles = "ID token {}, access token {}".format(*(listed(one.roles) for one in told))
    call = 'admin_update_user_attributes({"custom:role": "editor"})'
    tell.step(call, roles, "ID token editor, access token none")
    return laptop


def her_own_data(stage: Stage, laptop: Tokens) -> None:
    """What the pool knows of the user."""
    tell, api = stage.tell, stage.api
    tell.section("5. Users see and change their own data, with their access token.")
    tell.step(
        "api.get_user(token).email", str(api.get_user(laptop.access).email), "ada@example.com"
    )
    api.update_attributes(laptop.access, {"name": "Ada"})
    call = 'api.update_attributes(token, {"name": "Ada"})'
    tell.step(call, str(api.get_user(laptop.access).name), "Ada")
    refused = refusal(lambda: api.update_attributes(laptop.access, {"custom:role": "owner"}))
    call = 'api.update_attributes(token, {"custom:role": "owner"})'
    tell.step(call, refused, "AttributeRefused")
    kept = str(api.get_user(laptop.access).custom["role"])
    tell.step('api.get_user(token).custom["role"]', kept, "editor")
    tell.remark("AWS refuses the role as well, by WriteAttributes. moto does not look at those.")


@contextmanager
def an_identity_pool(stage: Stage) -> Iterator[IdentityPool]:
    """At AWS, and what an app writes for it."""
    provider = f"cognito-idp.{_REGION}.amazonaws.com/{stage.pool.user_pool_id}"
    identity_pool_id = make_identity_pool(stage.owner, provider, stage.client_id, _BUCKET)
    with closing(
        IdentityPool(
            identity_pool_id,
            id_tokens(stage),
            revocations=stage.guard.revocations,
            url=stage.aws.origin,
        )
    ) as identity_pool:
        yield identity_pool


def s3_of(stage: Stage, identity_pool: IdentityPool, tokens: Tokens) -> Any:
    """S3, as the user. The credentials are got at the first use, and renewed."""
    return identity_pool.session(lambda: tokens.id).client("s3", endpoint_url=stage.aws.origin)


def s3_as_the_user(
    stage: Stage, identity_pool: IdentityPool, laptop: Tokens, s3: Any
) -> dict[str, str]:
    """What the credentials are good for. Gives the place of her plan."""
    tell = stage.tell
    tell.section(
        "6. The identity pool gives AWS credentials for the ID token. IAM says how far they go."
    )
    sign_up(stage.owner.cognito, stage.client_id, "bob")
    confirm(stage, "bob")
    ada = identity_pool.credentials(laptop.id).identity_id
    bob = identity_pool.credentials(stage.sign_in("bob").id).identity_id
    differ = "Bob's is another" if ada != bob else "Bob's is the same"
    tell.step("ada = identity_pool.credentials(id_token).identity_id", differ, "Bob's is another")
    hers, his = ({"Bucket": _BUCKET, "Key": f"{one}/plan"} for one in (ada, bob))
    s3.put_object(**hers, Body=b"a hundred cards")
    text = s3.get_object(**hers)["Body"].read().decode()
    tell.step('s3.put_object(Key=f"{ada}/plan"), and get_object', text, "a hundred cards")
    refused = refusal(lambda: s3.put_object(**his, Body=b"mine"))
    tell.step('s3.put_object(Key=f"{bob}/plan")', refused, "403 AccessDenied")
    refused = refusal(lambda: s3.list_objects_v2(Bucket=_BUCKET))
    tell.step("s3.list_objects_v2(), everybody's", refused, "403 AccessDenied")
    tell.remark(
        "The role's policy has ${cognito-identity.amazonaws.com:sub}. moto does not know that"
    )
    tell.remark("and looks at no token here: a test evaluator in front of it does both.")
    return hers


def signed_out(stage: Stage, phone: Tokens, laptop: Tokens, s3: Any, plan: dict[str, str]) -> None:
    """At Cognito, in this app, and for what the app does at AWS."""
    tell, app = stage.tell, stage.app
    tell.section("7. She signs out everywhere, and is refused wherever somebody looks.")
    answer = app.post("/sign-out", headers=bearer(laptop.access))
    told = answer.json().get("at_cognito")
    call = "sign_out(request, everywhere=True, user_api=api)"
    tell.step(call, f"{verdict(answer)}, at Cognito: {told}", "200, at Cognito: True")
    tell.step("GET /me, laptop", ask(app, "/me", laptop.access), "401 revoked")
    tell.step("GET /me, phone", ask(app, "/me", phone.access), "401 revoked")
    refused = refusal(lambda: stage.api.get_user(laptop.access))
    tell.step("api.get_user(token)", refused, "TokenRefused")
    refused = refusal(lambda: s3.get_object(**plan))
    tell.step('s3.get_object(Key=f"{ada}/plan")', refused, "InvalidToken revoked")
    unaware = str(Guard(stage.pool).verify(laptop.access).username)
    tell.step("Guard(pool).verify(token), without revocations=", unaware, "ada", "until it expires")


def what_moto_does_not_sign(tell: Teller) -> None:
    """Tokens of this library's test kit."""
    tell.section("8. moto signs no such tokens. They come from this library's local pool.")
    triggers = LocalTriggers(pre_token_generation=add_role, event_version="V2_0")
    local = LocalUserPool(users=[LocalUser("ada", password=PASSWORD)], triggers=triggers)
    with (
        local.listen() as server,
        serving(create_app(Guard(server.trust(allow_outside_tests=True)))) as app,
    ):
        with closing(boto3.client("cognito-idp", _REGION, endpoint_url=server.origin)) as cognito:
            editor = sign_in(cognito, local.client_id, "ada")
        call = "GET /editor, by the role that a trigger has added"
        tell.step(call, ask(app, "/editor", editor.access), "200")
        expired = server.access_token("ada", expires_in=-1)
        tell.step("GET /me, expired", ask(app, "/me", expired), "401 token_expired")
        copy = LocalUserPool(issuer=server.issuer)
        foreign = ask(app, "/me", copy.access_token("ada"))
        tell.step("GET /me, signed by somebody else", foreign, "401 unknown_key")


def add_role(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A Lambda function before each token: what the server keeps goes into the access token."""
    role = {"claimsToAddOrOverride": {"custom:role": "editor"}}
    event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": role}
    return event


def id_tokens(stage: Stage) -> UserPool:
    """The pool once more, for ID tokens: the identity pool takes those."""
    arguments = {"client_ids": [stage.client_id], "token_use": "id"}
    return stage.aws.user_pool(stage.pool.user_pool_id, **arguments)


def confirm(stage: Stage, username: str) -> None:
    """With the code from the e-mail."""
    stage.owner.cognito.confirm_sign_up(
        ClientId=stage.client_id, Username=username, ConfirmationCode="123456"
    )


@contextmanager
def serving(app: Any) -> Iterator[httpx.Client]:
    """The app on a real server, and a client of it."""
    with (
        serve(app) as origin,
        httpx.Client(base_url=origin, trust_env=False, timeout=_PATIENCE) as client,
    ):
        yield client


def ask(app: httpx.Client, path: str, token: str) -> str:
    """What the app answers to a token."""
    return verdict(app.get(path, headers=bearer(token)))


def bearer(token: str) -> dict[str, str]:
    """The header of a request."""
    return {"Authorization": f"Bearer {token}"}


def listed(names: Sequence[str]) -> str:
    """Names for people."""
    return ", ".join(names) or "none"
