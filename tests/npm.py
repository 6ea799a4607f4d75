"""Packages from npm that tests need, each installed once and kept in pytest's cache."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from .needs import need

_NODE = 20
_INSTALL_SECONDS = 500


def need_node(package: str) -> None:
    """Leave the running test on a machine without Node.js. ``package`` is what it is for."""
    what = f"Node.js {_NODE} or later, with npm, for {package}"
    need(shutil.which("node") is not None and shutil.which("npm") is not None, what)
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    need(int(version.stdout.removeprefix("v").partition(".")[0]) >= _NODE, what)


def packages_folder(config: pytest.Config, otherwise: Path) -> Path:
    """Where packages are kept between runs; ``otherwise``, where pytest has no cache."""
    cache = getattr(config, "cache", None)
    return otherwise if cache is None else Path(cache.mkdir("npm"))


def installed(package: str, folder: Path) -> Path:
    """The ``node_modules`` with ``package`` (``NAME@VERSION``), installed the first time."""
    target = folder / package
    if target.is_dir():
        return target / "node_modules"
    with TemporaryDirectory(dir=folder) as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        command = ["npm", "install", "--prefix", str(new), "--no-save", "--no-package-lock"]
        command += ["--ignore-scripts", "--no-audit", "--no-fund", package]
        npm = subprocess.run(
            command,
            cwd=new,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        if npm.returncode != 0:
            raise RuntimeError(f"npm could not install {package}:\n{npm.stdout}")
        # Whole or not at all: an interrupted install must not look like a finished one. Where
        # another process was faster, its folder is as good.
        with suppress(OSError):
            new.rename(target)
    return target / "node_modules"
