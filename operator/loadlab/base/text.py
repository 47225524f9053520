"""Texts of others (refusals, logs, messages of the API server) on their way into a status."""

import re
import unicodedata

ELLIPSIS = "…"
# Terminals obey control characters (C0, C1); format characters turn a line's direction or hide in
# it; a lone surrogate cannot be sent.
_DROPPED = {"Cc", "Cf", "Cs"}
_SEPARATORS = {"Zl", "Zp"}


# Who may read a status need not be allowed to read Secrets, or logs. A password may hold / and @.
# Bounded, so that a text of any length takes time by its length.
_USER_INFO = re.compile(r"(?<=://)(?:[^\s/@'\"]{0,200}:[^\s'\"]{0,400}|[^\s/@'\"]{1,200})@")
_ASSIGNED = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|api_?key)[\"']?\s{0,9}[=:]\s{0,9})"
    r"(?:\"[^\"]{0,400}\"|'[^']{0,400}'|[^\s,;]+)"
)


def plain(text: str) -> str:
    """Return a text of one line without what a terminal or a reader would be misled by."""
    return text if text.isprintable() else "".join(map(_printable, text))


def masked(text: str) -> str:
    """Return a text without what looks like the user or the password of a connection."""
    if "@" in text:
        text = _USER_INFO.sub("…@", text)
    return _ASSIGNED.sub(r"\1…", text) if "=" in text or ":" in text else text


def plain_values(value: object) -> object:
    """Return a JSON value with every text in it plain, names of fields too."""
    if type(value) is str:
        return plain(value)
    if type(value) is dict:
        return {plain_values(name): plain_values(one) for name, one in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(map(plain_values, value))
    return value


def fit(text: str, bound: int | None = None) -> str:
    """Return a plain text without passwords, cut to a number of characters."""
    cleaned = masked(plain(text))
    if bound is None or len(cleaned) <= bound:
        return cleaned
    return cleaned[: bound - len(ELLIPSIS)] + ELLIPSIS


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\t" or category in _SEPARATORS:
        return " "
    return "" if category in _DROPPED else character
