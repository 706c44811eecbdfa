"""Every check there is, one file each."""

from typing import Final

from verify.check import Check
from verify.checks import (
    crash_loop,
    discard,
    inflight,
    poison,
    power_cut,
    restart_reconcile,
    restart_steps,
    server_kill9,
    state_machine,
    stop_hard,
    timeouts,
)

CHECKS: Final[dict[str, Check]] = {
    check.name: check
    for check in (
        power_cut.CHECK,
        crash_loop.CHECK,
        state_machine.CHECK,
        stop_hard.CHECK,
        server_kill9.CHECK,
        inflight.CHECK,
        poison.CHECK,
        timeouts.CHECK,
        restart_reconcile.CHECK,
        restart_steps.CHECK,
        discard.CHECK,
    )
}
