"""exempt.py: which paths no guard looks at, and which spellings of them do not count."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import ConfigurationError, ExemptPaths


@pytest.mark.parametrize("path", ["/health", "/static/", "/static/a/b.css", "/static/a..b"])
def test_exempt(path: str) -> None:
    """Whole paths, and whatever is below one."""
    assert path in ExemptPaths(["/health", "/static/*"])


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/healthy", "/health/", "/Health", "health", "/static", "/statics/a"),
        *("/static/../admin", "/static/./a", "/static/a/..", "/static/..\\admin", "/static/a\\b"),
        *(None, 1, b"/health"),
    ],
)
def test_not_exempt(path: object) -> None:
    """Everything else, and what a later resolution could lead somewhere else."""
    assert path not in ExemptPaths(["/health", "/static/*"])


def test_nothing_is_exempt_by_itself() -> None:
    """No paths, no exemptions; an iterator is read once."""
    assert "/" not in ExemptPaths()
    assert "" not in ExemptPaths()
    assert "/a" in ExemptPaths(iter(["/a"]))


@pytest.mark.parametrize("paths", ["/health", b"/health", None, 1])
def test_no_list(paths: Any) -> None:
    """A single text would be the paths "/" and others."""
    with pytest.raises(ConfigurationError, match="must be a list"):
        ExemptPaths(paths)


@pytest.mark.parametrize("path", ["health", "", "*", "/*/a", "/a*", "/a/*/*", "/a/**", 1, None])
def test_no_path(path: Any) -> None:
    """No patterns but for the end."""
    with pytest.raises(ConfigurationError, match="takes paths"):
        ExemptPaths([path])


def test_whether_there_are_any() -> None:
    """An empty list of paths is told from one with a path or a prefix."""
    assert not ExemptPaths()
    assert ExemptPaths(["/health"])
    assert ExemptPaths(["/static/*"])
