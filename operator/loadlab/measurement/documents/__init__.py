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
    Exact,
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
    Trend,
)
from loadlab.measurement.documents.steward import (
    CUT_OFF,
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
from loadlab.measurement.documents.trace import Trace

__all__ = [
    "CEILING_SCENARIO",
    "CUT_OFF",
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
    "Exact",
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
    "Trace",
    "Trend",
]
