"""Known bugs of downloads and of the files behind them."""

import re
from types import ModuleType
from typing import Any

from verify.sabotages import sabotage

GIVE, CHECK = "runbell.operations.give_download", "runbell.operations.check_download"


@sabotage("link-expiry-unsigned", GIVE)
def _(module: ModuleType) -> None:
    """The signature does not cover until when the link is good."""
    sign = module.url_signature
    module.url_signature = lambda vault, path, query: sign(vault, path, re.sub(r"expires=[^&]*", "", query))


@sabotage("link-path-unsigned", GIVE)
def _(module: ModuleType) -> None:
    """The signature covers the query alone."""
    sign = module.url_signature
    module.url_signature = lambda vault, path, query: sign(vault, "", query)


@sabotage("link-compared-loosely", CHECK)
def _(module: ModuleType) -> None:
    """Only the beginning of a signature is compared."""

    class Loosely:
        compare_digest = staticmethod(lambda one, other: one[:16] == other[:16])

    module.hmac = Loosely


@sabotage("link-outlives-key", CHECK)
def _(module: ModuleType) -> None:
    """Nobody asks whether the one who gave a link out is still there."""

    class Anybody:
        client = "anybody"

        def holds(self, scope: str, project: str, job: str) -> bool:
            return True

    async def principal_of(ports: Any, subject: str, **_: Any) -> Anybody:
        return Anybody()

    module.principal_of = principal_of


@sabotage("link-checked-late", CHECK)
def _(module: ModuleType) -> None:
    """The execution is looked up before the signature is found to be good."""
    of_url = module.of_url

    async def late(ports: Any, method: str, path: str, query: str) -> Any:
        named = dict(module.parse_qsl(query))
        if await ports.store.execution(named.get("project", ""), module.Ref(id=named.get("execution"))) is None:
            raise module.NotFound("The execution of this link is not there any more.")
        return await of_url(ports, method, path, query)

    module.of_url = late


@sabotage("data-follows-links", "runbell.artifacts.data_folder")
def _(module: ModuleType) -> None:
    """Whatever stands at the place of a file is opened."""
    module._FILE &= ~module.os.O_NOFOLLOW
    module._FOLDER &= ~module.os.O_NOFOLLOW
