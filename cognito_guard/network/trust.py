"""Which certificates are trusted: those that every other program on this machine trusts.

The environment may name others in their place. Of its variables the first one that is set counts:
OpenSSL's own two, which go together and of which one may lead nowhere, as OpenSSL has it; then that
of the AWS tools, then those of requests and curl.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from .._support.files import Mark, mark_of, read_mark
from .failure import wrong_variable

if TYPE_CHECKING:
    import ssl

__all__ = ["NOT_STRICT", "named_authorities", "tls_context"]

NOT_STRICT = "SSL_CERT_NOT_STRICT"
"""The variable that leaves out, if it is ``1``, what Python 3.13 demands of certificates beyond
what earlier versions did (RFC 5280: key identifiers and the like). All else is checked as ever."""

_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# Where Linux distributions keep all authorities in one file. For a Python whose OpenSSL was built
# elsewhere, and looks elsewhere.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, Red Hat, Amazon Linux
    "/etc/pki/tls/certs/ca-bundle.crt",  # older ones of these
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, the BSDs, macOS
)


def tls_context() -> ssl.SSLContext:
    """What certificates are checked with, as the environment and the machine say now.

    Raises :class:`FetchFailed` that names the variable that cannot be followed.
    """
    return _context(_named(), _strict(), os.environ.get("SSLKEYLOGFILE", ""), _system_marks())


def named_authorities() -> tuple[str, ...]:
    """The variables that name the authorities; empty where the machine's own are trusted.

    Raises :class:`FetchFailed` as :func:`tls_context`.
    """
    return tuple(name for name, _, _ in _named())


def _named() -> tuple[tuple[str, str, Mark], ...]:
    """The variables that name authorities, with their values and the mark of what is there."""
    for names in (("SSL_CERT_FILE", "SSL_CERT_DIR"), *((name,) for name in _BUNDLES)):
        named = [(name, path, _mark(name, path)) for name in names if (path := _value(name))]
        found = tuple((name, path, mark) for name, path, mark in named if isinstance(mark, tuple))
        if found:
            return found
        if named:
            raise wrong_variable(str(named[0][2]), *(name for name, _, _ in named))
    return ()


def _value(name: str) -> str:
    return os.environ.get(name, "")


def _mark(name: str, path: str) -> Mark | str:
    """That of what is there, or what is wrong."""
    problem = "FileNotFoundError"
    # A directory may be several, as OpenSSL has it.
    for one in path.split(os.pathsep) if name == "SSL_CERT_DIR" else [path]:
        try:
            return read_mark(one)
        except (OSError, ValueError) as error:
            problem = type(error).__name__
    return problem


def _strict() -> bool:
    word = _value(NOT_STRICT)
    if word not in ("", "1"):
        raise wrong_variable('a value other than "1"', NOT_STRICT)
    return not word


def _system_marks() -> tuple[Mark | None, ...]:
    import ssl

    paths = ssl.get_default_verify_paths()
    return tuple(map(mark_of, (paths.openssl_cafile, paths.openssl_capath, *_SYSTEM_FILES)))


@lru_cache(maxsize=1)
def _context(
    named: tuple[tuple[str, str, Mark], ...], strict: bool, key_log: str, _: object
) -> ssl.SSLContext:
    """Kept, because making one for each fetch took 24 ms, and 26 MiB of memory within 50 fetches
    that glibc did not give back."""
    import ssl

    _try_key_log(key_log)
    file, folder = _locations(named)
    try:
        if named:
            context = ssl.create_default_context(cafile=file, capath=folder)
        else:
            context = ssl.create_default_context()
            _add_system_file(context)
    except (OSError, ValueError) as error:
        problem = type(error).__name__
    else:
        if not strict:
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context
    # Of a directory nothing is read before it is needed: the file is at fault.
    raise wrong_variable(problem, *(name for name, path, _ in named if file in (path, None)))


def _locations(named: tuple[tuple[str, str, Mark], ...]) -> tuple[str | None, str | None]:
    """The file and the directory that are named. For requests and curl, either will do."""
    from pathlib import Path  # with the first fetch, as all that a start can do without

    found: dict[bool, str] = {}
    for name, path, _ in named:
        found[name == "SSL_CERT_DIR" or Path(path).is_dir()] = path
    return found.get(False), found.get(True)


def _try_key_log(path: str) -> None:
    if path:
        try:
            with open(path, "ab"):
                return
        except (OSError, ValueError) as error:
            problem = type(error).__name__
        raise wrong_variable(problem, "SSLKEYLOGFILE")


def _add_system_file(context: ssl.SSLContext) -> None:
    """Where OpenSSL's own places hold nothing: the distribution's file, or else certifi's."""
    import ssl
    from pathlib import Path

    paths = ssl.get_default_verify_paths()
    # Of a directory, OpenSSL reads files named for a hash, and not before they are needed.
    hashed = Path(paths.capath).glob("*.[0-9]") if paths.capath else iter(())
    if context.cert_store_stats()["x509_ca"] or any(hashed):
        return
    for path in _SYSTEM_FILES:
        if Path(path).is_file():
            context.load_verify_locations(path)
            return
    import certifi

    context.load_verify_locations(certifi.where())
