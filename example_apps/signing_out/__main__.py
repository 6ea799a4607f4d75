"""One process of the API: says where it is, and ends with its standard input."""

from __future__ import annotations

import json
import os
import sys

from cognito_guard import Guard
from cognito_guard.revocation import MirroredRevocationList

from ..quiet import quiet
from ..serving import serve
from .app import create_app
from .shared_list import connect


def main() -> None:
    """Serve until standard input is closed."""
    host, port, key = json.loads(os.environ.pop("SHARED_LIST"))
    revocations = MirroredRevocationList(connect((host, port, key)), when_unavailable="closed")
    settings = {name: value for name, value in os.environ.items() if name.startswith("COGNITO_")}
    guard = Guard.from_mapping(
        {
            **settings,
            "COGNITO_CLIENT_IDS": [settings["COGNITO_CLIENT_IDS"]],
            "COGNITO_REVOCATIONS": revocations,
        }
    )
    with quiet(), serve(create_app(guard)) as origin:
        sys.stdout.write(f"{origin}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
