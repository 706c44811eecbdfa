"""Every check there is, one file each."""

from typing import Final

from verify.check import Check
from verify.checks import (
    at_rest,
    auth_bypass,
    bruteforce,
    crash_loop,
    discard,
    feed,
    idem,
    inflight,
    journal_lint,
    log_flood,
    log_prefix,
    oauth,
    poison,
    pollers,
    power_cut,
    redact,
    restart_reconcile,
    restart_steps,
    revoke,
    sabotage,
    server_kill9,
    single_run,
    state_machine,
    stop_hard,
    stop_race,
    timeouts,
    token_places,
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
        idem.CHECK,
        single_run.CHECK,
        stop_race.CHECK,
        journal_lint.CHECK,
        log_flood.CHECK,
        log_prefix.CHECK,
        feed.CHECK,
        pollers.CHECK,
        auth_bypass.CHECK,
        oauth.CHECK,
        revoke.CHECK,
        bruteforce.CHECK,
        token_places.CHECK,
        redact.CHECK,
        at_rest.CHECK,
        sabotage.CHECK,
    )
}
