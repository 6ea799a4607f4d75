"""The page on performance shows the run whose data lies beside it, and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from . import page, plot
from .results import Results


@pytest.fixture(scope="module")
def results() -> Results:
    """The data on the page."""
    loaded: Results = json.loads(page.DATA.read_text(encoding="utf-8"))
    return loaded


def test_the_tables_of_the_page_are_those_of_its_data(results: Results) -> None:
    """No number was written by hand."""
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, results) == text
    for name, svg in plot.plots(results).items():
        assert (page.DOCS / name).read_text(encoding="utf-8") == svg


def test_every_table_has_its_place_on_the_page(results: Results) -> None:
    """What is measured is shown, and no place stays empty."""
    text = page.PAGE.read_text(encoding="utf-8")
    places = re.findall(r"<!-- table: (\w+) -->", text)
    assert sorted(places) == sorted(["about", "goals", "checks", *results["sections"]])
    assert not re.search(r"-->\s*<!-- end", text)
    assert len(re.findall(r"!\[.+\]\(performance.*\.svg\)", text)) == len(plot.plots(results))


def test_numbers_that_change_change_the_page(results: Results) -> None:
    """A run is seen in the tables: the page is not a copy that only looks alike."""
    changed: Results = json.loads(json.dumps(results))
    changed["sections"]["verify"]["rows"][1]["value"]["median"] = 123456.0
    text = page.PAGE.read_text(encoding="utf-8")
    assert "| cognito_guard | 123,456 |" in page.filled(text, changed)


def test_the_data_names_no_path_of_a_machine() -> None:
    """Reasons and versions are told, but not where they were found."""
    for path in sorted(page.DOCS.glob("performance*")):
        assert not re.search(
            r"/(tmp|home|root|work|usr|Users)/", path.read_text(encoding="utf-8")
        ), path.name
