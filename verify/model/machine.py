"""The rules: whatever callers, hands, time and crashes may do, in any order; and what has to be true after each."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from runbell.domain.execution import Error
from runbell.domain.faults import AlreadyRunning, Gone, NotFinished, NotRestartable
from runbell.domain.outcome import Failed, Succeeded, TryLater
from runbell.domain.outcome import Gone as ProcessGone
from runbell.domain.status import OK, ExitStatus
from runbell.operations import delete, look, restart, stop
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked, trigger
from runbell.ports.runner import HandLost
from runbell.ports.store import Advance, ExecutionQuery, Ref, Stale, Succeed
from verify import journal
from verify.model.house import ADMIN, House
from verify.model.jobs import JOBS, LIMITS
from verify.model.pairs import LIVE

dice = st.integers(0, 1 << 16)


class Lifecycle(RuleBasedStateMachine):
    """One house, and what is known of every execution that it ever accepted."""

    covered: ClassVar[Counter[tuple[str, str]]] = Counter()
    examples: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        Lifecycle.examples += 1
        self.folder = tempfile.TemporaryDirectory(prefix="model-")
        self.house = House(Path(self.folder.name))
        self.table = journal.open_table(self.house.database)
        self.known: dict[int, journal.Standing] = {}
        self.deleted: set[int] = set()
        self.keys: dict[str, tuple[Asked, int]] = {}
        self.claims: set[tuple[int, int]] = set()

    @initialize()
    def define(self) -> None:
        for name in sorted(JOBS, key=lambda name: "then" in JOBS[name]):  # a follow-up is defined before who rings it
            self.house.define(name, JOBS[name])

    # Callers

    @rule(job=st.sampled_from(sorted(JOBS)), later=st.sampled_from([0, 0, 0, 30_000]), keyed=st.booleans())
    def start(self, job: str, later: int, keyed: bool) -> None:
        """A start; some with a key, some for later."""
        name = f"key-{len(self.keys)}"
        asked = Asked(
            job=job,
            start_after=self.house.clock.now() + later if later else None,
            idempotency=IdempotencyKey(name, f"/{job}", {"job": job}) if keyed else None,
        )
        try:
            made = self.house.do(trigger(self.house.ports, ADMIN, asked))
        except AlreadyRunning:
            assert job == "rejects"
            return
        assert not made.replayed
        if keyed:
            self.keys[name] = (asked, made.execution.number)

    @precondition(lambda self: self.keys)
    @rule(which=dice)
    def same_key(self, which: int) -> None:
        """The same request again finds the same execution, or hears that it was deleted."""
        asked, number = list(self.keys.values())[which % len(self.keys)]
        self._cover(number, "same_key")
        try:
            found = self.house.do(trigger(self.house.ports, ADMIN, asked))
        except Gone:
            assert number in self.deleted
            return
        assert found.replayed
        assert found.execution.number == number

    @precondition(lambda self: self.known)
    @rule(which=dice)
    def get(self, which: int) -> None:
        """What is read is never older than what was known, and never gone without having been deleted."""
        number = self._one(which, "get")
        found = self.house.do(look.execution(self.house.ports, ADMIN, Ref(number=number)))
        assert found.revision >= self.known[number].revision
        page = self.house.do(look.executions(self.house.ports, ExecutionQuery(project="default", limit=1_000)))
        assert {row.number for row in page.items} == self.known.keys()

    @precondition(lambda self: self.known)
    @rule(which=dice, kill=st.booleans())
    def stop(self, which: int, kill: bool) -> None:
        """A stop: stopping, or ended for good."""
        number = self._one(which, "kill" if kill else "stop")
        before = self.known[number].status
        mode: Any = "kill" if kill else "graceful"
        found = self.house.do(stop.stop(self.house.ports, ADMIN, Ref(number=number), mode))
        if before in journal.TERMINAL:
            assert found.status == before
        elif before in LIVE:
            assert found.status == "stopping"
        else:
            assert found.status in ("discarded", "stopped")

    @precondition(lambda self: self.known)
    @rule(which=dice)
    def delete(self, which: int) -> None:
        """Only what has ended can be deleted."""
        number = self._one(which, "delete")
        ended = self.known[number].status in journal.TERMINAL
        try:
            self.house.do(delete.delete(self.house.ports, ADMIN, Ref(number=number)))
        except NotFinished:
            assert not ended
            return
        assert ended
        self.deleted.add(number)

    @precondition(lambda self: self.known)
    @rule(which=dice, again=st.sampled_from(["restart", "rerun"]))
    def again(self, which: int, again: str) -> None:
        """A restart goes on from what failed, was stopped or lost; a rerun runs all of what has ended."""
        number = self._one(which, again)
        status = self.known[number].status
        verb = restart.restart if again == "restart" else restart.rerun
        try:
            made = self.house.do(verb(self.house.ports, ADMIN, Ref(number=number)))
        except NotFinished:
            assert status not in journal.TERMINAL
        except NotRestartable:
            assert status in ("succeeded", "discarded")
        except AlreadyRunning:
            assert status in journal.TERMINAL
        else:
            assert status in journal.TERMINAL
            assert made.execution.number != number

    # Hands

    @precondition(lambda self: self.house.runner.flying)
    @rule(which=dice)
    def succeeds(self, which: int) -> None:
        """A step ends well (also one that was told to stop, a moment too late)."""
        self._lands(which, "succeeds", Succeeded())

    @precondition(lambda self: self.house.runner.flying)
    @rule(which=dice, code=st.sampled_from(["ERROR", "TIMEOUT"]))
    def fails(self, which: int, code: str) -> None:
        """A step fails, or its time limit ends it."""
        self._lands(which, "fails" if code == "ERROR" else "times_out", Failed(Error(code=code, detail="It broke.")))

    @precondition(lambda self: self.house.runner.flying)
    @rule(which=dice)
    def hand_lost(self, which: int) -> None:
        """A hand dies."""
        self._lands(which, "hand_lost", HandLost())

    @precondition(lambda self: any(not hand.stopping for hand in self.house.runner.flying))
    @rule(which=dice)
    def try_later(self, which: int) -> None:
        """No process could be made."""
        hands = [hand for hand in self.house.runner.flying if not hand.stopping]
        hand = hands[which % len(hands)]
        assert hand.order is not None
        self._cover(hand.order.number, "try_later")
        hand.ends(TryLater("no room"))
        self.house.rest()

    @precondition(lambda self: any(hand.stopping for hand in self.house.runner.flying))
    @rule(which=dice)
    def process_goes(self, which: int) -> None:
        """A step that was told to stop is gone."""
        hands = [hand for hand in self.house.runner.flying if hand.stopping]
        hand = hands[which % len(hands)]
        assert hand.order is not None
        self._cover(hand.order.number, "process_goes")
        hand.ends(ProcessGone(signalled_at=self.house.clock.now(), forced_at=None, gone_at=self.house.clock.now()))
        self.house.rest()

    @precondition(lambda self: self._stale_claims())
    @rule(which=dice)
    def late_write(self, which: int) -> None:
        """A worker that was thawed after its claim was over writes its verdict: it is refused."""
        stale = self._stale_claims()
        number, epoch = stale[which % len(stale)]
        self._cover(number, "late_write")
        verdict = Succeed(ExitStatus(OK))
        try:
            self.house.do(
                self.house.store.advance(
                    Advance(number=number, epoch=epoch, at=self.house.clock.now(), verdict=verdict)
                )
            )
        except Stale:
            return
        raise AssertionError(f"Claim {epoch} of {number} was over, and its write was accepted.")

    # Time and death

    @rule(seconds=st.sampled_from([0.5, 1.5, 6, 25, 45, 90, 3 * 86_400]))
    def tick(self, seconds: float) -> None:
        """Time passes."""
        self._cover_all("tick")
        self.house.pass_time(seconds)

    @rule()
    def crash(self) -> None:
        """The server dies and starts again: nothing it ran goes on unnoticed."""
        self._cover_all("crash")
        self.house.crash()

    # What has to be true

    @invariant()
    def everything_holds(self) -> None:
        """After every rule, in this order."""
        self.the_journal_is_sound()
        self.nothing_known_is_forgotten_or_undone()
        self.limits_hold()
        self.a_hand_flies_for_a_living_claim_only()
        self.no_slot_leaks()

    def the_journal_is_sound(self) -> None:
        wrong = journal.lint(self.table).wrong
        assert wrong == []

    def nothing_known_is_forgotten_or_undone(self) -> None:
        now = journal.standings(self.table)
        for number, before in self.known.items():
            row = now.get(number)
            if row is None:
                assert number in self.deleted, f"{number} is gone"
                continue
            assert row.epoch >= before.epoch
            assert row.revision >= before.revision
            assert row.status == before.status or row.revision > before.revision
            if before.status in journal.TERMINAL:
                assert row == before, f"{before} has ended and became {row}"
        self.known = now
        self.claims |= {(row.number, row.epoch) for row in now.values() if row.status in LIVE}

    def limits_hold(self) -> None:
        sql = "SELECT job, count(*) FROM executions WHERE status IN ('running', 'stopping') GROUP BY job"
        assert {job: n for job, n in self.table.execute(sql) if n > LIMITS.get(job, 1_000)} == {}

    def a_hand_flies_for_a_living_claim_only(self) -> None:
        places = Counter()
        for hand in self.house.runner.flying:
            assert hand.order is not None
            row = self.known[hand.order.number]
            assert row.status in LIVE, f"a hand runs {hand.order.step} of {row}"
            assert row.epoch == hand.order.epoch
            places[hand.order.number, hand.order.step, hand.order.scope] += 1
        assert all(count == 1 for count in places.values()), f"one step twice at once: {places}"

    def no_slot_leaks(self) -> None:
        stats = self.house.engine.stats()
        assert stats.busy == len(self.house.runner.flying), f"{stats} with {len(self.house.runner.flying)} hands"

    def teardown(self) -> None:
        self.house.close()
        self.table.close()
        self.folder.cleanup()

    def _lands(self, which: int, name: str, how: Any) -> None:
        hand = self.house.runner.flying[which % len(self.house.runner.flying)]
        assert hand.order is not None
        self._cover(hand.order.number, name)
        hand.ends(how)
        self.house.rest()

    def _stale_claims(self) -> list[tuple[int, int]]:
        """Claims that are over. Those of executions that go on come first, alone if there are any."""
        living = {row.number: row for row in self.known.values() if row.status not in journal.TERMINAL}
        over = sorted(claim for claim in self.claims if claim != _claim_of(self.known.get(claim[0])))
        return [claim for claim in over if claim[0] in living] or over

    def _one(self, which: int, name: str) -> int:
        number = sorted(self.known)[which % len(self.known)]
        self._cover(number, name)
        return number

    def _cover(self, number: int, name: str) -> None:
        if (row := self.known.get(number)) is not None:
            Lifecycle.covered[row.status, name] += 1

    def _cover_all(self, name: str) -> None:
        for number in self.known:
            self._cover(number, name)


def _claim_of(row: journal.Standing | None) -> tuple[int, int] | None:
    """The claim under which it runs now."""
    return (row.number, row.epoch) if row is not None and row.status in LIVE else None
