"""Every way in which a definition can be wrong: its place, its code, and the remedy."""

from typing import Any

import pytest

from runbell.domain.definition import read_job

from .definitions import a_definition, problems_of, with_parameter, with_step

STEP = {"name": "a", "shell": "true"}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


EVERY_DAY = {"cron": "30 2 * * *"}
SCHEDULES: list[tuple[Any, str, str, str]] = [
    ({}, "", "one_kind", "exactly one of cron, every, at"),
    ({"cron": "0 0 * * *", "every": "5m"}, "", "one_kind", "cron and every"),
    ({"cron": "0 0 * *"}, "/cron", "invalid", "five fields"),
    ({"cron": "0 0 0 * * *"}, "/cron", "invalid", "not 6"),
    ({"cron": "60 0 * * *"}, "/cron", "invalid", "no minute"),
    ({"cron": "0 24 * * *"}, "/cron", "invalid", "no hour"),
    ({"cron": "0 0 31 2 *"}, "/cron", "invalid", "never comes"),
    ({"cron": "0 0 30 FEB *"}, "/cron", "invalid", "never comes"),
    ({"cron": "0 0 5-1 * *"}, "/cron", "invalid", "backwards"),
    ({"cron": "*/0 * * * *"}, "/cron", "invalid", "the step"),
    ({"cron": "@often"}, "/cron", "invalid", "@daily"),
    ({"cron": 5}, "/cron", "wrong_type", "30 2"),
    ({"every": "1ms"}, "/every", "too_small", "1000ms"),
    ({"at": "2031-04-07"}, "/at", "wrong_type", "offset"),
    ({"at": "soon"}, "/at", "wrong_type", "like 2031"),
    (EVERY_DAY | {"timezone": "Europe/Berln"}, "/timezone", "unknown_zone", "Europe/Berlin"),
    (EVERY_DAY | {"missed": "all"}, "/missed", "not_a_choice", "run_all"),
    (EVERY_DAY | {"when": 1}, "/when", "unknown_field", "unknown member"),
]


@pytest.mark.parametrize(("schedule", "place", "code", "remedy"), SCHEDULES)
def test_a_schedule_that_never_fires_or_cannot_be_read_is_refused(
    schedule: Any, place: str, code: str, remedy: str
) -> None:
    found = problems_of(a_definition(schedule=schedule))[f"/schedule{place}"]
    assert found[0] == code
    assert remedy in found[1]


@pytest.mark.parametrize(
    "cron", ["0 0 13 * 5", "*/15 8-18 * * MON-FRI", "0 0 L * *", "0 0 29 2 *", "0 0 * * 1#2", "@daily"]
)
def test_cron_lines_of_all_kinds_are_taken(cron: str) -> None:
    schedule = read_job(a_definition(schedule={"cron": cron})).schedule
    assert schedule is not None
    assert schedule.cron == cron


def test_a_job_starts_by_its_schedule_or_over_the_api_and_both_only_when_it_says_so() -> None:
    assert read_job(a_definition()).starts == "api"
    assert read_job(a_definition(schedule=EVERY_DAY)).starts == "schedule"
    assert read_job(a_definition(schedule=EVERY_DAY, starts="api")).starts == "api"
    assert read_job(a_definition(schedule=EVERY_DAY, starts="both")).starts == "both"
    assert problems_of(a_definition(starts="schedule"))["/starts"][0] == "no_schedule"
    assert problems_of(a_definition(starts="never"))["/starts"][0] == "not_a_choice"


def test_a_schedule_in_force_gives_every_required_parameter() -> None:
    needs = {"parameters": {"day": {"type": "date", "required": True}}}
    assert problems_of(a_definition(schedule=EVERY_DAY, **needs))["/schedule/parameters/day"][0] == "required"
    read_job(a_definition(schedule=EVERY_DAY, starts="api", **needs))
    read_job(a_definition(schedule=EVERY_DAY | {"parameters": {"day": "2031-04-07"}}, **needs))


WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    # the job itself
    (a_definition(job=""), "/job", "pattern", "a name of letters"),
    (a_definition(job="-a"), "/job", "pattern", "not `-a`"),
    (a_definition(job="a" * 256), "/job", "pattern", "at most 255"),
    (a_definition(job=7), "/job", "pattern", "not a number"),
    (a_definition(project="a/b"), "/project", "pattern", "not `a/b`"),
    (a_definition(titel="x"), "/titel", "unknown_field", "did you mean `title`?"),
    (a_definition(title=7), "/title", "wrong_type", "put it in quotes"),
    (a_definition(title="a\nb"), "/title", "bad_text", "one line"),
    (a_definition(title="a" * 256), "/title", "too_long", "255"),
    (a_definition(title=None), "/title", "not_null", "leave it out"),
    (a_definition(tags="demo"), "/tags", "wrong_type", "a list"),
    (a_definition(tags=[True]), "/tags/0", "wrong_type", "put it in quotes"),
    (a_definition(tags=["a", "a"]), "/tags/1", "duplicate", "twice"),
    (a_definition(tags=[str(number) for number in range(21)]), "/tags", "too_long", "20"),
    (a_definition(enabled="yes"), "/enabled", "wrong_type", "true or false"),
    (a_definition(starts="later"), "/starts", "not_a_choice", "one of api"),
    (a_definition(ids={"dvsum": "7"}), "/ids/dvsum", "wrong_type", "whole number"),
    (a_definition(ids={"adverity": 0}), "/ids/adverity", "out_of_bounds", "within 1"),
    (a_definition(ids={"des": "7"}), "/ids/des", "pattern", "a GUID like"),
    (a_definition(ids={"des": "z" * 36}), "/ids/des", "pattern", "a GUID like"),
    (a_definition(ids={"ocapy": "a"}), "/ids/ocapy", "unknown_field", "did you mean `ocapi`?"),
    (a_definition(ids={"infolink": 7}), "/ids/infolink", "wrong_type", "a text"),
    (a_definition(limits=[]), "/limits", "wrong_type", "an object"),
    (a_definition(limits={"running": 0}), "/limits/running", "out_of_bounds", "within 1"),
    (a_definition(limits={"running": True}), "/limits/running", "wrong_type", "whole number"),
    (a_definition(limits={"when_full": "que"}), "/limits/when_full", "not_a_choice", "did you mean `queue`?"),
    (a_definition(limits={"start_by": "2 days"}), "/limits/start_by", "invalid", "`3d`"),
    (a_definition(limits={"start_by": 5}), "/limits/start_by", "invalid", "a number and a unit"),
    (a_definition(limits={"timeout": "0s"}), "/limits/timeout", "too_small", "at least 1ms"),
    (a_definition(limits={"timeout": "36501d"}), "/limits/timeout", "invalid", "at most `36500d`"),
    (a_definition(limits={"log": "1MB"}), "/limits/log", "invalid", "`256MiB`"),
    (a_definition(limits={"log": "1025GiB"}), "/limits/log", "invalid", "at most `1024GiB`"),
    (a_definition(limits={"log": 5}), "/limits/log", "too_small", "1024"),
    (a_definition(limits={"log": True}), "/limits/log", "invalid", "a number of bytes"),
    (a_definition(limits={"when_paused": "no"}), "/limits/when_paused", "not_a_choice", "hold, reject"),
    (a_definition(limits={"priority": 1.5}), "/limits/priority", "wrong_type", "whole number"),
    (a_definition(require_key=1), "/require_key", "wrong_type", "true or false"),
    (a_definition(scopes=["a\tb"]), "/scopes/0", "wrong_type", "one line"),
    (a_definition(scopes=["a" * 256]), "/scopes/0", "wrong_type", "255"),
    (a_definition(scopes=[""]), "/scopes/0", "wrong_type", "1 to 255"),
    (a_definition(scopes=[f"{number}" for number in range(10_001)]), "/scopes", "too_long", "10000"),
    (a_definition(env=[]), "/env", "wrong_type", "an object"),
    (a_definition(env={"A": 1}), "/env/A", "wrong_type", "put it in quotes"),
    (a_definition(env={"A-B": "1"}), "/env/A-B", "pattern", "letters, digits"),
    (a_definition(env={"RUNBELL_STEP": "1"}), "/env/RUNBELL_STEP", "reserved", "choose another"),
    (a_definition(env={"A": "x" * 32_769}), "/env/A", "too_long", "32768"),
    (a_definition(env={f"A{number}": "" for number in range(201)}), "/env", "too_long", "200"),
    (a_definition(retention={"executions": 90}), "/retention/executions", "invalid", "a unit"),
    (a_definition(retention={"count": 0}), "/retention/count", "out_of_bounds", "within 1"),
    # follow-ups
    (a_definition(then={}), "/then", "wrong_type", "a list"),
    (a_definition(then=[{"job": "load"}]), "/then/0/job", "cycle", "cannot follow itself"),
    (a_definition(then=[{"job": "a b"}]), "/then/0/job", "pattern", "the name of a job"),
    (a_definition(then=[{}]), "/then/0", "required", "name the job"),
    (a_definition(then=[{"job": "b", "on": "success"}]), "/then/0/on", "not_a_choice", "did you mean `succeeded`?"),
    (a_definition(then=[{"job": "b", "parameters": []}]), "/then/0/parameters", "wrong_type", "an object"),
    # parameters
    (a_definition(parameters=[]), "/parameters", "wrong_type", "an object"),
    (a_definition(parameters={"a-b": {"type": "int"}}), "/parameters/a-b", "pattern", "not `a-b`"),
    (a_definition(parameters={"a" * 101: {"type": "int"}}), "/parameters/" + "a" * 101, "pattern", "letters"),
    (a_definition(parameters={"a": {"type": "int"}, "A": {"type": "int"}}), "/parameters/A", "duplicate", "`a`"),
    (a_definition(parameters={"a/b~c": {"type": "int"}}), "/parameters/a~1b~0c", "pattern", "letters"),
    (a_definition(parameters={"x": "int"}), "/parameters/x", "wrong_type", "members like `type`"),
    (a_definition(parameters={f"a{n}": {"type": "int"} for n in range(201)}), "/parameters", "too_long", "200"),
    (with_parameter(), "/parameters/x", "required", "`type` is missing"),
    (with_parameter(type="integer"), "/parameters/x/type", "not_a_choice", "did you mean `int`?"),
    (with_parameter(type="int", requird=True), "/parameters/x/requird", "unknown_field", "`required`"),
    (with_parameter(type="int", min="a"), "/parameters/x/min", "wrong_type", "whole number"),
    (with_parameter(type="int", min=5, max=4), "/parameters/x/max", "too_small", "below `min`"),
    (with_parameter(type="date", min="2031-01-02", max="2031-01-01"), "/parameters/x/max", "too_small", "below"),
    (with_parameter(type="text", min=5), "/parameters/x/min", "invalid", "means nothing"),
    (with_parameter(type="text", max=5), "/parameters/x/max", "invalid", "did you mean `max_length`?"),
    (with_parameter(type="int", pattern="a"), "/parameters/x/pattern", "invalid", "only for text"),
    (with_parameter(type="text", pattern="("), "/parameters/x/pattern", "pattern", "does not compile"),
    (with_parameter(type="text", pattern="(a+)+"), "/parameters/x/pattern", "pattern", "forever"),
    (with_parameter(type="text", pattern="a" * 1_001), "/parameters/x/pattern", "pattern", "1000"),
    (with_parameter(type="text", max_length=0), "/parameters/x/max_length", "out_of_bounds", "within 1"),
    (with_parameter(type="enum"), "/parameters/x", "required", "`choices` is missing"),
    (with_parameter(type="multi", choices=[]), "/parameters/x/choices", "too_small", "at least one"),
    (with_parameter(type="enum", choices=[1]), "/parameters/x/choices/0", "wrong_type", "quotes"),
    (with_parameter(type="text", choices=["a"]), "/parameters/x/choices", "invalid", "did you mean `type: enum`?"),
    (with_parameter(type="int", max=3, default=4), "/parameters/x/default", "too_large", "at most 3"),
    (with_parameter(type="int", default=None), "/parameters/x/default", "not_null", "null"),
    (with_parameter(type="enum", choices=["a"], default="b"), "/parameters/x/default", "not_a_choice", "one of a"),
    # steps
    (a_definition(steps=[]), "/steps", "too_short", "1 to 1000"),
    (a_definition(steps={}), "/steps", "wrong_type", "a list"),
    (a_definition(steps=["true"]), "/steps/0", "wrong_type", "members like `name`"),
    (a_definition(steps=[{"name": f"s{n}", "shell": ""} for n in range(1_001)]), "/steps", "too_long", "1000"),
    (a_definition(steps=[{"shell": "true"}]), "/steps/0", "required", "`name` is missing"),
    (a_definition(steps=[{"name": "é", "shell": "x"}]), "/steps/0/name", "pattern", "letters, digits, blanks"),
    (a_definition(steps=[{"name": "a" * 101, "shell": "x"}]), "/steps/0/name", "pattern", "at most 100"),
    (a_definition(steps=[STEP, STEP]), "/steps/1/name", "duplicate", "step 1 is called `a` too"),
    (with_step(), "/steps/0", "one_kind", "this one has none"),
    (with_step(command=["a"], shell="b"), "/steps/0", "one_kind", "`command` and `shell`"),
    (with_step(command="ls -l"), "/steps/0/command", "wrong_type", "for a script use `shell`"),
    (with_step(command=[]), "/steps/0/command", "wrong_type", "a list"),
    (with_step(command=["sleep", 5]), "/steps/0/command/1", "wrong_type", "put it in quotes"),
    (with_step(command=["echo", {"limit": None}]), "/steps/0/command/1", "wrong_type", "fill-in in quotes"),
    (with_step(command=[""]), "/steps/0/command/0", "too_short", "named"),
    (with_step(command=["a"] * 10_001), "/steps/0/command", "too_long", "10000"),
    (with_step(shell=["a"]), "/steps/0/shell", "wrong_type", "a text"),
    (with_step(python="main"), "/steps/0/python", "pattern", "`module:function`"),
    (with_step(python="a.b:c()"), "/steps/0/python", "pattern", "`module:function`"),
    (with_step(shell="a", needs="b"), "/steps/0/needs", "wrong_type", "a list"),
    (with_step(shell="a", needs=["onyl"]), "/steps/0/needs/0", "unknown_step", "did you mean `only`?"),
    (with_step(shell="a", needs=["only"]), "/steps/0/needs", "cycle", "only → only"),
    (with_step(shell="a", for_each="scopes"), "/steps/0/for_each", "no_scopes", "declare them"),
    (with_step(shell="a", for_each="scope"), "/steps/0/for_each", "wrong_type", "`scopes`"),
    (with_step(shell="a", for_each=[]), "/steps/0/for_each", "wrong_type", "at least one"),
    (with_step(shell="a", for_each=["x", "x"]), "/steps/0/for_each/1", "duplicate", "twice"),
    (with_step(shell="a", at_once=0), "/steps/0/at_once", "out_of_bounds", "within 1"),
    (with_step(shell="a", retry=3), "/steps/0/retry", "wrong_type", "write {attempts: 3}"),
    (with_step(shell="a", retry={"attempts": 0}), "/steps/0/retry/attempts", "out_of_bounds", "within 1"),
    (with_step(shell="a", retry={"factor": 0.5}), "/steps/0/retry/factor", "out_of_bounds", "within 1"),
    (with_step(shell="a", retry={"wait": "1s"}), "/steps/0/retry/wait", "unknown_field", "unknown member"),
    (with_step(shell="a", timeout=5), "/steps/0/timeout", "invalid", "`5s`"),
    (with_step(shell="a", on_lost="retry"), "/steps/0/on_lost", "not_a_choice", "rerun, fail, skip"),
    (with_step(shell="a", when="failure"), "/steps/0/when", "not_a_choice", "did you mean `failed`?"),
    (with_step(shell="a", continue_on_error="no"), "/steps/0/continue_on_error", "wrong_type", "true or false"),
    (with_step(shell="a", exit_codes={"256": "OK"}), "/steps/0/exit_codes/256", "out_of_bounds", "0 to 255"),
    (with_step(shell="a", exit_codes={"-1": "OK"}), "/steps/0/exit_codes/-1", "out_of_bounds", "0 to 255"),
    (with_step(shell="a", exit_codes={"3": "A WARN"}), "/steps/0/exit_codes/3", "pattern", "without blanks"),
    (with_step(shell="a", exit_codes=[0]), "/steps/0/exit_codes", "wrong_type", "an object"),
    (with_step(shell="a", rule={"type": 1}), "/steps/0/rule/type", "wrong_type", "a text"),
    (with_step(shell="a", rule={"lower": "1"}), "/steps/0/rule/lower", "wrong_type", "a number"),
    (with_step(shell="a", rule={"uper": 1}), "/steps/0/rule/uper", "unknown_field", "`upper`"),
    # fill-ins
    (with_step(command=["{limti}"]), "/steps/0/command/0", "unknown_param", "`limti`"),
    (with_step(command=["{scope}"]), "/steps/0/command/0", "no_scopes", "for_each"),
    (with_step(command=["{steps.onyl.result}"]), "/steps/0/command/0", "unknown_step", "did you mean `only`?"),
    (with_step(command=["{steps.only.result}"]), "/steps/0/command/0", "not_before", "add it to this step's `needs`"),
    (with_step(command=["{print $1}"]), "/steps/0/command/0", "bad_fill_in", "for a brace write `{{`"),
    (
        a_definition(then=[{"job": "b", "parameters": {"a/b": [{"c": "{nope}"}]}}]),
        "/then/0/parameters/a~1b/0/c",
        "unknown_param",
        "`nope`",
    ),
    # anywhere
    (a_definition(title="a\0b"), "/title", "bad_text", "control character"),
    (with_step(shell="a\x1bb"), "/steps/0/shell", "bad_text", "control character"),
    (with_step(shell="a\ud800b"), "/steps/0/shell", "bad_text", "surrogate"),
    (with_parameter(type="json", default={"a": [1e999]}), "/parameters/x/default/a/0", "wrong_type", "infinity"),
    (with_parameter(type="text", description=10**400), "/parameters/x/description", "too_large", "too large"),
    (a_definition(title=b"a"), "/title", "wrong_type", "no JSON value"),
    (with_parameter(type="json", default=deep(70)), "/parameters/x/default" + "/0" * 62, "too_deep", "64 levels"),
    (with_step(shell="x" * (1 << 20)), "", "too_large", "1048576"),
]


