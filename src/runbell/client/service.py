"""The calls about the server itself."""

from typing import Any

from runbell.client.call import call
from runbell.client.caller import Caller
from runbell.client.effects import Flow


class ServiceCalls(Caller):
    """Is it there, and what is it."""

    @call
    def health(self) -> Flow[dict[str, Any]]:
        """Whether it takes work. Raises ProblemError while it does not, Unreachable when it is not there."""
        return (yield from self._get("/readyz", dict[str, Any]))

    @call
    def server_version(self) -> Flow[dict[str, Any]]:
        """The server's version, by name."""
        return (yield from self._get("/version", dict[str, Any]))

    @call
    def token(self) -> Flow[str | None]:
        """The token that the next call would send: fetched, if there is none that is good for another minute."""
        if self.passes is None:
            return self.connection.token
        return (yield from self.passes.good(self.connection.patience))
