"""user_pool.py: what a UserPool accepts as its arguments, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import (
    ANY_CLIENT,
    DYNAMIC_CLIENTS,
    ConfigurationError,
    Identity,
    StaticKeySet,
    UserPool,
    require_groups,
)
from cognito_guard.tokens.user_pool import AnyClient

from ..engine.duplicates import WAYS

POOL_ID = "eu-west-1_AbC123xyz"
CLIENTS = ["1example23456789"]


def _pool(**arguments: Any) -> UserPool:
    return UserPool(**{"user_pool_id": POOL_ID, "client_ids": CLIENTS, **arguments})


def never(identity: Identity) -> bool:
    """A check that refuses everybody."""
    return False


async def later(identity: Identity) -> bool:
    """A check that would never be awaited."""
    return True


class Later:
    """A callable object of the same fault."""

    async def __call__(self, identity: Identity) -> bool:
        return True


@pytest.mark.parametrize(
    ("pool_id", "hosts"),
    [
        (
            "eu-west-1_AbC123xyz",
            ("cognito-idp.eu-west-1.amazonaws.com", "issuer-cognito-idp.eu-west-1.amazonaws.com"),
        ),
        (
            "us-gov-west-1_Gov123",
            (
                "cognito-idp.us-gov-west-1.amazonaws.com",
                "issuer-cognito-idp.us-gov-west-1.amazonaws.com",
            ),
        ),
        (
            "eusc-de-east-1_Sov123",
            (
                "cognito-idp.eusc-de-east-1.amazonaws.eu",
                "issuer-cognito-idp.eusc-de-east-1.amazonaws.eu",
            ),
        ),
    ],
)
def test_a_pool_id_implies_both_issuers(pool_id: str, hosts: tuple[str, ...]) -> None:
    """The original and the updated issuer follow from the id, the original one first."""
    assert _pool(user_pool_id=pool_id).issuers == tuple(
        f"https://{host}/{pool_id}" for host in hosts
    )


@pytest.mark.parametrize(
    ("pool_id", "issuer"),
    [
        (POOL_ID, "https://cognito-idp.eu-west-1.vpce.example.com/pool"),
        ("local_5Xk2Rw9q", "http://127.0.0.1:9229/local_5Xk2Rw9q"),
        (
            "eusc-de-east-1_Sov123",
            "https://cognito-idp.eusc-de-east-1.amazonaws.com/eusc-de-east-1_Sov123",
        ),
    ],
)
def test_an_issuer_replaces_both(pool_id: str, issuer: str) -> None:
    """``issuer=`` is for emulators and private networks, whose ids may name no region."""
    assert _pool(user_pool_id=pool_id, issuer=issuer).issuers == (issuer,)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "user_pool_id empty": ({"user_pool_id": ""}, "user_pool_id must be REGION_NAME"),
    "user_pool_id None": ({"user_pool_id": None}, "user_pool_id must be REGION_NAME"),
    "user_pool_id bytes": ({"user_pool_id": POOL_ID.encode()}, "user_pool_id must be REGION_NAME"),
    "user_pool_id no region": ({"user_pool_id": "_abc"}, "user_pool_id must be REGION_NAME"),
    "user_pool_id no name": ({"user_pool_id": "eu-west-1_"}, "user_pool_id must be REGION_NAME"),
    "user_pool_id an ARN": (
        {"user_pool_id": f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL_ID}"},
        "user_pool_id must be REGION_NAME",
    ),
    "user_pool_id with a newline": (
        {"user_pool_id": POOL_ID + "\n"},
        "user_pool_id must be REGION_NAME",
    ),
    "user_pool_id too long": (
        {"user_pool_id": "eu-west-1_" + "a" * 46},
        "user_pool_id must be REGION_NAME",
    ),
    "user_pool_id in China": (
        {"user_pool_id": "cn-north-1_AbC123xyz"},
        "user_pool_id names 'cn-north-1', which is no AWS region with user pools",
    ),
    "user_pool_id of an emulator": ({"user_pool_id": "local_5Xk2Rw9q"}, "pass issuer= as well"),
    "client_ids empty": ({"client_ids": []}, "client_ids must not be empty.*ANY_CLIENT"),
    "client_ids a bare string": (
        {"client_ids": CLIENTS[0]},
        "client_ids must be a list.*ANY_CLIENT",
    ),
    "client_ids bytes": ({"client_ids": b"abc"}, "client_ids must be a list"),
    "client_ids None": ({"client_ids": None}, "client_ids must be a list.*ANY_CLIENT"),
    "client_ids a number": ({"client_ids": 5}, "client_ids must be a list"),
    "client_ids with None": ({"client_ids": [None]}, "each of client_ids must be a text"),
    "client_ids with an empty text": ({"client_ids": ["a", ""]}, "each of client_ids must be"),
    "client_ids with a comma": ({"client_ids": ["a,b"]}, "client_ids must hold app client ids"),
    "client_ids with a space": ({"client_ids": ["a "]}, "client_ids must hold app client ids"),
    "client_ids with a long one": ({"client_ids": ["a" * 129]}, "client_ids must hold app client"),
    "client_ids with ANY_CLIENT": (
        {"client_ids": [ANY_CLIENT]},
        "each of client_ids must be a text",
    ),
    "token_use made up": ({"token_use": "refresh"}, "token_use must be"),
    "token_use in capitals": ({"token_use": "ID"}, "token_use must be"),
    "token_use None": ({"token_use": None}, "token_use must be"),
    "token_use a list": ({"token_use": ["access", "id"]}, "token_use must be"),
    "resources empty": ({"resources": []}, "resources must not be empty"),
    "resources a bare string": (
        {"resources": "https://api.example.com"},
        "resources must be a list",
    ),
    "resources with an empty text": ({"resources": [""]}, "each of resources must be a text"),
    "resources with a space": ({"resources": ["https://a b"]}, "each of resources must be print"),
    "resources in quotes": ({"resources": ['"https://a"']}, "each of resources must be print"),
    "resources that look alike": ({"resources": ["https://\u0430pi"]}, "each of resources must be"),
    "resources as a mapping": ({"resources": {"https://a": 1}}, "resources must be a list"),
    "resources for ID tokens": ({"resources": ["x"], "token_use": "id"}, "an ID token is bound to"),
    "resources for any": ({"resources": ["x"], "token_use": "any"}, "an ID token is bound to no"),
    "nothing to split": ({"role_claim": None, "split_roles": True}, "split_roles has nothing to"),
    "client_ids as a mapping": ({"client_ids": {"one": 1}}, "client_ids must be a list"),
    **{
        f"client_ids with the word {word}": ({"client_ids": ["abc", word]}, "word .* is not an id")
        for word in ("ANY_CLIENT", "any_client", "AnyClient", "DYNAMIC_CLIENTS", "None", "null")
    },
    **{
        f"client_ids with {url}": ({"client_ids": [url]}, "the URL of a client is https")
        for url in (
            "http://app.example/client",
            "https://app.example",
            "https://app.example/a#b",
            "https://me@app.example/client",
            "https://app.example/a/../client",
            "https://app.example/./client",
            "https://app.ex\u0430mple/client",
            "https://app.example/a b",
            "javascript://app.example/client",
        )
    },
    "client_check alone": ({"client_ids": DYNAMIC_CLIENTS}, "needs resources= or client_check="),
    "client_check no callable": ({"client_check": "abc"}, "client_check must be a plain"),
    "client_check a policy": ({"client_check": require_groups("a")}, "asked about the id"),
    "client_check async": ({"client_check": later}, "client_check must be a plain"),
    "client_check a class": ({"client_check": bool}, "client_check must not be a class"),
    "regions empty": ({"regions": []}, "regions must not be empty"),
    "regions a text": ({"regions": "us-east-1"}, "regions must be a list"),
    "regions with an empty text": ({"regions": [""]}, "each of regions must be a text"),
    "regions and issuer": ({"regions": ["us-east-1"], "issuer": "https://a.example/"}, "leave one"),
    **{
        f"regions with {region!r}": ({"regions": ["us-east-1", region]}, "each of regions must be")
        for region in (
            "us-gov-west-1",
            "cn-north-1",
            "eusc-de-east-1",
            "US-EAST-1",
            "us-east-1 ",
            "us-east",
            "us-east-1.evil.example/x",
            "evil.example/us-east-1",
            "us-east-1\n",
            "us-\u0435ast-1",
        )
    },
    "issuer empty": ({"issuer": ""}, "issuer must be the URL"),
    "issuer no URL": ({"issuer": "eu-west-1"}, "issuer must be the URL"),
    "issuer a file": ({"issuer": "file:///etc/passwd"}, "issuer must be the URL"),
    "issuer with a query": ({"issuer": "https://example.com/?x"}, "issuer must be the URL"),
    "issuer with a user": ({"issuer": "https://me@example.com/"}, "issuer must be the URL"),
    "issuer with a space": ({"issuer": "https://example.com/ "}, "issuer must be the URL"),
    "issuer a number": ({"issuer": 5}, "issuer must be the URL"),
    "jwks empty": ({"jwks": ""}, "jwks must be a JWKS as a mapping"),
    "jwks a number": ({"jwks": 5}, "jwks must be a JWKS as a mapping"),
    "jwks a list": ({"jwks": []}, "jwks must be a JWKS as a mapping"),
    "role_claim empty": ({"role_claim": ""}, "role_claim must be a text"),
    "role_claim a list": ({"role_claim": ["custom:role"]}, "role_claim must be a text"),
    "split_roles a text": ({"split_roles": "false"}, "split_roles must be True or False"),
    "split_roles a number": ({"split_roles": 1}, "split_roles must be True or False"),
    "leeway a text": ({"leeway": "60"}, "leeway must be a number of seconds"),
    "leeway a bool": ({"leeway": True}, "leeway must be a number of seconds"),
    "leeway None": ({"leeway": None}, "leeway must be a number of seconds"),
    "leeway negative": ({"leeway": -1}, "leeway must be between 0 and 300"),
    "leeway too long": ({"leeway": 300.5}, "leeway must be between 0 and 300"),
    "leeway endless": ({"leeway": float("inf")}, "leeway must be between 0 and 300"),
    "leeway NaN": ({"leeway": float("nan")}, "leeway must be between 0 and 300"),
    "checks a text": ({"checks": ""}, "checks must be a list of callables"),
    "checks None": ({"checks": None}, "checks must be a list of callables"),
    "checks a bare function": ({"checks": never}, "checks must be a list of callables"),
    "checks with a text": ({"checks": ["never"]}, "each of checks must be a plain"),
    "checks async": ({"checks": [later]}, "each of checks must be a plain"),
    "checks async objects": ({"checks": [Later()]}, "each of checks must be a plain"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """A wrong or empty argument is an error that names it and says what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        _pool(**arguments)


