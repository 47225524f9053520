"""What speaks against an experiment as a whole stands in a line of its own."""

from typing import Any

import pytest

from tests.unit.cli.conftest import SINCE
from tests.unit.cli.test_tables import shown

FLOOR = {"figure": "cpuMicros", "ratio": 1.01, "low": 0.99, "high": 1.03, "blocks": 5, "p": 0.3}


def test_what_a_cell_differs_by_from_itself_is_one_line(finished: dict[str, Any]) -> None:
    finished["status"]["noiseFloor"] = [FLOOR, {"figure": "p95Ms", "blocks": 0}]

    told = "The same cell twice: CPU per request 1.01 [0.99, 1.03], p95 unknown\n"
    assert told in shown(finished)


@pytest.mark.parametrize(
    ("truth", "said"), [("False", "Not trustworthy"), ("Unknown", "Trust unknown")]
)
def test_comparisons_that_are_not_to_be_trusted_are_said_to_be_so(
    finished: dict[str, Any], truth: str, said: str
) -> None:
    finished["status"]["noiseFloor"] = [FLOOR | {"ratio": 1.08}]
    finished["status"]["conditions"].append(
        {
            "type": "Trustworthy",
            "status": truth,
            "reason": "SameCellDiffers",
            "message": "the same cell twice: CPU per request 1.08",
            **SINCE,
        }
    )

    text = shown(finished)
    assert f"{said}: the same cell twice: CPU per request 1.08\n" in text
    assert "The same cell twice" not in text
