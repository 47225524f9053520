"""Texts of others (refusals, logs, messages of the API server) on their way into a status."""

import re
import unicodedata
from collections.abc import Sequence

ELLIPSIS = "…"
SEEN_BEYOND = 2000  # characters beyond those that are kept: what is dropped makes room for some
# Terminals obey control characters (C0, C1); format characters turn a line's direction or hide in
# it; a lone surrogate cannot be sent.
_DROPPED = {"Cc", "Cf", "Cs"}
_SEPARATORS = {"Zl", "Zp"}


# Who may read a status need not be allowed to read Secrets, or logs. A password may hold / and @.
# Bounded, so that a text of any length takes time by its length.
_USER_INFO = re.compile(r"(?<=://)(?:[^\s/@'\"]{0,200}:[^\s'\"]{0,400}|[^\s/@'\"]{1,200})@")
_ASSIGNED = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|private)[_-]?key)"
    r"(?:[_.-][\w.-]{0,60}|(?-i:[A-Z])[\w.-]{0,60})?[\"']?\s{0,9}[=:]\s{0,9})"
    r"(?!\s|bearer\b|basic\b)(?:\"[^\"]{0,400}\"|'[^']{0,400}'|[^\s,;]+)"
)
_AUTHORIZED = re.compile(r"(?i)\b(bearer|basic)\s{1,9}[\w+/=.~-]{8,}")
_OPTION = re.compile(
    r"(?i)(--?(?:pass(?:word|wd)?|pwd|secret|token|api-?key)\s{1,3})[^\s-]\S{0,400}"
)
_USER = re.compile(r"(?<![\w./:-])[\w.-]{1,64}:[^\s/@:]{1,200}@(?!sha256:)(?=[\w.-])")
_JDBC = re.compile(r"(?i)(jdbc:[a-z:]{0,60}:)[^\s/@:]{1,100}/[^\s/@]{1,200}@")


def plain(text: str) -> str:
    """Return a text of one line without what a terminal or a reader would be misled by."""
    return text if text.isprintable() else "".join(map(_printable, text))


def masked(text: str) -> str:
    """Return a text without what looks like the user, the password or the token of somebody."""
    if "@" in text:
        text = _USER.sub("…@", _JDBC.sub(r"\1…@", _USER_INFO.sub("…@", text)))
    text = _OPTION.sub(r"\1…", _AUTHORIZED.sub(r"\1 …", text))
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
    if bound is not None:
        text = text[: 4 * bound + SEEN_BEYOND]  # what is cut off need not be looked through
    cleaned = masked(plain(text))
    if bound is None or len(cleaned) <= bound:
        return cleaned
    return cleaned[: bound - len(ELLIPSIS)] + ELLIPSIS


def first_of(names: Sequence[str], most: int) -> str:
    """Name so many at most, such as `a, b, c and 2 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\t" or category in _SEPARATORS:
        return " "
    return "" if category in _DROPPED else character
