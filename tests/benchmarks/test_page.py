"""The page on performance shows the run whose data lies beside it, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from . import page, peer_serving, plot
from .results import Results


def _data(path: Path) -> Results:
    loaded: Results = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def results() -> Results:
    """The data on the page."""
    return _data(page.DATA)


@pytest.fixture(scope="module")
def of_sessions() -> Results:
    """The data of the run that is about sessions alone."""
    return _data(page.SESSIONS_DATA)


def test_the_tables_of_the_page_are_those_of_its_data(
    results: Results, of_sessions: Results
) -> None:
    """No number was written by hand."""
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, results) == text
    assert page.filled(text, of_sessions) == text
    for name, svg in plot.plots(results).items():
        assert (page.DOCS / name).read_text(encoding="utf-8") == svg


def test_every_table_has_its_place_on_the_page(results: Results, of_sessions: Results) -> None:
    """What is measured is shown, and no place stays empty."""
    text = page.PAGE.read_text(encoding="utf-8")
    places = re.findall(r"<!-- table: (\w+) -->", text)
    own = ["sessions_about", "sessions_goals", *of_sessions["sections"]]
    # What the run on the page is too old to have.
    later = re.findall(r"<!-- table: (\w+) -->\n\nNot measured yet\.\n\n<!-- end -->", text)
    shown = ["about", "lead", "goals", "checks", *results["sections"], *own]
    assert sorted(places) == sorted([*shown, *later])
    assert not re.search(r"-->\s*<!-- end", text)
    assert len(re.findall(r"!\[.+\]\(performance.*\.svg\)", text)) == len(plot.plots(results))


def test_numbers_that_change_change_the_page(results: Results) -> None:
    """A run is seen in the tables: the page is not a copy that only looks alike."""
    changed: Results = json.loads(json.dumps(results))
    rows = {one["name"]: one for one in changed["sections"]["verify"]["rows"]}
    rows["cognito_guard"]["value"]["median"] = 123456.0
    text = page.PAGE.read_text(encoding="utf-8")
    assert "| cognito_guard | 123,456 |" in page.filled(text, changed)


def test_the_data_names_no_path_of_a_machine() -> None:
    """Reasons and versions are told, but not where they were found."""
    for path in sorted(page.DOCS.glob("performance*")):
        assert not re.search(
            r"/(tmp|home|root|work|usr|Users)/", path.read_text(encoding="utf-8")
        ), path.name


def test_the_page_leads_with_the_comparison(results: Results) -> None:
    """The fastest library is one that makes the same checks; peers on servers are named as soon as
    they were measured."""
    changed: Results = json.loads(json.dumps(results))
    rows = {each["name"]: each for each in changed["sections"]["verify"]["rows"]}
    rows["cognitojwt"]["value"]["median"] = 1.0  # accepts what it should not
    rows["joserfc"]["value"]["median"] = 40.0
    rows["fast-jwt"]["value"]["median"] = 2.0  # no Python
    app, ours, peer = peer_serving.RIVALS[0]
    for section, speeds in ((peer_serving.REPEATED, (600, 200)), (peer_serving.NEW, (300, 200))):
        changed["sections"][section] = {"title": "", "unit": "/s", "base": "", "rows": []}
        for form, speed in zip((ours, peer), speeds, strict=True):
            changed["sections"][section]["rows"].append(
                {
                    "name": f"{app}, {form}",
                    "value": {"median": speed, "low": speed, "high": speed},
                }
            )
    lead = page._lead(changed)
    assert "takes 40 µs (joserfc)" in lead
    assert f"{app}: 3.0 times the requests a second of {peer}, and 1.5 times" in lead
    assert peer_serving.RIVALS[1][2] not in lead
