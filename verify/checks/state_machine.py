"""H-7: the lifecycle as a state machine; random rules over the real store and engine, and what holds after each."""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from verify.check import Check, Figure, Trial
from verify.model.machine import Lifecycle
from verify.model.pairs import PAIRS

STEPS = 70


def run(trial: Trial) -> Figure:
    """So many examples; the first that breaks something is told in full."""
    form = settings(
        max_examples=trial.size, stateful_step_count=STEPS, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    violations = 0
    try:
        run_state_machine_as_test(seed(trial.seed)(Lifecycle), settings=form)
    except AssertionError as broken:
        violations = 1
        trial.say(f"{broken}\n" + "\n".join(getattr(broken, "__notes__", ())))
    covered = PAIRS & set(Lifecycle.covered)
    trial.say(f"never tried: {sorted(PAIRS - covered)}")
    return Figure(
        violations == 0, Lifecycle.examples,
        {"violations": violations, "rules": Lifecycle.covered.total(), "pairs": f"{len(covered)}/{len(PAIRS)}"},
    )  # fmt: skip


CHECK = Check(
    name="state-machine", promise="H-7", says="whatever happens in whatever order, the lifecycle's rules hold",
    run=run, unit="examples", quick=25, normal=300, full=2_000, sabotages=("no-epoch", "stop-writes-status"),
)  # fmt: skip
