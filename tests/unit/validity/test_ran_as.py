"""A trial is judged by what its components ran as, not by what was asked for."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.progress.ran_as import LIMIT_RANGE
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind

ALONE = RanAs(cpu_limit=1.0, cpu_request=1.0, qos_class="Guaranteed")
PINNED = {"cpus_allowed": 1, "cpus_online": 2}


def trial_of(
    healthy: TrialMeasurement,
    service: RanAs = ALONE,
    cpus: dict[str, int] = PINNED,
    others: dict[str, RanAs] | None = None,
    **load: Any,
) -> TrialMeasurement:
    """A healthy trial whose service was to own one CPU."""
    known = healthy.components.get("service", ComponentUsage())
    usage = replace(
        known, cpus_allowed=cpus.get("cpus_allowed"), cpus_online=cpus.get("cpus_online")
    )
    asked: dict[str, Any] = {"cpu_limits": {"service": 1.0}, "insists_on_cpus": True}
    return replace(
        healthy,
        load=replace(healthy.load, **asked | load),
        components=healthy.components | {"service": usage},
        ran={"service": service, **(others or {})},
    )


def reasons(trial: TrialMeasurement) -> dict[str, tuple[Validity, str]]:
    return {r.kind.value: (r.level, r.message) for r in judge(trial).reasons}


def test_a_service_that_owned_its_cpu_is_believed(healthy):
    trial = trial_of(healthy)

    assert trial.owns_cpus
    assert reasons(trial) == {}


SHARED = {
    "a container was added": (
        replace(ALONE, qos_class="Burstable"),
        PINNED,
        "its pod was Burstable and its limit 1 CPU",
    ),
    "part of a CPU": (
        replace(ALONE, cpu_limit=0.5),
        PINNED,
        "its pod was Guaranteed and its limit 0.5 CPU",
    ),
    "no static CPU manager": (
        ALONE,
        {"cpus_allowed": 2, "cpus_online": 2},
        "it could run on 2 of the node's 2 CPUs, not on 1 of its own",
    ),
    "another's CPU is taken out": (
        ALONE,
        {"cpus_allowed": 3, "cpus_online": 4},
        "it could run on 3 of the node's 4 CPUs, not on 1 of its own",
    ),
    "one CPU is all there is": (
        ALONE,
        {"cpus_allowed": 1, "cpus_online": 1},
        "it could run on 1 of the node's 1 CPUs",
    ),
}


@pytest.mark.parametrize("case", SHARED)
def test_exclusive_is_verified(healthy, case):
    service, cpus, words = SHARED[case]

    trial = trial_of(healthy, service, cpus, cpu_limits={"service": service.cpu_limit})

    assert not trial.owns_cpus
    level, message = reasons(trial)["CpusShared"]
    assert level is Validity.SUSPECT
    assert words in message


def test_where_it_is_only_preferred_it_is_a_remark(healthy):
    trial = trial_of(healthy, cpus={"cpus_allowed": 2, "cpus_online": 2}, insists_on_cpus=False)

    assert reasons(trial)["CpusShared"][0] is Validity.VALID


@pytest.mark.parametrize(
    ("owns", "because", "said"),
    [
        (False, "two CPUs are all that a node has", True),
        (False, "", False),
        (True, "two CPUs are all that a node has", False),
    ],
)
def test_cpus_that_all_trials_were_to_share_are_remarked_with_the_reason(
    healthy, owns, because, said
):
    trial = trial_of(healthy, owns_cpus=owns, insists_on_cpus=False, shared_because=because)

    message = f"the service shared the CPUs, as all of this experiment do: {because}"
    assert reasons(trial) == ({"CpusShared": (Validity.VALID, message)} if said else {})


def test_what_admission_added_to_the_pods_of_a_request_is_a_remark(healthy):
    proxied = RanAs(beside=("istio-proxy",))
    others = {"k6": proxied, "steward": RanAs(beside=("unseen",))}
    trial = trial_of(healthy, replace(ALONE, beside=("istio-proxy",)), others=others)

    level, message = reasons(trial)["ContainersAdded"]

    assert level is Validity.VALID
    assert "added istio-proxy to the pod of service and istio-proxy to the pod of k6:" in message
    assert "ContainersAdded" not in reasons(trial_of(healthy))


def test_what_a_proxy_used_is_told_by_its_name_and_voids_nothing(healthy):
    busy = replace(healthy, shared_cpus=CpuSetUsage(cpus=2, busy=0.6, stolen=0.0))
    proxied = replace(busy, ran={"service": RanAs(beside=("istio-proxy",))})

    assert judge(busy).is_void
    judged = judge(proxied)
    (said,) = (r.message for r in judged.reasons if r.kind is ReasonKind.FOREIGN_CPU)
    assert not judged.is_void
    assert said.startswith("others, or istio-proxy beside service, used ")


def test_nothing_is_said_of_what_nobody_looked_at(healthy):
    assert reasons(replace(trial_of(healthy), ran={})) == {}
    assert reasons(trial_of(healthy, cpus={})) == {}


def test_limits_that_a_rule_of_the_namespace_set_are_named_with_the_remedy(healthy):
    tenth = RanAs(cpu_limit=0.1, qos_class="Burstable", set_by=LIMIT_RANGE)

    trial = trial_of(healthy, others={"postgres": tenth, "k6": tenth, "redis": RanAs()})

    assert trial.cpu_limits == {"service": 1.0, "postgres": 0.1, "k6": 0.1}
    level, message = reasons(trial)["LimitChanged"]
    assert level is Validity.SUSPECT
    assert message == (
        "k6 ran on 0.1 CPU set by a LimitRange of the namespace (none was asked for), "
        "postgres ran on 0.1 CPU set by a LimitRange of the namespace (none was asked for): "
        "give spec.resources.k6.cpu, spec.resources.postgres.cpu, or change the rule of the "
        "namespace"
    )


def test_a_limit_that_was_taken_away_is_named_too(healthy):
    trial = trial_of(healthy, replace(ALONE, cpu_limit=None, qos_class="Burstable"))

    assert "service ran on no CPU limit (1 CPU was asked for)" in reasons(trial)["LimitChanged"][1]
    assert "service" not in trial.cpu_limits


def test_the_pods_of_a_service_had_their_limits_together(healthy):
    """Each had its part of what was asked for, which is no change."""
    part = RanAs(cpu_limit=0.5, qos_class="Burstable", pods=4)
    trial = trial_of(healthy, part, cpu_limits={"service": 2.0}, owns_cpus=False)

    assert "LimitChanged" not in reasons(trial)
    assert trial.cpu_limits["service"] == 2.0
    _, words = reasons(replace(trial, ran={"service": replace(part, pods=3)}))["LimitChanged"]
    assert "2 CPU was asked for" in words


def test_the_pods_of_the_generator_have_each_what_is_asked_for(healthy):
    pods = RanAs(cpu_limit=1.0, pods=2)
    trial = trial_of(healthy, others={"k6": pods}, cpu_limits={"service": 1.0, "k6": 1.0})

    assert reasons(trial) == {}
