"""An error about a setting names it, shows what it says, and tells what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard
from cognito_guard._support.setting_errors import blamed_on, told_value
from cognito_guard._support.setting_names import FAMILIAR_NAMES
from cognito_guard.login import LoginSessions

POOL_ID = "eu-west-1_AbC123xyz"
GOOD: dict[str, Any] = {"COGNITO_USER_POOL_ID": POOL_ID, "COGNITO_CLIENT_IDS": ["one"]}
ENVIRON = {"COGNITO_USER_POOL_ID": POOL_ID, "COGNITO_CLIENT_IDS": "one"}


def error_of(settings: dict[str, Any]) -> str:
    """What is said of typed settings."""
    with pytest.raises(ConfigurationError) as error:
        Guard.from_mapping({**GOOD, **settings})
    return str(error.value)


def error_of_text(**texts: str) -> str:
    """What is said of an environment."""
    with pytest.raises(ConfigurationError) as error:
        Guard.from_env({**ENVIRON, **{f"COGNITO_{name}": text for name, text in texts.items()}})
    return str(error.value)


TEXTS = {
    "quotes": (
        {"USER_POOL_ID": f'"{POOL_ID}"'},
        "COGNITO_USER_POOL_ID has quotation marks around it, which become part of the value; "
        f"write {POOL_ID} (it is '\"{POOL_ID}\"')",
    ),
    "a list in JSON": (
        {"CLIENT_IDS": '["one", "two"]'},
        "COGNITO_CLIENT_IDS is a list in brackets; separate the texts with commas or spaces "
        "instead; "
        'write one,two (it is \'["one", "two"]\')',
    ),
    "quotes in a list": (
        {"CLIENT_IDS": '"one"'},
        "COGNITO_CLIENT_IDS has quotation marks around it, which become part of the value; "
        "write one (it is '\"one\"')",
    ),
    "a Windows line": (
        {"TOKEN_USE": "access\r"},
        r"COGNITO_TOKEN_USE ends with a carriage return (\r): save the file that it is in with "
        r"Unix line endings; write access (it is 'access\r')",
    ),
    "white space": (
        {"REALM": " api"},
        "COGNITO_REALM has white space around it; write api (it is ' api')",
    ),
    "a word": (
        {"SPLIT_ROLES": "yes"},
        "COGNITO_SPLIT_ROLES must be true or false (it is 'yes')",
    ),
    "quotes around truth": (
        {"SPLIT_ROLES": "'true'"},
        """COGNITO_SPLIT_ROLES must be true or false; write true (it is "'true'")""",
    ),
    "a letter that looks like another": (
        {"CLIENT_IDS": "\u043ene"},
        "COGNITO_CLIENT_IDS must hold app client ids: 1 to 128 letters, digits, '_' or '+' "
        r"(it is ['\u043ene'])",
    ),
    "every client beside one, in brackets": (
        {"CLIENT_IDS": "[ANY_CLIENT, abc]"},
        "COGNITO_CLIENT_IDS is a list in brackets; separate the texts with commas or spaces "
        "instead; write ANY_CLIENT alone, or ids without it (it is '[ANY_CLIENT, abc]')",
    ),
    "every client in small letters": (
        {"CLIENT_IDS": "any_client"},
        "COGNITO_CLIENT_IDS must hold app client ids: the word 'any_client' is not an id; write "
        "ANY_CLIENT alone, or ids without it (it is ['any_client'])",
    ),
    "a word that is no id": (
        {"CLIENT_IDS": "true"},
        "COGNITO_CLIENT_IDS must hold app client ids: the word 'true' is not an id "
        "(it is ['true'])",
    ),
    "a pool of an emulator": (
        {"USER_POOL_ID": "local_1abc"},
        "COGNITO_USER_POOL_ID names 'local', which is no AWS region with user pools: copy the id "
        "from the Cognito console; for an emulator, pass COGNITO_ISSUER as well "
        "(it is 'local_1abc')",
    ),
    "no clients": (
        {"CLIENT_IDS": ""},
        "COGNITO_CLIENT_IDS must not be empty; list the ids of your app clients (ANY_CLIENT "
        "accepts every client of the pool) (it is [])",
    ),
    "a file that is not there": (
        {"JWKS": "/nowhere/jwks.json"},
        "COGNITO_JWKS (/nowhere/jwks.json): the file cannot be read: No such file or directory",
    ),
    "a file beside": (
        {"JWKS": "nowhere.json"},
        "COGNITO_JWKS (nowhere.json): the file cannot be read: No such file or directory; a "
        "relative path begins at the working directory",
    ),
    "a size": (
        {"MAX_TOKEN_BYTES": "-1"},
        "COGNITO_MAX_TOKEN_BYTES must be a whole number of bytes (it is -1)",
    ),
}


@pytest.mark.parametrize(("texts", "message"), TEXTS.values(), ids=TEXTS)
def test_texts(texts: dict[str, str], message: str) -> None:
    """Whoever reads it knows what to change, and where."""
    assert error_of_text(**texts) == message


VALUES = {
    "a text for a list": (
        {"COGNITO_CLIENT_IDS": "abc"},
        """COGNITO_CLIENT_IDS must be a list of texts; write ["abc"] (it is 'abc')""",
    ),
    "texts for a list": (
        {"COGNITO_RESOURCES": "a, b"},
        """COGNITO_RESOURCES must be a list of texts; write ["a", "b"] (it is 'a, b')""",
    ),
    "JSON in a text": (
        {"COGNITO_CLIENT_IDS": '["abc"]'},
        """COGNITO_CLIENT_IDS must be a list of texts; write ["abc"] (it is '["abc"]')""",
    ),
    "every client beside one": (
        {"COGNITO_CLIENT_IDS": "ANY_CLIENT,abc"},
        "COGNITO_CLIENT_IDS must be a list of texts; write ANY_CLIENT alone, or ids without it "
        "(it is 'ANY_CLIENT,abc')",
    ),
    "one beside clients that register": (
        {"COGNITO_CLIENT_IDS": "abc dynamic_clients"},
        "COGNITO_CLIENT_IDS must be a list of texts; write DYNAMIC_CLIENTS alone, or ids without "
        "it (it is 'abc dynamic_clients')",
    ),
    "every client beside one in a list": (
        {"COGNITO_CLIENT_IDS": ["abc", "ANY_CLIENT"]},
        "COGNITO_CLIENT_IDS must hold app client ids: the word 'ANY_CLIENT' is not an id; write "
        "ANY_CLIENT alone, or ids without it (it is ['abc', 'ANY_CLIENT'])",
    ),
    "nothing for a list": (
        {"COGNITO_REGIONS": ""},
        "COGNITO_REGIONS must be a list of texts (it is '')",
    ),
    "a number for a list": (
        {"COGNITO_CLIENT_IDS": 5},
        "COGNITO_CLIENT_IDS must be a list of texts; list the ids of your app clients (ANY_CLIENT "
        "accepts every client of the pool) (it is 5)",
    ),
    "two that do not go together": (
        {"COGNITO_RESOURCES": ["a"], "COGNITO_TOKEN_USE": "id"},
        'COGNITO_RESOURCES are for COGNITO_TOKEN_USE="access" alone: an ID token is bound to no '
        "resource, so each would pass (it is ['a'])",
    ),
}


@pytest.mark.parametrize(("settings", "message"), VALUES.values(), ids=VALUES)
def test_values(settings: dict[str, Any], message: str) -> None:
    """The same where settings have types, as in Flask and Django."""
    assert error_of(settings) == message


def test_keys_of_a_load_balancers_pool_are_named() -> None:
    """A file is read when both are known; the one that is said is to blame."""
    alb = {
        "COGNITO_ALB_ARNS": [
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef"
        ],
        "COGNITO_ALB_CLIENT_ID": "one",
        "COGNITO_ALB_USER_POOL_ID": POOL_ID,
        "COGNITO_ALB_JWKS": "/nowhere",
    }
    assert error_of(alb).startswith("COGNITO_ALB_JWKS (/nowhere): the file cannot be read")


ADDRESSES = {
    "keys over http": (
        {"JWKS": "http://moto:5000/keys"},
        "COGNITO_JWKS: keys are fetched over https only; http is for loopback addresses such as "
        "127.0.0.1 (it is 'http://moto:5000/keys')",
    ),
    "an issuer with http": (
        {"ISSUER": "http://moto:5000/eu-west-1_AbC123xyz"},
        "COGNITO_ISSUER: keys are fetched over https only; http is for loopback addresses such as "
        "127.0.0.1; to read keys from a file, set COGNITO_JWKS "
        "(it is 'http://moto:5000/eu-west-1_AbC123xyz')",
    ),
    "a password": (
        {"JWKS": "https://user:s3cret@keys.example"},
        "COGNITO_JWKS: the URL of a key set takes no user name and no fragment",
    ),
}


@pytest.mark.parametrize(("settings", "message"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_of_keys(settings: dict[str, str], message: str) -> None:
    """An address that keys must not come from is told by its setting."""
    with pytest.raises(ConfigurationError) as error:
        Guard.from_env({**ENVIRON, **{f"COGNITO_{name}": settings[name] for name in settings}})
    assert str(error.value) == message


def test_addresses_of_one_of_several_pools() -> None:
    """No setting of the environment is blamed for what is in a list of pools."""
    pools = [{"USER_POOL_ID": POOL_ID, "CLIENT_IDS": ["a"], "ISSUER": "http://moto:5000/a"}]
    with pytest.raises(ConfigurationError, match=r"^issuer: keys are fetched over https only"):
        Guard.from_mapping({"COGNITO_USER_POOLS": pools})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("APP_CLIENT_ID", "CLIENT_IDS"),
        ("USER_POOL_CLIENT_ID", "CLIENT_IDS"),
        ("USER_POOL", "USER_POOL_ID"),
        ("USER_POOL_REGION", "REGION"),
        ("USER_POOL_DOMAIN", "LOGIN_DOMAIN"),
    ],
)
def test_a_name_that_looks_like_another(name: str, meant: str) -> None:
    """The advice is about what it means, and not about what is spelt alike."""
    said = error_of({f"COGNITO_{name}": "abc"})
    assert f" COGNITO_{meant}; if other code" in said


def test_flasks_prefix_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that Flask would read, where nobody has asked Flask to."""
    monkeypatch.setenv("FLASK_COGNITO_CLIENT_IDS", "abc")
    with pytest.raises(ConfigurationError) as error:
        Guard.from_env({"COGNITO_USER_POOL_ID": POOL_ID})
    assert str(error.value) == (
        "the setting COGNITO_CLIENT_IDS is missing; the environment has FLASK_COGNITO_CLIENT_IDS: "
        "call app.config.from_prefixed_env(), or name it COGNITO_CLIENT_IDS for Guard.from_env()"
    )


