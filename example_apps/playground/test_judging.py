"""The verdict on the page is the engine's, and the apps answer as the page says."""

from __future__ import annotations

import gc
import json
import shlex
import subprocess
import weakref
from itertools import product
from typing import Any

import pytest

from cognito_guard.testing import LocalUserPool

from . import building
from .asking import ask, ask_with, curl, sendable
from .conftest import Judge
from .fields import Fields
from .judging import tokens_in
from .pasting import paste
from .presets import GOOD, PRESETS, Preset
from .routes import BALANCED_ROUTES, ROUTES

APPS = ["Starlette", "FastAPI", "Flask", "Django"]
KINDS = ("access", "id", "machine")


def reasons(told: dict[str, Any]) -> list[str | None]:
    """The reason in the body of each answer; FastAPI's own shape has it under "detail"."""
    found = []
    for answer in told["answers"]:
        body = json.loads(answer["body"]) if answer["status"] >= 400 else {}
        inner = body.get("detail")
        found.append((inner if isinstance(inner, dict) else body).get("reason"))
    return found


def statuses(told: dict[str, Any]) -> set[int]:
    """The status of every answer."""
    return {answer["status"] for answer in told["answers"]}


@pytest.mark.parametrize("preset", PRESETS, ids=[one.name for one in PRESETS])
def test_preset(judge: Judge, preset: Preset) -> None:
    """Each preset is refused for its reason, by the engine and by every app, with its status."""
    told = judge(preset.fields)
    assert told["valid"] is (preset.reason is None)
    assert told["reason"] == preset.reason
    is_alb = preset.fields["kind"] == "alb"
    asked = ["Flask behind a load balancer"] if is_alb else APPS
    assert [answer["app"] for answer in told["answers"]] == asked
    assert statuses(told) == {preset.status}
    assert reasons(told) == [preset.reason] * len(asked)
    challenges = {answer["challenge"] is not None for answer in told["answers"]}
    assert challenges == {preset.reason is not None}


def test_presets_are_twelve_mistakes_and_a_good_token() -> None:
    """As the page says; and each of them has a name and a title of its own."""
    assert [one.reason is None for one in PRESETS] == [True] + [False] * 12
    assert len({one.name for one in PRESETS}) == len({one.title for one in PRESETS}) == 13


@pytest.mark.parametrize("kind", KINDS)
def test_engine_and_apps_agree(judge: Judge, kind: str) -> None:
    """Whatever is chosen in the form: the apps answer what the page's verdict says."""
    changes = building.ALTERATIONS + building.WRAPPINGS
    chosen = [{"change": change} for change in changes]
    chosen += [{"issued_by": one} for one in building.ISSUERS if one != "other_balancer"]
    chosen += [{"expires_in": one} for one in building.LIFETIMES]
    chosen += [{"route": one} for one in ROUTES]
    for fields in chosen:
        told = judge({**GOOD, "kind": kind, **fields})
        assert told["valid"] is (statuses(told) == {200}), fields
        assert reasons(told) == [told["reason"]] * 4, fields


@pytest.mark.parametrize("route", BALANCED_ROUTES)
def test_engine_and_app_behind_a_load_balancer_agree(judge: Judge, route: str) -> None:
    """The same for the headers of a load balancer, which are let in at `/login` only if good."""
    good = {**GOOD, "kind": "alb", "route": route}
    chosen = [{"change": one} for one in building.ALTERATIONS]
    chosen += [{"issued_by": one} for one in building.ISSUERS]
    chosen += [{"expires_in": "-60"}, {"groups": "admins"}]
    for fields in chosen:
        told = judge({**good, **fields})
        (answer,) = told["answers"]
        assert told["valid"] is (answer["status"] in (200, 302)), fields
        assert reasons(told) == [told["reason"]], fields


