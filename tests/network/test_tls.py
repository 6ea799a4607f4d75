"""fetch.py and certificates: the authorities that the machine trusts, and nobody else."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from cognito_guard import Guard, KeysUnavailable
from cognito_guard.network import trust as trust_module
from cognito_guard.network.fetch import FetchFailed, fetch
from cognito_guard.testing import LocalUserPool

from ..keys.endpoint import Endpoint, answer
from ..keys.material import jwk, jwks

GOOD = jwks(jwk())
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of one's own."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts ``authority``, as an administrator would have it."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def serving(certificate: trustme.LeafCert, body: bytes = GOOD) -> Endpoint:
    """An https endpoint that shows ``certificate``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return Endpoint(lambda visit: visit.send(answer(body=body)), context)


@pytest.mark.usefixtures("trusted")
def test_trusted_certificate_is_accepted(authority: trustme.CA) -> None:
    """An authority that SSL_CERT_FILE names is trusted; a private network needs no more."""
    with serving(authority.issue_cert("127.0.0.1")) as endpoint:
        assert fetch(endpoint.url) == GOOD


@pytest.mark.usefixtures("trusted")
def test_keys_that_come_over_https_verify(authority: trustme.CA, pool: LocalUserPool) -> None:
    """A pool whose keys are at an https address verifies with them."""
    body = jwks(*pool.jwks()["keys"])
    with serving(authority.issue_cert("127.0.0.1"), body) as endpoint:
        guard = Guard(pool.trust(jwks=endpoint.url))
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")


@pytest.mark.usefixtures("trusted")
def test_authorities_are_read_once(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not for each fetch, which takes long, and takes memory; but anew when the file is another."""
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted(**locations: str | None) -> ssl.SSLContext:
        made.append(create(**locations))  # type: ignore[arg-type]
        return made[-1]

    trust_module._context.cache_clear()
    monkeypatch.setattr(ssl, "create_default_context", counted)
    with serving(authority.issue_cert("127.0.0.1")) as endpoint:
        for _ in range(3):
            fetch(endpoint.url)
        assert len(made) == 1
        path = tmp_path / "authority.pem"
        trustme.CA().cert_pem.write_to_path(path)
        os.utime(path, ns=(0, 0))  # however coarse the clock of the file system
        with pytest.raises(FetchFailed, match="certificate verify failed"):
            fetch(endpoint.url)
        assert len(made) == 2


def test_unknown_authority_is_refused(authority: trustme.CA, pool: LocalUserPool) -> None:
    """A certificate that anybody could have made brings no key: the request is never sent."""
    with serving(authority.issue_cert("127.0.0.1")) as endpoint:
        with pytest.raises(FetchFailed, match=r"^no connection: .*certificate verify failed"):
            fetch(endpoint.url)
        with pytest.raises(KeysUnavailable):
            Guard(pool.trust(jwks=endpoint.url)).verify(pool.access_token())
    assert endpoint.requests == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", ["keys.example", "127.0.0.2", "*.example"])
def test_certificate_of_another_host_is_refused(name: str, authority: trustme.CA) -> None:
    """A good certificate for another name or address is a wrong one."""
    with (
        serving(authority.issue_cert(name)) as endpoint,
        pytest.raises(FetchFailed, match="certificate verify failed"),
    ):
        fetch(endpoint.url)
    assert endpoint.requests == []


@pytest.mark.usefixtures("trusted")
def test_expired_certificate_is_refused(authority: trustme.CA) -> None:
    """A certificate counts until its last day."""
    expired = authority.issue_cert("127.0.0.1", not_after=YESTERDAY)
    with (
        serving(expired) as endpoint,
        pytest.raises(
            FetchFailed,
            match=r"^no connection: certificate verify failed: certificate has expired$",
        ),
    ):
        fetch(endpoint.url)
    assert endpoint.requests == []


def test_server_without_tls_is_refused() -> None:
    """An https address is never answered over http."""
    with (
        Endpoint(lambda visit: visit.send(answer(body=GOOD))) as endpoint,
        pytest.raises(FetchFailed, match=r"^no connection: TLS: "),
    ):
        fetch(endpoint.url.replace("http://", "https://"))


def test_file_of_authorities_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wrong SSL_CERT_FILE is a failed fetch that names it, and nothing is asked."""
    path = tmp_path / "authority.pem"
    path.write_text("not a certificate", encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with (
        Endpoint(lambda visit: visit.send(answer(body=GOOD))) as endpoint,
        pytest.raises(FetchFailed, match=r"set up from the environment \(.*SSL_CERT_FILE"),
    ):
        fetch(endpoint.url)
    assert endpoint.requests == []
