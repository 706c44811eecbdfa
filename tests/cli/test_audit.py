"""The audit log on the command line."""

import json

from runbell.client import Client

from .conftest import Typed


def test_the_audit_log_says_who_did_what_newest_first_and_says_that_there_is_more(here: Typed, client: Client) -> None:
    number = client.start("hello", wait=20).number
    client.rerun(number)
    found = json.loads(here("audit", "ls", "--json", "--actor", "key:admin", "-n", 2).out)
    assert [line["action"] for line in found] == ["executions.rerun", "executions.start"]
    shown = here("audit", "ls", "-n", 1)
    assert ("executions.rerun" in shown.out, "There are more" in shown.err) == (True, True)
    loaded = here("audit", "ls", "--action", "jobs.put", "--actor", "file", "--object", "hello").out
    assert "jobs.put" in loaded


def test_a_chain_is_checked_as_a_whole_and_from_an_earlier_end(here: Typed, client: Client) -> None:
    checked = here("audit", "check")
    assert (checked.code, checked.out.split()[1:3]) == (0, ["lines", "fit;"])
    seen = checked.out.split()[-1]
    client.start("hello", wait=20)
    later = here("audit", "check", "--seen", seen)
    assert (later.code, later.out.split()[0]) == (0, "1")
    forged = here("audit", "check", "--seen", seen[:-8] + "00000000")
    assert (forged.code, "broken" in forged.out) == (1, True)
    assert here("audit", "check", "--seen", "nonsense").code == 2


def test_an_export_is_one_json_object_a_line_oldest_first(here: Typed, client: Client) -> None:
    lines = [json.loads(line) for line in here("audit", "export").out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    later = here("audit", "export", "--after", lines[-2]["seq"]).out.splitlines()
    assert [json.loads(line)["seq"] for line in later] == [lines[-1]["seq"]]
