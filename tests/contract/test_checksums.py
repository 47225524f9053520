"""All sides add up the ids of accepted writes alike, and record times in the same range."""

import re

import pytest

from loadlab.measurement import hdr_text
from loadlab_services.steward.write_ledger import counting
from loadlab_services.workloads import load_workloads

LEDGERS = {n: w.ledger for n, w in load_workloads().items() if w.ledger}


def numbers(pattern: str, text: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, found)) for found in re.findall(pattern, text)]


@pytest.fixture
def agreed(schemas) -> tuple[int, int]:
    checksum = schemas["account.schema.json"]["$defs"]["idMix"]["x-checksum"]
    return checksum["factor"], checksum["modulus"]


@pytest.mark.parametrize("workload", LEDGERS)
def test_the_steward_mixes_ids_as_agreed(agreed, workload):
    assert numbers(r"\(id \* (\d+)\) % (\d+)", counting(LEDGERS[workload])) == [agreed]


def test_the_generator_mixes_ids_as_agreed(agreed, repository):
    text = (repository / "loadgen/histogram/custom.go").read_text()

    assert numbers(r"mixFactor\s+= (\d+)\s+mixModulus\s+= (\d+)\n", text) == [agreed]
    assert "c.idMix += (id * mixFactor) % mixModulus" in text


def test_ids_of_all_scenarios_differ_and_their_products_are_exact(agreed, repository):
    text = (repository / "loadgen/scripts/request.js").read_text()
    ((measure, warm_up, freshness),) = numbers(
        r"FIRST_ID = \{ measure: (\d+), warmup: (\d+), freshness: (\d+) \}", text
    )
    most = 10**9  # requests of a scenario

    assert measure + most <= warm_up + 1
    assert warm_up + most <= freshness
    assert (freshness + most) * agreed[0] < 2**63


def test_all_sides_record_times_in_the_same_range(schemas, repository):
    properties = schemas["generator-document.schema.json"]["$defs"]["result"]["properties"]
    agreed = tuple(properties[name]["const"] for name in ("lowest", "highest", "digits"))
    text = (repository / "loadgen/histogram/distribution.go").read_text().replace("_", "")

    found = re.search(r"lowest\s+= (\d+).*\n\s+highest\s+= (\d+).*\n\s+digits\s+= (\d+)", text)
    assert found is not None
    assert tuple(map(int, found.groups())) == agreed
    assert agreed == (hdr_text.LOWEST_US, hdr_text.HIGHEST_US, hdr_text.DIGITS)
