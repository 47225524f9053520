"""How a difference is spelled, how long it may be, and what is none though it is spelled apart."""

from typing import Any

import pytest

from loadlab.analysis.environments import contrasts_of
from tests.unit.analysis.test_environments import OWN, REF, STATUS, conditions, contrasts, texts

LONG = "a" * 253  # the longest name that a ConfigMap may have


@pytest.mark.parametrize(
    ("length", "shown"), [(60, "x" * 60), (61, "x" * 59 + "…")], ids=["all of it", "cut"]
)
def test_a_value_is_shown_with_sixty_characters(length: int, shown: str) -> None:
    found = contrasts({"postgres": {"settings": {"search_path": "x" * length}}})

    assert texts(found) == [f"postgres.settings.search_path {shown}, there not set"]


@pytest.mark.parametrize("versions", [("u/7", "u/8"), ("u/7", "")], ids=["changed", "not known"])
def test_a_difference_has_two_hundred_characters_at_most(versions: tuple[str, str]) -> None:
    spec = OWN | {"load": {"script": {"configMap": {**REF, "name": LONG}}}}
    sides = [
        conditions(spec, STATUS | {"environment": {"inputs": {LONG: each}} if each else {}})
        for each in versions
    ]

    told = next(each for each in contrasts_of(*sides) if each.name.startswith("configMaps."))

    assert len(told.text) == 200
    assert told.text.endswith("a…")


def test_letters_of_any_language_are_shown_as_they_are_written() -> None:
    steps = [{"name": name, "body": "öl", "path": "/"} for name in "ab"]

    (found,) = contrasts({"load": {"request": {"steps": steps}}})

    assert '"öl"' in found.text


@pytest.mark.parametrize(
    "fields",
    [
        {"imagePullPolicy": "Always"},
        {"imagePullSecrets": [{"name": "regcred"}]},
        {"podLabels": {"team": "shop"}},
        {"timeout": "9m"},
    ],
    ids=",".join,
)
def test_how_the_pod_that_prepares_comes_about_is_no_difference(fields: dict[str, Any]) -> None:
    prepared = {"preparation": {"image": "shop:2"}}

    assert contrasts({"preparation": {"image": "shop:2", **fields}}, prepared) == ()


@pytest.mark.parametrize(
    ("apart", "expected"),
    [(False, []), (True, ["chosen.generatorApart true, there false"])],
)
def test_a_release_that_did_not_say_so_kept_no_generator_apart(
    apart: bool, expected: list[str]
) -> None:
    chosen = STATUS["chosen"] | {"generatorApart": apart}
    here = conditions({}, STATUS | {"chosen": chosen})

    assert texts(contrasts_of(here, conditions({}))) == expected
