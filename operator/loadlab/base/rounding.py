"""How figures are rounded where they are written: declared on the field, and nowhere else.

Values in memory are exact, so that nothing is decided by a rounded figure.
"""

from collections.abc import Callable
from typing import Any

from pydantic import SerializerFunctionWrapHandler, WrapSerializer

_MOST_DIGITS = 10  # closer to 1 than so many tell lies nothing that was measured


def decimals(digits: int) -> WrapSerializer:
    """Annotate a number, or a model of numbers, that is written with so many decimal places."""

    def written(value: object, handler: SerializerFunctionWrapHandler) -> Any:
        return _each(handler(value), lambda number: round(number, digits))

    return WrapSerializer(written)


def significant(digits: int) -> WrapSerializer:
    """Annotate a number, or a model of numbers, that is written with so many digits that count."""

    def written(value: object, handler: SerializerFunctionWrapHandler) -> Any:
        return _each(handler(value), lambda number: float(f"{number:.{digits}g}"))

    return WrapSerializer(written)


def significant_ratio(digits: int) -> WrapSerializer:
    """Annotate a ratio, which is written with more digits where these would make a 1 of it."""

    def rounded(ratio: float) -> float:
        finer = (float(f"{ratio:.{n}g}") for n in range(digits, _MOST_DIGITS))
        return next((found for found in finer if found != 1), 1.0)

    def written(value: object, handler: SerializerFunctionWrapHandler) -> Any:
        return _each(handler(value), rounded)

    return WrapSerializer(written)


def _each(value: object, spell: Callable[[float], float]) -> object:
    if isinstance(value, float):
        return spell(value)
    if isinstance(value, dict):
        return {name: _each(part, spell) for name, part in value.items()}
    return value
