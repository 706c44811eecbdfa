"""What a caller may hear is one list, whatever was imported first."""

import subprocess
import sys

from runbell.domain.faults import FAULTS

LATE = """
import runbell.domain.token_refused
from runbell.domain.faults import FAULTS
print(*(fault.code for fault in FAULTS))
"""


def test_the_list_does_not_depend_on_what_was_imported_before() -> None:
    told = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True).stdout
    assert told.split() == [fault.code for fault in FAULTS]
    assert "token_refused" not in told
