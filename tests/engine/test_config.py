"""config.py: one vocabulary of settings, and no silent off-switch in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import (
    AuthorizationHeader,
    ConfigurationError,
    Cookie,
    Guard,
    Header,
    Identity,
)
from cognito_guard.config import guard_arguments, values_from_text

POOL_ID = "eu-west-1_AbC123xyz"
GOOD = {"COGNITO_USER_POOL_ID": POOL_ID, "COGNITO_CLIENT_IDS": ["one"]}
GOOD_ENV = {"COGNITO_USER_POOL_ID": POOL_ID, "COGNITO_CLIENT_IDS": "one"}


def never(identity: Identity) -> bool:
    """A check that refuses everybody."""
    return False


def from_env(environ: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a guard that is described by an environment."""
    return guard_arguments(values_from_text(environ))


def test_every_setting_reaches_its_argument() -> None:
    """Each setting becomes the argument that it is named for."""
    pools, keywords = guard_arguments(
        {
            **GOOD,
            "COGNITO_CLIENT_CHECK": never,
            "COGNITO_RESOURCES": ["https://api.example.com"],
            "COGNITO_ISSUER": "https://issuer.example.com",
            "COGNITO_JWKS": "/etc/jwks.json",
            "COGNITO_ROLE_CLAIM": "custom:rank",
            "COGNITO_SPLIT_ROLES": True,
            "COGNITO_LEEWAY": 30,
            "COGNITO_CHECKS": [never],
            "COGNITO_REALM": "api",
            "COGNITO_MAX_TOKEN_BYTES": 9000,
            "COGNITO_CACHE_ENTRIES": 500,
            "COGNITO_CACHE_BYTES": 1_000_000,
            "COGNITO_COOKIE": "session",
        }
    )

    assert len(pools) == 1
    pool = pools[0]
    assert (pool.user_pool_id, pool.client_ids) == (POOL_ID, {"one"})
    assert pool.client_check is never
    assert pool.resources == {"https://api.example.com"}
    assert pool.issuers == ("https://issuer.example.com",)
    assert (pool.jwks, pool.role_claim) == ("/etc/jwks.json", "custom:rank")
    assert (pool.split_roles, pool.leeway, pool.checks) == (True, 30, (never,))
    carriers = keywords.pop("carriers")
    assert keywords == {
        "realm": "api",
        "max_token_bytes": 9000,
        "cache_entries": 500,
        "cache_bytes": 1_000_000,
    }
    assert [carrier.ambient for carrier in carriers] == [False, True]
    assert isinstance(carriers[1], Cookie)
    assert carriers[1].name == "session"


def test_every_setting_as_text() -> None:
    """In an environment lists are separated by commas or spaces, and truth is true or false."""
    pools, keywords = from_env(
        {
            "COGNITO_USER_POOL_ID": POOL_ID,
            "COGNITO_CLIENT_IDS": " one, two three,",
            "COGNITO_RESOURCES": "https://a.example.com,https://b.example.com",
            "COGNITO_REGIONS": "us-east-1 eu-central-1",
            "COGNITO_SPLIT_ROLES": "True",
            "COGNITO_LEEWAY": "2.5",
            "COGNITO_MAX_TOKEN_BYTES": "9000",
            "COGNITO_CACHE_ENTRIES": "0",
            "HOME": "/home/alice",
        }
    )

    assert pools[0].client_ids == {"one", "two", "three"}
    assert [issuer.split(".")[1] for issuer in pools[0].issuers] == [
        *("eu-west-1", "eu-west-1", "eu-central-1", "us-east-1")
    ]
    assert from_env({**GOOD_ENV, "COGNITO_TOKEN_USE": "id"})[0][0].token_uses == {"id"}
    assert pools[0].resources == {"https://a.example.com", "https://b.example.com"}
    assert (pools[0].split_roles, pools[0].leeway) == (True, 2.5)
    assert keywords == {"max_token_bytes": 9000, "cache_entries": 0}
    assert not from_env({**GOOD_ENV, "COGNITO_SPLIT_ROLES": "false"})[0][0].split_roles


@pytest.mark.parametrize("value", ["ANY_CLIENT", ["ANY_CLIENT"], ("ANY_CLIENT",)], ids=repr)
def test_any_client_in_words(value: object) -> None:
    """To accept any client, settings say so by that name."""
    pools, _ = guard_arguments({**GOOD, "COGNITO_CLIENT_IDS": value})

    assert pools[0].client_ids is None
    assert from_env({**GOOD_ENV, "COGNITO_CLIENT_IDS": "ANY_CLIENT"})[0][0].client_ids is None


