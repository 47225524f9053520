"""What a check finds, and how it asks the API server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

_WORDS = {0: "no answer", 401: "not logged in", 403: "you may not read it", 404: "none there"}


class Outcome(StrEnum):
    """What a finding means for an experiment."""

    OK = "ok"
    WARNING = "warning"  # it runs, and figures or pods may not be what one expects
    PROBLEM = "problem"  # it does not run
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do, where there is something."""

    check: str
    outcome: Outcome
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server answered: a status of HTTP and its document; 0 and why there was none."""

    status: int
    text: str = ""

    @property
    def is_there(self) -> bool:
        return self.status in range(200, 300)

    @property
    def document(self) -> Mapping[str, Any]:
        """The JSON object; empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The items of a list."""
        return list(self.document.get("items") or ())

    @property
    def why(self) -> str:
        """Why it is of no use, in a few words."""
        if not self.status and self.text:
            return f"{_WORDS[0]} ({self.text})"
        return _WORDS.get(self.status, f"the API server answered {self.status}")


class Ask(Protocol):
    """Ask the API server: GET, or POST where there is a document."""

    def __call__(self, path: str, document: Mapping[str, Any] | None = None) -> Answer: ...


def unknown(check: str, what: str, answer: Answer) -> Finding:
    """Say that something could not be looked at."""
    return Finding(check, Outcome.UNKNOWN, f"{what}: {answer.why}")
