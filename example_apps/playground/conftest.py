"""The page and the example apps behind it, running."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from .running import serve_playground

Judge = Callable[[Mapping[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def playground() -> Iterator[str]:
    """The address of the page."""
    with serve_playground() as origin:
        yield origin


@pytest.fixture(scope="module")
def visitor(playground: str) -> Iterator[httpx.Client]:
    """A client that sends what the page's own script sends."""
    headers = {"Origin": playground, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=playground, headers=headers, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def judge(visitor: httpx.Client) -> Judge:
    """What the page is told for the fields of its form."""

    def judge(fields: Mapping[str, Any]) -> dict[str, Any]:
        # As the page's script writes it, where a text may be half a character.
        told: dict[str, Any] = visitor.post(
            "/judge", content=json.dumps(fields), headers={"Content-Type": "application/json"}
        ).json()
        return told

    return judge
