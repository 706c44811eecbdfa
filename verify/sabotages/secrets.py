"""Known bugs of what keeps secrets."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("results-unmasked", "runbell.runners.hand.results")
def _(module: ModuleType) -> None:
    """Results are kept as the step wrote them."""
    keep = module.keep
    module.keep = lambda home, text, masks=None: keep(home, text)


@sabotage("no-carry-over", "runbell.runners.hand.masks")
def _(module: ModuleType) -> None:
    """What may be the beginning of a secret is written at once."""
    module.Masks._begun = lambda self, data, start: len(data)


@sabotage("errors-unmasked", "runbell.runners.hand.masked")
def _(module: ModuleType) -> None:
    """The text of an error is told as it is."""
    module._error = lambda error, masks: error


@sabotage("params-unsealed", "runbell.operations.seal")
def _(module: ModuleType) -> None:
    """Secret parameters are written like any other."""
    module.sealed = lambda vault, job, execution: execution


@sabotage("secrets-unsealed", "runbell.locks.vault")
def _(module: ModuleType) -> None:
    """Encryption is silently off."""

    def seal(self: Any, purpose: str, context: tuple[str, ...], plain: bytes) -> str:
        return f"{module.FORM}.{self._id}.{module.urlsafe_b64encode(plain).decode()}"

    def opened(self: Any, purpose: str, context: tuple[str, ...], sealed: str) -> bytes:
        return bytes(module.urlsafe_b64decode(sealed.rpartition(".")[2]))

    module.AesVault.seal = seal
    module.AesVault.open = opened


@sabotage("params-on-disk", "runbell.runners.hand.sheets")
def _(module: ModuleType) -> None:
    """Parameter files lie in the folder of the step, also when they are secret."""
    begin = module.Sheets.__init__

    def on_disk(self: Any, folder: Any, *, in_memory: bool) -> None:
        begin(self, folder, in_memory=False)

    module.Sheets.__init__ = on_disk
