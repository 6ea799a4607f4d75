"""A page has one name, which is its heading.

``python -m tests.documents.test_names`` lists links between pages whose text has no word in common
with that name. What is a list of pages is held to it here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import PAGES, page_id
from .tables import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
INDEX = DOCS / "index.md"


def name_of(page: Path) -> str:
    """The name of a page: its first heading. Of the changelog, that of the file that it shows."""
    text = page.read_text(encoding="utf-8")
    included = re.match(r"```\{include\} (\S+)\n", text)
    if included:
        return name_of(page.parent / included[1])
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    assert heading, f"{page.name} has no heading"
    return heading[1].replace("`", "")


def links(text: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The links to whole pages: the text, and the page."""
    for said, path in re.findall(r"(?<!!)\[([^\]]+)\]\(([\w./-]+\.md)\)", text):
        yield " ".join(said.replace("`", "").split()), (folder / path).resolve()


def words(text: str) -> list[str]:
    """Its words, but for the article at its head."""
    found = re.findall(r"[\w'-]+", text.casefold())
    return found[1:] if found[:1] == ["the"] else found


def names(said: str, page: Path) -> bool:
    """Whether a text is a page's name, or words of it that stand side by side."""
    short, whole = words(said), words(name_of(page))
    starts = range(len(whole) - len(short) + 1)
    return any(whole[start : start + len(short)] == short for start in starts)


def lists_in(page: Path) -> str:
    """What is held: all of the home page, and the list of pages in README.md."""
    text = page.read_text(encoding="utf-8")
    return (
        text if page == INDEX else text.split("\n## Documentation\n")[1].lstrip().split("\n\n")[0]
    )


@pytest.mark.parametrize("page", [INDEX, README], ids=page_id)
def test_lists_of_pages_have_their_names(page: Path) -> None:
    """Whoever follows a link arrives under the heading that they have read."""
    found = list(links(lists_in(page), page.parent))
    assert len(found) >= 6
    assert [(said, name_of(to)) for said, to in found if not names(said, to)] == []


def test_no_two_pages_have_one_name() -> None:
    """A name leads to one page."""
    found = [name_of(page).casefold() for page in PAGES if DOCS in page.parents]
    assert len(set(found)) == len(found)


def others() -> Iterator[str]:
    """Links that do not say where they lead, outside of the lists above."""
    for page in PAGES:
        for said, to in links(page.read_text(encoding="utf-8"), page.parent):
            if to.is_file() and DOCS in to.parents:
                known = {word[:4] for word in words(f"{name_of(to)} {to.stem}")}
                if not known & {word[:4] for word in words(said)}:
                    yield f"{page_id(page)}: [{said}] leads to {to.name}, {name_of(to)!r}"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in others()))
