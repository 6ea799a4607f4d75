"""Every Python example on every page is run, and the links of the pages outside docs/ lead on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import SkipTest, mock

import pytest

from ..django.project import set_up
from .pages import PAGES, file_name, files, lay_out, page_id, parse
from .tables import ROOT

# The language of a fence that opens a block of Python, however that is spelt.
_PYTHON_FENCE = re.compile(r"^[ >]*(?:`{3,}|~{3,})(?: *\{[\w-]+\})? *(py.*)$", re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if list(parse(page))], ids=page_id)
def test_every_python_example_on_a_page_runs(page: Path) -> None:
    """A page's examples run in their order, in one namespace, with nothing but the page itself, and
    the settings that Django's decorators ask for."""
    set_up()
    with mock.patch.dict(os.environ):
        for example in parse(page):
            if file_name(example) is None:
                try:
                    example.evaluate()
                except SkipTest:
                    continue


@pytest.mark.parametrize("page", [page for page in PAGES if files(page)], ids=page_id)
def test_the_files_that_a_page_shows_pass_their_own_tests(page: Path, tmp_path: Path) -> None:
    """Examples that begin with a file's name are files: side by side, pytest is content."""
    lay_out(page, tmp_path)
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,  # a pytest with all its plug-ins, on a machine that may be busy
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    # The page shows the last line of what pytest prints, up to the time that it took.
    outcome = re.findall(r"\d+ passed", finished.stdout)[-1]
    assert f"`{outcome}`" in page.read_text(encoding="utf-8"), f"the page does not say {outcome}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_python_block_escapes_the_parser(page: Path) -> None:
    """Blocks of Python are marked with the one word that the tests above look for."""
    assert set(_PYTHON_FENCE.findall(page.read_text(encoding="utf-8"))) <= {"python"}


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "SECURITY.md"], ids=page_id)
def test_relative_links_lead_to_files(page: Path) -> None:
    """What the pages outside docs/ link to in the repository exists; Sphinx looks after docs/."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []
