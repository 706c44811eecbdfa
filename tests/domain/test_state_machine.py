"""The lifecycle as a state machine (`verify/model`): random rules over the real store and engine; time stands still."""

import pytest
from hypothesis import HealthCheck, settings
from verify.model.machine import Lifecycle

TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=12,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.timeout(120)
