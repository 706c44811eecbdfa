"""The benchmarks run: each scenario, as small as can be, yields figures. What the figures are is no test's business."""

import pytest
from bench.effort import TINY
from bench.report import heading, line
from bench.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_yields_figures_that_the_table_can_show(name: str) -> None:
    figures = list(SCENARIOS[name](TINY))
    assert figures
    assert all(figure.rounds for figure in figures)
    for figure in figures:
        assert figure.name in line(figure, notes=False)
        assert figure.bare is None or figure.of_bare
    assert len(heading()) < 140
