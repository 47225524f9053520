"""A store that took no writes is named, and nobody is told to raise a time-out for it."""

from dataclasses import replace

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Family, ReasonKind
from tests.unit.validity.changed_trials import Change, field, written

SAID = "Redis refused 7 commands of its clients for want of memory"


def said(trial: TrialMeasurement, change: Change) -> dict[ReasonKind, str]:
    refused = replace(change(trial), refused=(SAID,))
    return {reason.kind: reason.message for reason in judge(refused).reasons}


def test_a_queue_that_was_not_drained_for_it_points_to_it(healthy: TrialMeasurement) -> None:
    reasons = said(healthy, written(drained=False))

    assert reasons[ReasonKind.STORE_REFUSED] == SAID
    assert reasons[ReasonKind.NOT_DRAINED].endswith("0.5 s: a store took none, see StoreRefused")


def test_where_nothing_succeeded_it_is_named_before_that(healthy: TrialMeasurement) -> None:
    kinds = list(said(healthy, field(latency=Histogram())))

    assert kinds[:2] == [ReasonKind.STORE_REFUSED, ReasonKind.NO_SUCCESS]


def test_it_is_no_doing_of_the_instrument(healthy: TrialMeasurement) -> None:
    judgement = judge(replace(healthy, refused=(SAID,)))

    assert [reason.family for reason in judgement.reasons] == [Family.SERVICE]
    assert not judgement.is_void


def test_what_a_cache_evicted_is_a_remark_and_no_reservation(healthy: TrialMeasurement) -> None:
    judgement = judge(replace(healthy, noted=("Redis evicted 12 keys, as a cache does",)))

    [remark] = judgement.reasons
    assert (remark.kind, remark.level) == (ReasonKind.STORE_REFUSED, Validity.VALID)
    assert remark.message == "Redis evicted 12 keys, as a cache does"
    assert judgement.validity is Validity.VALID
