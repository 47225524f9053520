"""A script of the user's own: what of its options counts for nothing is said of each trial."""

from collections.abc import Iterator

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, invalid, remark, suspect


def script_not_heeded(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the options and thresholds that are not in force; what is missing is no doubt."""
    script = trial.script
    said = []
    if script is not None and script.ignored:
        said.append(
            f"options that are not in force, as spec.load says it: {', '.join(script.ignored)}"
        )
    if script is not None and script.unsupported:
        said.append(
            f"thresholds that are not judged: {', '.join(script.unsupported)} (those on "
            "http_req_duration, http_req_failed, http_reqs, dropped_iterations and checks without "
            "tags, and on its trends, are criteria)"
        )
    if said:
        yield remark(ReasonKind.SCRIPT_NOT_HEEDED, f"of the script's {'; and '.join(said)}")
    if script is not None and script.failed_checks:
        failed = "; ".join(script.failed_checks)
        yield remark(ReasonKind.CHECKS_FAILED, f"checks of the script: {failed}")


def other_protocols(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that a script does what nothing here measures."""
    if trial.script is not None and trial.script.beside:
        yield remark(
            ReasonKind.OTHER_PROTOCOLS,
            f"{' and '.join(trial.script.beside)} are no HTTP requests, and in no figure",
        )


def script_threw(trial: TrialMeasurement) -> Iterator[Reason]:
    """Doubt a load of iterations that ended early: what would have followed is missing."""
    script = trial.script
    if script is None or not script.thrown:
        return
    share = script.thrown / max(1, script.iterations)
    said = (
        f"{script.thrown:,} of {script.iterations:,} iterations of the script threw "
        f"({share:.1%}) and made no request and no pause after that: {'; '.join(script.exceptions)}"
    )
    if script.thrown >= script.iterations:
        yield invalid(ReasonKind.SCRIPT_THREW, said)
    elif share >= bounds.THROWN_SHARE:
        yield suspect(ReasonKind.SCRIPT_THREW, f"{said} (bound {bounds.THROWN_SHARE:.0%})")
    else:
        yield remark(ReasonKind.SCRIPT_THREW, said)


def script_cut(trial: TrialMeasurement) -> Iterator[Reason]:
    """Doubt what an iteration was that k6 cut off before: what it awaited ends in a later one."""
    if trial.script is not None and trial.script.cut_in_warm_up:
        yield suspect(
            ReasonKind.SCRIPT_CUT,
            f"{trial.script.cut_in_warm_up} iterations of the script were cut off at the end of "
            "the warm-up: where they are asynchronous, what they awaited ends in the measurement; "
            "raise spec.load.warmup, of which the last quarter lets iterations end",
        )