@pytest.mark.parametrize(
    ("definition", "pointer", "code", "remedy"),
    WRONG,
    ids=[f"{row[1][:60]}-{row[2]}-{n}" for n, row in enumerate(WRONG)],
)
def test_what_is_wrong_is_said_with_its_place_and_a_remedy(
    definition: dict[str, Any], pointer: str, code: str, remedy: str
) -> None:
    found = problems_of(definition)
    assert pointer in found
    assert (found[pointer][0], remedy in found[pointer][1]) == (code, True), found[pointer]


def test_a_name_with_a_control_character_is_refused_at_its_object() -> None:
    assert problems_of(a_definition(env={"A\0": "x"}))["/env"][0] == "bad_text"


def test_a_circle_of_needs_is_named_in_the_order_of_waiting() -> None:
    steps = [{"name": name, "shell": "true", "needs": [need]} for name, need in (("a", "b"), ("b", "c"), ("c", "a"))]
    found = problems_of(a_definition(steps=steps))
    [(pointer, (code, detail))] = found.items()
    assert (pointer[:7], code) == ("/steps/", "cycle")
    assert any(f"({circle})" in detail for circle in ("a → b → c → a", "b → c → a → b", "c → a → b → c"))


def test_two_circles_are_two_problems() -> None:
    steps = [{"name": name, "shell": "true", "needs": [need]} for name, need in ("ab", "ba", "cd", "dc")]
    found = problems_of(a_definition(steps=steps))
    assert [code for code, _ in found.values()] == ["cycle", "cycle"]


