"""The vendor's own command-line client, sfcc-ci 2.13.0, unmodified, against a server under TLS.

It runs when `sfcc-ci` is on PATH or SFCC_CI names it (`tests/dialects/ocapi/install_sfcc_ci` installs it). The client
waits five seconds between two looks, so that this takes a while.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SFCC_CI = os.environ.get("SFCC_CI") or shutil.which("sfcc-ci")
pytestmark = [
    pytest.mark.skipif(SFCC_CI is None, reason="sfcc-ci is not installed: see tests/dialects/ocapi/install_sfcc_ci"),
    pytest.mark.timeout(180),
]
ADMIN = "an-admin-key-for-the-vendors-client"
PASSWORD = "correct horse battery staple"
JOBS: dict[str, Any] = {
    "CustomerImportJob": {
        "parameters": {"region": {"type": "text"}},
        "steps": [{"name": "Step1", "command": ["true"]}, {"name": "Step2", "command": ["echo", "imported"]}],
    },
    "FailingJob": {"steps": [{"name": "Step1", "command": ["false"]}]},
    "sfcc-site-archive-import": {
        "parameters": {"file_name": {"type": "text", "required": True}, "mode": {"type": "text"}},
        "steps": [{"name": "Import", "command": ["true"]}],
    },
    "sfcc-site-archive-export": {
        "parameters": {
            "data_units": {"type": "json"}, "export_file": {"type": "text"}, "overwrite_export_file": {"type": "bool"},
        },
        "steps": [{"name": "Export", "command": ["true"]}],
    },
}  # fmt: skip


@dataclass
class Place:
    """A server under TLS, and where the client keeps what it knows."""

    folder: Path
    port: int
    client: str
    secret: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def sfcc_ci(self, *arguments: str, code: int = 0) -> str:
        """Run the client; answers what it printed."""
        given = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config"),
            "NODE_EXTRA_CA_CERTS": str(self.folder / "ca.pem"), "SFCC_LOGIN_URL": self.host, "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        assert SFCC_CI is not None
        done = subprocess.run(
            [SFCC_CI, *arguments], cwd=empty, env=given, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the native API as the administrator."""
        asked = urllib.request.Request(
            f"https://{self.host}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {ADMIN}", "content-type": "application/json"},
        )  # fmt: skip
        trust = ssl.create_default_context(cafile=self.folder / "ca.pem")
        with urllib.request.urlopen(asked, context=trust, timeout=20) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("sfcc")
    _certificates(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"RUNBELL_ADMIN_KEY": ADMIN, "RUNBELL_TLS_CERTIFICATE": "srv.pem", "RUNBELL_TLS_KEY": "srv.key"}
    command = [sys.executable, "-m", "runbell", "serve", "--port", str(port), "--data", str(folder / "data")]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | settings, stdout=log, stderr=log)
        try:
            found = Place(folder, port, "", "")
            _wait(found)
            for name, definition in JOBS.items():
                found.call("PUT", f"/api/v1/jobs/{name}", definition)
            made = found.call("POST", "/api/v1/clients", {
                "name": "sfcc", "grants": {"default": [
                    "jobs:read", "executions:read", "executions:run", "executions:delete", "logs:read"]},
            })  # fmt: skip
            found.client, found.secret = made["id"], made["secret"]
            yield found
        finally:
            server.terminate()
            server.wait(20)


def _certificates(folder: Path) -> None:
    """A certificate authority of its own, and a certificate of it for loopback."""
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n")
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=loopback"
        " -addext basicConstraints=critical,CA:TRUE",
        "req -newkey rsa:2048 -nodes -keyout srv.key -out srv.csr -subj /CN=127.0.0.1",
        "x509 -req -in srv.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out srv.pem -days 30 -extfile ext",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)


def _wait(place: Place) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            place.call("GET", "/api/v1/jobs")
            return
        except OSError:
            assert time.monotonic() < until, (place.folder / "server.log").read_text()
            time.sleep(0.2)