def test_several_pools() -> None:
    """``USER_POOLS`` describes several pools, as a list of mappings or, as text, in JSON."""
    described = [
        {"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"]},
        {"USER_POOL_ID": "eu-west-1_Second", "CLIENT_IDS": "ANY_CLIENT", "TOKEN_USE": "id"},
    ]
    typed = guard_arguments({"COGNITO_USER_POOLS": described, "COGNITO_REALM": "api"})
    text = from_env({"COGNITO_USER_POOLS": json.dumps(described), "COGNITO_REALM": "api"})

    for pools, keywords in (typed, text):
        assert [pool.user_pool_id for pool in pools] == [POOL_ID, "eu-west-1_Second"]
        assert [pool.client_ids for pool in pools] == [{"one"}, None]
        assert keywords == {"realm": "api"}


ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/one/0123456789abcdef"
ALB = {"COGNITO_ALB_ARNS": [ARN], "COGNITO_ALB_CLIENT_ID": "three"}


def test_load_balancers() -> None:
    """The settings that start with ``ALB_`` describe load balancers, next to pools or alone."""
    text = {"COGNITO_ALB_ARNS": f"{ARN}, {ARN}2", "COGNITO_ALB_CLIENT_ID": "three"}
    (one,), keywords = from_env(text)
    assert keywords == {}
    assert (one.arns, one.client_id) == ({ARN, f"{ARN}2"}, "three")
    assert (one.issuers, one.user_pool, one.leeway) == ((), None, 0)

    for described in (
        GOOD,
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["a"]}]},
    ):
        (pool, one), _ = guard_arguments({**ALB, **described})
        assert (pool.user_pool_id, one.arns) == (POOL_ID, {ARN})


def test_every_setting_of_a_load_balancer() -> None:
    """Each setting becomes the argument that it is named for, or one of its user pool's."""
    (one,), _ = from_env(
        {
            "COGNITO_ALB_ARNS": ARN,
            "COGNITO_ALB_CLIENT_ID": "three",
            "COGNITO_ALB_ISSUER": "https://issuer.example.com",
            "COGNITO_ALB_KEYS": "https://keys.example.com",
            "COGNITO_ALB_LEEWAY": "30",
            "COGNITO_ALB_ROLE_CLAIM": "custom:team",
            "COGNITO_ALB_SPLIT_ROLES": "true",
            "COGNITO_ALB_USER_POOL_ID": POOL_ID,
            "COGNITO_ALB_JWKS": "/etc/jwks.json",
        }
    )
    assert (one.issuers, one.leeway) == (("https://issuer.example.com",), 30)
    assert (one.role_claim, one.split_roles) == ("custom:team", True)
    assert one.key_sources == {ARN: "https://keys.example.com"}
    pool = one.user_pool
    assert (pool.user_pool_id, pool.client_ids, pool.leeway) == (POOL_ID, {"three"}, 30)
    assert (pool.issuers, pool.jwks) == (one.issuers, "/etc/jwks.json")


def test_what_is_said_of_tokens_is_said_of_load_balancers_too() -> None:
    """A check that a pool's callers must pass would else be waived, unsaid, for those who come
    through a load balancer; and so would the refusal of roles that users write themselves."""
    of_tokens = {**GOOD, "COGNITO_CHECKS": [never], "COGNITO_ROLE_CLAIM": None}
    said: dict[str, Any] = {}
    for name, value in {"ROLE_CLAIM": None, "CHECKS": [never]}.items():
        with pytest.raises(ConfigurationError, match=f"set COGNITO_ALB_{name} as well"):
            guard_arguments({**of_tokens, **ALB, **said})
        said[f"COGNITO_ALB_{name}"] = value
    (pool, one), _ = guard_arguments({**of_tokens, **ALB, **said})
    assert (pool.checks, pool.role_claim) == (one.checks, one.role_claim) == ((never,), None)

    (_, one), _ = guard_arguments({**of_tokens, **ALB, **said, "COGNITO_ALB_CHECKS": []})
    assert one.checks == ()


