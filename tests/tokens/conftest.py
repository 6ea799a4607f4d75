"""What these tests share with those of the engine."""

from ..engine.conftest import forge, healthy_fetches_end_well, worded_well

__all__ = ["forge", "healthy_fetches_end_well", "worded_well"]
