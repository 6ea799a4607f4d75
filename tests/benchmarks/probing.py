"""What is measured by a script of its own: the steps of a verification, and the cache's memory."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from . import material
from .bench import Bench
from .numbers import ratios, summary
from .results import Section

PROBES = Path(__file__).parent / "probes"

ALL = "all"


def steps(bench: Bench) -> dict[str, Section]:
    """Microseconds of one uncached verification, step by step."""
    effort = ("2", "20") if bench.short else ("40", "300")
    rounds: list[dict[str, float]] = _run(bench, "steps.py", str(bench.files[0]), *effort)
    section: Section = {
        "title": "Where the time of one verification goes",
        "unit": "us",
        "base": "all",
        "rows": [],
    }
    total = [each[ALL] for each in rounds]
    for name in rounds[0]:
        times = [each[name] for each in rounds]
        section["rows"].append(
            {"name": name, "value": summary(times), "ratio": ratios(times, total)}
        )
    return {"steps": section}


def memory(bench: Bench) -> dict[str, Section]:
    """What remembered tokens cost, and where the cost ends."""
    count = 200 if bench.short else 10_000
    section: Section = {
        "title": f"Memory of the cache, {count:,} distinct tokens",
        "unit": "B",
        "base": "",
        "rows": [],
    }
    speeds: Section = {
        "title": "Tokens that take turns, all of them remembered",
        "unit": "us",
        "base": "",
        "rows": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "tokens.txt")
        tokens = material.distinct_tokens(bench.pool, count)
        listed.write_text("\n".join(tokens) + "\n", encoding="ascii")
        found: dict[str, Any] = _run(bench, "cache.py", str(bench.files[0]), str(listed))
    for name, value in found["bytes"].items():
        section["rows"].append({"name": name, "value": summary([value])})
    for number, seconds in found["seconds"].items():
        speeds["rows"].append(
            {"name": f"{int(number):,}", "value": summary([each * 1e6 for each in seconds])}
        )
    return {"memory": section, "remembered": speeds}


def _run(bench: Bench, script: str, *arguments: str) -> Any:
    finished = subprocess.run(
        [bench.python, str(PROBES / script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return json.loads(finished.stdout)