def test_what_each_change_does(judge: Judge) -> None:
    """Every change of the form makes the mistake that it names."""
    wanted = {
        "none": None,
        "payload": "bad_signature",
        "cut": "bad_signature",
        "alg_none": "unsupported_algorithm",
        "hs256": "unsupported_algorithm",
        "other_key": "bad_signature",
        "not_before": "token_not_yet_valid",
        "bearer_twice": "malformed_authorization",
        "quotes": "malformed_authorization",
        "no_scheme": "missing_credentials",
    }
    assert set(wanted) == {*building.ALTERATIONS, *building.WRAPPINGS}
    found = {change: judge({**GOOD, "change": change})["reason"] for change in wanted}
    assert found == wanted
    of_data = {change: wanted[change] for change in building.ALTERATIONS}
    alb = {**GOOD, "kind": "alb", "route": "/login"}
    assert {change: judge({**alb, "change": change})["reason"] for change in of_data} == of_data


def test_what_is_in_a_token_is_in_its_parts(judge: Judge) -> None:
    """The parts on the page are those of the token that was sent, decoded."""
    told = judge({**GOOD, "groups": "one, two"})
    (token,) = told["tokens"]
    assert (token["name"], token["before"], token["after"]) == ("Authorization", "Bearer ", "")
    header, payload, signature = token["parts"]
    assert json.loads(header["json"])["alg"] == "RS256"
    assert json.loads(payload["json"])["cognito:groups"] == ["one", "two"]
    assert signature["json"] is None
    sent = ".".join(part["text"] for part in token["parts"])
    assert told["answers"][0]["curl"].endswith(f"-H 'Authorization: Bearer {sent}'")


def test_checks_go_on_behind_a_wrong_header(judge: Judge) -> None:
    """Quotation marks around an expired ID token: all three mistakes are in the table."""
    told = judge({**GOOD, "kind": "id", "expires_in": "-60", "change": "quotes"})
    assert told["check"] == "credential"
    failed = [check["name"] for check in told["checks"] if check["verdict"] == "failed"]
    assert failed == ["credential", "expiry", "token_use"]
    assert told["tokens"][0]["before"] == 'Bearer "'
    assert told["tokens"][0]["after"] == '"'


def test_load_balancer_sends_two_tokens(judge: Judge) -> None:
    """The signed data, and the access token beside it."""
    told = judge({**GOOD, "kind": "alb", "route": "/login"})
    names = [token["name"] for token in told["tokens"]]
    assert names == ["x-amzn-oidc-data", "x-amzn-oidc-accesstoken"]
    assert told["answers"][0]["location"] == "/"


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("Bearer", 1),
        ("Bearer a.b", 1),
        ("Bearer ..", 3),
        ("Bearer e30.e30.", 3),
        ("Bearer e30.!.\ud800", 3),
        ("Bearer " + "WzFd." * 2, 3),
        ("Bearer " + "W" * 90_000 + ".e30.x", 3),
        ('Bearer ""', 1),
    ],
)
def test_what_is_no_token_is_shown_as_it_is(value: str, parts: int) -> None:
    """Nothing that can stand in a header breaks the page."""
    (token,) = tokens_in({"Authorization": value})
    assert len(token["parts"]) == parts
    text = ".".join(part["text"] for part in token["parts"])
    assert f"{token['before']}{text}{token['after']}" == value


def test_letters_without_a_shape_are_written_out() -> None:
    """What turns the direction of a text around does not reach the page."""
    payload = "eyJhIjogIlx1MjAyZSJ9"  # {"a": "\u202e"}
    (token,) = tokens_in({"Authorization": f"Bearer e30.{payload}.x"})
    assert token["parts"][1]["json"] == '{\n  "a": "\\u202e"\n}'


@pytest.mark.parametrize("value", ["it's", '$(reboot) "`x`', "a\\b!", "-H x: y", "ü #"])
def test_curl_line_is_quoted(value: str) -> None:
    """A shell hands curl the same words, whatever is in the token."""
    line = curl("http://127.0.0.1:1/me", {"Authorization": value})
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{line}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)  # noqa: S603, S607
    words = done.stdout.decode().split("\0")[:-1]
    assert words == ["-i", "http://127.0.0.1:1/me", "-H", f"Authorization: {value}"]
    assert shlex.split(line)[1:] == words


