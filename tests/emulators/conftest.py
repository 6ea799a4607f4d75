"""The emulators, each started once and only if a test asks for it, and the example apps."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import Guard
from example_apps.serving import serve

from ..npm import packages_folder
from ..patience import answers_may_take_their_time
from .apps import APPS
from .emulator import Emulator
from .servers import cognito_local_server, moto_server

__all__ = ["answers_may_take_their_time"]

_FOLDERS = pytest.StashKey[dict[str, Path]]()

# Longer than any token of theirs lives (moto: an hour; cognito-local: a day).
_LATER = 2 * 24 * 3600.0


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """A moto server with two user pools."""
    folder = _folder(request.config, "moto", tmp_path_factory)
    with moto_server(folder) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def cognito_local(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """cognito-local, with two user pools. npm's package is kept in pytest's cache."""
    folder = _folder(request.config, "cognito-local", tmp_path_factory)
    with cognito_local_server(folder, packages_folder(request.config, folder)) as emulator:
        yield emulator


@pytest.fixture(params=["moto", "cognito_local"])
def emulator(request: pytest.FixtureRequest) -> Emulator:
    """Each of the emulators."""
    # By name, and not as a parametrised fixture of the session, which would be torn down and set
    # up again wherever tests run in an order that mixes the two.
    found: Emulator = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def api() -> Iterator[Callable[[Emulator, str, str], str]]:
    """The origin of an example app on uvicorn, by emulator, framework and what the app accepts:
    ``access`` tokens, ``id`` tokens, or access tokens ``later``, when they all have expired.
    """
    with ExitStack() as servers:
        started: dict[tuple[str, str, str], str] = {}

        def origin(emulator: Emulator, framework: str, accepts: str) -> str:
            key = (emulator.name, framework, accepts)
            if key not in started:
                guard = {
                    "access": lambda: Guard(emulator.pool.trust()),
                    "id": lambda: Guard(emulator.pool.trust(token_use="id")),
                    "later": lambda: Guard(
                        emulator.pool.trust(), clock=lambda: time.time() + _LATER
                    ),
                }[accepts]()
                # uvicorn logs an error for each WebSocket that was refused with an HTTP answer.
                app = serve(APPS[framework](guard), log_level="critical")
                started[key] = servers.enter_context(app)
            return started[key]

        yield origin


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the emulators printed."""
    report = yield
    if report.failed:
        for name, folder in item.config.stash.get(_FOLDERS, {}).items():
            output = folder / "output.txt"
            if output.exists():
                tail = output.read_text(encoding="utf-8", errors="replace")[-4000:]
                report.sections.append((f"output of {name}", tail))
    return report


def _folder(config: pytest.Config, name: str, factory: pytest.TempPathFactory) -> Path:
    folder = factory.mktemp(name)
    config.stash.setdefault(_FOLDERS, {})[name] = folder
    return folder
