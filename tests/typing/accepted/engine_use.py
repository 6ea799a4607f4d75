"""What an application writes with the engine, and the types that it gets."""

# pyright: strict

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

from cognito_guard import (
    ANY_CLIENT,
    AccessDenied,
    Actor,
    AuthError,
    AuthorizationHeader,
    Challenge,
    ConfigurationError,
    Cookie,
    Credential,
    Guard,
    Identity,
    InvalidToken,
    KeySet,
    KeysUnavailable,
    LoadBalancer,
    LoginTooOld,
    LoginTooWeak,
    Pending,
    Policy,
    Reason,
    RemoteKeySet,
    StaticKeySet,
    StepUpRequired,
    TokenVerifier,
    UserPool,
    VerificationKey,
    build_policy,
    enforce,
    forbid_actor,
    require_acr,
    require_actor,
    require_claim,
    require_groups,
    require_mfa,
    require_recent_login,
    require_roles,
    require_scopes,
)

POOL_ID = "eu-west-1_AbC123xyz"
CLIENT_ID = "1example23456789"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"


class MyKeys:
    """Any object with this one method is a key set."""

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """Ask somebody else."""
        return StaticKeySet("jwks.json").key(kid)


def in_office_hours(identity: Identity) -> bool:
    """A policy, or a check, of one's own."""
    return identity.is_machine or 8 <= datetime.datetime.now(datetime.UTC).hour < 18


def only_people(identity: Identity) -> None:
    """A policy, or a check, that says why."""
    if identity.is_machine:
        raise AccessDenied(Reason.MISSING_CLAIM, "Machines have no business here.")


def pools(jwks: Mapping[str, Any], my_keys: KeySet) -> Sequence[UserPool]:
    """Every way to describe a user pool."""
    return [
        UserPool(POOL_ID, client_ids=[CLIENT_ID]),
        UserPool(POOL_ID, client_ids=(CLIENT_ID, "another"), token_use="id"),
        UserPool(POOL_ID, client_ids={CLIENT_ID}, token_use="any"),
        UserPool(user_pool_id=POOL_ID, client_ids=ANY_CLIENT, token_use="access"),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, resources=["https://api.example.com"]),
        UserPool("local_AbC123xy", client_ids=ANY_CLIENT, issuer="http://127.0.0.1:9229/x"),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=jwks),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks={"keys": []}),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks="https://keys.example.com/jwks.json"),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=Path("jwks.json")),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=StaticKeySet(jwks)),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=RemoteKeySet("https://keys.example.com")),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=MyKeys()),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=my_keys),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, role_claim=None),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, role_claim="custom:roles", split_roles=True),
        UserPool(POOL_ID, client_ids=ANY_CLIENT, leeway=2.5, checks=[in_office_hours, only_people]),
    ]


def load_balancers(pool: UserPool, my_keys: KeySet) -> Sequence[LoadBalancer]:
    """Every way to describe load balancers."""
    return [
        LoadBalancer([ARN], client_id=CLIENT_ID),
        LoadBalancer({ARN}, client_id=CLIENT_ID, issuer="https://idp.example.com"),
        LoadBalancer((ARN,), client_id=CLIENT_ID, user_pool=pool, leeway=2.5),
        LoadBalancer([ARN], client_id=CLIENT_ID, keys="https://keys.example.com"),
        LoadBalancer([ARN], client_id=CLIENT_ID, keys={"kid": "-----BEGIN PUBLIC KEY-----"}),
        LoadBalancer([ARN], client_id=CLIENT_ID, keys=my_keys, checks=[only_people]),
        LoadBalancer([ARN], client_id=CLIENT_ID, role_claim=None, split_roles=True),
    ]


def guards(pool_a: UserPool, pool_b: UserPool, balanced: LoadBalancer) -> Sequence[Guard]:
    """Every way to make a guard."""
    return [
        Guard(pool_a),
        Guard(pool_a, pool_b),
        Guard(pool_a, balanced),
        Guard(balanced),
        Guard(pool_a, realm="orders", max_token_bytes=8192, clock=lambda: 1_800_000_000.0),
        Guard(pool_a, carriers=[AuthorizationHeader(), Cookie("access_token")]),
        Guard.from_env(),
        Guard.from_env({"COGNITO_USER_POOL_ID": POOL_ID}, prefix="ORDERS_"),
        Guard.from_mapping({"COGNITO_USER_POOL_ID": POOL_ID, "COGNITO_LEEWAY": 5}),
    ]


