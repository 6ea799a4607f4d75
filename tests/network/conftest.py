"""What these tests share with those of keys."""

from ..keys.conftest import (
    clock,
    healthy_fetches_end_well,
    no_fetch_outlives_its_test,
    source,
)

__all__ = ["clock", "healthy_fetches_end_well", "no_fetch_outlives_its_test", "source"]
