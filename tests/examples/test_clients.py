"""The sample clients run against a real server: their exit code mirrors the job, its result and log are printed.

bash and Python are always there; Node and PowerShell where they are installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from runbell.client import Client
from tests.end_to_end.serving import EXAMPLES, serving

JOBS = """\
job: greet
ids: {dvsum: 48213, ocapi: Greet All}
parameters:
  name: {type: text, default: World}
steps:
  - {name: wait, command: [sleep, "0.3"]}
  - {name: greet, python: "greeting:greet"}
---
job: breaks
ids: {dvsum: 48214}
steps:
  - {name: break, shell: "echo it breaks; exit 3"}
---
job: warns
steps:
  - {name: warn, shell: "exit 3", exit_codes: {0: OK, 3: WARN}}
---
job: too-slow
limits: {timeout: 1s}
steps:
  - {name: wait, command: [sleep, "20"]}
"""
GREETING = 'def greet(name: str) -> dict[str, str]:\n    print("greeting", name)\n    return {"greeted": name}\n'
INTERPRETERS = {"sh": "bash", "py": sys.executable, "mjs": "node", "ps1": "pwsh"}
ALWAYS = {"sh", "py"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("clients")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "jobs.yaml").write_text(JOBS)
    (folder / "jobs" / "greeting.py").write_text(GREETING)
    with serving(folder / "data", folder / "jobs") as found:
        yield found


@pytest.fixture(params=sorted(INTERPRETERS))
def language(request: pytest.FixtureRequest) -> str:
    """A language whose interpreter is here."""
    found: str = request.param
    if found not in ALWAYS and shutil.which(INTERPRETERS[found]) is None:
        pytest.skip(f"{INTERPRETERS[found]} is not installed")
    return found


def test_the_result_goes_to_stdout_and_the_log_elsewhere(client: Client, language: str) -> None:
    ended = run(client, "native", language, "greet", '{"name": "Ada"}')
    assert (ended.returncode, ended.stdout.strip()) == (0, '{"greeted":"Ada"}'), ended.stderr
    if language != "ps1":
        assert "greeting Ada" in ended.stderr


@pytest.mark.parametrize(("job", "code"), [("breaks", 10), ("warns", 13), ("too-slow", 11)])
def test_the_exit_code_mirrors_the_job(client: Client, language: str, job: str, code: int) -> None:
    ended = run(client, "native", language, job)
    assert ended.returncode == code, ended.stderr


def test_a_refusal_is_said_in_the_servers_words(client: Client, language: str) -> None:
    ended = run(client, "native", language, "none")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "refused: There is no job none; list the jobs to see those there are." in ended.stderr


def test_an_oauth_client_gets_its_token(client: Client, language: str) -> None:
    made = client.create_client(scopes=["executions:run", "executions:read", "logs:read", "results:read"])
    login = {"RUNBELL_TOKEN": "", "RUNBELL_CLIENT_ID": made.id, "RUNBELL_CLIENT_SECRET": made.secret}
    ended = run(client, "native", language, "greet", **login)
    assert (ended.returncode, ended.stdout.strip()) == (0, '{"greeted":"World"}'), ended.stderr


@pytest.mark.parametrize(
    ("vendor", "job", "given", "good"),
    [
        ("dvsum", "48213", [], '"status": "Completed"'),
        ("ocapi", "Greet All", ["name=Ada"], '"execution_status": "finished"'),
    ],
)
def test_a_vendors_client_runs_its_job(
    client: Client, language: str, vendor: str, job: str, given: list[str], good: str
) -> None:
    left_to_its_own_test(vendor, language)
    if vendor == "ocapi" and language == "sh":
        given = ['{"parameters": [{"name": "name", "value": "Ada"}]}']
    if vendor == "ocapi" and language == "ps1":
        given = []
    ended = run(client, vendor, language, job, *given, **vendors_login(client))
    assert ended.returncode == 0, ended.stderr
    assert good in ended.stdout.replace('":"', '": "')
    if (vendor, language) in {("ocapi", "sh"), ("ocapi", "py"), ("ocapi", "mjs")}:
        assert "greeting Ada" in ended.stderr


@pytest.mark.parametrize(("vendor", "job"), [("dvsum", "48214"), ("ocapi", "breaks")])
def test_a_vendors_client_tells_a_failure_by_its_exit_code(
    client: Client, language: str, vendor: str, job: str
) -> None:
    left_to_its_own_test(vendor, language)
    ended = run(client, vendor, language, job, **vendors_login(client))
    assert ended.returncode == 10, ended.stderr


@pytest.mark.parametrize(
    ("vendor", "job", "said"),
    [("dvsum", "99", "Job 99 does not exist"), ("ocapi", "none", "No job with ID 'none' was found.")],
)
def test_a_vendors_client_says_a_refusal(client: Client, language: str, vendor: str, job: str, said: str) -> None:
    left_to_its_own_test(vendor, language)
    ended = run(client, vendor, language, job, **vendors_login(client))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"refused: {said}" in ended.stderr


def left_to_its_own_test(vendor: str, language: str) -> None:
    """dvsum.py downloads, too, and has other exit codes."""
    if (vendor, language) == ("dvsum", "py"):
        pytest.skip("tests/end_to_end/test_dvsum_script.py runs it")


def vendors_login(client: Client) -> dict[str, str]:
    """What the vendors' clients are told: an address, an OAuth client, and not to pause for long."""
    made = client.create_client(scopes=["executions:run", "executions:read", "logs:read"])
    return {"BASE": client.connection.url, "CID": made.id, "CSECRET": made.secret, "PAUSE": "0.2"}


def run(
    client: Client, script: str, language: str, *given: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a sample client as a reader would, told where the server is and who asks."""
    file = EXAMPLES / "clients" / f"{script}.{language}"
    told = {"RUNBELL_URL": client.connection.url, "RUNBELL_TOKEN": client.connection.token or ""} | environment
    return subprocess.run(
        [INTERPRETERS[language], str(file), *given],
        capture_output=True, text=True, timeout=60, check=False, env=os.environ | told,
    )  # fmt: skip
