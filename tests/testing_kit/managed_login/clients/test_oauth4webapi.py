"""npm's oauth4webapi, which nobody here wrote, signs in at the local pool and finds no fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cognito_guard.testing import LocalClient, LocalUserPool, PoolServer

from ....npm import installed, need_node, packages_folder
from ..app import CALLBACK, ROTATING, SHOP, WEB

_PACKAGE = "oauth4webapi@3.8.8"
_SCRIPT = Path(__file__).with_name("oauth4webapi.mjs")
# Far more than it needs, so that only a script that hangs meets it.
_PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's main file."""
    need_node(_PACKAGE)
    folder = packages_folder(request.config, tmp_path_factory.mktemp("npm"))
    return installed(_PACKAGE, folder) / "oauth4webapi" / "build" / "index.js"


@pytest.fixture
def server(pool: LocalUserPool) -> Iterator[PoolServer]:
    """The door of a pool whose time is that of everybody."""
    with pool.listen(WEB, SHOP, ROTATING) as server:
        yield server


@pytest.mark.parametrize(
    ("client", "method"),
    [(WEB, "none"), (SHOP, "basic"), (SHOP, "post"), (ROTATING, "none")],
    ids=["public", "basic", "post", "rotating"],
)
def test_code_refresh_revoke(
    module: Path, server: PoolServer, client: LocalClient, method: str
) -> None:
    """Discovery, code with PKCE, nonce, at_hash, signatures, user info, refresh, revocation."""
    asked = {
        "module": str(module),
        "issuer": server.issuer,
        "clientId": client.client_id,
        "clientSecret": client.secret,
        "method": method,
        "redirectUri": CALLBACK,
        "username": "alice",
    }
    done = subprocess.run(
        ["node", str(_SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["claims"]["cognito:username"] == "alice"
    assert found["claims"]["aud"] == client.client_id
    assert found["userInfo"]["email"] == "alice@example.com"
    assert found["rotated"] is (client.rotation_grace is not None)
    assert found["afterwards"] == "invalid_grant"
