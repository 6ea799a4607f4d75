"""The wheel and the source distribution hold all that belongs into them, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from ..needs import need

ROOT = Path(__file__).parents[2]

# Literal, so that an adapter which the wheel lost, or a stray folder that it gained, is seen.
IMPORT_PACKAGES = {
    "cognito_guard",
    "cognito_guard_asgi",
    "cognito_guard_boto3",
    "cognito_guard_django",
    "cognito_guard_flask",
    "cognito_guard_lambda",
    "cognito_guard_mcp",
    "cognito_guard_opentelemetry",
    "cognito_guard_pytest",
    "cognito_guard_redis",
}
EXTRAS = {
    "": {"cryptography", "httpx"},
    "starlette": {"starlette"},
    "fastapi": {"fastapi"},
    "django": {"django"},
    "drf": {"django", "djangorestframework"},
    "channels": {"channels", "django"},
    "flask": {"flask"},
    "httpx2": {"httpx2"},
    "redis": {"redis"},
    "powertools": {"aws-lambda-powertools"},
    "mcp": {"mcp"},
    "fastmcp": {"fastmcp"},
    "opentelemetry": {"opentelemetry-api"},
    "boto3": {"boto3"},
    "testing": {"h11", "pyjwt"},
    "cli": set[str](),
}
SDIST_TOP_LEVEL = {
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "cognito_guard",
    "integrations",
    "pyproject.toml",
}

_SECONDS = 500


class Wheel(NamedTuple):
    """A built wheel."""

    path: Path
    names: frozenset[str]

    def in_dist_info(self, name: str) -> bytes:
        """A file of the wheel's metadata."""
        (found,) = [each for each in self.names if each.endswith(f".dist-info/{name}")]
        with ZipFile(self.path) as archive:
            return archive.read(found)

    @property
    def metadata(self) -> Message:
        """The core metadata."""
        return BytesParser().parsebytes(self.in_dist_info("METADATA"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both: the source distribution, and the wheel that is built from that."""
    need(find_spec("build") is not None, "build: pip install build")
    folder = tmp_path_factory.mktemp("dist")
    _run("build", "--outdir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Wheel:
    """The wheel."""
    return _wheel(dist)


def test_the_top_level_names_of_the_wheel(wheel: Wheel) -> None:
    """The wheel puts the import packages and its metadata into site-packages, and nothing else."""
    top_level = {name.partition("/")[0] for name in wheel.names}

    (dist_info,) = [name for name in top_level if name.endswith(".dist-info")]
    assert top_level - {dist_info} == IMPORT_PACKAGES


def test_the_wheel_holds_every_module(wheel: Wheel) -> None:
    """Each module of the checkout is in the wheel; besides there are only the markers of types."""
    modules = {
        file.relative_to(folder).as_posix()
        for folder in (ROOT, ROOT / "integrations")
        for package in IMPORT_PACKAGES
        for file in (folder / package).rglob("*.py")
    }
    markers = {f"{package}/py.typed" for package in IMPORT_PACKAGES}

    shipped = {name for name in wheel.names if ".dist-info/" not in name}
    assert shipped == modules | markers


def test_a_wheel_built_from_the_checkout_is_the_same(wheel: Wheel, tmp_path: Path) -> None:
    """The source distribution lacks nothing that the wheel is made of."""
    _run("pip", "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT))

    assert _wheel(tmp_path).names == wheel.names


def test_the_top_level_names_of_the_source_distribution(dist: Path) -> None:
    """Tests, example apps and documentation stay in the repository."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/")[1] for name in archive.getnames() if "/" in name}

    assert names == SDIST_TOP_LEVEL


def test_what_the_metadata_says(wheel: Wheel) -> None:
    """Name, licence and the lowest Python are what an index shows and an installer obeys."""
    metadata = wheel.metadata

    assert metadata["Name"] == "cognito-guard"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert b"Apache License" in wheel.in_dist_info("licenses/LICENSE")


def test_the_extras(wheel: Wheel) -> None:
    """The engine needs two packages, and each extra adds only its own."""
    metadata = wheel.metadata

    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS.keys() - {""}
    required: dict[str, set[str]] = {name: set() for name in EXTRAS}
    for extra, requirement in _requirements(metadata):
        required[extra].add(requirement.lower())
    assert required == EXTRAS


def test_the_entry_points(wheel: Wheel) -> None:
    """Installing the wheel makes the command and the pytest plugin, and nothing else."""
    lines = wheel.in_dist_info("entry_points.txt").decode("utf-8").split("\n")

    assert [line for line in lines if line] == [
        "[console_scripts]",
        "cognito-guard = cognito_guard.cli:main",
        "[pytest11]",
        "cognito_guard_pytest = cognito_guard_pytest",
    ]


def test_the_index_can_show_the_description(dist: Path) -> None:
    """`twine check` finds nothing wrong with what is uploaded. The description is README.md."""
    need(find_spec("twine") is not None, "twine: pip install twine")
    _run("twine", "check", "--strict", *map(str, dist.iterdir()))


def test_the_wheel_works_by_itself(wheel: Wheel, tmp_path: Path) -> None:
    """Out of reach of the checkout, the wheel's packages are found and its command answers."""
    code = (
        "import sys, cognito_guard.cli\n"
        "from importlib.util import find_spec\n"
        f"print(*[find_spec(package).origin for package in {sorted(IMPORT_PACKAGES)}], sep='\\n')\n"
        "sys.exit(cognito_guard.cli.main(['--help']))"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        # Python imports from a wheel as it is; it comes before whatever is installed.
        env={**os.environ, "PYTHONPATH": str(wheel.path)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    origins = done.stdout.splitlines()[: len(IMPORT_PACKAGES)]
    assert origins == [
        str(wheel.path / package / "__init__.py") for package in sorted(IMPORT_PACKAGES)
    ]


def test_the_extra_boto3_works_alone(wheel: Wheel, tmp_path: Path) -> None:
    """In a fresh environment it brings boto3, and asks for no framework."""
    venv = tmp_path / "venv"
    _run("venv", str(venv))
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    pins = ["--constraint", str(ROOT / ".ci" / "pins.txt")]
    _run("pip", "--python", str(python), "install", *pins, f"{wheel.path}[boto3]")
    code = (
        "import sys\n"
        "from cognito_guard import UserPool\n"
        "from cognito_guard_boto3 import IdentityPool\n"
        "pool = UserPool('eu-west-1_AbC123xyz', client_ids=['1example23456789'])\n"
        "session = IdentityPool('eu-west-1:0', pool).session(lambda: 'token')\n"
        "print(session.client('s3').meta.region_name)\n"
        "print(*sys.modules.keys() & {'django', 'flask', 'starlette', 'redis', 'jwt'})"
    )
    done = subprocess.run(
        [str(python), "-I", "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.stdout.split() == ["eu-west-1"], done.stderr


def _run(module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _wheel(folder: Path) -> Wheel:
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        return Wheel(path, frozenset(archive.namelist()))


def _requirements(metadata: Message) -> Iterator[tuple[str, str]]:
    """The extra, or nothing, and the package that it asks for."""
    for line in metadata.get_all("Requires-Dist", []):
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra == '([^']+)'", line)
        assert name is not None
        yield extra[1] if extra else "", name[0]
