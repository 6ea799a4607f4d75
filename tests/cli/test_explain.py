"""``cognito-guard explain``: what it takes, what it prints, and its exit status."""

from __future__ import annotations

import io
import json
import os

import pytest

from cognito_guard.cli import main
from cognito_guard.cli.pasted_request import read_request
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..needs import need
from .running import run
from .terminal import run_on_terminal

Trust = tuple[str, ...]


@pytest.fixture(scope="module")
def explain(trust: Trust) -> Trust:
    """``explain`` with the options of ``verify``."""
    return ("explain", *trust[1:])


def test_a_table(explain: Trust, pool: LocalUserPool) -> None:
    """One line for each check, and below the one that fails what helps."""
    outcome = run(*explain, "--require-group", "admins", pool.access_token(groups=["staff"]))
    lines = outcome.out.splitlines()

    assert (outcome.status, outcome.err) == (1, "")
    assert lines[0] == "refused: missing_group (check: policy)"
    assert f"  ok     client          client_id {pool.client_id}" in lines
    assert '             found     ["staff"]' in lines


def test_json(explain: Trust, pool: LocalUserPool) -> None:
    """One object, whose members are promised."""
    outcome = run(*explain, "--json", pool.access_token(expires_in=-60))
    (said,) = outcome.verdicts

    assert said.keys() == {"valid", "reason", "checks"}
    assert (said["valid"], said["reason"], outcome.status) == (False, "token_expired", 1)
    for check in said["checks"]:
        assert check.keys() == {"name", "verdict", "expected", "actual", "reason", "hint"}
        assert check["verdict"] in ("passed", "failed", "not_reached")
    failed = [check for check in said["checks"] if check["verdict"] == "failed"]
    assert [check["name"] for check in failed] == ["expiry"]
    assert "It expired 1 minute ago" in failed[0]["hint"]


def test_as_of_another_time(explain: Trust, pool: LocalUserPool) -> None:
    """``--at`` is the time of the alarm."""
    token, at = pool.access_token(expires_in=-60), int(pool.clock()) - 600

    assert run(*explain, token).status == 1
    assert run(*explain, "--at", str(at), token).status == 0


