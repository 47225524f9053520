"""A cell's title finds what is known of it, so that none may be longer than a status takes."""

import pytest

from loadlab.catalogue import Cell, Factor
from loadlab.model.status.chosen import LONGEST_TITLE
from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from loadlab.plan.checks import check_cells


def test_one_that_no_status_could_hold_is_refused_with_the_remedy(experiment, images):
    """Under load.purpose Compare it ended as `KeyError`, after all pilot trials."""
    context = make_plan(experiment(), images).context
    levels = {
        each.attribute: each.facts.high or next(iter(each.facts.words), "2000m") for each in Factor
    }
    cell = Cell(variant="v" * 30, **levels)
    assert len(cell.title()) > LONGEST_TITLE

    with pytest.raises(PlanError, match=r"200 characters are the most: give fewer fac") as refused:
        check_cells(context, (cell,))

    assert refused.value.reason is Reason.INVALID_SPEC
