"""What a run needs of the house, in one place."""

from dataclasses import dataclass, field

from runbell.engine.slots import Slots
from runbell.engine.uses import Uses
from runbell.operations.ports import Desk
from runbell.ports.artifacts import Artifacts
from runbell.ports.runner import Runner


@dataclass(frozen=True, slots=True)
class Workshop:
    """The desk, the runner that lends hands, the folders, and the slots."""

    desk: Desk
    runner: Runner
    artifacts: Artifacts
    slots: Slots
    uses: Uses = field(default_factory=Uses)
