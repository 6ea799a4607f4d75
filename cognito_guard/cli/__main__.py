"""``python -m cognito_guard.cli`` is ``cognito-guard``."""

from __future__ import annotations

import sys

from . import main

sys.exit(main())
