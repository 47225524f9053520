"""The JSON documents a trial leaves behind, as frozen models.

Needed fields are required and typed; fields that a newer writer adds are ignored. Generators write
`K6Document` and `Progress`, the steward answers with `Snapshot` and `Account`. What a writer must
hold to stands in docs/contracts.
"""

from loadlab.measurement.documents.base import ReadModel
from loadlab.measurement.documents.generator import (
    CEILING_SCENARIO,
    DOCUMENT_VERSION,
    MEASURED_SCENARIO,
    PROGRESS_KEY,
    RESULT_KEY,
    Checked,
    Counters,
    Distribution,
    Failure,
    Freshness,
    GeneratorUsage,
    K6Document,
    OwnScript,
    OwnThreshold,
    Program,
    Progress,
    Scenario,
    Second,
    Split,
)
from loadlab.measurement.documents.steward import (
    GONE,
    Account,
    Answer,
    ComponentReading,
    CpuTimes,
    Lag,
    PoolWait,
    Process,
    Quietness,
    SessionCounts,
    Snapshot,
)

__all__ = [
    "CEILING_SCENARIO",
    "DOCUMENT_VERSION",
    "GONE",
    "MEASURED_SCENARIO",
    "PROGRESS_KEY",
    "RESULT_KEY",
    "Account",
    "Answer",
    "Checked",
    "ComponentReading",
    "Counters",
    "CpuTimes",
    "Distribution",
    "Failure",
    "Freshness",
    "GeneratorUsage",
    "K6Document",
    "Lag",
    "OwnScript",
    "OwnThreshold",
    "PoolWait",
    "Process",
    "Program",
    "Progress",
    "Quietness",
    "ReadModel",
    "Scenario",
    "Second",
    "SessionCounts",
    "Snapshot",
    "Split",
]
