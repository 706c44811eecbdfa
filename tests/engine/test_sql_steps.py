"""What a step of kind `sql` is told by the engine: values that were not given, and where the connection leads."""

from pathlib import Path

import pytest

from runbell.domain.status import Status
from runbell.operations import keep_secrets
from tests.house_of_cards import ADMIN, a_house

pytestmark = pytest.mark.anyio

URL = "postgresql://u:p%40ss-word@h/d"


async def test_what_was_not_given_is_bound_as_null_and_the_url_and_its_password_are_masked(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await keep_secrets.put(house.ports, ADMIN, "warehouse", f" {URL}\n")
        await house.define(
            "load",
            {"name": "a", "sql": "select :given, :not_given", "connection": "warehouse",
             "bind": {"given": "{day}", "not_given": "{hour}"}},
            parameters={"day": {"type": "date"}, "hour": {"type": "int"}},
        )  # fmt: skip
        ended = await house.until(await house.start("load", params={"day": "2026-03-01"}))
        assert ended.status is Status.SUCCEEDED
        (order,) = house.script.orders
        assert order.task is not None
        assert order.task["bind"] == {"given": "2026-03-01", "not_given": None}
        assert (order.task["connection"], order.task["connection_name"]) == (URL, "warehouse")
        assert {URL, "p%40ss-word", "p@ss-word"} <= set(order.veiled)
