"""The soak: no wrong answer, nobody stuck, nothing that grows.

No assertion is about how long anything took: the machine may be busy.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..needs import need
from .judge import Kind
from .load import MIX
from .plot import svg
from .soak import SHORTEST_SECONDS, Report, soak
from .table import lines

need(Path("/proc/self/fd").is_dir(), "Linux, for what /proc says of the servers under load")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """What came of a soak as short as it can be."""
    return soak(SHORTEST_SECONDS)


def test_no_answer_is_wrong(reports: list[Report]) -> None:
    """Every answer is right by the rules, given what the key server had sent until then.

    A good token is never refused, and is accepted whenever its key is held; a bad one never is;
    503 is for tokens with a key that could not be had; there is no 500, and no request without an
    answer.
    """
    for report in reports:
        assert report.tally.wrong == [], "\n".join(lines(report))


def test_it_was_a_soak(reports: list[Report]) -> None:
    """All kinds of requests were made, keys rotated, and the outages were felt."""
    for report in reports:
        verdicts = report.tally.verdicts
        assert {kind for kind, _ in verdicts} == set(Kind) == set(MIX)
        assert verdicts[Kind.GOOD, "200"] > 500
        assert verdicts[Kind.GOOD, "503 keys_unavailable"] > 0
        assert verdicts[Kind.UNKNOWN, "401 unknown_key"] > 0
        assert len(report.outages) == 2
        # Never more often than every 30 s, as many unknown kids as there are.
        assert 2 <= report.history.fetches <= 3


def test_memory_is_flat(reports: list[Report]) -> None:
    """After the warm-up, within 5 %."""
    for report in reports:
        assert report.warm is not None
        assert report.end is not None
        assert report.end.kibibytes <= 1.05 * report.warm.kibibytes, "\n".join(lines(report))


def test_no_thread_and_no_file_descriptor_is_left(reports: list[Report]) -> None:
    """In a quiet moment there are as many as there were in one before."""
    for report in reports:
        assert report.warm is not None
        assert report.end is not None
        assert report.end.threads <= report.warm.threads, "\n".join(lines(report))
        assert report.end.descriptors <= report.warm.descriptors, "\n".join(lines(report))


def test_outcome_can_be_printed_and_drawn(reports: list[Report]) -> None:
    """A table for people, and a picture that is well-formed XML."""
    for report in reports:
        text = "\n".join(lines(report))
        assert report.name in text
        assert "wrong answers       0" in text
        sys.stdout.write(text + "\n")  # for whoever runs pytest with -s
    root = ElementTree.fromstring(svg(reports))  # noqa: S314  # our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall("{*}path")) >= 2 * 3