def test_a_result_may_come_from_any_step_before_through_needs() -> None:
    steps = [*({"name": name, "shell": "true"} for name in "abc"), {"name": "d", "command": ["{steps.a.result.x}"]}]
    assert problems_of(a_definition(steps=steps)) == {}


def test_a_result_of_a_step_beside_is_refused() -> None:
    steps = [{"name": "a", "shell": "true"}, {"name": "b", "command": ["{steps.a.result}"], "needs": []}]
    assert problems_of(a_definition(steps=steps))["/steps/1/command/0"][0] == "not_before"


def test_a_follow_up_may_name_any_result_but_no_scope() -> None:
    then = [{"job": "b", "parameters": {"a": "{steps.only.result}", "s": "{scope}"}}]
    assert problems_of(a_definition(then=then)).keys() == {"/then/0/parameters/s"}


def test_a_script_is_never_filled_in() -> None:
    assert problems_of(with_step(shell="awk '{print $1}' {limit}")) == {}


def test_a_flood_of_unknown_needs_does_not_buy_minutes_of_comparing() -> None:
    needs = [f"stpe number {number}" for number in range(40)]
    steps = [{"name": f"step number {number}", "shell": "true", "needs": needs} for number in range(1_000)]
    assert len(problems_of(a_definition(steps=steps))) == 100


def test_a_secret_is_never_kept() -> None:
    assert "/parameters/x/keep" in problems_of(with_parameter(type="text", keep=True, secret=True))
