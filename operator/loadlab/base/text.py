"""Texts of others (refusals, logs, messages of the API server) on their way into a status."""

import unicodedata

ELLIPSIS = "…"


def fit(text: str, bound: int | None = None) -> str:
    """Return a text without control characters, cut to a number of characters."""
    plain = "".join(map(_printable, text))
    if bound is None or len(plain) <= bound:
        return plain
    return plain[: bound - len(ELLIPSIS)] + ELLIPSIS


def _printable(character: str) -> str:
    """A terminal obeys control characters; a lone surrogate cannot be sent."""
    if character in "\n\t":
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cs"} else character