async def who(guard: Guard, pool: UserPool, token: str) -> None:
    """What comes of a token, whichever way it is verified."""
    assert_type(guard.verify(token), Identity)
    assert_type(await guard.averify(token), Identity)
    assert_type(TokenVerifier(pool).verify(token), Identity)
    assert_type(guard.authenticate(lambda name: ["Bearer", name]), Identity)
    assert_type(await guard.aauthenticate(lambda name: [name.encode()]), Identity)
    credential = guard.find_credential(lambda name: [name])
    assert_type(credential, Credential | None)
    if credential is not None:
        assert_type(guard.verify_credential(credential), Identity)
        assert_type(await guard.averify_credential(credential), Identity)
        assert_type(credential.ambient, bool)
    guard.prefetch()


def what(identity: Identity) -> None:
    """What an identity says."""
    assert_type(identity.subject, str)
    assert_type(identity.issuer, str)
    assert_type(identity.client_id, str)
    assert_type(identity.token_use, str)
    assert_type(identity.source, str)
    assert_type(identity.username, str | None)
    assert_type(identity.email, str | None)
    assert_type(identity.email_verified, bool | None)
    assert_type(identity.groups, tuple[str, ...])
    assert_type(identity.scopes, tuple[str, ...])
    assert_type(identity.roles, tuple[str, ...])
    assert_type(identity.amr, tuple[str, ...])
    assert_type(identity.actor, Actor | None)
    if identity.actor is not None:
        assert_type(identity.actor.actor, Actor | None)
        assert_type(identity.actor.subject, str | None)
    assert_type(identity.custom, Mapping[str, Any])
    assert_type(identity.claims, Mapping[str, Any])
    assert_type(identity.expires_at, float | None)
    assert_type(identity.is_machine, bool)
    department: str = identity.custom["department"]
    name: str = identity.claims["cognito:username"]
    enforce(lambda each: each.display_name in (department, name), identity)


def policies() -> Sequence[Policy]:
    """Every way to say what a caller must have."""
    assert_type(require_groups("a") & in_office_hours, Policy)
    assert_type(in_office_hours | require_groups("a"), Policy)
    return [
        require_groups("admins"),
        require_groups("admins", "auditors", match="any"),
        require_scopes("orders/read", "orders/write", match="all"),
        require_roles("editor"),
        require_claim("email_verified", True),
        require_claim("custom:tier"),
        require_recent_login(300),
        require_acr("urn:cognito:loa:2"),
        require_acr("silver", levels=["bronze", "silver", "gold"]),
        require_mfa(),
        require_mfa(acr_values="gold"),
        require_mfa(acr_values=["gold", "silver"]),
        require_actor(),
        require_actor(subjects="agent", client_ids=["1example"], issuers=("https://x.example",)),
        forbid_actor(),
        require_groups("admins") & require_scopes("orders/write") | require_roles("editor"),
        Policy(only_people) & in_office_hours,
        build_policy(groups="admins", scopes=["orders/read"], roles=("editor",)),
        build_policy(acr="urn:cognito:loa:3", mfa=True, max_age=300),
        build_policy(policy=require_groups("admins") | require_roles("editor")),
        build_policy(policy=in_office_hours),
    ]


def answer(guard: Guard, token: str) -> Challenge | None:
    """What an adapter of one's own does with a refusal."""
    try:
        guard.verify(token)
    except InvalidToken as error:
        assert_type(error.reason, Reason)
        assert_type(error.detail, str)
        return guard.challenge(error)
    except AccessDenied as error:
        assert_type(error.scopes, tuple[str, ...])
    except LoginTooOld as error:
        assert_type(error.max_age, int | None)
    except LoginTooWeak as error:
        assert_type(error.acr_values, tuple[str, ...])
    except StepUpRequired as error:
        assert_type((error.max_age, error.acr_values), tuple[int | None, tuple[str, ...]])
    except KeysUnavailable as error:
        assert_type(error.retry_after, int)
        refusal = guard.challenge(error)
        assert_type(refusal.status, int)
        assert_type(refusal.headers, tuple[tuple[str, str], ...])
        assert_type(refusal.body, bytes)
        return refusal
    except (AuthError, ConfigurationError):
        raise
    return None
