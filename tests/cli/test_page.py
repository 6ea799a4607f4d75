"""The page about the command line: its examples are run, its tables hold what there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .aws import StandIn
from .running import DEADLINE, run

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
TEXT = PAGE.read_text(encoding="utf-8")

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"

# What differs from run to run: times, ids, key ids.
_CHANGING = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC(?: \([^)]*\))?|\b\d{10}\b"
    r"|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|[\w-]{43}="
)


def _examples() -> Iterator[tuple[str, str]]:
    """The commands of each block, and what the page says that they print."""
    for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE):
        lines = block.splitlines(keepends=True)
        commands = [line[2:] for line in lines if line.startswith(("$ ", "> "))]
        yield "".join(commands), "".join(x for x in lines if not x.startswith(("$ ", "> ")))


EXAMPLES = list(_examples())


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that the page speaks of: the command, the tokens, a folder, AWS."""
    pool = LocalUserPool("eu-west-1_AbC123xyz")
    good = pool.access_token("alice", groups=["admins"], scopes=["orders/read"])
    expired = pool.access_token("alice", expires_in=-3600)
    folder = tmp_path_factory.mktemp("page")
    (folder / "tokens.txt").write_text(f"{good}\n{expired}\n\n", encoding="ascii")
    keys = json.dumps(pool.jwks()).encode("ascii")
    alb = LocalLoadBalancer(pool, arn=ARN)
    (pem,) = alb.keys().values()
    answers = {
        "cognito-idp.eu-west-1.amazonaws.com": keys,
        "public-keys.auth.elb.eu-west-1.amazonaws.com": pem.encode("ascii"),
    }
    with StandIn(trustme.CA(), answers) as aws:
        yield {
            **aws.environment(folder),
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
            "HOME": str(folder),
            "TOKEN": good,
            "ID_TOKEN": pool.id_token("alice"),
            "EXPIRED_TOKEN": expired,
            "ARN": ARN,
            "DATA": alb.data("alice", role="editor"),
        }


@pytest.mark.parametrize("commands", [pytest.param(one, id=one[0][:60]) for one in EXAMPLES])
def test_example(shell: dict[str, str], commands: tuple[str, str]) -> None:
    """What the page shows is what the commands print, times and random ids apart."""
    script, shown = commands
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=shell["HOME"],
        env=shell,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.stderr == ""
    assert _CHANGING.sub("#", done.stdout) == _CHANGING.sub("#", shown)


def test_examples_are_found() -> None:
    """The pattern that looks for examples finds those of every section."""
    assert len(EXAMPLES) == TEXT.count("```console") == 10


def test_every_option_is_named() -> None:
    """The table of options lists those that ``verify --help`` knows, and no others."""
    known = set(re.findall(r"^  (--[a-z-]+)", run("verify", "--help").out, re.MULTILINE))
    assert set(re.findall(r"^\| `(--[a-z-]+)", TEXT, re.MULTILINE)) == known
