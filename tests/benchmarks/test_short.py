"""The benchmark itself, in its short form: it runs and tells all. No time is judged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.dom.minidom import parse

import pytest

from cognito_guard.testing import LocalUserPool

from ..needs import need
from . import environments, in_process, serving, sessions
from .__main__ import main
from .bench import set_up
from .goals import AIMS, judge
from .material import good_token
from .results import Section


def test_the_short_form_measures_every_part_that_needs_no_load_generator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command prints a table for each part and the goals, and writes JSON and a plot."""
    parts = ("in-process", "start", "memory", "scaling", "steps")
    only = [word for part in parts for word in ("--only", part)]
    results = main(["--short", "--out", str(tmp_path), *only])
    printed = capsys.readouterr().out
    for section in results["sections"].values():
        assert section["title"] in printed
        assert [row["name"] for row in section["rows"] if "value" not in row] == []
    measured = [goal["what"] for goal in results["goals"] if goal["met"] is not None]
    # One is about Node, seven are about servers, four about peers on servers, two about floods.
    assert len(measured) == len(AIMS) - 14
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == results
    plot = parse(str(tmp_path / "performance.svg"))  # noqa: S318 - of our own making
    assert plot.documentElement.tagName == "svg"


def test_our_worker_refuses_every_kind_of_junk() -> None:
    """What is timed as a refusal is one, and what is timed as a verification is none."""
    with set_up(short=True) as bench:
        assert {kind for kind, refused in bench.own.refuses.items() if not refused} == set()
        assert set(in_process.JUNK) <= set(bench.own.refuses)


@pytest.mark.parametrize("name", serving.APPS)
def test_the_apps_differ_in_their_guard_only(name: str, pool: LocalUserPool) -> None:
    """Without a token one form answers and the other refuses; with one, both answer. The keys are
    fetched once for all requests.
    """
    token = f"Authorization: Bearer {good_token(pool)}"
    with (
        pool.serve() as keys,
        serving.both_forms(serving.APPS[name], pool, keys.url) as (open_app, guarded),
    ):
        assert [serving.status(each) for each in (open_app, guarded)] == [200, 401]
        for _ in range(3):
            assert [serving.status(each, token) for each in (open_app, guarded)] == [200, 200]
        assert keys.requests == 1


def test_goals_are_judged_by_the_worst_kind_of_junk() -> None:
    """A goal about several is met only if all of them meet it; what is missing is not met."""
    section: Section = {"title": "", "unit": "us", "base": "bare", "rows": []}
    for kind, ratio in zip(in_process.JUNK, (0.1, 0.2, 0.6, 0.3), strict=True):
        numbers = {"median": ratio, "low": ratio, "high": ratio}
        section["rows"].append(
            {"name": f"cognito_guard: {kind}", "value": numbers, "ratio": numbers}
        )
    verdicts = {goal["what"]: goal for goal in judge({"junk": section})}
    junk = verdicts.pop("refusing junk, the slowest of four kinds")
    assert (junk["measured"], junk["met"]) == ("0.60", False)
    assert {goal["met"] for goal in verdicts.values()} == {None}


@pytest.mark.parametrize("path", sorted(environments.PEERS.glob("*.txt")), ids=lambda p: p.stem)
def test_every_version_of_a_peer_is_pinned(path: Path) -> None:
    """A run can be repeated: a line is a name and a version, and all share one `cryptography`."""
    pins = path.read_text(encoding="utf-8").split()
    assert [pin for pin in pins if not re.fullmatch(r"@?[\w./-]+==[\w.]+", pin)] == []
    if path.stem != "node":
        own = (environments.PEERS / "cognito_guard.txt").read_text(encoding="utf-8").split()
        assert [pin for pin in pins if "cryptography" in pin] == [
            pin for pin in own if "cryptography" in pin
        ]


def test_sessions_are_a_run_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of caller has its line, and every app its goal. No load generator is needed."""
    need(shutil.which("redis-server") is not None, "redis-server: apt-get install redis-server")
    loads: list[tuple[str, str]] = []

    def load(wrk: str, origin: str, headers: Path) -> float:
        assert serving.status(origin, headers.read_text(encoding="ascii").splitlines()[0]) == 200
        loads.append((origin.rpartition("/")[2], headers.stem))
        return 100.0

    monkeypatch.setattr(serving, "load", load)
    monkeypatch.setattr(shutil, "which", lambda name, which=shutil.which: which(name) or name)
    results = main(["--short", "--out", str(tmp_path), "--only", "sessions"])
    rows = results["sections"]["sessions"]["rows"]
    assert len(rows) == len(sessions.APPS) * len(sessions.KINDS)
    assert [goal["met"] for goal in results["goals"]] == [True] * len(sessions.APPS)
    assert [kind for _, kind in loads[:3]] == ["bearer", "bearer", "session"]
