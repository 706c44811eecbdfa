"""Put on PYTHONPATH by a sabotaged trial, so that every Python process of the server is broken in the same way."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from verify.sabotages import arm, in_force

if _name := in_force():
    arm(_name)