def test_header_with_a_control_character_is_not_sent() -> None:
    """No request can carry one, so none is made."""
    assert sendable({"Authorization": "Bearer a\tb"})
    assert not sendable({"Authorization": "Bearer a\nb"})
    assert not sendable({"Authorization": "Bearer a\x00b"})


def test_app_that_does_not_answer_is_told() -> None:
    """The page says so, without a word of what was sent."""
    (answer,) = ask({"Gone": "http://127.0.0.1:1"}, "/me", {"Authorization": "Bearer secret"})
    assert answer["problem"] == "No answer: ConnectError."


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """Stands for one in production. No app here trusts it."""
    return LocalUserPool("us-east-2_Production", client_id="3production45678")


class TestPasting:
    """A token of another pool, with the settings of an app."""

    @pytest.fixture
    def pasted(self, pool: LocalUserPool) -> dict[str, str]:
        """The form, filled."""
        return {
            "mode": "paste",
            "route": "/me",
            "token": pool.access_token("grace"),
            "user_pool_id": pool.user_pool_id,
            "client_ids": f"7another89client, {pool.client_id}",
            "token_use": "access",
            "issuer": "",
            "jwks": json.dumps(pool.jwks()),
        }

    def test_good_one(self, judge: Judge, pasted: dict[str, str]) -> None:
        """It is judged by the pasted settings, and apps with these settings answer it."""
        told = judge(pasted)
        assert told["valid"] is True
        assert [answer["app"] for answer in told["answers"]] == ["Starlette", "Flask"]
        assert statuses(told) == {200}
        assert "FastAPI and Django would keep" in told["note"]

    def test_refused_one(self, judge: Judge, pasted: dict[str, str], pool: LocalUserPool) -> None:
        """Each setting counts: the client, the kind, the route."""
        for changes, reason in (
            ({"client_ids": "7another89client"}, "wrong_client"),
            ({"token_use": "id"}, "wrong_token_use"),
            ({"user_pool_id": "us-east-2_Staging"}, "unknown_issuer"),
            ({"jwks": json.dumps(LocalUserPool().jwks())}, "unknown_key"),
            ({"token": pool.access_token(expires_in=-5)}, "token_expired"),
            ({"token": f"Bearer {pasted['token']}"}, "malformed_authorization"),
            ({"route": "/admin"}, "missing_group"),
        ):
            told = judge({**pasted, **changes})
            assert told["reason"] == reason
            assert reasons(told) == [reason] * 2

    def test_emulator(self, judge: Judge, pasted: dict[str, str], pool: LocalUserPool) -> None:
        """An issuer of one's own is taken."""
        issuer = "http://127.0.0.1:9229/us-east-2_Production"
        token = pool.access_token(iss=issuer)
        assert judge({**pasted, "token": token})["reason"] == "unknown_issuer"
        assert judge({**pasted, "token": token, "issuer": issuer})["valid"] is True

    def test_white_space_around_is_no_mistake(self, judge: Judge, pasted: dict[str, str]) -> None:
        """A line is often copied with its end."""
        assert judge({**pasted, "token": f"\n {pasted['token']}\r\n"})["valid"] is True

    def test_line_break_within(self, judge: Judge, pasted: dict[str, str]) -> None:
        """No request can carry it, so no app is asked; the engine's verdict is there."""
        token = pasted["token"]
        told = judge({**pasted, "token": f"{token[:50]}\n{token[50:]}"})
        assert told["reason"] == "malformed_authorization"
        assert told["answers"] == []
        assert told["note"].startswith("No request can carry this header")

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("token", "", "Paste the token"),
            ("token", "a" * 40_000, "more than 32,000 letters"),
            ("token", 5, "must be a text"),
            ("user_pool_id", "", "user_pool_id must be REGION_NAME"),
            ("user_pool_id", "moon-1_AbC", "which is no AWS region"),
            ("client_ids", "", "client_ids"),
            ("issuer", "nonsense", "issuer"),
            ("token_use", "both", "none of those that can be chosen"),
            ("route", "/elsewhere", "none of those that can be chosen"),
            ("jwks", "", "it is empty"),
            ("jwks", "<html>", "it is HTML or XML"),
            ("jwks", "eyJ.eyJ.x", "it is a token"),
            ("jwks", '{"jwks_uri": ""}', "it is an OpenID configuration"),
            ("jwks", '{"keys": []}', "jwks is not a usable key set"),
            ("jwks", "[" * 60_000, "jwks is not a usable key set"),
            ("jwks", "/etc/hostname", "it is not JSON"),
            ("jwks", "\ud800", "half a character"),
            ("token", "a.b.c\udfff", "half a character"),
            ("issuer", "https://issuer.example/\ud83d", "half a character"),
        ],
    )
    def test_field_that_cannot_be_used(
        self, judge: Judge, pasted: dict[str, str], field: str, value: object, problem: str
    ) -> None:
        """The page is told which one, and what is wrong with it."""
        told = judge({**pasted, field: value})
        assert told["field"] == field
        assert problem in told["problem"]

    @pytest.mark.parametrize("letter", ["é", "\u202e", "\x85", "\u2026", "\U0001f600"])
    def test_token_beyond_ascii(self, judge: Judge, pasted: dict[str, str], letter: str) -> None:
        """A letter that came in by copying is a wrong header, for the guard and both apps."""
        told = judge({**pasted, "token": f"{pasted['token']}{letter}x"})
        assert told["reason"] == "malformed_authorization"
        assert [answer["status"] for answer in told["answers"]] == [400, 400]

    def test_nothing_is_fetched(self, judge: Judge, pasted: dict[str, str]) -> None:
        """An address in place of the keys is no address: nobody asks there."""
        with LocalUserPool().serve() as keys:
            told = judge({**pasted, "jwks": keys.url})
            assert told["field"] == "jwks"
            assert keys.requests == 0

    def test_guard_ends_with_the_request(self, pasted: dict[str, str]) -> None:
        """Neither the apps that were made for it nor anything else holds the pasted settings."""
        guard, headers = paste(Fields(pasted))
        assert [one["status"] for one in ask_with(guard, "/me", headers)] == [200] * 2
        kept = weakref.ref(guard)
        del guard
        gc.collect()
        assert kept() is None

    def test_nothing_is_kept(self, judge: Judge, pasted: dict[str, str]) -> None:
        """A token that was accepted with its keys is refused with others: no cache knows it."""
        assert judge(pasted)["valid"] is True
        others = {**pasted, "jwks": json.dumps(LocalUserPool().jwks())}
        assert judge(others)["reason"] == "unknown_key"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "other"}, "mode"),
        ({"kind": "refresh"}, "kind"),
        ({"kind": None}, "kind"),
        ({"username": "\ud800"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "a" * 201}, "username"),
        ({"expires_in": "1e9"}, "expires_in"),
        ({"issued_by": "aws"}, "issued_by"),
        ({"issued_by": "other_balancer"}, "issued_by"),
        ({"change": "more"}, "change"),
        ({"route": "/login"}, "route"),
        ({"kind": "alb", "route": "/me"}, "route"),
        ({"kind": "alb", "route": "/login", "change": "quotes"}, "change"),
        ({"kind": "alb", "route": "/login", "username": " "}, "username"),
    ],
)
def test_field_that_cannot_be_used(judge: Judge, changes: dict[str, Any], field: str) -> None:
    """What the form cannot send is refused, with the name of the field."""
    assert judge({**GOOD, **changes})["field"] == field


def test_hostile_names_are_texts(judge: Judge) -> None:
    """Markup, quotation marks and other scripts in a claim are signed, sent and answered."""
    for username, group in product(["<script>alert(1)</script>", "Ünal\u202e", "a'b\"c"], ["<b>"]):
        told = judge({**GOOD, "username": username, "groups": group})
        assert told["valid"] is True
        assert statuses(told) == {200}
