"""docs/tour.md shows what ``make tour`` prints."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

from ..needs import need
from .tables import ROOT

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,s3]' Flask-Cors")

PAGE = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")


def test_the_tour_prints_what_its_page_shows() -> None:
    """Every line, in its order; only moto's port differs. And it ends with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "example_apps.tour"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (shown,) = re.findall(r"^```text\n(AWS is moto.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert without_port(done.stdout) == without_port(shown)


def without_port(text: str) -> str:
    """The address of moto without what is another one each time."""
    return re.sub(r"(127\.0\.0\.1):\d+", r"\1", text)
