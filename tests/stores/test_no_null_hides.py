"""No member that may be absent can hide an execution from whoever has to find it."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from runbell.domain.status import Status
from runbell.ports.store import Claim, Store
from tests.builders import NOON

from .builders import a_job, asked_to_stop, ended, proof_of, queued

pytestmark = pytest.mark.anyio

KEYS = count()
ABSENT = some.fixed_dictionaries(
    {
        "key": some.booleans().map(lambda given: f"k{next(KEYS)}" if given else None),
        "start_by": some.none() | some.just(NOON + 10**6),
        "timeout_ms": some.none() | some.just(5),
        "scopes": some.none() | some.just(()) | some.just(("EU",)),
        "rerun_of": some.none() | some.just("r"),
        "restart_of": some.none() | some.just("r"),
        "predecessor": some.none() | some.just("r"),
        "traceparent": some.none() | some.just("00-a"),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=ABSENT, at=some.sampled_from([0, NOON, 2**53]))
async def test_whatever_is_absent_an_execution_is_found_at_every_station(
    store: Store, members: dict[str, Any], at: int
) -> None:
    job = await a_job(store)
    made = await queued(store, job, status=Status.SCHEDULED, start_after=NOON, created_at=at, **members)
    assert await store.next_due() == NOON
    assert await store.tick(NOON, 10) == 1
    assert [one.id for one in await store.queue(10)] == [made.id]
    (taken,) = await store.claim([Claim(number=made.number, worker="w", at=NOON)])
    assert taken is not None
    assert [one.id for one in await store.live()] == [made.id]
    stopping = await asked_to_stop(store, made)
    assert [one.id for one in await store.live()] == [made.id]
    assert (await ended(store, stopping, proof_of(stopping))).status is Status.STOPPED
    assert await store.live() == []
