"""The caretaker of files that callers handed in: what nobody used goes after a day."""

import asyncio
import logging
from typing import Final

from runbell.domain.fault import Fault
from runbell.operations.hand_in import let_go
from runbell.operations.ports import Ports

EVERY_S: Final = 3_600.0
log = logging.getLogger("runbell.files")


async def keep_files(ports: Ports) -> None:
    """Let go of unused files, for ever. A full disk is no reason to end."""
    while True:
        try:
            gone = await let_go(ports)
        except Fault as fault:
            log.warning("files_not_removed", extra={"why": fault.detail})
        else:
            if gone:
                log.info("files_removed", extra={"files": gone})
        await asyncio.sleep(EVERY_S)
