"""Each detail goes by itself, as it is needed to: nothing does at the budget, the rest stays."""

from loadlab.analysis.status_budget import compared_without, within_budget
from loadlab.model.status import Bottleneck, LoadExperimentStatus, ResultRow
from loadlab.model.status.bottleneck import Stage
from tests.unit.analysis.test_status_budget import row, size

BUDGET = 60 * 1024


def with_stages(number: int) -> ResultRow:
    found = row(number)
    assert isinstance(found.bottleneck, Bottleneck)
    stages = tuple(Stage(name=found.bottleneck.name, ms=1.5, share=0.5) for _ in range(3))
    told = found.bottleneck.model_copy(update={"stages": stages})
    return found.model_copy(update={"bottleneck": told})


def padded(number_of_bytes: int) -> LoadExperimentStatus:
    """A status of so many bytes, in which the figures behind a reason are all that may go."""
    full = row(1)
    plain = ResultRow(
        cell=full.cell, replicates=full.replicates, requests=9, validity=full.validity
    )

    def with_reason(length: int) -> LoadExperimentStatus:
        reason = f"TooFewSamples: {'r' * length}"
        return LoadExperimentStatus(results=(plain.model_copy(update={"reasons": (reason,)}),))

    return with_reason(number_of_bytes - size(with_reason(0)))


def test_the_budget_is_sixty_kibibytes_and_may_be_used_up() -> None:
    fits, is_larger = padded(BUDGET), padded(BUDGET + 1)

    assert (size(fits), size(is_larger)) == (BUDGET, BUDGET + 1)
    assert within_budget(fits) is fits
    assert within_budget(is_larger).omitted == ("the figures behind reasons",)


def test_of_stages_only_those_go_and_a_row_without_a_bottleneck_stays_so() -> None:
    none = row(1).model_copy(update={"bottleneck": None})
    rows = (none, *map(with_stages, range(2, 36)))

    fitted = within_budget(LoadExperimentStatus(results=rows))

    assert fitted.omitted[:2] == ("the figures behind reasons", "the stages of the response time")
    assert fitted.results[0].bottleneck is None
    for before, after in zip(rows[1:], fitted.results[1:], strict=True):
        assert before.bottleneck is not None
        assert after.bottleneck is not None
        assert after.bottleneck.stages == ()
        assert after.bottleneck.name == before.bottleneck.name


def test_of_failures_the_most_frequent_one_stays() -> None:
    rows = tuple(map(row, range(1, 46)))

    fitted = within_budget(LoadExperimentStatus(results=rows))

    assert "failures but the most frequent one" in fitted.omitted
    assert "why requests failed" not in fitted.omitted
    assert {each.failures and len(each.failures) for each in fitted.results} == {1}


def test_figures_without_room_are_named_and_none_where_there_is_room() -> None:
    assert compared_without(("cpuMicros", "p95Ms")) == ("comparisons in cpuMicros and p95Ms",)
    assert compared_without(()) == ()
