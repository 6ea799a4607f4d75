"""What these tests share with those of the engine and of keys."""

from ..engine.conftest import forge, worded_well
from ..keys.conftest import (
    clock,
    healthy_fetches_end_well,
    no_fetch_outlives_its_test,
    source,
)

__all__ = [
    "clock",
    "forge",
    "healthy_fetches_end_well",
    "no_fetch_outlives_its_test",
    "source",
    "worded_well",
]
