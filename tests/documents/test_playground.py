"""docs/playground.md lists what the page has."""

from __future__ import annotations

from example_apps.playground.presets import PRESETS

from .tables import ROOT, table_rows

PAGE = ROOT / "docs" / "playground.md"


def test_table_has_every_preset_with_its_answer() -> None:
    """Title, reason and status of the twelve mistakes, in the order of the page."""
    documented = [cells for heading, cells in table_rows(PAGE) if heading == "Twelve mistakes"]
    assert documented == [
        [one.title, f"[`{one.reason}`](errors.md#{one.reason})", str(one.status)]
        for one in PRESETS
        if one.reason
    ]


def test_its_picture_has_words_and_a_dark_one_beside_it() -> None:
    """Both are there, small enough to be loaded at once."""
    assert "](pictures/playground-light.png)" in PAGE.read_text(encoding="utf-8")
    for scheme in ("light", "dark"):
        picture = ROOT / "docs" / "pictures" / f"playground-{scheme}.png"
        assert 20_000 < picture.stat().st_size < 200_000
