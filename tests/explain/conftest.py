"""What the tests of explanations share."""

from __future__ import annotations

import pytest

from ..engine.forge import Forge


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Signs whatever it is given, with a key that its own guards trust."""
    return Forge()
