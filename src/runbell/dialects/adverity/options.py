"""The options of this door, given as RUNBELL_ADVERITY_OPTION."""

from typing import Literal

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """Where the vendor's pages are silent or at odds with themselves, and clients may expect the other thing."""

    manual_stop_label: Literal["Discarded", "Cancelled"] = "Discarded"
    """The label of a job that somebody stopped; Cancelled is otherwise for stops that nobody asked for."""
    use_stale: bool = False
    """Label lost executions Stale and not Failed. Most clients do not know the word, and would poll for ever."""
    strict_scheme: bool = False
    """Take keys that were given out for a password with `Token` only, and all others with `Bearer` only."""
