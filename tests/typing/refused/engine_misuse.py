"""Mistakes with the engine, each on a line that must not compile."""

from cognito_guard import (
    ANY_CLIENT,
    Guard,
    Identity,
    LoadBalancer,
    RemoteKeySet,
    UserPool,
    build_policy,
    require_acr,
    require_actor,
    require_groups,
    require_mfa,
    require_recent_login,
)

POOL_ID = "eu-west-1_AbC123xyz"


def pools() -> None:
    """The user pool's arguments."""
    UserPool(POOL_ID)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    UserPool(POOL_ID, ANY_CLIENT)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    UserPool(POOL_ID, client_ids=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, token_use="acess")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, client_id="1example23456789")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, leeway="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=["key"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, jwks=POOL_ID.encode())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, split_roles="false")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, checks=["admins"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    UserPool(POOL_ID, client_ids=ANY_CLIENT, checks=require_groups("admins"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def load_balancers(pool: UserPool) -> None:
    """The load balancer's arguments."""
    LoadBalancer(client_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LoadBalancer(["arn"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LoadBalancer(["arn"], client_id=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LoadBalancer(["arn"], client_id=ANY_CLIENT)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LoadBalancer(["arn"], client_id="1", user_pool=POOL_ID)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LoadBalancer(["arn"], client_id="1", jwks={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Guard(pool, LoadBalancer)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def guards(pool: UserPool) -> None:
    """The guard's arguments."""
    Guard(POOL_ID)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Guard([pool])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Guard(pool, audience="1example23456789")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Guard(pool, carriers=["authorization"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    Guard(pool, clock=1_800_000_000)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Guard.from_env(COGNITO_USER_POOL_ID=POOL_ID)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RemoteKeySet(b"https://keys.example.com")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def tokens(guard: Guard) -> None:
    """What is verified, and how it is waited for."""
    guard.verify(b"eyJ")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guard.verify(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guard.verify("eyJ", verify_signature=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guard.averify("eyJ").subject  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await guard.verify("eyJ")  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]


def identities(identity: Identity) -> None:
    """An identity is what a verified token said, and stays so."""
    identity.groups = ("admins",)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    identity.subject = "somebody else"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    identity.is_machine = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    identity.groups.append("admins")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    identity.groups[0] = "admins"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    identity.claims["cognito:groups"] = ["admins"]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    identity.custom["role"] = "editor"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    del identity.claims["exp"]  # type: ignore[attr-defined]  # pyright: ignore[reportIndexIssue]
    identity.group  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    identity.username.upper()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


def policies(guard: Guard) -> None:
    """What a caller must have."""
    require_groups(["admins"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    require_groups("admins", match="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    require_groups("admins") & "editors"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    require_groups(b"admins")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    require_recent_login("5 minutes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    require_acr(2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    require_acr("silver", ["silver", "gold"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    require_mfa("gold")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    require_actor("agent")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    build_policy(mfa="true")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    build_policy(max_age="300")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    build_policy("admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    build_policy(group="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    build_policy(policy="admins")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    build_policy(policy=guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def errors(guard: Guard) -> None:
    """Only what refuses a request becomes an answer."""
    guard.challenge(ValueError("no refusal"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
