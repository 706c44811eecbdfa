"""Every check there is, one file each."""

from typing import Final

from verify.check import Check
from verify.checks import power_cut

CHECKS: Final[dict[str, Check]] = {check.name: check for check in (power_cut.CHECK,)}
