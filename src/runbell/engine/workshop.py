"""What a run needs of the house, in one place."""

from dataclasses import dataclass, field

from runbell.engine.slots import Slots
from runbell.engine.uses import Uses
from runbell.operations.ports import Desk
from runbell.operations.wait import Watchers
from runbell.ports.artifacts import Artifacts
from runbell.ports.runner import Runner


@dataclass(frozen=True, slots=True)
class Workshop:
    """The desk, the runner that lends hands, the folders, the slots, and who tells of the end of an execution."""

    desk: Desk
    runner: Runner
    artifacts: Artifacts
    slots: Slots
    watchers: Watchers
    uses: Uses = field(default_factory=Uses)
