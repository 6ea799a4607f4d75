"""trust.py: the authorities of the machine, or those that the environment names in their place."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cognito_guard.network import trust as trust_module
from cognito_guard.network.fetch import FetchFailed, fetch
from cognito_guard.network.trust import NOT_STRICT

from ..keys.endpoint import Endpoint, answer
from ..keys.material import jwk, jwks
from ..needs import need

GOOD = jwks(jwk())
NAMES = ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
UNTRUSTED = "certificate verify failed"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the machine's own variables, and nothing remembered."""
    for name in [*NAMES, NOT_STRICT, "SSLKEYLOGFILE"]:
        monkeypatch.delenv(name, raising=False)
    trust_module._context.cache_clear()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A company's authority."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate, in a file."""
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def folder(bundle: Path) -> Path:
    """The same in a directory, under the name that OpenSSL looks for."""
    program = shutil.which("openssl")
    need(program is not None, "openssl: apt-get install openssl")
    ask = [str(program), "x509", "-noout", "-subject_hash", "-in", str(bundle)]
    name = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    path = bundle.parent / "certs"
    path.mkdir()
    shutil.copy(bundle, path / f"{name}.0")
    return path


@pytest.fixture
def no_system_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without authorities, such as a slim container."""
    nowhere = ssl.DefaultVerifyPaths(None, None, "", "/nowhere", "", "/nowhere")  # type: ignore[arg-type]
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    monkeypatch.setattr(trust_module, "_SYSTEM_FILES", ())


def serving(authority: trustme.CA) -> Endpoint:
    """An https endpoint with a certificate of ``authority``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Endpoint(lambda visit: visit.send(answer(body=GOOD)), context)


