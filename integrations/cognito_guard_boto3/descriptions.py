"""botocore's descriptions of the services, read once for all sessions of an identity pool.

Each session would read them by itself, which takes a client of S3 ten times as long to make.
"""

from __future__ import annotations

from pathlib import Path
from typing import final

import boto3
from botocore.loaders import Loader
from botocore.session import Session

__all__ = ["Descriptions"]


@final
class Descriptions(Loader):  # type: ignore[misc]  # has no types
    """Finds them where a session of the process does, and remembers them, as a session does for all
    of its clients."""

    @classmethod
    def of(cls, session: Session) -> Descriptions:
        """With the places that a session knows, and boto3's own."""
        places = session.get_component("data_loader").search_paths
        own = str(Path(boto3.__file__).parent / "data")
        made: Descriptions = cls([*places, own], include_default_search_paths=False)
        return made

    @property
    def search_paths(self) -> list[str]:
        """A copy: each session of boto3 adds the place of its own data, which is there already."""
        return [*super().search_paths]