# Each is a condition that would hold for some of the callers only, or for none at all.
HALF: dict[str, tuple[dict[str, Any], str]] = {
    "resources beside load balancers": (
        {**GOOD, **ALB, "COGNITO_RESOURCES": ["x"]},
        "set COGNITO_ALB_RESOURCES as well",
    ),
    "resources that load balancers cannot show": (
        {**GOOD, **ALB, "COGNITO_RESOURCES": ["x"], "COGNITO_ALB_RESOURCES": ["x"]},
        "COGNITO_ALB_RESOURCES needs COGNITO_ALB_USER_POOL_ID",
    ),
    "no resources of load balancers": (
        {
            **GOOD,
            **ALB,
            "COGNITO_RESOURCES": ["x"],
            "COGNITO_ALB_RESOURCES": [],
            "COGNITO_ALB_USER_POOL_ID": POOL_ID,
        },
        "COGNITO_ALB_RESOURCES must not be empty",
    ),
    "resources for any token": (
        {**GOOD, "COGNITO_RESOURCES": ["x"], "COGNITO_TOKEN_USE": "any"},
        "an ID token is bound to no resource",
    ),
    "split roles beside load balancers": (
        {**GOOD, **ALB, "COGNITO_SPLIT_ROLES": True},
        "set COGNITO_ALB_SPLIT_ROLES as well",
    ),
    **{
        f"{name} of one of several pools beside load balancers": (
            {
                **ALB,
                "COGNITO_USER_POOLS": [
                    {"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"]},
                    {"USER_POOL_ID": "eu-west-1_B", "CLIENT_IDS": ["one"], name: value},
                ],
            },
            f"{name} applies to tokens of the user pool only; set COGNITO_ALB_{name} as well",
        )
        for name, value in {"CHECKS": [never], "RESOURCES": ["x"], "ROLE_CLAIM": None}.items()
    },
    "nothing to split": (
        {**GOOD, "COGNITO_ROLE_CLAIM": None, "COGNITO_SPLIT_ROLES": True},
        "COGNITO_SPLIT_ROLES has nothing to split",
    ),
    "nothing to split behind load balancers": (
        {**ALB, "COGNITO_ALB_ROLE_CLAIM": None, "COGNITO_ALB_SPLIT_ROLES": True},
        "COGNITO_ALB_SPLIT_ROLES has nothing to split",
    ),
    "regions and an issuer": (
        {**GOOD, "COGNITO_REGIONS": ["us-east-1"], "COGNITO_ISSUER": "https://a.example/"},
        "COGNITO_ISSUER replaces the issuers of all regions",
    ),
    "regions of no pool": (
        {**ALB, "COGNITO_ALB_REGIONS": ["us-east-1"]},
        "COGNITO_ALB_REGIONS needs COGNITO_ALB_USER_POOL_ID",
    ),
    "a cookie without a pool": ({**ALB, "COGNITO_COOKIE": "session"}, "name one as well"),
    "a header without a pool": ({**ALB, "COGNITO_TOKEN_HEADER": "x-id-token"}, "name one as well"),
    "mixed identities without two kinds": (
        {**GOOD, "COGNITO_UNSAFE_ALLOW_MIXED_IDENTITIES": True},
        "a UserPool and a LoadBalancer",
    ),
    "mixed identities of load balancers": (
        {**ALB, "COGNITO_UNSAFE_ALLOW_MIXED_IDENTITIES": True},
        "a UserPool and a LoadBalancer",
    ),
    "mixed identities as a text": (
        {**GOOD, **ALB, "COGNITO_UNSAFE_ALLOW_MIXED_IDENTITIES": "false"},
        "COGNITO_UNSAFE_ALLOW_MIXED_IDENTITIES must be True or False",
    ),
    "clients that anybody registers": (
        {**GOOD, "COGNITO_CLIENT_IDS": "DYNAMIC_CLIENTS"},
        "needs COGNITO_RESOURCES or COGNITO_CLIENT_CHECK",
    ),
    "any client and one more": (
        {**GOOD, "COGNITO_CLIENT_IDS": ["ANY_CLIENT", "one"]},
        "the word 'ANY_CLIENT' is not an id; write ANY_CLIENT alone, or ids without it",
    ),
}


@pytest.mark.parametrize(("settings", "message"), HALF.values(), ids=HALF)
def test_no_setting_is_silently_ignored(settings: dict[str, Any], message: str) -> None:
    """What would do nothing, or only for some callers, is an error that says so."""
    with pytest.raises(ConfigurationError, match=message):
        Guard.from_mapping(settings)


