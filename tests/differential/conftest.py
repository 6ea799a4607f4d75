"""What the second opinions share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..engine.forge import Forge
from ..npm import installed, need_node, packages_folder
from .opinions import AWS_JWT_VERIFY


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Signs whatever it is given."""
    return Forge()


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``node_modules`` with aws-jwt-verify."""
    need_node(AWS_JWT_VERIFY)
    folder = packages_folder(request.config, tmp_path_factory.mktemp("npm"))
    return installed(AWS_JWT_VERIFY, folder)
