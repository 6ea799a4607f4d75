"""What an application writes for AWS Lambda, and the types that it gets."""

# pyright: strict

from typing import Any, assert_type

from cognito_guard import Guard, Identity, SavedKeySet, UserPool, require_groups
from cognito_guard_lambda import Authorizer, aauthenticate, authenticate, guarded, trust_authorizer

keys = SavedKeySet("jwks.json", "https://keys.example.com/jwks.json")
guard = Guard(UserPool("eu-west-1_AbC123xyz", client_ids=["a"], jwks=keys))


@guarded(guard)
def anybody(event: dict[str, Any], context: object, identity: Identity) -> dict[str, Any]:
    """Any caller."""
    return {"statusCode": 200, "body": identity.subject}


@guarded(guard, groups="admins", scopes=["a/b"], roles=("c",), mfa=True, max_age=300)
async def admins(event: dict[str, Any], context: object, identity: Identity) -> None:
    """A requirement, for an async handler."""


@guarded(guard, policy=require_groups("a") | require_groups("b"), trust_authorizer="lambda")
def trusting(event: dict[str, Any], context: object, identity: Identity) -> None:
    """An authorizer's word."""


handler = Authorizer(guard, covers="api", simple=False, cache_seconds=60)
assert_type(handler({}, None), dict[str, Any])
assert_type(authenticate(guard, {}), Identity)
assert_type(trust_authorizer(guard, {}, "cognito", no_commas_in_groups=True), Identity)


async def own() -> Identity:
    """Async."""
    return await aauthenticate(guard, {})
