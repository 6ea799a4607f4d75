"""The ways in which Python makes a second object of a first: a table for tests."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest


def _pickled(original: Any) -> Any:
    return pickle.loads(pickle.dumps(original))  # noqa: S301  # bytes of our own


WAYS = [
    pytest.param(copy.copy, id="copy"),
    pytest.param(copy.deepcopy, id="deepcopy"),
    pytest.param(_pickled, id="pickle"),
]