def test_resources_behind_load_balancers() -> None:
    """Said for both, the resource is asked of the access token that a load balancer forwards."""
    said = {"COGNITO_RESOURCES": ["x"], "COGNITO_ALB_RESOURCES": ["y"]}
    (pool, one), _ = guard_arguments({**GOOD, **ALB, **said, "COGNITO_ALB_USER_POOL_ID": POOL_ID})

    assert pool.resources == {"x"}
    assert one.user_pool.resources == {"y"}


@pytest.mark.parametrize("value", ["DYNAMIC_CLIENTS", ["DYNAMIC_CLIENTS"]], ids=repr)
def test_dynamic_clients_in_words(value: object) -> None:
    """Clients that register themselves are accepted where something else tells good ones."""
    for more in ({"RESOURCES": ["x"]}, {"CLIENT_CHECK": never}):
        given = {"COGNITO_" + name: each for name, each in more.items()}
        (pool,), _ = guard_arguments({**GOOD, **given, "COGNITO_CLIENT_IDS": value})
        assert pool.client_ids is None
    text = {**GOOD_ENV, "COGNITO_CLIENT_IDS": "DYNAMIC_CLIENTS", "COGNITO_RESOURCES": "x"}
    assert from_env(text)[0][0].client_ids is None


def test_a_token_header() -> None:
    """``TOKEN_HEADER`` is where the token is, instead of ``Authorization``; a cookie may be beside
    either."""

    def carriers(**named: str) -> list[str]:
        settings = {f"COGNITO_{name}": value for name, value in named.items()}
        return [repr(type(one)) for one in guard_arguments({**GOOD, **settings})[1]["carriers"]]

    header, cookie, usual = map(repr, (Header, Cookie, AuthorizationHeader))
    assert carriers(TOKEN_HEADER="x-id-token") == [header]
    assert carriers(COOKIE="session") == [usual, cookie]
    assert carriers(COOKIE="session", TOKEN_HEADER="x-id-token") == [header, cookie]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "the setting COGNITO_USER_POOL_ID is missing"),
    "no clients": (
        {"COGNITO_USER_POOL_ID": POOL_ID},
        "the setting COGNITO_CLIENT_IDS is missing",
    ),
    "no pool": ({"COGNITO_CLIENT_IDS": ["one"]}, "the setting COGNITO_USER_POOL_ID is missing"),
    "empty clients": ({**GOOD, "COGNITO_CLIENT_IDS": []}, "COGNITO_CLIENT_IDS must not be empty"),
    "clients None": ({**GOOD, "COGNITO_CLIENT_IDS": None}, "COGNITO_CLIENT_IDS must not be None"),
    "one client as text": (
        {**GOOD, "COGNITO_CLIENT_IDS": "one"},
        "COGNITO_CLIENT_IDS must be a list",
    ),
    "resources None": ({**GOOD, "COGNITO_RESOURCES": None}, "COGNITO_RESOURCES must not be None"),
    "issuer None": ({**GOOD, "COGNITO_ISSUER": None}, "COGNITO_ISSUER must not be None"),
    "jwks None": ({**GOOD, "COGNITO_JWKS": None}, "COGNITO_JWKS must not be None"),
    "token_use None": ({**GOOD, "COGNITO_TOKEN_USE": None}, "COGNITO_TOKEN_USE must not be None"),
    "a bool as text": (
        {**GOOD, "COGNITO_SPLIT_ROLES": "false"},
        "COGNITO_SPLIT_ROLES must be True or",
    ),
    "leeway as text": ({**GOOD, "COGNITO_LEEWAY": "5"}, "COGNITO_LEEWAY must be a number"),
    "empty cookie": ({**GOOD, "COGNITO_COOKIE": ""}, "name of a cookie"),
    "cookie None": ({**GOOD, "COGNITO_COOKIE": None}, "name of a cookie"),
    "cookie": ({**GOOD, "COGNITO_COOKIE": "a b"}, "^COGNITO_COOKIE: the name of a cookie"),
    "cookie path": (
        {**GOOD, "COGNITO_COOKIE": "t", "COGNITO_COOKIE_DOMAIN": "a", "COGNITO_COOKIE_PATH": "a"},
        "^COGNITO_COOKIE_PATH: the path of a cookie",
    ),
    "cookie samesite": (
        {**GOOD, "COGNITO_COOKIE": "t", "COGNITO_COOKIE_SAMESITE": "all"},
        "^COGNITO_COOKIE_SAMESITE: the samesite of a cookie",
    ),
    "cookie domain of a host's cookie": (
        {**GOOD, "COGNITO_COOKIE": "__Host-t", "COGNITO_COOKIE_DOMAIN": "a.example"},
        "^COGNITO_COOKIE_DOMAIN: a cookie whose name starts with __Host-",
    ),
    "cookie domain None": (
        {**GOOD, "COGNITO_COOKIE": "t", "COGNITO_COOKIE_DOMAIN": None},
        "COGNITO_COOKIE_DOMAIN must not be None",
    ),
    "a path of no cookie": (
        {**GOOD, "COGNITO_COOKIE_PATH": "/"},
        "COGNITO_COOKIE_PATH needs COGNITO_COOKIE",
    ),
    "misspelt": (
        {**GOOD, "COGNITO_CLIENTIDS": ["one"]},
        r"^unknown setting COGNITO_CLIENTIDS; did you mean COGNITO_CLIENT_IDS\?$",
    ),
    "singular": (
        {**GOOD, "COGNITO_CLIENT_ID": "one"},
        r"did you mean COGNITO_CLIENT_IDS\?$",
    ),
    "small letters": (
        {**GOOD, "COGNITO_user_pool_id": POOL_ID},
        r"did you mean COGNITO_USER_POOL_ID\?$",
    ),
    "made up": (
        {**GOOD, "COGNITO_XYZZY": 1},
        r"known are COGNITO_USER_POOLS, COGNITO_USER_POOL_ID, .*\(prefix=\)$",
    ),
    "an off-switch": ({**GOOD, "COGNITO_TESTING": True}, "unknown setting COGNITO_TESTING"),
    "another off-switch": ({**GOOD, "COGNITO_ENABLED": False}, "unknown setting COGNITO_ENABLED"),
    "the prefix alone": ({**GOOD, "COGNITO_": 1}, "unknown setting COGNITO_;"),
    "pools and a pool": (
        {**GOOD, "COGNITO_USER_POOLS": [{}]},
        "COGNITO_USER_POOLS describes every pool; move COGNITO_CLIENT_IDS into it",
    ),
    "no pools": ({"COGNITO_USER_POOLS": []}, "COGNITO_USER_POOLS must be a list with a mapping"),
    "pools as a mapping": (
        {"COGNITO_USER_POOLS": {"USER_POOL_ID": POOL_ID}},
        "COGNITO_USER_POOLS must be a list with a mapping",
    ),
    "a pool as text": (
        {"COGNITO_USER_POOLS": [POOL_ID]},
        r"COGNITO_USER_POOLS\[0\] must be a mapping",
    ),
    "a pool without clients": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID}]},
        r"the setting COGNITO_USER_POOLS\[0\].CLIENT_IDS is missing",
    ),
    "a pool with a misspelt setting": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"], "ISSUR": "x"}]},
        r"COGNITO_USER_POOLS\[0\].ISSUR; did you mean COGNITO_USER_POOLS\[0\].ISSUER\?$",
    ),
    "a pool with a made-up setting": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"], "XYZZY": 1}]},
        r"known are .*COGNITO_USER_POOLS\[0\].CHECKS$",
    ),
    "a pool with a setting of the guard": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"], "REALM": "a"}]},
        r"unknown setting COGNITO_USER_POOLS\[0\].REALM",
    ),
    "a pool with a name that is no text": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["one"], 5: 1}]},
        r"unknown setting COGNITO_USER_POOLS\[0\].5",
    ),
    "load balancers without a client": (
        {"COGNITO_ALB_ARNS": [ARN]},
        "the setting COGNITO_ALB_CLIENT_ID is missing",
    ),
    "load balancers without ARNs": (
        {**GOOD, "COGNITO_ALB_CLIENT_ID": "three"},
        "the setting COGNITO_ALB_ARNS is missing",
    ),
    "no load balancers": ({**ALB, "COGNITO_ALB_ARNS": []}, r"COGNITO_ALB_ARNS must not be"),
    "one ARN as text": ({**ALB, "COGNITO_ALB_ARNS": ARN}, r"COGNITO_ALB_ARNS must be a list"),
    "no issuer": ({**ALB, "COGNITO_ALB_ISSUER": None}, "COGNITO_ALB_ISSUER must not be None"),
    "keys of a pool that is not named": (
        {**ALB, "COGNITO_ALB_JWKS": "/etc/jwks.json"},
        "COGNITO_ALB_JWKS needs COGNITO_ALB_USER_POOL_ID",
    ),
    "a wrong pool behind load balancers": (
        {**ALB, "COGNITO_ALB_USER_POOL_ID": "x"},
        r"^COGNITO_ALB_USER_POOL_ID must be REGION_NAME",
    ),
    "half a pool and load balancers": (
        {**ALB, "COGNITO_USER_POOL_ID": POOL_ID},
        "the setting COGNITO_CLIENT_IDS is missing",
    ),
    "a misspelt setting of load balancers": (
        {**ALB, "COGNITO_ALB_ARN": ARN},
        r"did you mean COGNITO_ALB_ARNS\?$",
    ),
    "a wrong pool": (
        {"COGNITO_USER_POOLS": [{"USER_POOL_ID": "x", "CLIENT_IDS": ["one"]}]},
        r"^COGNITO_USER_POOLS\[0\].USER_POOL_ID must be REGION_NAME",
    ),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """A missing, empty, misspelt or mistyped setting is an error that names it."""
    with pytest.raises(ConfigurationError, match=message):
        guard_arguments(settings)


