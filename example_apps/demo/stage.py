"""What the parts of the demo start, and where it listens."""

from __future__ import annotations

from contextlib import ExitStack


class Stage(ExitStack):
    """Keeps everything running until the demo ends."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: dict[str, str] = {}
        """The address of each app, by what the app is."""
