"""Sends the steps of a run on their way: to a hand, or to wait for another job."""

from collections.abc import Callable, Iterable

from runbell.domain.actions import Child
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.engine.child_flight import ChildFlight
from runbell.engine.flight import Flight, Landed
from runbell.engine.order import step_of
from runbell.engine.order_book import OrderBook
from runbell.engine.workshop import Workshop
from runbell.ports.runner import Note

AnyFlight = Flight | ChildFlight


class Departures:
    """What all flights of one run have in common, and who is told of them."""

    def __init__(
        self,
        shop: Workshop,
        job: Job,
        orders: OrderBook,
        on_note: Callable[[AnyFlight, Note], None],
        on_landed: Callable[[AnyFlight, Landed], None],
    ) -> None:
        self._shop = shop
        self._job = job
        self._orders = orders
        self._on_note = on_note
        self._on_landed = on_landed
        self.look_up = orders.look_up

    def depart(
        self, execution: Execution, rows: Iterable[StepExecution], row: StepExecution, left: int | None
    ) -> AnyFlight:
        """Begin one attempt of one step, with so many ms left. Raises FillInError, Withheld."""
        if isinstance(step_of(self._job, row).action, Child):
            wanted = self._orders.wanted(execution, rows, row)
            return ChildFlight(self._shop, execution, row, wanted, left, self._on_note, self._on_landed)
        order = self._orders.write(execution, rows, row, left)
        return Flight(self._shop.runner, self._shop.artifacts.data, row, order, self._on_note, self._on_landed)