def test_the_longest_ids() -> None:
    """A user pool id has up to 55 characters, an app client id up to 128."""
    pool_id, client_id = "eu-west-1_" + "a" * 45, "+" + "_" * 127

    assert _pool(user_pool_id=pool_id).issuers[0].endswith(pool_id)
    assert _pool(client_ids=[client_id]).client_ids == {client_id}


def test_no_check_is_waived_by_leaving_it_out() -> None:
    """``client_ids`` has no default, and a misspelt argument is an error."""
    with pytest.raises(TypeError, match="client_ids"):
        UserPool(POOL_ID)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="audience"):
        _pool(audience="1example23456789")


def test_the_defaults_are_the_strict_ones() -> None:
    """Access tokens only, no leeway, roles from ``custom:role``, keys from the issuer."""
    pool = _pool()

    assert pool.client_ids == frozenset(CLIENTS)
    assert pool.token_uses == {"access"}
    assert pool.leeway == 0
    assert (pool.role_claim, pool.split_roles) == ("custom:role", False)
    assert (pool.resources, pool.jwks, pool.checks) == (None, None, ())


def test_arguments_are_kept(tmp_path: Path) -> None:
    """Each argument ends up where it says, and lists lose their order and their owner."""
    clients = iter(["one", "two", "one"])
    keys = tmp_path / "jwks.json"

    pool = _pool(
        client_ids=clients,
        resources=("https://api.example.com",),
        regions=["eu-west-1", "us-east-1"],
        jwks=keys,
        role_claim="custom:rank",
        split_roles=True,
        leeway=300,
        checks=[never],
    )

    assert pool.client_ids == {"one", "two"}
    assert pool.resources == {"https://api.example.com"}
    assert pool.jwks == str(keys)
    assert (pool.role_claim, pool.split_roles, pool.leeway) == ("custom:rank", True, 300)
    assert pool.checks == (never,)
    assert _pool(token_use="id").token_uses == {"id"}
    assert _pool(token_use="any", role_claim=None).token_uses == {"access", "id"}
    assert _pool(role_claim=None).role_claim is None


