"""Known bugs of webhooks: events that are told late, twice over, out of turn, or to whoever is pointed at."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("delivery-after-commit", "runbell.stores.sqlite.outbox")
def _(module: ModuleType) -> None:
    """Deliveries are written in a transaction of their own, behind that of the event."""
    outbox = module.Outbox
    add, settle = outbox.add, outbox.settle

    def later(self: Any, *given: Any) -> str:
        self._undo.append(lambda: None)
        waiting = self.__dict__.setdefault("later", [])
        waiting.append(given)
        return ""

    def settled(self: Any) -> None:
        import time

        waiting = self.__dict__.pop("later", [])
        if waiting:
            time.sleep(0.02)
            for given in waiting:
                add(self, *given)
        settle(self)

    outbox.add, outbox.settle = later, settled


@sabotage("delivery-unordered", "runbell.stores.sqlite.outbox")
def _(module: ModuleType) -> None:
    """Nobody waits for the event before."""
    module._AHEAD = "SELECT 0 WHERE ?1 IS NULL AND ?2 IS NULL"


@sabotage("delivery-new-id", "runbell.engine.courier")
def _(module: ModuleType) -> None:
    """Every attempt is a message of its own."""
    courier = module.Courier
    notification = courier._notification

    def anew(self: Any, it: Any, *given: Any) -> Any:
        import msgspec

        told = notification(self, it, *given)
        return msgspec.structs.replace(told, id=f"{told.id}-{it.attempts}")

    courier._notification = anew


@sabotage("delivery-forgotten", "runbell.engine.courier")
def _(module: ModuleType) -> None:
    """What failed once is given up."""
    verdict = module.deliveries.verdict
    courier = module.Courier

    def once(self: Any, it: Any, answered: Any, now: int) -> Any:
        return verdict(99, answered.status, None, now, 0.5)

    courier._verdict = once


@sabotage("signature-of-body-only", "runbell.notifiers.signing")
def _(module: ModuleType) -> None:
    """The id and the time are not signed."""
    module.signature = lambda id_, seconds, body, secrets: " ".join(module._sign(one, body) for one in secrets)


@sabotage("redirects-followed-by-webhooks", "runbell.notifiers.webhook")
def _(module: ModuleType) -> None:
    """Whoever answers is believed about where else to send it."""
    import msgspec

    call = module.Call

    def following(**given: Any) -> Any:
        return msgspec.structs.replace(call(**given), redirects=5, headers=(), body=b"")

    module.Call = following


@sabotage("one-sender", "runbell.engine.courier")
def _(module: ModuleType) -> None:
    """One delivery at a time for the whole server."""
    module.AT_ONCE = module.FOR_THE_FAILING = 1
