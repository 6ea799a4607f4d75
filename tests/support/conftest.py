"""What these tests share with those of the engine."""

from ..engine.conftest import forge, worded_well

__all__ = ["forge", "worded_well"]
