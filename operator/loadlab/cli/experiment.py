"""A LoadExperiment as read from the API server, and what its state means for a caller."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.cli.errors import CliError
from loadlab.model.status import LoadExperimentStatus, Phase, Verdict
from loadlab.model.status.conditions import Condition, ConditionType, Truth


class ExitCode(IntEnum):
    """What the exit status of a command says."""

    PASSED = 0
    ERROR = 1
    NOT_FINISHED = 2
    CRITERIA_FAILED = 3
    INCONCLUSIVE = 4


_OF_VERDICT = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.CRITERIA_FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Verdict.ERROR: ExitCode.ERROR,
}


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment and its status."""

    name: str
    namespace: str
    status: LoadExperimentStatus
    purpose: str = ""  # of its load: Compare, Capacity or nothing said
    traces: bool = False  # requests, in a trial of each variant that is in no figure
    searches: bool = False  # for a rate: how many trials that takes nobody knows beforehand

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Self:
        """Read the API server's object."""
        metadata = resource.get("metadata", {})
        name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
        try:
            status = LoadExperimentStatus.model_validate(resource.get("status", {}))
        except ValidationError as err:
            raise CliError(
                f"the status of LoadExperiment {namespace}/{name} is of another release "
                f"(status.{first_fault(err)}): use the loadlab command of the operator's "
                "release"
            ) from err
        spec = resource.get("spec") or {}
        load = spec.get("load") or {}
        return cls(
            name,
            namespace,
            status,
            purpose=load.get("purpose") or "",
            traces=spec.get("trace") is not None,
            searches=load.get("search") is not None,
        )

    def condition(self, wanted: ConditionType) -> Condition | None:
        """Find a condition by its type."""
        return next((c for c in self.status.conditions if c.type == wanted), None)

    @property
    def finished(self) -> bool:
        """Whether it ended, well or not."""
        found = self.condition(ConditionType.FINISHED)
        return found is not None and found.status is Truth.TRUE

    @property
    def exit_code(self) -> ExitCode:
        """What a command that reports this experiment exits with."""
        if not self.finished:
            return ExitCode.NOT_FINISHED
        ended_well = self.status.phase is Phase.SUCCEEDED
        if self.status.verdict is None or not (ended_well or self.status.verdict != Verdict.PASSED):
            return ExitCode.ERROR  # terminated or failed half-way: what there is passed nothing
        return _OF_VERDICT[self.status.verdict]

    @property
    def line(self) -> str:
        """Where it stands, in one line."""
        status = self.status
        parts = [f"{self.name}: {status.phase}"]
        if status.progress:
            parts.append(f"{status.progress} trials")
        if status.queue_position is not None and not self.finished:
            parts.append(f"{status.queue_position} ahead in the queue")
        if status.waits_for and not self.finished:
            parts.append(f"waits for {status.waits_for}")
        if status.current_trial and not self.finished:
            parts.append(f"running {status.current_trial}")
        if self.finished and status.verdict:
            parts.append(f"verdict {status.verdict}")
        if trouble := self.trouble:
            parts.append(trouble)
        return ", ".join(parts)

    @property
    def failure(self) -> str:
        """Why it ended without the results it was made for; empty where it did not."""
        found = self.condition(ConditionType.FAILED)
        if found is None or found.status is not Truth.TRUE:
            return ""
        return f"{self.name} failed, {found.reason}: {found.message or 'see its conditions'}"

    @property
    def trouble(self) -> str:
        """What stands in its way, or ended it; empty where nothing does."""
        for wanted in (ConditionType.FAILED, ConditionType.STALLED):
            found = self.condition(wanted)
            if found and found.status is Truth.TRUE:
                return f"{found.reason}: {found.message}" if found.message else found.reason
        return ""
