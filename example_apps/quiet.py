"""A log without refusals, for what prints each of them itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

_LOG = logging.getLogger("cognito_guard")
_OF_UVICORN = Path(__file__).with_name("quiet.json")


@contextmanager
def quiet() -> Iterator[None]:
    """Until the end of the block, cognito_guard logs no refusal here, and none in servers of
    uvicorn that are started from here."""
    level = _LOG.level
    _LOG.setLevel(logging.ERROR)
    try:
        with patch.dict(os.environ, UVICORN_LOG_CONFIG=str(_OF_UVICORN)):
            yield
    finally:
        _LOG.setLevel(level)
