"""A server with a certificate speaks HTTPS, and says clearly when it cannot."""

import ssl
import urllib.request
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runbell.http.server import CannotListen, Tls
from runbell.settings import load_settings

from .serving import a_server


def a_certificate(folder: Path) -> Tls:
    """A certificate for this machine that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    tls = Tls(folder / "server.pem", folder / "server.key")
    tls.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    tls.key.write_bytes(private)
    return tls


def test_a_server_with_a_certificate_speaks_https(tmp_path: Path) -> None:
    tls = a_certificate(tmp_path)
    with a_server(tmp_path / "data", tls_certificate=str(tls.certificate), tls_key=str(tls.key)) as url:
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(tls.certificate))
        with urllib.request.urlopen(f"{url}/version", context=trusting) as answer:
            assert b'"runbell"' in answer.read()


def test_files_that_do_not_belong_together_are_refused_with_a_sentence(tmp_path: Path) -> None:
    tls = a_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    other = a_certificate(tmp_path / "other")
    with pytest.raises(CannotListen, match="give two PEM files that belong together"):
        Tls(tls.certificate, other.key).check()
    with pytest.raises(CannotListen, match="cannot be used"):
        Tls(tmp_path / "absent.pem", tls.key).check()
    with pytest.raises(ValueError, match="go together"):
        load_settings({"RUNBELL_TLS_KEY": str(tls.key)})