def test_environment_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that nobody has read, as settings come from elsewhere."""
    monkeypatch.setenv("COGNITO_CLIENT_IDS", "abc")
    with pytest.raises(ConfigurationError) as error:
        Guard.from_mapping({"COGNITO_USER_POOL_ID": POOL_ID})
    assert str(error.value) == (
        "the setting COGNITO_CLIENT_IDS is missing; the environment has it, for Guard.from_env() "
        "to read"
    )


@pytest.mark.parametrize("name", FAMILIAR_NAMES)
def test_names_of_other_code_for_cognito(name: str) -> None:
    """Each is refused with what it may have been meant for, and its value stays unsaid."""
    said = error_of({f"COGNITO_{name}": "s3cret-value"})
    assert said.startswith(f"unknown setting COGNITO_{name}: ")
    assert said.endswith(
        f"; if other code reads COGNITO_{name}, give these settings their own prefix (prefix=)"
    )
    assert "{" not in said
    assert "s3cret" not in said
    # What it names is there.
    named = {word.rstrip(";:,.") for word in said.split() if word.startswith("COGNITO_")}
    known = {f"COGNITO_{each}" for each in (*Guard.setting_names, *LoginSessions.setting_names)}
    assert named - {f"COGNITO_{name}"} <= known


def test_region_is_held_against_the_pool() -> None:
    """It changes nothing, and what contradicts the id is a mistake in one of the two."""
    assert Guard.from_env({**ENVIRON, "COGNITO_REGION": "eu-west-1"}).user_pools[0].issuers
    for region in ("us-east-1", "", "eu-west-1\n", "eu"):
        with pytest.raises(ConfigurationError, match=r"^COGNITO_REGION "):
            Guard.from_env({**ENVIRON, "COGNITO_REGION": region})
    assert error_of({"COGNITO_REGION": "us-east-1"}) == (
        "COGNITO_REGION is not the region that the id of each user pool begins with; leave it "
        "out, or correct one of them (it is 'us-east-1')"
    )
    assert error_of({"COGNITO_REGION": None}).startswith("COGNITO_REGION is not the region")


SECRETS = {
    "LOGIN_CLIENT_SECRET": "' s3cret",
    "LOGIN_SECRETS": "'s3cret'",
    "JWKS": "https://user:s3cret@keys.example/jwks.json ",
    "ISSUER": "https://idp.example/?key=s3cret",
    "USER_POOL_ID": "eyJs3cret",
    "USER_POOLS": '[{"a": "s3cret"',
}


@pytest.mark.parametrize(("name", "text"), SECRETS.items(), ids=SECRETS)
def test_secrets_are_not_shown(name: str, text: str) -> None:
    """Nor what may have one in it, neither as it is nor as it is meant."""
    said = error_of_text(**{name: text})
    assert f"COGNITO_{name}" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a" * 100, f" (it is '{'a' * 80}'...)"),
        (list("abcdefg"), " (it is ['a', 'b', 'c', 'd', 'e', ...])"),
        (["a", "eyJ"], ""),
        ("-----BEGIN PRIVATE KEY-----", ""),
        (len, " (it is of type builtin_function_or_method)"),
        (b"abc", " (it is of type bytes)"),
        (None, " (it is None)"),
        (True, " (it is True)"),
    ],
)
def test_values_are_short(value: object, told: str) -> None:
    """A line, whatever somebody has written."""
    assert told_value("X", value) == told


def test_errors_that_name_no_setting_say_where_they_are_from() -> None:
    """And an argument that is no setting keeps its name."""
    names = {"issuer": "COGNITO_ISSUER"}
    for message, otherwise, said in (
        ("two pools share one", "COGNITO_*", "COGNITO_*: two pools share one"),
        ("two pools share one", "", "two pools share one"),
        ("Nobody knows", "COGNITO_*", "COGNITO_*: Nobody knows"),
        (
            "issuer needs clock= and issuer=, both",
            "",
            "COGNITO_ISSUER needs clock= and COGNITO_ISSUER, both",
        ),
    ):
        with pytest.raises(ConfigurationError) as error, blamed_on(names, {}, otherwise):
            raise ConfigurationError(message)
        assert str(error.value) == said
