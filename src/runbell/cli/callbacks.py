"""`runbell callbacks`: what signs the callbacks of one's own starts. A secret stands alone on stdout."""

from typing import Final

from cyclopts import App

from runbell.cli.output import note, put
from runbell.cli.reaching import HERE, Common

callbacks: Final = App(name="callbacks", help="Show and replace the secret that signs the callbacks of your starts.")


@callbacks.command
def secret(*, common: Common = HERE) -> int:
    """Print the secret that signs the callbacks of your starts that name none."""
    with common.client() as client:
        own = client.callback_secret()
    until = f" The one before signs beside it until {own.old_until}." if own.old_until else ""
    note(f"The callbacks of {own.client} are signed with this secret.{until}")
    put(common.form, own, lambda: print(own.secret))
    return 0


@callbacks.command
def rotate(*, overlap: int = 24, common: Common = HERE) -> int:
    """Replace that secret, also for callbacks on their way; the one before signs beside the new one meanwhile.

    Parameters
    ----------
    overlap
        For how many hours the secret before signs beside the new one. 0: not at all, for one that others know.
    """
    with common.client() as client:
        made = client.rotate_callback_secret(overlap_ms=overlap * 3_600_000)
    until = f" The one before signs beside it until {made.old_until}." if made.old_until else ""
    said = f"The callbacks of {made.client} are signed with a new secret from now on.{until}"
    note(said)
    put(common.form, made, lambda: print(made.secret))
    return 0
