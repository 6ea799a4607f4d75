"""The memory that a copy takes."""

from __future__ import annotations

import pytest

from ..benchmarks.revocations import megabytes


@pytest.mark.parametrize("kind", ["sign_in", "user"])
def test_a_hundred_thousand_entries_take_20_megabytes_at_most(kind: str) -> None:
    """Of either kind. docs/revocation.md says how many they take."""
    assert megabytes(kind) < 20
