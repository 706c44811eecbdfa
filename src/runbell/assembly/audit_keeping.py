"""The caretaker of the audit log: what is too old is let go, a little at a time, once an hour."""

import asyncio
import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.operations.ports import Desk
from runbell.operations.read_audit import let_go

EVERY_S: Final = 3_600.0
log = logging.getLogger("runbell.audit")


async def keep_audit(desk: Desk, days: int) -> None:
    """Let go of lines older than so many days, for ever. A full disk is no reason to end."""
    while True:
        try:
            gone = await let_go(desk, days)
        except Fault as fault:
            log.warning("audit_not_pruned", extra={"why": fault.detail})
        else:
            if gone.lines:
                log.info("audit_pruned", extra={"lines": gone.lines})
        await asyncio.sleep(EVERY_S)
