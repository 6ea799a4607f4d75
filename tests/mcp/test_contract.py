"""The HTTP contract and the attack corpus, with tools of an MCP server for paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from cognito_guard import Guard
from cognito_guard.testing import JwksServer, LocalUserPool, attacks
from example_apps.serving import serve

from ..contract.adapters import Adapter, Settings
from ..contract.cases import CALLERS, CASES, Caller, Case
from ..contract.conftest import RESOURCE, alb, alb_keys, keys, settings
from ..contract.test_contract import METADATA, check
from ..raw import ask, bearer
from .door import create_door

__all__ = ["alb", "alb_keys", "keys", "settings"]

MCP = Adapter("mcp-uvicorn", lambda settings: serve(create_door(Guard.from_env(settings))))


@pytest.fixture(scope="module")
def where(settings: dict[str, Settings]) -> Iterator[Callable[[str], str]]:
    """Where the server listens that was started with the settings of that name."""
    running: dict[str, str] = {}
    with ExitStack() as servers:

        def start(name: str = "plain") -> str:
            if name not in running:
                own = {**settings[name], **RESOURCE}
                running[name] = servers.enter_context(MCP.serve(own))
            return running[name]

        yield start


# The SDK looks for tokens in the header alone.
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.server != "cookie"], ids=lambda case: case.what
)
def test_answer(case: Case, where: Callable[[str], str], pool: LocalUserPool) -> None:
    """Status, headers and body are those of the table, and each challenge names the metadata."""
    if case.challenge is not None:
        comma = "," if "=" in case.challenge else ""
        case = case._replace(challenge=f'{case.challenge}{comma} resource_metadata="{METADATA}"')
    check(MCP, case, ask(where(case.server), case.path, case.lines(pool)))


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.what)
def test_identity(caller: Caller, where: Callable[[str], str], pool: LocalUserPool) -> None:
    """The tool sees the caller as every view does."""
    answer = ask(where("plain"), "/me", [bearer(caller.make(pool))])
    assert (answer.status, answer.json) == (200, caller.sees(pool))


@pytest.mark.parametrize("path", ["/mcp", "/other"])
def test_preflight(path: str, where: Callable[[str], str]) -> None:
    """A CORS preflight is no refusal."""
    lines = [b"Origin: https://shop.example", b"Access-Control-Request-Method: POST"]
    answer = ask(where("plain"), path, lines, method="OPTIONS")
    assert (answer.status, answer.body) == (204, b"")


def test_attacks(where: Callable[[str], str], pool: LocalUserPool, keys: JwksServer) -> None:
    """No attack of the corpus gets through."""

    def send(attempt: attacks.Attempt) -> object:
        try:
            lines = [b": ".join(pair) for pair in attempt.raw_headers]
            answer = ask(where("plain"), "/admin", lines)
        except ConnectionError:  # a server may hang up on what it will not read
            return None
        return answer.status, answer.body

    made = attacks.run(send, pool, claims={"cognito:groups": ["admins"]})
    assert len(made) > 450
