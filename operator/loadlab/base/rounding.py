"""How figures are rounded where they are written: declared on the field, and nowhere else.

Values in memory are exact, so that nothing is decided by a rounded figure.
"""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, WrapSerializer


def decimals(digits: int) -> WrapSerializer:
    """Annotate a number, or a model of numbers, that is written with so many decimal places."""

    def written(value: object, handler: SerializerFunctionWrapHandler) -> Any:
        return _rounded(handler(value), digits)

    return WrapSerializer(written)


def significant(digits: int) -> WrapSerializer:
    """Annotate a number that is written with so many digits that count."""

    def written(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.{digits}g}")

    return WrapSerializer(lambda value, _: written(value))


def _rounded(value: object, digits: int) -> object:
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, dict):
        return {name: _rounded(part, digits) for name, part in value.items()}
    return value
