"""What these tests share with those of keys."""

from ..keys.conftest import clock, no_fetch_outlives_its_test, source

__all__ = ["clock", "no_fetch_outlives_its_test", "source"]
