"""Known bugs of authorization codes."""

from types import ModuleType
from typing import Any

from msgspec.structs import replace

from verify.sabotages import sabotage


@sabotage("verifier-not-compared", "runbell.operations.codes")
def _(module: ModuleType) -> None:
    """Whoever has the code has the tokens."""
    module._proves = lambda verifier, challenge: True


@sabotage("code-of-another-client", "runbell.operations.codes")
def _(module: ModuleType) -> None:
    """A code is good for any client."""
    wrong = module._wrong
    module._wrong = lambda code, client, shown, now: wrong(code, replace(client, id=code.client), shown, now)


@sabotage("code-for-any-address", "runbell.operations.codes")
def _(module: ModuleType) -> None:
    """The address is not looked at again when the code comes."""
    wrong = module._wrong
    module._wrong = lambda code, client, shown, now: wrong(
        code, client, replace(shown, redirect_uri=code.redirect_uri), now
    )


@sabotage("codes-last-for-ever", "runbell.operations.codes")
def _(module: ModuleType) -> None:
    """Nobody looks at the end of a code."""
    wrong = module._wrong
    module._wrong = lambda code, client, shown, now: wrong(code, client, shown, 0)


@sabotage("tokens-of-a-reused-code", "runbell.operations.codes")
def _(module: ModuleType) -> None:
    """A code that comes twice is refused, and that is all."""

    async def nothing(*_: Any) -> None:
        return None

    module._end_what_came_of = nothing


@sabotage("code-used-twice", "runbell.stores.sqlite.write_tokens")
def _(module: ModuleType) -> None:
    """A code that was used stays where it is."""
    put = module.put_token
    module.put_token = lambda tx, wanted: put(tx, replace(wanted, code=None))


@sabotage("addresses-by-prefix", "runbell.domain.redirects")
def _(module: ModuleType) -> None:
    """What begins like a registered address is one."""
    meant = module.meant
    module.meant = lambda registered, asked: meant(registered, asked) or any(map(asked.startswith, registered))


@sabotage("plain-challenges", "runbell.operations.authorize")
def _(module: ModuleType) -> None:
    """The challenge may be the verifier itself."""
    checked = module._checked
    module._checked = lambda fields, repeated: checked(dict(fields) | {"code_challenge_method": "S256"}, repeated)


@sabotage("client-without-limits", "runbell.operations.delegated")
def _(module: ModuleType) -> None:
    """By way of any client a person's token may what the person may."""
    known = module.known_client

    async def built_in(ports: Any, client_id: str) -> Any:
        return await known(ports, "runbell-cli")

    module.known_client = built_in
