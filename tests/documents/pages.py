"""The pages and their Python examples."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from sybil import Document, Example
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

from .tables import ROOT

DOCS = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in page.parts]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *DOCS]


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


def pages_of(page: Path) -> dict[str, str]:
    """The blocks of HTML that are whole files, by name: ``<!-- templates/home.html -->``."""
    blocks = re.findall(r"^```html\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    found = {}
    for block in blocks:
        name = re.match(r"<!-- (\S+\.html) -->\n", block)
        if name is not None:
            found[name[1]] = block
    return found


def lay_out(page: Path, folder: Path) -> None:
    """The files that a page shows, side by side. Those of a Django project are laid into one that
    Django has made; to its settings they are added."""
    shown = {**files(page), **pages_of(page)}
    settings = [name for name in shown if name.endswith("/settings.py")]
    for name in settings:
        command = [sys.executable, "-m", "django", "startproject", name.partition("/")[0], "."]
        subprocess.run(command, cwd=folder, check=True, timeout=300)
    for name, text in shown.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a" if name in settings else "w", encoding="utf-8") as file:
            file.write(text)


def files(page: Path) -> dict[str, str]:
    """The examples of a page that are whole files, by name."""
    found = {file_name(example): example.parsed for example in parse(page)}
    return {name: text for name, text in found.items() if name is not None}
