"""Whoever waits for an experiment that no operator takes up is told so once, with the remedy."""

from loadlab.cli.untaken import TAKEN_UP_SECONDS, Untaken

RESOURCE = {"metadata": {"name": "shop", "namespace": "team"}}
TAKEN = RESOURCE | {"status": {"observedGeneration": 1, "phase": "Pending"}}


def test_it_is_told_once_and_after_a_while():
    untaken = Untaken()
    moments = (5.0, 5.0 + TAKEN_UP_SECONDS - 1, 5.0 + TAKEN_UP_SECONDS, 90.0)

    told = [untaken.told_of(RESOURCE, moment) for moment in moments]

    assert told == [
        *("", ""),
        (
            "no operator has taken up team/shop within 30 s; whether one is there and watches the "
            "namespace: loadlab doctor -n team"
        ),
        "",
    ]


def test_one_that_was_taken_up_is_never_told_of():
    untaken = Untaken()

    assert [untaken.told_of(TAKEN, moment) for moment in (0.0, 60.0)] == ["", ""]


def test_it_is_read_again_in_time_to_be_told_of_and_no_more_often_afterwards():
    untaken = Untaken()
    untaken.told_of(RESOURCE, 0.0)

    assert untaken.looked_at_within(RESOURCE) == TAKEN_UP_SECONDS
    untaken.told_of(RESOURCE, TAKEN_UP_SECONDS)
    assert untaken.looked_at_within(RESOURCE) is None
    assert Untaken().looked_at_within(TAKEN) is None
