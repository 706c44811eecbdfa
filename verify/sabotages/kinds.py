"""Known bugs of the steps that ask an SQL engine."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("values-pasted", "runbell.runners.kinds.connections")
def _(module: ModuleType) -> None:
    """Values are written into the text, between quotes."""
    run = module.Connection.run

    def pasted(self: Any, statement: Any, bind: Any = module.NOTHING) -> Any:
        text = statement.written(lambda name: "null" if bind[name] is None else f"'{bind[name]}'")
        return run(self, module.Statement((text,), statement.words))

    module.Connection.run = pasted


@sabotage("write-taken-for-granted", "runbell.runners.kinds.connections")
def _(module: ModuleType) -> None:
    """The engine is not told that the step may only read."""
    place = module.Place

    def writable(**said: Any) -> Any:
        return place(**(said | {"write": True}))

    module.Place = writable


@sabotage("query-not-cancelled", "runbell.runners.kinds.stopping")
def _(module: ModuleType) -> None:
    """A stop is noted, and nobody tells the engine."""
    module.Stopping._listen = lambda self: self._closed.wait()