def test_keys_that_cannot_be_had(pool: LocalUserPool) -> None:
    """Status 3, as of ``verify``: nobody can say."""
    outcome = run(
        *("explain", "--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id),
        *("--jwks", "http://127.0.0.1:9/keys", "--json", pool.access_token()),
    )
    (said,) = outcome.verdicts

    assert (outcome.status, said["reason"]) == (3, "keys_unavailable")
    assert "http://127.0.0.1:9/keys" in json.dumps(said["checks"])


# What `curl -v` prints, with the response and what it says of the connection.
VERBOSE = """\
* Connected to api.example (127.0.0.1) port 80
> GET /orders HTTP/1.1
> Host: api.example
> Authorization: Bearer {}
> Accept: */*
>
< HTTP/1.1 401 Unauthorized
< www-authenticate: Bearer
<
{{"status": 401}}
"""


def test_every_way_to_hand_it_in(explain: Trust, pool: LocalUserPool) -> None:
    """A token, a header, a request, curl's command; as an argument and on standard input."""
    token = pool.access_token()
    for text in (
        token,
        f"Bearer {token}",
        f"Authorization: Bearer {token}",
        f"GET /orders HTTP/1.1\nHost: api.example\nauthorization: Bearer {token}\n",
        f"> GET /orders HTTP/2\n> Host: api.example\n> Authorization: Bearer {token}\n>\n",
        f"curl -s -H 'Authorization: Bearer {token}' https://api.example/orders",
        f"$ curl https://api.example \\\n  --header 'authorization: Bearer {token}'",
        f"curl --oauth2-bearer {token} https://api.example",
        f"curl -sSH 'Authorization: Bearer {token}' https://api.example",
        f"curl https://api.example \\\n-H 'Authorization: Bearer {token}'",
        f"/usr/bin/curl -H 'Authorization: Bearer {token}' https://api.example",
        f'curl.exe -H "Authorization: Bearer {token}" https://api.example',
        f"curl 'https://api.example' -H $'authorization: Bearer {token}'",
        f'curl ^"https://api.example^" ^\n  -H ^"authorization: Bearer {token}^"',
        f":method: GET\n:path: /orders\nauthorization: Bearer {token}\n",
        f'POST / HTTP/1.1\nAuthorization: Bearer {token}\n\n{{"a": 1}}\n',
        VERBOSE.format(token),
    ):
        assert run(*explain, text).status == 0, text[:30]
        assert run(*explain, "-", stdin=f"{text}\r\n".encode()).status == 0
    assert run(*explain, "Bearer", token).status == 0
    header = f"Authorization: Bearer {token}"
    assert run(*explain, "curl", "-sS", "-H", header, "https://api.example").status == 0
    assert run(*explain, "curl", "--json", "{}", "-H", header, "x").err == ""
    assert run(*explain, "--", "curl", "-H", f"Authorization: Bearer {token}", "x").status == 0


def test_what_is_pasted() -> None:
    """What is no request stays the text that it is."""
    assert read_request("curl -Ha:b -bc=d -H 'A: e' --cookie f") == {
        "a": ["b", "e"],
        "cookie": ["c=d", "f"],
    }
    assert read_request("curl -H") == {"": [""]}
    assert read_request("a: b\nc") == "a: b\nc"
    assert read_request("GET /\nnothing") == "GET /\nnothing"
    assert read_request("") == ""
    assert read_request("a: b\n\nc: d") == {"a": ["b"], "c": ["d"]}
    assert read_request("> GET / HTTP/2\n> a: b\n>\n< 302\n> GET /c HTTP/2\n> d: e\n>\n") == {
        "d": ["e"]
    }


def test_what_is_no_letter_on_standard_input(explain: Trust, pool: LocalUserPool) -> None:
    """It has its own name, as in an argument; or that of its byte, where it is no UTF-8."""
    quoted = f"\u201c{pool.access_token()}\u201d\n"

    assert "LEFT DOUBLE QUOTATION MARK" in run(*explain, "-", stdin=quoted.encode()).out
    assert "U+00FF" in run(*explain, "-", stdin=b"\xffa.b.c").out


def test_a_load_balancers_headers(pool: LocalUserPool) -> None:
    """All headers of a request, or the signed data alone."""
    balancer = LocalLoadBalancer(pool)
    headers = balancer.headers("alice")
    lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
    options = ("--alb-arn", balancer.arn, "--alb-client-id", balancer.client_id)
    for text in (lines, headers["x-amzn-oidc-data"]):
        outcome = run("explain", *options, "--alb-keys", "http://127.0.0.1:9", "--json", text)
        (said,) = outcome.verdicts
        names = {check["name"]: check["verdict"] for check in said["checks"]}
        assert names["data.signer"] == names["data.client"] == "passed"
        assert (said["reason"], outcome.status) == ("keys_unavailable", 3)


@pytest.mark.parametrize(
    ("argv", "stdin", "said"),
    [
        ([], b"", "nothing to explain"),
        (["-"], b" \n", "standard input holds nothing"),
        (["curl -H 'a"], b"", "unclosed quotation mark"),
    ],
    ids=["nothing", "empty", "curl"],
)
def test_usage(explain: Trust, argv: list[str], stdin: bytes, said: str) -> None:
    """Status 2, and one line that says what is missing."""
    outcome = run(*explain, *argv, stdin=stdin)

    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert said in outcome.err


def test_standard_input_that_cannot_be_read(
    explain: Trust, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Closed, or broken: status 2."""

    class Broken(io.RawIOBase):
        """A stream that fails."""

        def read(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    class Stdin:
        """As of ``sys``."""

        buffer = Broken()

    for stdin, said in ((None, "is closed"), (Stdin(), "Input/output error")):
        monkeypatch.setattr("sys.stdin", stdin)
        assert main([*explain, "-"]) == 2
        assert said in capsys.readouterr().err


def test_colour_on_a_terminal(explain: Trust, pool: LocalUserPool) -> None:
    """Colour where a person looks, and plain in a pipe."""
    need(hasattr(os, "openpty"), "pseudo-terminals (a Unix system)")
    token = pool.access_token()

    assert "\x1b[32mvalid\x1b[0m" in run_on_terminal(*explain, token, env={})
    assert "\x1b" not in run_on_terminal(*explain, token, env={"NO_COLOR": "1"})
    assert "\x1b" not in run(*explain, token).out


HIDDEN = "\u3164\uffa0\ufe0f\U000e0101\u2800\u034f\u115f\u180b\u202e\u2066\u200b\x1b\x07\x9b"


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_nothing_invisible_reaches_the_terminal(
    explain: Trust, trust: Trust, pool: LocalUserPool, hidden: str
) -> None:
    """Whatever a token says, in each command that shows some of it."""
    text = f"a{hidden}b"
    token = pool.access_token(text, groups=[text], scopes=[text], sub=text, client_id=text)
    for command in (explain, trust, ("inspect",)):
        assert hidden not in run(*command, token).out
        assert hidden not in run(*command, f"x{hidden}.y.z").out
