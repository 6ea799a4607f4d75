"""A guard and an emulator's tokens: settings, several pools, the life of a sign-in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from cognito_guard import ConfigurationError, Guard, InvalidToken, Reason, UserPool

from .emulator import ALICE, Emulator


def test_settings_of_the_environment(emulator: Emulator) -> None:
    """The overrides that an emulator needs can all come from environment variables."""
    pool = emulator.pool
    settings = {f"COGNITO_{name.upper()}": value for name, value in pool.overrides.items()}

    guard = Guard.from_env(
        {"COGNITO_USER_POOL_ID": pool.id, "COGNITO_CLIENT_IDS": pool.client_id, **settings}
    )

    assert guard.verify(emulator.tokens["ada, access"]).groups == ("admins",)


def test_two_pools_are_told_apart_by_their_issuer(emulator: Emulator) -> None:
    """A guard that trusts two pools holds each token against the pool that issued it."""
    guard = Guard(emulator.pool.trust(), emulator.other_pool.trust())

    ours = guard.verify(emulator.tokens["ada, access"])
    theirs = guard.verify(emulator.tokens["another pool, access"])

    assert ours.issuer.endswith(emulator.pool.id)
    assert theirs.issuer.endswith(emulator.other_pool.id)


def test_only_the_issuer_tells_an_emulators_pools_apart(emulator: Emulator) -> None:
    """Both emulators sign every pool with one key, so that a guard which looked at signatures only
    would take the other pool's tokens; ours refuses them for their issuer."""
    ours, theirs = emulator.pool, emulator.other_pool
    token = emulator.tokens["another pool, access"]
    keys_of_ours = ours.overrides["jwks"]

    assert theirs.guard(jwks=keys_of_ours).verify(token).client_id == theirs.client_id
    with pytest.raises(InvalidToken) as refusal:
        ours.guard(client_ids=[ours.client_id, theirs.client_id]).verify(token)
    assert refusal.value.reason is Reason.UNKNOWN_ISSUER


def test_a_sign_in_for_each_client(emulator: Emulator) -> None:
    """A guard that names two clients of a pool accepts the tokens of both and says which it was."""
    pool = emulator.pool
    guard = pool.guard(client_ids=[pool.client_id, pool.other_client_id])

    assert guard.verify(emulator.tokens["ada, access"]).client_id == pool.client_id
    other = guard.verify(emulator.tokens["another client, access"])
    assert other.client_id == pool.other_client_id


def test_refreshed_tokens(emulator: Emulator) -> None:
    """The tokens of a refresh speak for the same user as those of the sign-in."""
    pool = emulator.pool
    guard = pool.guard(token_use="any")
    signed_in = pool.sign_in(ALICE)

    refreshed = pool.refresh(signed_in.refresh)

    before = guard.verify(signed_in.access)
    for token in (refreshed.access, refreshed.id):
        assert guard.verify(token).subject == before.subject
    assert guard.verify(refreshed.access).jti != before.jti


def test_a_sign_out_is_not_seen_by_local_verification(emulator: Emulator) -> None:
    """After a sign-out the refresh token is dead, while the access token is good until it expires:
    a guard asks nobody. A pool's ``checks`` are the place to look at a list of one's own."""
    pool = emulator.pool
    pool.add_user("carol@example.com")
    signed_in = pool.sign_in("carol@example.com")
    signed_out: set[str] = set()
    guard = pool.guard(checks=[lambda identity: identity.subject not in signed_out])

    emulator.sign_out(pool, "carol@example.com", signed_in)

    with pytest.raises(pool.aws.exceptions.NotAuthorizedException):
        pool.refresh(signed_in.refresh)
    identity = guard.verify(signed_in.access)
    signed_out.add(identity.subject)
    with pytest.raises(InvalidToken) as refusal:
        guard.verify(signed_in.access)
    assert refusal.value.reason is Reason.CHECK_FAILED


def test_a_group_is_as_it_was_when_the_token_was_issued(emulator: Emulator) -> None:
    """A user who leaves a group keeps it in the tokens at hand, and misses it in new ones."""
    pool = emulator.pool
    guard = pool.guard()
    pool.add_user("dave@example.com")
    pool.add_to_admins("dave@example.com")
    at_hand = pool.sign_in("dave@example.com")

    pool.remove_from_admins("dave@example.com")

    assert guard.verify(at_hand.access).groups == ("admins",)
    assert guard.verify(pool.sign_in("dave@example.com").access).groups == ()


def test_moto_needs_no_issuer(moto: Emulator) -> None:
    """The tokens of moto name AWS's own issuer, which the pool's id implies."""
    identity = moto.pool.guard().verify(moto.tokens["ada, access"])

    assert identity.issuer == f"https://cognito-idp.eu-west-1.amazonaws.com/{moto.pool.id}"


def test_cognito_local_needs_its_issuer(cognito_local: Emulator) -> None:
    """A pool id that names no AWS region is refused with the argument that it takes."""
    with pytest.raises(ConfigurationError, match="issuer="):
        UserPool(cognito_local.pool.id, client_ids=[cognito_local.pool.client_id])


def test_cognito_local_with_the_issuer_alone(cognito_local: Emulator) -> None:
    """The keys are where the issuer says, and plain http will do on loopback."""
    pool = cognito_local.pool
    issuer = pool.overrides["issuer"]

    guard = Guard(UserPool(pool.id, client_ids=[pool.client_id], issuer=issuer))

    assert urlsplit(issuer).scheme == "http"
    assert guard.verify(cognito_local.tokens["ada, access"]).issuer == issuer


def test_cognito_local_under_another_name(cognito_local: Emulator) -> None:
    """The issuer is compared as text: an address of the same server is another issuer."""
    pool = cognito_local.pool
    guard = pool.guard(issuer=pool.overrides["issuer"].replace("127.0.0.1", "localhost"))

    with pytest.raises(InvalidToken) as refusal:
        guard.verify(cognito_local.tokens["ada, access"])
    assert refusal.value.reason is Reason.UNKNOWN_ISSUER