WRONG_TEXTS: dict[str, tuple[str, str, str]] = {
    "no clients": ("CLIENT_IDS", "", "COGNITO_CLIENT_IDS must not be empty"),
    "commas for clients": ("CLIENT_IDS", " , ", "COGNITO_CLIENT_IDS must not be empty"),
    "no pool": ("USER_POOL_ID", "", "COGNITO_USER_POOL_ID must be REGION_NAME"),
    "no resources": ("RESOURCES", "", "COGNITO_RESOURCES must not be empty"),
    "no issuer": ("ISSUER", "", "COGNITO_ISSUER must be the URL"),
    "no jwks": ("JWKS", "", "COGNITO_JWKS must be a JWKS"),
    "no role claim": ("ROLE_CLAIM", "", "COGNITO_ROLE_CLAIM must be a text"),
    "no token use": ("TOKEN_USE", "", "COGNITO_TOKEN_USE must be"),
    "no truth": ("SPLIT_ROLES", "", "^COGNITO_SPLIT_ROLES must be true or false"),
    "0 for truth": ("SPLIT_ROLES", "0", "^COGNITO_SPLIT_ROLES must be true or false"),
    "no leeway": ("LEEWAY", "", "^COGNITO_LEEWAY must be a number of seconds"),
    "minutes": ("LEEWAY", "5m", "^COGNITO_LEEWAY must be a number of seconds"),
    "endless leeway": ("LEEWAY", "inf", "COGNITO_LEEWAY must be between"),
    "NaN as leeway": ("LEEWAY", "nan", "COGNITO_LEEWAY must be between"),
    "no size": ("MAX_TOKEN_BYTES", "", "^COGNITO_MAX_TOKEN_BYTES must be a whole number"),
    "half a size": ("MAX_TOKEN_BYTES", "1.5", "^COGNITO_MAX_TOKEN_BYTES must be a whole number"),
    "no entries": ("CACHE_ENTRIES", "", "^COGNITO_CACHE_ENTRIES must be a whole number"),
    "a switch for the cache": ("CACHE_BYTES", "off", "^COGNITO_CACHE_BYTES must be a whole number"),
    "no realm": ("REALM", "", "COGNITO_REALM must be printable ASCII"),
    "no cookie": ("COOKIE", "", "name of a cookie"),
    "no checks": ("CHECKS", "", "COGNITO_CHECKS must be a list of callables"),
    "checks as text": ("CHECKS", "mine.check", "COGNITO_CHECKS must be a list of callables"),
    "pools that are no JSON": ("USER_POOLS", "[", "^COGNITO_USER_POOLS must be JSON"),
    "no pools": ("USER_POOLS", "", "^COGNITO_USER_POOLS must be JSON"),
    "no ARNs": ("ALB_ARNS", "", "the setting COGNITO_ALB_CLIENT_ID is missing"),
    "quotes": ("USER_POOL_ID", f'"{POOL_ID}"', "^COGNITO_USER_POOL_ID has quotation marks"),
    "one quote": ("ISSUER", "https://a.example/'", "^COGNITO_ISSUER has quotation marks"),
    "quotes in a list": ("CLIENT_IDS", '"one","two"', "^COGNITO_CLIENT_IDS has quotation marks"),
    "JSON for a list": ("RESOURCES", '["https://a"]', "^COGNITO_RESOURCES is a list in brackets"),
    "a tuple for a list": ("RESOURCES", "('a', 'b')", "^COGNITO_RESOURCES is a list in brackets"),
    "None": ("ROLE_CLAIM", "None", "^COGNITO_ROLE_CLAIM is the word None; for no value, leave"),
    "null": ("REALM", "null", "^COGNITO_REALM is the word null"),
    "none in a list": ("CLIENT_IDS", "one,none", "^COGNITO_CLIENT_IDS is the word none"),
    "undefined": ("COOKIE", "undefined", "^COGNITO_COOKIE is the word undefined"),
    "a space before": ("REALM", " api", "^COGNITO_REALM has white space around it"),
    "a line after": ("JWKS", "/etc/jwks.json\n", "^COGNITO_JWKS has white space around it"),
    "a BOM": (
        "USER_POOL_ID",
        f"\ufeff{POOL_ID}",
        "^COGNITO_USER_POOL_ID has an invisible character in it",
    ),
    "a BOM in a list": (
        "CLIENT_IDS",
        "\ufeffone",
        "^COGNITO_CLIENT_IDS has an invisible character in it",
    ),
    "nothing to see": (
        "ROLE_CLAIM",
        "custom:ro\u200ble",
        "^COGNITO_ROLE_CLAIM has an invisible character",
    ),
    "digits of an alphabet": ("LEEWAY", "\uff15", "^COGNITO_LEEWAY must be a number of seconds"),
    "digits in groups": ("LEEWAY", "1_0", "^COGNITO_LEEWAY must be a number of seconds"),
    "size in groups": ("MAX_TOKEN_BYTES", "9_000", "^COGNITO_MAX_TOKEN_BYTES must be a whole num"),
    "any client and one": ("CLIENT_IDS", "ANY_CLIENT,abc", "the word 'ANY_CLIENT' is not an id"),
    "one and any client": ("CLIENT_IDS", "abc any_client", "the word 'any_client' is not an id"),
    "any client in small": ("CLIENT_IDS", "any_client", "the word 'any_client' is not an id"),
    "any client twice": (
        "CLIENT_IDS",
        "ANY_CLIENT ANY_CLIENT",
        "the word 'ANY_CLIENT' is not an id",
    ),
    "true for a client": ("CLIENT_IDS", "true", "the word 'true' is not an id"),
    "letters that look alike": (
        "CLIENT_IDS",
        "\u043ene",
        "COGNITO_CLIENT_IDS must hold app client ids",
    ),
    "an issuer that looks alike": (
        "ISSUER",
        "https://\u0430.example/",
        "COGNITO_ISSUER must be the URL",
    ),
    "a region that is none": (
        "REGIONS",
        "us-east-1,us-est",
        "each of COGNITO_REGIONS must be the name",
    ),
    "no header": ("TOKEN_HEADER", "", "^COGNITO_TOKEN_HEADER: the name of a header"),
    "the usual header": ("TOKEN_HEADER", "Authorization", "has another meaning"),
    "mixed identities": ("UNSAFE_ALLOW_MIXED_IDENTITIES", "yes", "must be true or false"),
    "an unknown one": ("TESTING", "true", "unknown setting COGNITO_TESTING"),
}


