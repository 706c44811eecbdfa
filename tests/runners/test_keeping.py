"""What steps hand back for `keep` parameters: a JSON file from a command, `ctx.keep` in Python."""

import pytest

from runbell.domain.outcome import Failed, Succeeded
from tests.runners.workplace import Workplace

pytestmark = pytest.mark.anyio


async def test_a_command_hands_back_a_json_object(place: Workplace) -> None:
    outcome = await place.run(script="""echo '{"since": "2031-04-07", "n": null}' > "$RUNBELL_KEEP" """)
    assert isinstance(outcome, Succeeded)
    assert outcome.keep == {"since": "2031-04-07", "n": None}


@pytest.mark.parametrize("text", ["[1]", "since=1", '{"a": 1', '"text"'])
async def test_what_is_no_object_fails_the_command(place: Workplace, text: str) -> None:
    outcome = await place.run(script=f"echo '{text}' > $RUNBELL_KEEP")
    assert isinstance(outcome, Failed)
    assert outcome.error.detail.startswith("What was written to $RUNBELL_KEEP is no JSON object (")


async def test_too_much_fails_the_command(place: Workplace) -> None:
    outcome = await place.run(script="head -c 300000 /dev/zero | tr '\\0' 'x' > $RUNBELL_KEEP")
    assert isinstance(outcome, Failed)
    assert "over 262144 bytes" in outcome.error.detail


async def test_a_function_hands_back_through_its_context(place: Workplace) -> None:
    place.module(
        "load",
        "from datetime import date\nfrom decimal import Decimal\n"
        "def main(ctx):\n    ctx.keep(since=date(2031, 4, 7), n=1)\n    ctx.keep(n=Decimal('1.50'))\n    return 7",
    )
    outcome = await place.run(target="load:main")
    assert isinstance(outcome, Succeeded)
    assert outcome.keep == {"since": "2031-04-07", "n": "1.50"}


async def test_a_function_that_leaves_with_zero_hands_back_too(place: Workplace) -> None:
    place.module("load", "def main(ctx):\n    ctx.keep(n=2)\n    raise SystemExit(0)")
    outcome = await place.run(target="load:main")
    assert isinstance(outcome, Succeeded)
    assert outcome.keep == {"n": 2}


@pytest.mark.parametrize("end", ["return 1", "raise SystemExit(0)"])
async def test_what_has_no_json_form_fails_the_function(place: Workplace, end: str) -> None:
    place.module("load", f"def main(ctx):\n    ctx.keep(n=object())\n    {end}")
    outcome = await place.run(target="load:main")
    assert isinstance(outcome, Failed)
    assert outcome.error.detail.startswith("What was given to ctx.keep cannot be kept as JSON (")


async def test_a_secret_is_not_handed_back(place: Workplace) -> None:
    outcome = await place.run(script="""echo '{"token": "hunter22"}' > "$RUNBELL_KEEP" """, veiled=("hunter22",))
    assert isinstance(outcome, Succeeded)
    assert outcome.keep == {"token": "***"}
    place.module("load", "def main(ctx):\n    ctx.keep(token='hunter22')")
    outcome = await place.run(target="load:main", veiled=("hunter22",))
    assert isinstance(outcome, Succeeded)
    assert outcome.keep == {"token": "***"}
