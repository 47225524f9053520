"""Durations and amounts as the API spells them, and their numbers."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from loadlab.base.rules import Rule, Ruled

DURATION_PATTERN = r"^([0-9]+h)?([0-9]+m)?([0-9]+(\.[0-9]+)?s)?([0-9]+ms)?$"
LEAST_MEMORY = "32Mi"  # what every pod requests
# No node is larger: a longer number is a slip of the hand, and no scheduler could say so in words.
MOST_CPU, MOST_MEMORY = "1024", "64Ti"
_DURATION = re.compile(
    r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+)ms)?",
    re.ASCII,
)
_UNITS = {"": Decimal(1)}
_UNITS |= {unit: Decimal(1000) ** -power for power, unit in enumerate("mun", start=1)}
_UNITS |= {unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)}
_UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)}
_AMOUNT = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<unit>[munkMGTPE]|[KMGTPE]i|)|[eE](?P<exponent>[+-]?[0-9]{1,3}))",
)
_WHOLE_NUMBER = re.compile("[0-9]{1,18}")


def share_of(cpu: str, parts: int) -> str:
    """Return one of some equal parts of an amount of CPUs, in whole thousandths."""
    if parts == 1:
        return cpu
    thousandths = max(1, int(cpus(cpu) * 1000 / parts))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def bounded(low: str, high: str, *, or_zero: bool = False) -> Ruled:
    """Annotate a duration that lies between two others, or is none at all."""
    cel = f"duration(self) >= duration('{low}') && duration(self) <= duration('{high}')"
    message = f"must be a duration between {low} and {high}, such as 30s"
    if or_zero:
        cel, message = f"duration(self) == duration('0s') || {cel}", f"{message}, or 0s"
    least, most = seconds(low), seconds(high)

    def holds(text: str) -> bool:
        length = seconds(text)
        return least <= length <= most or (or_zero and length == 0)

    return Ruled(Rule(cel, holds, message))


def _between(least: str, most: str, advice: str) -> Ruled:
    """Annotate an amount that lies between two others."""
    cel = (
        f"quantity(self).compareTo(quantity('{least}')) >= 0 && "
        f"quantity(self).compareTo(quantity('{most}')) <= 0"
    )
    message = f"must be between {least} and {most}, {advice}"
    low, high = amount(least), amount(most)
    return Ruled(Rule(cel, lambda text: low <= amount(text) <= high, message))


def seconds(duration: str) -> float:
    """Convert a duration such as `1m30s` to seconds.

    Raises:
        ValueError: the text is no duration.
    """
    match = _DURATION.fullmatch(duration)
    if match is None or not duration:
        msg = f"{duration!r} is no duration; write it like 500ms, 30s, 5m or 1h30m"
        raise ValueError(msg)
    part = {unit: float(value or 0) for unit, value in match.groupdict().items()}
    return part["h"] * 3600 + part["m"] * 60 + part["s"] + part["ms"] / 1000


def cpus(quantity: str) -> float:
    """Convert an amount of CPU such as `500m` or `2` to CPUs."""
    milli = quantity.endswith("m")
    return float(quantity.removesuffix("m")) / (1000 if milli else 1)


def whole_number(text: str) -> int | None:
    """Read a whole number in at most 18 ASCII digits, which every program reads alike.

    None for any other text: `str.isdigit` lets "²" through, which `int` refuses, and `int` refuses
    4,301 digits and reads "1_0", which Postgres does not.
    """
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def milliseconds(duration: str) -> int:
    """Convert a duration to whole milliseconds."""
    return round(seconds(duration) * 1000)


def amount(quantity: str) -> Decimal:
    """Convert an amount such as `500m`, `2`, `64M`, `1Gi` or `1e3` to its number.

    All spellings of the API server are read: what admission sets is spelt as its author liked.

    Raises:
        ValueError: the text is no amount.
    """
    match = _AMOUNT.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is no amount; write it like 2, 500m or 512Mi")
    if (exponent := match["exponent"]) is not None:
        return Decimal(match["number"]).scaleb(int(exponent))
    return Decimal(match["number"]) * _UNITS[match["unit"]]


Duration = Annotated[str, Field(pattern=DURATION_PATTERN, min_length=2, max_length=20)]
Cpu = Annotated[
    str,
    Field(pattern=r"^[0-9]+(\.[0-9]+)?m?$", min_length=1, max_length=20),
    _between("10m", MOST_CPU, "such as 2 or 500m"),
]
Memory = Annotated[
    str,
    Field(pattern=r"^[0-9]+(\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$", min_length=1, max_length=20),
    _between(LEAST_MEMORY, MOST_MEMORY, "such as 512Mi; without a unit it is bytes"),
]