@pytest.mark.parametrize(("name", "text", "message"), WRONG_TEXTS.values(), ids=WRONG_TEXTS)
def test_wrong_texts(name: str, text: str, message: str) -> None:
    """An environment variable that is empty or no value of its kind is an error that names it."""
    with pytest.raises(ConfigurationError, match=message):
        Guard.from_env({**GOOD_ENV, f"COGNITO_{name}": text})


POOL = f'{{"USER_POOL_ID": "{POOL_ID}", "CLIENT_IDS": ["one"]}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'[{POOL[:-1]}, "CLIENT_IDS": ["two"]}}]', "has the name CLIENT_IDS twice in one object"),
        (f'[{POOL[:-1]}, "CLIENT_IDS": ["one"]}}]', "has the name CLIENT_IDS twice in one object"),
        (f'[{POOL[:-1]}, "CLIENT\\u005fIDS": "ANY_CLIENT"}}]', "has the name CLIENT_IDS twice"),
        (f'[{POOL[:-1]}, "JWKS": {{"keys": [], "keys": []}}}}]', "has the name keys twice"),
        (f"[{POOL}, {POOL}]", "two user pools share the issuer"),
        (f"[{POOL},]", "must be JSON"),
        (f"[{POOL}] x", "must be JSON"),
        (f"\ufeff[{POOL}]", "must be JSON"),
        (f'[{POOL[:-1]}, "LEEWAY": NaN}}]', "must be JSON"),
        (f'[{POOL[:-1]}, "LEEWAY": Infinity}}]', "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        (f'[{POOL[:-1]}, "LEEWAY": "5"}}]', r"COGNITO_USER_POOLS\[0\].LEEWAY must be a number"),
        (f'[{POOL[:-1]}, "LEEWAY": true}}]', r"COGNITO_USER_POOLS\[0\].LEEWAY must be a number"),
        (
            f'[{POOL[:-1]}, "SPLIT_ROLES": 1}}]',
            r"COGNITO_USER_POOLS\[0\].SPLIT_ROLES must be True or False",
        ),
        (f'[{POOL[:-1]}, "RESOURCES": null}}]', "RESOURCES must not be None"),
        (f'[{POOL[:-1]}, "client_ids": ["two"]}}]', "unknown setting .*did you mean"),
        (
            POOL.replace('["one"]', '"one"').join("[]"),
            r"COGNITO_USER_POOLS\[0\].CLIENT_IDS must be a list",
        ),
        (POOL.replace('["one"]', '["one", "ANY_CLIENT"]').join("[]"), "the word 'ANY_CLIENT'"),
        (POOL, "must be a list with a mapping for each pool"),
        ("null", "must be a list with a mapping for each pool"),
    ],
)
def test_pools_as_text(text: str, message: str) -> None:
    """JSON means what everybody reads in it: each name once, each value of its own type."""
    with pytest.raises(ConfigurationError, match=message):
        Guard.from_env({"COGNITO_USER_POOLS": text})


