"""``make tour`` tells the truth: it ends with 1, at the step that does not go as documented.

Each run is a process of its own, as moto keeps what it knows in the process. That all goes well is
for tests/documents/test_tour.py to see, where its output is held to the documentation.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from textwrap import dedent

import pytest

from tests.needs import need

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,s3]' Flask-Cors")

BREAKAGES = {
    "an app that lets everybody in": (
        """
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse
        from starlette.routing import Route
        async def welcome(request): return JSONResponse({})
        walk.create_app = lambda guard, api=None: Starlette(routes=[Route("/me", welcome)])
        """,
        "GET /me, no token ",
        "200",
    ),
    "an app that fails": (
        """
        from starlette.applications import Starlette
        walk.create_app = lambda guard, api=None: Starlette()
        """,
        "GET /me, no token ",
        "404",
    ),
    "an app whose users write their role": (
        """
        from functools import partial
        walk.UserApi = partial(walk.UserApi, unsafe_writable=["custom:role"])
        """,
        'api.update_attributes(token, {"custom:role": "owner"})',
        "not refused",
    ),
    "policies that allow everything": (
        """
        from example_apps.local_aws import Decision, PolicyEvaluator
        PolicyEvaluator.decide = lambda *_, **__: Decision.ALLOWED
        """,
        's3.put_object(Key=f"{bob}/plan")',
        "not refused",
    ),
    "a sign-out that Cognito does not hear of": (
        """
        from example_apps.tour import app
        sign_out = app.sign_out
        async def here(request, *, everywhere, user_api):
            return await sign_out(request, everywhere=everywhere)
        app.sign_out = here
        """,
        "sign_out(request, everywhere=True, user_api=api)",
        "200, at Cognito: False",
    ),
    "a list that forgets": (
        """
        from cognito_guard.revocation import MemoryRevocationList
        async def never(self, identity, issuer): return False
        MemoryRevocationList.ais_revoked = never
        """,
        "GET /me, laptop",
        "200",
    ),
}


def run(breakage: str) -> subprocess.CompletedProcess[str]:
    """The tour, with something broken in it."""
    lines = (
        "import sys",
        "from example_apps.tour import __main__ as tour, walk",
        dedent(breakage),
        "sys.exit(tour.main())",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)  # noqa: S603


@pytest.mark.parametrize(("breakage", "call", "got"), BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_broken_is_found_out(breakage: str, call: str, got: str) -> None:
    """At the step where it shows, which is the last."""
    done = run(breakage)
    assert (done.returncode, done.stderr) == (1, "")
    *_, last, _, end = done.stdout.splitlines()
    assert last.strip().startswith(call)
    assert f"  {got}  [WRONG, expected " in last
    assert end.startswith("That is not as documented.")


def test_a_fault_is_no_success() -> None:
    """What the tour does not know how to tell ends it with 1, too."""
    done = run("def fail(*_): raise OSError('no port')\nwalk.LocalAws = fail")
    assert done.returncode == 1
    assert done.stderr.endswith("OSError: no port\n")


def test_what_hangs_is_ended() -> None:
    """With 1, and with where it hung."""
    done = run(
        "import threading\ntour._PATIENCE = 0.1\ntour.walk = lambda _: threading.Event().wait()"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Timeout (0:00:00.100000)!")


def test_the_account_of_this_machine_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor its proxy: with both in the environment, all goes well."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    done = run("")
    assert (done.returncode, done.stderr) == (0, "")
