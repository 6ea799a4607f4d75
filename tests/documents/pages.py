"""The pages and their Python examples."""

from __future__ import annotations

from pathlib import Path

from sybil import Document, Example
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

from .tables import ROOT

PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def page_id(page: Path) -> str:
    """A page's path in the repository, to name a test by."""
    return page.relative_to(ROOT).as_posix()


def parse(page: Path) -> Document:
    """A page taken apart into examples."""
    return Document.parse(str(page), PythonCodeBlockParser(), SkipParser())


def file_name(example: Example) -> str | None:
    """The name of the file that an example is, if its first line says so: ``# app.py``."""
    if not isinstance(example.parsed, str):
        return None
    first = example.parsed.partition("\n")[0]
    name = first.removeprefix("# ")
    return name if name != first and name.endswith(".py") and " " not in name else None


def files(page: Path) -> dict[str, str]:
    """The examples of a page that are whole files, by name."""
    found = {file_name(example): example.parsed for example in parse(page)}
    return {name: text for name, text in found.items() if name is not None}
