"""What a test needs and a machine may lack: a skip, or a failure where nothing may be missing."""

from __future__ import annotations

import os

import pytest

REQUIRE_ALL = "TEST_NEEDS_REQUIRED"
"""Set to ``1``, every missing piece is a failure. For machines that are meant to have them all."""


def need(condition: bool, what: str) -> None:
    """Leave the running test, or the module that is being collected, unless ``condition`` holds.

    ``what`` names the missing piece and how to get it, in one line.
    """
    if condition:
        return
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"missing, and {REQUIRE_ALL} is set: {what}", pytrace=False)
    pytest.skip(f"needs {what}", allow_module_level=True)