def test_a_client_signs_in_starts_waits_and_reads_the_log(place: Place) -> None:
    said = place.sfcc_ci("client:auth", place.client, place.secret, "-t", "client_credentials", "-r")
    assert "Authentication succeeded" in said and "Auto-renewal enabled" in said
    assert "succeeded" in place.sfcc_ci("client:auth:renew")
    started = json.loads(place.sfcc_ci("job:run", "CustomerImportJob", "-i", place.host, "-j"))
    assert started["job_id"] == "CustomerImportJob" and started["status"] == "RUNNING"
    waited = place.sfcc_ci(
        "job:run", "CustomerImportJob", "region=north", "--sync", "-i", place.host, "--failfast"
    )  # fmt: skip
    assert "finished. Status is: finished (OK)" in waited
    status = place.sfcc_ci("job:status", "CustomerImportJob", started["id"], "-i", place.host, "-v")
    assert "finished (OK)" in status
    shown = json.loads(place.sfcc_ci("job:status", "CustomerImportJob", started["id"], "-i", place.host, "-j"))
    assert [step["step_id"] for step in shown["step_executions"]] == ["Step1", "Step2"]
    assert "imported" in place.sfcc_ci("job:status", "CustomerImportJob", started["id"], "-i", place.host, "-l")


def test_a_failed_job_ends_the_client_with_one_when_it_asks_for_that(place: Place) -> None:
    place.sfcc_ci("client:auth", place.client, place.secret, "-t", "client_credentials", "-r")
    said = place.sfcc_ci("job:run", "FailingJob", "--sync", "-i", place.host, "--failfast", code=1)
    assert "finished (ERROR)" in said


def test_the_client_renews_a_token_that_is_not_good_any_more(place: Place) -> None:
    place.sfcc_ci("client:auth", place.client, place.secret, "-t", "client_credentials", "-r")
    (kept,) = (place.folder / "config").rglob("*.json")
    known = json.loads(kept.read_text())
    good = known["SFCC_CLIENT_TOKEN"]
    kept.write_text(json.dumps(known | {"SFCC_CLIENT_TOKEN": good[:-6] + "xxxxxx"}))
    said = place.sfcc_ci("job:run", "CustomerImportJob", "-i", place.host, "-j")
    assert "Authentication renewal succeeded" in said and '"status":"RUNNING"' in said
    assert json.loads(kept.read_text())["SFCC_CLIENT_TOKEN"] not in {good, good[:-6] + "xxxxxx"}


def test_a_person_signs_in_by_way_of_the_client(place: Place) -> None:
    place.call("PUT", "/api/v1/users/ada", {"password": PASSWORD, "roles": {"default": "operator"}})
    said = place.sfcc_ci("client:auth", place.client, place.secret, "ada", PASSWORD, "-r")
    assert "Authentication succeeded" in said
    assert "succeeded" in place.sfcc_ci("client:auth:renew")
    started = json.loads(place.sfcc_ci("job:run", "CustomerImportJob", "-i", place.host, "-j"))
    assert started["user_login"] == "ada"


def test_archives_are_imported_and_exported_by_system_jobs(place: Place) -> None:
    place.sfcc_ci("client:auth", place.client, place.secret, "-t", "client_credentials", "-r")
    started = json.loads(place.sfcc_ci("instance:import", "a.zip", "-i", place.host, "-j"))
    assert {"name": "ImportFile", "value": "a.zip"}.items() <= started["parameters"][0].items()
    units = '{"global_data":{"meta_data":true}}'
    said = place.sfcc_ci("instance:export", "-d", units, "-f", "o.zip", "-i", place.host, "-j")
    assert json.loads(said)["job_id"] == "sfcc-site-archive-export"


def test_a_refused_start_ends_the_client_with_one(place: Place) -> None:
    place.sfcc_ci("client:auth", place.client, place.secret, "-t", "client_credentials", "-r")
    said = place.sfcc_ci("job:run", "Nope", "-i", place.host, code=1)
    assert "Starting job" in said and "failed" in said
