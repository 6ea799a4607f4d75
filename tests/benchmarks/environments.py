"""An environment for each peer, so that none decides about another's versions.

They live below a cache folder and are made anew when their pins change. Whatever keeps a peer from
being installed is a reason to print, not to stop.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
CACHE = ROOT / ".bench"

_INSTALL_SECONDS = 300


class Missing(Exception):
    """A peer that cannot be measured here; the message says why, in a line."""


def python_of(name: str) -> str:
    """The Python of an environment with the packages that ``peers/NAME.txt`` pins.

    Raises :class:`Missing`.
    """
    pins = (PEERS / f"{name}.txt").read_text(encoding="utf-8")
    folder = CACHE / f"python{sys.version_info[0]}.{sys.version_info[1]}" / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins:
        _say(f"installing {name}")
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        requirements = str(PEERS / f"{name}.txt")
        _run([str(python), *_PIP, "--no-deps", "--requirement", requirements])
        stamp.write_text(pins, encoding="utf-8")
    return str(python)


def own_python(name: str = "cognito_guard") -> str:
    """As :func:`python_of`, with this checkout beside it, installed as its users install it.

    Raises :class:`Missing`.
    """
    python = python_of(name)
    _say("installing this checkout")
    _run([python, *_PIP, "--no-deps", "--force-reinstall", str(ROOT)])
    return python


def node_modules() -> tuple[str, Path]:
    """Node, and the folder whose ``node_modules`` holds what ``peers/node.txt`` pins.

    Raises :class:`Missing`.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing("Node and npm are not installed")
    pins = (PEERS / "node.txt").read_text(encoding="utf-8")
    folder = CACHE / "node"
    stamp = folder / "installed.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins:
        _say("installing aws-jwt-verify and fast-jwt")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        packages = ["@".join(pin.split("==")) for pin in pins.split()]
        _run([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages], folder)
        stamp.write_text(pins, encoding="utf-8")
    return node, folder


_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def _run(command: list[str], folder: Path | None = None) -> None:
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"could not be installed: {type(error).__name__}") from None
    if finished.returncode != 0:
        lines = [line for line in finished.stderr.splitlines() if "error" in line.lower()]
        raise Missing(f"could not be installed: {lines[-1] if lines else 'no reason given'}"[:150])


def _say(what: str) -> None:
    print(f"  {what} ...", file=sys.stderr, flush=True)
