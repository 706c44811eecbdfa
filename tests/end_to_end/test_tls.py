"""A server with a certificate speaks HTTPS, and says clearly when it cannot."""

import ssl
import urllib.request
from pathlib import Path

import pytest

from runbell.http.server import CannotListen, Tls
from runbell.settings import load_settings
from tests.certificates import a_certificate

from .serving import a_server


def a_pair(folder: Path) -> Tls:
    """A certificate for this machine that vouches for itself, and its key."""
    return Tls(*a_certificate(folder, "127.0.0.1"))


def test_a_server_with_a_certificate_speaks_https(tmp_path: Path) -> None:
    tls = a_pair(tmp_path)
    with a_server(tmp_path / "data", tls_certificate=str(tls.certificate), tls_key=str(tls.key)) as url:
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(tls.certificate))
        with urllib.request.urlopen(f"{url}/version", context=trusting) as answer:
            assert b'"runbell"' in answer.read()


def test_files_that_do_not_belong_together_are_refused_with_a_sentence(tmp_path: Path) -> None:
    tls = a_pair(tmp_path)
    (tmp_path / "other").mkdir()
    other = a_pair(tmp_path / "other")
    with pytest.raises(CannotListen, match="give two PEM files that belong together"):
        Tls(tls.certificate, other.key).check()
    with pytest.raises(CannotListen, match="cannot be used"):
        Tls(tmp_path / "absent.pem", tls.key).check()
    with pytest.raises(ValueError, match="go together"):
        load_settings({"RUNBELL_TLS_KEY": str(tls.key)})
