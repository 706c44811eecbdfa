"""The main sample job on real input."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files

import pytest

from runbell.client import Client, JobFailed, ProblemError
from tests.end_to_end.serving import EXAMPLES, serving

PARTS = {"Africa", "America", "Asia", "Australia", "Europe", "Pacific"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("data"), EXAMPLES / "airports") as client:
        yield client


def test_the_whole_list_becomes_a_summary_per_country(client: Client) -> None:
    done = client.run("airport-import")
    real = files("airportsdata").joinpath("airports.csv").read_bytes()
    assert done.exit_status is not None
    assert done.exit_status.code == "OK"
    assert done.result["sha256"] == hashlib.sha256(real).hexdigest()
    assert done.result["airports"] > 24_000
    assert done.result["rejected"] > 3_000
    assert [row["country"] for row in done.result["top"]][:2] == ["US", "BR"]


def test_every_step_is_one_execution_per_scope(client: Client) -> None:
    done = client.run("airport-import", {"country": "IS"})
    assert {step.status for step in done.steps} == {"succeeded"}
    assert {step.scope for step in done.steps if step.name == "extract"} == PARTS
    assert len(done.steps) == 9 + len(PARTS)


def test_rules_leave_exception_records_a_query_a_result_set_and_a_step_a_file(client: Client) -> None:
    done = client.run("airport-import")
    assert done.exceptions.count > 20_000
    quality = next(step for step in done.steps if step.name == "quality")
    assert quality.exit_status is not None
    assert quality.exit_status.code == "OK"
    assert quality.exit_status.message.startswith(f"4 rules, {done.exceptions.count} exception records: no-iata ")


def test_the_check_looks_at_the_country_that_was_asked_for(client: Client) -> None:
    done = client.run("airport-import", {"country": "IS"})
    assert 0 < done.exceptions.count < 79


def test_more_bad_records_than_tolerated_end_as_a_warning(client: Client) -> None:
    done = client.run("airport-import", {"tolerance": "5"})
    assert done.exit_status is not None
    assert done.exit_status.code == "WARN"


def test_a_country_without_airports_fails_and_says_what_to_do(client: Client) -> None:
    with pytest.raises(JobFailed) as failed:
        client.run("airport-import", {"country": "ZZ"})
    error = failed.value.execution.error
    assert error is not None
    assert error.step == "check"
    assert "start again with others" in error.detail


def test_its_log_can_be_read(client: Client) -> None:
    done = client.run("airport-import", {"country": "DE"})
    assert any(line.step == "check" and "good," in line.text for line in client.logs(done.id))


def test_a_wrong_parameter_is_refused_before_anything_starts(client: Client) -> None:
    with pytest.raises(ProblemError) as refused:
        client.run("airport-import", {"country": "iceland", "top": 0})
    assert {problem.pointer for problem in refused.value.problem.errors} == {"/params/country", "/params/top"}