def test_a_client_twice_is_harmless() -> None:
    """A list is a set: what it says twice, it says."""
    assert from_env({**GOOD_ENV, "COGNITO_CLIENT_IDS": "one,one"})[0][0].client_ids == {"one"}


def test_no_role_claim_can_be_said() -> None:
    """``None`` as the role claim asks for no roles; it is the one ``None`` that waives no check."""
    assert guard_arguments({**GOOD, "COGNITO_ROLE_CLAIM": None})[0][0].role_claim is None


def test_foreign_names_are_left_alone() -> None:
    """Settings without the prefix, and names that are no text, belong to somebody else."""
    pools, keywords = guard_arguments({**GOOD, "DEBUG": True, 5: 6, "cognito_realm": "x"})  # type: ignore[dict-item]

    assert (len(pools), keywords) == (1, {})


def test_another_prefix() -> None:
    """Under a prefix of one's own, names with the usual one are somebody else's."""
    settings = {"AUTH_USER_POOL_ID": POOL_ID, "AUTH_CLIENT_IDS": "one", "COGNITO_XYZZY": "1"}
    pools, _ = guard_arguments(values_from_text(settings, "AUTH_"), "AUTH_")

    assert pools[0].client_ids == {"one"}
    with pytest.raises(
        ConfigurationError, match=r"known are AUTH_USER_POOLS, .*AUTH_COOKIE_SAMESITE"
    ):
        guard_arguments({**settings, "AUTH_XYZZY": 1}, "AUTH_")


def test_where_the_cookie_is() -> None:
    """Path, domain and SameSite of the cookie are settings next to its name."""
    environ = {
        "COGNITO_USER_POOL_ID": "eu-west-1_Example",
        "COGNITO_CLIENT_IDS": "example",
        "COGNITO_COOKIE": "token",
        "COGNITO_COOKIE_PATH": "/app",
        "COGNITO_COOKIE_DOMAIN": "example.com",
        "COGNITO_COOKIE_SAMESITE": "none",
    }
    _, cookie = Guard.from_env(environ).carriers
    assert cookie.deletion.endswith("Path=/app; Domain=example.com; SameSite=None; Secure")
