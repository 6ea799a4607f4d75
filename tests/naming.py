"""Names of test cases that do not change from run to run."""

from __future__ import annotations

import re


def steady(value: object) -> str:
    """A value as the name of a test case, without the addresses of objects in it."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))