def test_any_object_with_keys_is_a_key_set(pool: Any) -> None:
    """``jwks`` takes a mapping and a key set as they are."""
    jwks = pool.jwks()
    keys = StaticKeySet(jwks)

    assert _pool(jwks=jwks).jwks is jwks
    assert _pool(jwks=keys).jwks is keys


def test_a_pool_cannot_be_changed() -> None:
    """What was checked at start-up stays as it was."""
    pool = _pool()

    with pytest.raises(AttributeError, match="build another one"):
        pool.client_ids = None
    with pytest.raises(AttributeError, match="build another one"):
        pool.invented = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del pool.client_ids
    assert pool.client_ids == frozenset(CLIENTS)


@pytest.mark.parametrize("duplicate", WAYS)
@pytest.mark.parametrize("client_ids", [CLIENTS, ANY_CLIENT], ids=["clients", "ANY_CLIENT"])
def test_a_pool_travels(client_ids: Any, duplicate: Callable[[UserPool], UserPool]) -> None:
    """A copied or pickled pool, as a worker process gets it, makes the same demands."""
    pool = _pool(client_ids=client_ids, jwks={"keys": []}, leeway=5, checks=[never])

    twin = duplicate(pool)

    names = UserPool.__slots__
    assert [getattr(twin, name) for name in names] == [getattr(pool, name) for name in names]
    with pytest.raises(AttributeError):
        twin.client_ids = None


@pytest.mark.parametrize("duplicate", WAYS)
def test_there_is_one_any_client(duplicate: Callable[[AnyClient], AnyClient]) -> None:
    """``ANY_CLIENT`` copies and pickles to itself and says its name."""
    assert duplicate(ANY_CLIENT) is ANY_CLIENT
    assert repr(ANY_CLIENT) == "ANY_CLIENT"
    assert _pool(client_ids=ANY_CLIENT).client_ids is None


def test_pools_are_told_apart_by_identity() -> None:
    """Two pools are never taken for one, and a pool can be kept in a set."""
    one, two = _pool(), _pool()

    assert one != two
    assert len({one, two, one}) == 2


def test_a_pool_says_its_id_alone() -> None:
    """The repr tells which pool it is, and neither clients nor keys."""
    assert repr(_pool()) == "<UserPool eu-west-1_AbC123xyz>"
