"""What a pod of another generator refuses the operator refuses before, by a skill of its own."""

import pytest

from loadlab.catalogue.generators import Skill
from loadlab_services.generators.__main__ import TOOLS
from loadlab_services.generators.contract import asked_in_vain
from tests.generators.conftest import OTHERS, Pods

SKILLS = {
    "an open model or a ramp": {Skill.OPEN_MODEL, Skill.RAMPS},
    "a calibration": {Skill.CALIBRATION},
    "several requests": {Skill.NAMES},
    "requests beside the load": {Skill.NAMES},
    "a look at freshness": {Skill.READS_ANSWERS},
    "figures by what a cache said": {Skill.READS_ANSWERS},
    "an account of writes": {Skill.ACCOUNTS},
    "pauses of users": {Skill.THINKS},
    "a target by https": {Skill.HTTPS},
    "variables of other than whole numbers": {Skill.OTHER_FIELDS},
    "following redirects": {Skill.FOLLOWS},
    # Of no generator, k6 included: a rule of load (executor and parallelism) refuses it.
    "iterations by several pods": set[Skill](),
}


def test_all_that_a_pod_refuses_has_a_skill():
    assert (
        asked_in_vain(Pods("http://s:9000", "http://t:8000").configure("/x")).keys()
        == SKILLS.keys()
    )


@pytest.mark.parametrize("generator", OTHERS)
def test_none_of_them_is_a_skill_of_the_others(generator):
    lacking = {skill for skill in Skill if generator.lacks(skill)}

    assert set().union(*SKILLS.values()) <= lacking


def test_each_tool_of_others_is_known_to_what_drives_them():
    """Without an entry there its pods end before they have read what is asked."""
    asked = {each.facts.args[0] for each in OTHERS if each.facts.image == "generators"}

    assert asked == TOOLS.keys()
