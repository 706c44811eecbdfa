"""Known bugs of the way out."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("redirects-followed", "runbell.egress.call")
def _(module: ModuleType) -> None:
    """A redirect is followed although nobody asked for it."""
    call = module.checked
    module.checked = lambda given: module.replace(call(given), redirects=given.redirects or 3)


@sabotage("redirects-unvetted", "runbell.egress.connecting")
def _(module: ModuleType) -> None:
    """The policy is asked once per call and not where the connection is made."""

    async def permitted(self: Any, host: str, port: int) -> Any:
        try:
            return [module.ip_address(host)]
        except ValueError:
            addresses = await module.resolved(self._resolver, host, port)
        if host != "trick.example":
            self._policy.vet(self._scheme, host, port, addresses)
        return addresses

    module.VettedConnections._permitted = permitted


@sabotage("dialled-by-name", "runbell.egress.connecting")
def _(module: ModuleType) -> None:
    """The name is resolved and vetted, and then given to the dialler, which resolves it again."""

    async def connect(self: Any, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Any:  # noqa: ASYNC109
        await self._permitted(host, port)
        return await self._dialler.connect_tcp(host, port, timeout=timeout)

    module.VettedConnections.connect_tcp = connect


@sabotage("first-answer-vetted", "runbell.egress.policy")
def _(module: ModuleType) -> None:
    """Of the addresses of a name only the first is looked at."""
    vet = module.Policy.vet
    module.Policy.vet = lambda self, scheme, host, port, addresses: vet(self, scheme, host, port, addresses[:1])


@sabotage("is-global", "runbell.egress.policy")
def _(module: ModuleType) -> None:
    """What is inside is left to the standard library."""
    module.refused_as = lambda address: None if address.is_global else "inside"


@sabotage("headers-follow", "runbell.egress.redirects")
def _(module: ModuleType) -> None:
    """The headers of the caller go along to another origin."""
    onward = module.onward

    def with_headers(call: Any, came_from: Any, answer: Any) -> Any:
        further = onward(call, came_from, answer)
        return further and module.replace(further, headers=call.headers)

    module.onward = with_headers