@pytest.mark.parametrize("name", NAMES)
def test_bundle_that_a_variable_names(
    name: str, authority: trustme.CA, bundle: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL's own variables, and those of the AWS tools, requests and curl."""
    monkeypatch.setenv(name, str(folder if name == "SSL_CERT_DIR" else bundle))
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_directory_in_place_of_a_bundle(
    name: str, authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As requests has it."""
    monkeypatch.setenv(name, str(folder))
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD


@pytest.mark.parametrize("first", range(len(NAMES) - 1))
def test_first_variable_that_is_set_counts(
    first: int,
    authority: trustme.CA,
    bundle: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The named ones take the place of the others. OpenSSL's two go together."""
    later = max(2, first + 1)
    monkeypatch.setenv(NAMES[first], str(folder if NAMES[first] == "SSL_CERT_DIR" else bundle))
    monkeypatch.setenv(NAMES[later], certifi.where())
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD
        other = bundle.with_name("other.pem")
        trustme.CA().cert_pem.write_to_path(other)
        empty = bundle.with_name("empty")
        empty.mkdir()
        monkeypatch.setenv(NAMES[first], str(empty if NAMES[first] == "SSL_CERT_DIR" else other))
        monkeypatch.setenv(NAMES[later], str(bundle))
        with pytest.raises(FetchFailed, match=UNTRUSTED):
            fetch(endpoint.url)


@pytest.mark.parametrize("name", [one for one in NAMES if one != "SSL_CERT_DIR"])
def test_bundle_is_read_again_whatever_its_time(
    name: str, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes the place of another may have the same time, as all files of an image do."""
    other = bundle.with_name("other.pem")
    trustme.CA().cert_pem.write_to_path(other)
    for each in (bundle, other):
        os.utime(each, (1, 1))
    link = bundle.with_name("link.pem")
    link.symlink_to(other)
    monkeypatch.setenv(name, str(link))
    with serving(authority) as endpoint:
        with pytest.raises(FetchFailed, match=UNTRUSTED):
            fetch(endpoint.url)
        link.unlink()
        link.symlink_to(bundle)
        assert fetch(endpoint.url) == GOOD


def test_both_of_openssl_go_together(
    authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file and directories, of which one need not be there."""
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    monkeypatch.setenv("SSL_CERT_DIR", f"/no/such:{folder}")
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD


@pytest.mark.parametrize("missing", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_one_of_openssls_may_lead_nowhere(
    missing: str,
    authority: trustme.CA,
    bundle: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As other programs have it: an image sets both, and has one of them. The other one counts, in
    the place of the system's all the same, until both are there."""
    nowhere = bundle.with_name("later")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    monkeypatch.setenv(missing, str(nowhere))
    with serving(authority) as endpoint, serving(trustme.CA()) as stranger:
        assert fetch(endpoint.url) == GOOD
        with pytest.raises(FetchFailed, match=UNTRUSTED):
            fetch(stranger.url)
        nowhere.write_text("no certificate", encoding="ascii")
        if missing == "SSL_CERT_FILE":
            with pytest.raises(FetchFailed, match=r"from the environment \(SSL_CERT_FILE\)$"):
                fetch(endpoint.url)


def test_both_of_openssls_that_lead_nowhere_are_named(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hold for all that they were set for: the variables of other tools do not count."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", "/no/such")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    with pytest.raises(FetchFailed) as caught:
        fetch("http://127.0.0.1:9/")
    assert str(caught.value) == (
        "FileNotFoundError while the HTTP client was set up from the environment "
        "(SSL_CERT_FILE, SSL_CERT_DIR)"
    )


@pytest.mark.parametrize("name", [*NAMES, "SSLKEYLOGFILE"])
def test_variable_at_fault_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not there, or cannot be written, and no other variable."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv(name, str(tmp_path / "none" / "none.pem"))
    with pytest.raises(FetchFailed) as caught:
        fetch("http://127.0.0.1:9/")
    assert str(caught.value) == (
        f"FileNotFoundError while the HTTP client was set up from the environment ({name})"
    )


def test_file_beside_a_good_directory_is_at_fault(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of OpenSSL's two variables, the one that holds no certificates is named alone."""
    file = tmp_path / "none.pem"
    file.write_text("no certificate", encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    with pytest.raises(FetchFailed, match=r"from the environment \(SSL_CERT_FILE\)$"):
        fetch("http://127.0.0.1:9/")


def test_key_log_that_can_be_written_is_written(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who debugs TLS gets what every other program gives him."""
    log = bundle.with_name("keys.log")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with serving(authority) as endpoint:
        fetch(endpoint.url)
    assert "SECRET" in log.read_text(encoding="ascii")


# The machine's own.

_ISOLATED = """
import sys
from cognito_guard.network.fetch import fetch
sys.stdout.buffer.write(fetch(sys.argv[1]))
"""


def test_authority_in_the_systems_store(authority: trustme.CA, folder: Path) -> None:
    """A company's authority is where the system keeps them, and no variable names it: trusted.

    The process sees the directory in the place of the system's, and nothing else changes.
    """
    place = ssl.get_default_verify_paths().openssl_capath
    try_it = ["unshare", "-rm", "mount", "--bind", str(folder), place]
    able = shutil.which("unshare") and not subprocess.run(try_it, capture_output=True).returncode
    need(bool(able), "mount namespaces for users: unshare -rm")
    with serving(authority) as endpoint:
        inside = 'mount --bind "$1" "$2" && exec "$3" -c "$4" "$5"'
        arguments = [str(folder), place, sys.executable, _ISOLATED, endpoint.url]
        run = subprocess.run(
            ["unshare", "-rm", "sh", "-c", inside, "sh", *arguments],
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (run.returncode, run.stderr, run.stdout) == (0, b"", GOOD)


@pytest.mark.usefixtures("no_system_store")
def test_distributions_file_where_openssl_looks_elsewhere(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python that was built for another system finds this one's authorities."""
    monkeypatch.setattr(trust_module, "_SYSTEM_FILES", ("/no/such", str(bundle)))
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD


@pytest.mark.usefixtures("no_system_store")
def test_machine_without_authorities_has_certifis(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slim container reaches AWS all the same."""
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    with serving(authority) as endpoint:
        assert fetch(endpoint.url) == GOOD


def test_other_authorities_are_refused(authority: trustme.CA) -> None:
    """Whom the machine does not trust is not trusted."""
    with serving(authority) as endpoint, pytest.raises(FetchFailed, match=UNTRUSTED):
        fetch(endpoint.url)


# Python 3.13 and certificates that say little.


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Endpoint]:
    """A proxy's authority without key identifiers, which the machine trusts."""
    now = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("CA", "leaf")]

    def certificate(number: int, extension: x509.ExtensionType) -> bytes:
        return (
            x509.CertificateBuilder()
            .subject_name(names[number])
            .issuer_name(names[0])
            .public_key(keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=number == 0)
            .sign(keys[0], hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    import ipaddress

    authority, leaf = tmp_path / "ca.pem", tmp_path / "leaf.pem"
    authority.write_bytes(certificate(0, x509.BasicConstraints(ca=True, path_length=0)))
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    private = keys[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    leaf.write_bytes(private + certificate(1, x509.SubjectAlternativeName([address])))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    return lambda: Endpoint(lambda visit: visit.send(answer(body=GOOD)), context)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="earlier versions are not strict")
def test_strictness_is_named_with_the_way_out(plain: Callable[[], Endpoint]) -> None:
    """After an upgrade of Python, the operator reads what is missing and what to set."""
    with plain() as endpoint, pytest.raises(FetchFailed) as caught:
        fetch(endpoint.url)
    assert str(caught.value).startswith(f"no connection: {UNTRUSTED}: Missing ")
    assert f"{NOT_STRICT}=1" in str(caught.value)


def test_without_strictness_all_else_is_checked(
    plain: Callable[[], Endpoint], authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way out leaves verification on: the name, the authority and the time still count."""
    monkeypatch.setenv(NOT_STRICT, "1")
    with plain() as endpoint:
        assert fetch(endpoint.url) == GOOD
        with pytest.raises(FetchFailed, match=UNTRUSTED):
            fetch(endpoint.url.replace("127.0.0.1", "localhost"))
    with serving(authority) as endpoint, pytest.raises(FetchFailed, match=UNTRUSTED):
        fetch(endpoint.url)


@pytest.mark.parametrize("word", ["0", "true", "no"])
def test_any_other_word_is_an_error(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that may mean the opposite is not guessed at."""
    monkeypatch.setenv(NOT_STRICT, word)
    with pytest.raises(FetchFailed, match=rf"\({NOT_STRICT}\)$"):
        fetch("http://127.0.0.1:9/")


# Proxies that speak something else.


def test_proxy_over_tls(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's own certificate is checked as any other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Endpoint(lambda visit: visit.send(answer("403 Forbidden")), context) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed, match=UNTRUSTED):
            fetch("https://keys.example/")
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        with pytest.raises(FetchFailed, match="the proxy answered with 403"):
            fetch("https://keys.example/")


def test_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked in its own language, and what is no answer in it is a failed fetch."""
    pytest.importorskip("socksio")
    with Endpoint(lambda visit: None) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed, match=r"\(through the proxy 127\.0\.0\.1:\d+\)$"):
            fetch("https://keys.example/")
