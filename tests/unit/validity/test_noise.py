"""What others may use of the CPUs is what an idle node uses anyway, and a little more."""

from dataclasses import replace

import pytest

from loadlab.measurement.documents import Quietness
from loadlab.measurement.usage import CpuSetUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.noise import foreign_cpu_used


def trial_beside(healthy: TrialMeasurement, taken: float, cpus: int, idle: float | None):
    """CPUs beside the service's, of which the generator uses 0.1 and others what is taken."""
    busy = taken + 0.1 + 0.1  # for 1,000 log lines a second
    seen = {} if idle is None else {"shared": idle}
    return replace(
        healthy,
        shared_cpus=CpuSetUsage(cpus=cpus, busy=busy / cpus, stolen=0.0),
        quietness=Quietness.model_validate(
            {"quiet": True, "waitedSeconds": 1, "busyCpus": 0.1, "idleCpus": seen}
        ),
    )


@pytest.mark.parametrize(
    ("taken", "cpus", "idle", "bound"),
    [
        (0.31, 2, None, 0.30),  # nobody looked at the idle node
        (0.31, 2, 0.05, 0.30),
        (0.36, 2, 0.20, 0.35),
        (0.46, 2, 1.90, 0.45),  # what is not quiet is not believed
        (1.70, 16, 0.05, 1.60),
        (1.70, 16, 1.50, 1.65),
    ],
)
def test_others_may_use_what_an_idle_node_uses_and_a_little_more(healthy, taken, cpus, idle, bound):
    (reason,) = foreign_cpu_used(trial_beside(healthy, taken, cpus, idle))
    just_below = trial_beside(healthy, bound - 0.01, cpus, idle)

    assert f"others used {taken:.2f} CPU" in reason.message
    assert f"bound {bound:.2f} CPU" in reason.message
    assert list(foreign_cpu_used(just_below)) == []


def test_what_an_idle_node_used_is_told(healthy):
    (reason,) = foreign_cpu_used(trial_beside(healthy, 0.5, 2, 0.2))

    assert "were busy (0.20 before the load), and" in reason.message


@pytest.mark.parametrize(("idle", "told"), [(0.004, False), (0.005, True)])
def test_an_idle_nodes_use_is_told_where_two_decimals_show_it(healthy, idle, told):
    (reason,) = foreign_cpu_used(trial_beside(healthy, 0.5, 2, idle))

    assert ("before the load" in reason.message) == told


def test_what_the_experiment_used_is_told_part_by_part(healthy):
    (reason,) = foreign_cpu_used(trial_beside(healthy, 0.5, 2, None))

    assert "used 0.10 (generator 0.10), its log at most 0.10; end" in reason.message
