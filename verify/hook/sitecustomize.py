"""Put on PYTHONPATH by a sabotaged trial, so that every Python process of the server is broken in the same way."""

import os
import sys
from pathlib import Path

if _name := os.environ.get("VERIFY_SABOTAGE"):
    sys.path.append(str(Path(__file__).parents[2]))
    from verify.sabotages import arm

    arm(_name)
