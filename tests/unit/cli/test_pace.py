"""What is left of an experiment, by the trials that ended while somebody looked."""

from loadlab.cli.pace import Pace
from loadlab.model.status import TrialCounts


def told(pace: Pace, over: int, now: float, planned: int = 9) -> str:
    return pace.told(TrialCounts(planned=planned, running=1, succeeded=over), now)


def test_two_trials_that_ended_meanwhile_say_how_long_the_others_take() -> None:
    pace = Pace()
    seen = [(0, 10.0), (0, 35.0), (1, 40.0), (2, 70.0), (2, 90.0), (4, 120.0)]

    assert [told(pace, over, now) for over, now in seen] == [
        "", "", "", "about 3 min 30 s left", "about 3 min 10 s left", "about 2 min 13 s left",
    ]  # fmt: skip


def test_whoever_comes_late_does_not_count_what_was_under_way() -> None:
    pace = Pace()

    seen = [told(pace, over, now) for over, now in [(5, 0.0), (6, 1.0), (7, 31.0)]]

    assert seen == ["", "", "about 1 min 0 s left"]


def test_all_that_ended_counts_however_it_ended() -> None:
    pace = Pace()
    for over, now in [(0, 0.0), (1, 10.0)]:
        told(pace, over, now)

    lost = TrialCounts(planned=4, succeeded=1, lost=1, invalid=0, failed=1)

    assert pace.told(lost, 30.0) == "about 10 s left"


def test_nothing_is_said_where_nothing_is_left() -> None:
    pace = Pace()
    for over, now in [(6, 0.0), (7, 10.0), (8, 20.0)]:
        told(pace, over, now)

    assert told(pace, 9, 30.0) == ""
    assert Pace().told(TrialCounts(), 1.0) == ""


def test_a_trial_that_takes_longer_than_the_others_leaves_a_second() -> None:
    pace = Pace()
    for over, now in [(0, 0.0), (1, 10.0), (2, 20.0)]:
        told(pace, over, now, planned=3)

    assert told(pace, 2, 99.0, planned=3) == "about 1 s left"
