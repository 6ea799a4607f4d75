"""FileKeySet: a file that is replaced is read again, and a bad one does no harm."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import os
from collections.abc import Callable
from math import nan
from pathlib import Path

import pytest

from cognito_guard import ConfigurationError, Guard, StaticKeySet, UserPool
from cognito_guard._support import files, fork
from cognito_guard.keys import FileKeySet
from cognito_guard.keys import given as given_module
from cognito_guard.keys.file import LOOK_SECONDS
from cognito_guard.network.fetch import MAX_BODY
from cognito_guard.testing import LocalUserPool

from .material import checks, jwk, jwks
from .source import Clock, promptly, unavailable, unknown


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A JWKS file with one key, ``a``."""
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(jwk("a")))
    return path


@pytest.fixture
def keys(file: Path, clock: Clock) -> FileKeySet:
    """The key set of that file."""
    return FileKeySet(file, clock=clock)


def rename(file: Path, data: bytes) -> None:
    """Replaced by another one, at once, of the same time."""
    times = file.stat()
    other = file.with_suffix(".new")
    other.write_bytes(data)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file)


def rewrite(file: Path, data: bytes) -> None:
    """Written to where it is, and its time put back."""
    times = file.stat()
    file.write_bytes(data)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def swap(file: Path, data: bytes) -> None:
    """As Kubernetes does it: the name is a link to a link to a folder, and that one is swapped."""
    folder = file.parent / f"..{len(list(file.parent.iterdir()))}"
    folder.mkdir()
    (folder / file.name).write_bytes(data)
    link = file.parent / "..data_tmp"
    link.symlink_to(folder.name)
    link.replace(file.parent / "..data")
    if not file.is_symlink():
        file.unlink()
        file.symlink_to(f"..data/{file.name}")


replaced_in_every_way = pytest.mark.parametrize("replace", [rename, rewrite, swap])


@replaced_in_every_way
def test_new_key_counts_at_the_first_token_that_names_it(
    replace: Callable[[Path, bytes], None], file: Path, keys: FileKeySet
) -> None:
    """A file that is replaced needs no restart."""
    assert checks(keys.key("a"), "a")
    for number, name in enumerate("bc"):
        keys._asked_at -= LOOK_SECONDS * number
        replace(file, jwks(jwk(name, name)))
        assert checks(keys.key(name), name)


