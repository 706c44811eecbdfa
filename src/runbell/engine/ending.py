"""Why a run starts nothing new any more."""

from enum import Enum, auto


class Ending(Enum):
    """STOP: asked for. LOST: a worker died and it cannot go on. ABANDONED: the server leaves."""

    STOP = auto()
    LOST = auto()
    ABANDONED = auto()