def test_working_directory_may_change(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A relative path is that of the start, wherever the server goes later."""
    monkeypatch.chdir(file.parent)
    keys = FileKeySet(file.name, clock=clock)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    rename(file, jwks(jwk("b", "b")))
    assert checks(keys.key("b"), "b")
    assert keys.health().source == file.name


@replaced_in_every_way
def test_withdrawn_and_replaced_keys_go(
    replace: Callable[[Path, bytes], None], file: Path, keys: FileKeySet, clock: Clock
) -> None:
    """What the file no longer holds is gone half a minute later, whoever is asked for."""
    replace(file, jwks(jwk("b"), jwk("c", "c")))
    assert checks(keys.key("a"), "a")
    clock.now += LOOK_SECONDS
    unknown(keys, "a")
    old = keys.key("c")
    replace(file, jwks(jwk("b", "b"), jwk("c", "c")))
    clock.now += LOOK_SECONDS
    assert checks(keys.key("b"), "b")
    assert keys.key("c") is old  # so that what is remembered of it stays


def test_it_is_not_looked_at_for_each_request(
    keys: FileKeySet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look in 30 seconds, of the known and of the unknown; and nothing is read again."""
    looks: list[object] = []
    real = files.mark_of

    def counted(path: str) -> object:
        looks.append(path)
        return real(path)

    monkeypatch.setattr(files, "mark_of", counted)
    monkeypatch.setattr("cognito_guard.keys.file.read_file", None)
    for number in range(1000):
        keys.key("a")
        if number:
            unavailable(keys, f"unknown-{number}")
        else:
            unknown(keys, "unknown-0")
    assert len(looks) == 1
    clock.now += LOOK_SECONDS
    for _ in range(1000):
        keys.key("a")
    assert len(looks) == 2


def test_kid_that_nobody_has_looked_for_is_not_unknown(
    file: Path, keys: FileKeySet, clock: Clock
) -> None:
    """Junk uses up the look: a new key gets 503 with the rest of the pause, and is then found."""
    unknown(keys, "junk")
    rename(file, jwks(jwk("new", "b")))
    clock.now += 1
    error = unavailable(keys, "new")
    assert error.retry_after == LOOK_SECONDS - 1
    assert error.detail.startswith("The key that the token names is not known yet")
    unknown(keys, "junk")
    clock.now += error.retry_after
    assert checks(keys.key("new"), "b")


BAD: dict[str, Callable[[Path], object]] = {
    "half written": lambda path: path.write_bytes(jwks(jwk("b", "b"))[:-20]),
    "emptied": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "without keys": lambda path: path.write_bytes(b'{"keys": []}'),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
def test_bad_file_leaves_the_keys_held_in_use(
    spoil: Callable[[Path], object],
    file: Path,
    keys: FileKeySet,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Log and health say so; an unknown kid is nobody's fault; and the whole file heals it."""
    spoil(file)
    clock.now += LOOK_SECONDS
    assert checks(keys.key("a"), "a")
    assert "cannot be fetched" in unavailable(keys, "b").detail
    health = keys.health()
    assert (health.state, health.keys, health.source) == ("stale", 1, str(file))
    assert health.age == LOOK_SECONDS
    assert health.last_error
    assert f"keys of {file} were not read again: {health.last_error}; the known keys" in caplog.text
    file.write_bytes(jwks(jwk("b", "b")))
    clock.now += LOOK_SECONDS
    assert checks(keys.key("b"), "b")
    assert "were read again, after 2 failed attempts" in caplog.text
    assert keys.health()[:4] == ("static", str(file), 1, 0)


def test_file_that_changes_while_it_is_read_is_read_again(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be older than the file: it is read once more at the next look."""
    real = given_module.parse_given

    def late(data: bytes) -> object:
        rename(file, jwks(jwk("b", "b")))
        return real(data)

    with monkeypatch.context() as patch:
        patch.setattr(given_module, "parse_given", late)
        keys = FileKeySet(file, clock=clock)
    assert checks(keys.key("b"), "b")


def test_clock_that_gives_no_number_has_the_file_looked_at(
    file: Path, keys: FileKeySet, clock: Clock
) -> None:
    """Nobody can say when the last look was, so a key that was withdrawn is gone at once."""
    clock.now = nan
    rename(file, jwks(jwk("b", "b")))
    assert unavailable(keys, "a").retry_after == 1
    assert checks(keys.key("b"), "b")


def test_health_tells_the_file_and_its_age(file: Path, keys: FileKeySet, clock: Clock) -> None:
    """Where the keys come from, and how long ago they were read."""
    clock.now += 7
    told = keys.health()
    assert (told.state, told.source, told.keys, told.age) == ("static", str(file), 1, 7)


def test_child_of_a_fork_has_a_lock_of_its_own(keys: FileKeySet) -> None:
    """Whoever looked at the file stayed behind in the parent."""
    with keys._lock:
        fork._after_fork_in_child()
        promptly(lambda: unknown(keys, "b"))


def test_pool_with_a_file_follows_it(tmp_path: Path) -> None:
    """Through a guard: the tokens of a new key are verified, with no restart."""
    old, new = LocalUserPool(), LocalUserPool()
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(old.jwks()), encoding="utf-8")
    guard = Guard(old.trust(jwks=path))
    assert guard.verify(old.access_token()).username == "alice"
    rename(path, json.dumps(new.jwks()).encode("ascii"))
    assert guard.verify(new.access_token()).username == "alice"
    assert repr(guard._tokens._trusted[old.issuer][1]) == "<FileKeySet of 2 keys>"


# What people give in place of a key set.

GOOD = jwks(jwk("a"))
DISCOVERY = b'{"issuer": "https://idp.example", "jwks_uri": "https://idp.example/keys"}'

MISTAKES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "white space": (b" \r\n", "it is empty"),
    "gzip": (gzip.compress(GOOD), "it is compressed"),
    "zip": (b"PK\x03\x04...", "it is compressed"),
    "bzip2": (bz2.compress(GOOD), "it is compressed"),
    "xz": (lzma.compress(GOOD), "it is compressed"),
    "UTF-16 with a mark": (GOOD.decode().encode("utf-16"), "it is in UTF-16"),
    "UTF-16 without": (GOOD.decode().encode("utf-16-be"), "it is in UTF-16"),
    "UTF-32": (GOOD.decode().encode("utf-32"), "it is in UTF-16 or UTF-32"),
    "a byte order mark": (codecs.BOM_UTF8 + GOOD, "it begins with a byte order mark"),
    "PEM": (b"-----BEGIN PUBLIC KEY-----\n", "it is PEM"),
    "PEM with attributes": (b"Bag Attributes\n-----BEGIN PUBLIC KEY-----\n", "it is PEM"),
    "HTML": (b"\n<!doctype html>", "it is HTML or XML"),
    "a token": (b"eyJhbGciOiJSUzI1NiJ9.e30.x", "it is a token"),
    "Latin-1": (b'{"a": "\xe9"}', "it is not UTF-8"),
    "half": (GOOD[:-5], "it is not JSON; is it whole?"),
    "a list": (b"[]", "it is a list"),
    "a single key": (json.dumps(jwk("a")).encode(), "it is a single key"),
    "a configuration": (DISCOVERY, "it is an OpenID configuration"),
    "another object": (b"{}", 'it is not an object with a list under "keys"'),
    "a number": (b"7", 'it is not an object with a list under "keys"'),
    "no keys": (b'{"keys": []}', "it holds no usable key"),
    "too deep": (b"[" * 100_000, "it "),
    "too long": (b" " * MAX_BODY + GOOD, f"it has more than {MAX_BODY} bytes"),
}


@pytest.mark.parametrize(("data", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_has_its_own_words(data: bytes, problem: str, tmp_path: Path) -> None:
    """Who saved the wrong thing reads what it is, and what to do; nothing of it is quoted."""
    path = tmp_path / "jwks.json"
    path.write_bytes(data)
    for make in (
        lambda: Guard(UserPool("eu-west-1_AbC123xyz", client_ids=["1"], jwks=path)),
        lambda: StaticKeySet(path),
    ):
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert str(caught.value).startswith(f"jwks ({path}) is not a usable key set: {problem}")
        assert jwk()["n"] not in str(caught.value)


def test_what_is_no_file_is_told_apart(tmp_path: Path) -> None:
    """A directory, a missing file, a pipe that would never end, a name that is none."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    problems = {
        tmp_path: "Is a directory",
        tmp_path / "none": "No such file or directory",
        pipe: "it is not a regular file",
    }
    for path, problem in problems.items():
        with pytest.raises(ConfigurationError) as caught:
            FileKeySet(path)
        assert str(caught.value) == f"jwks ({path}): the file cannot be read: {problem}"
    with pytest.raises(ConfigurationError, match="NUL"):
        FileKeySet("a\0b")


@pytest.mark.parametrize("text", ['{"keys": []}', "eyJhbGciOiJub25lIn0.e30.", "x" * 201, "a\nb"])
def test_keys_taken_for_a_path_are_not_repeated(text: str) -> None:
    """A text that is no name of a file may be anything, and stays out of the message."""
    with pytest.raises(ConfigurationError) as caught:
        StaticKeySet(text)
    assert str(caught.value).startswith("jwks: the file cannot be read: ")
    assert text not in str(caught.value)
