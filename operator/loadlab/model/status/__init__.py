"""What the operator tells of its resources: the status of a LoadExperiment and of a LoadTrial.

These are the types that the analysis fills and the command reads; there are no others.
"""

from loadlab.model.status.baseline import (
    MAX_BASELINE_COMPARISONS,
    MAX_DIFFERENCES,
    Baseline,
    BaselineComparison,
)
from loadlab.model.status.bottleneck import Bottleneck, Confidence, Resource, Stage
from loadlab.model.status.calibration import Calibration
from loadlab.model.status.chosen import CellLoad, Chosen
from loadlab.model.status.comparisons import Comparison, ComparisonOutcome
from loadlab.model.status.conditions import (
    Condition,
    ConditionType,
    Reason,
    Truth,
    find,
    is_true,
    with_condition,
)
from loadlab.model.status.evidence import PodEvidence
from loadlab.model.status.experiment import (
    MAX_ROWS,
    Environment,
    LoadExperimentStatus,
    Overhead,
    Phase,
    Preparation,
    TrialCounts,
)
from loadlab.model.status.figures import ByComponent, Figure, LatencyMs, Standing, Validity
from loadlab.model.status.noise_floor import NoiseFloor
from loadlab.model.status.outcomes import (
    Best,
    CriterionOutcome,
    CriterionResult,
    ExpectationOutcome,
    ExpectationResult,
    Verdict,
)
from loadlab.model.status.precision import PrecisionResult
from loadlab.model.status.results import (
    MAX_NAMES,
    CostUnit,
    Durability,
    FailureRow,
    LoadOutcome,
    ReplicateCounts,
    RequestRow,
    ResultRow,
    WorkRow,
)
from loadlab.model.status.scaling import Scaling
from loadlab.model.status.search import CellCapacity, SearchEnd, StepOutcome, TrialStep
from loadlab.model.status.trial import AttemptRecord, LoadTrialStatus, Timings, TrialPhase

__all__ = [
    "MAX_BASELINE_COMPARISONS",
    "MAX_DIFFERENCES",
    "MAX_NAMES",
    "MAX_ROWS",
    "AttemptRecord",
    "Baseline",
    "BaselineComparison",
    "Best",
    "Bottleneck",
    "ByComponent",
    "Calibration",
    "CellCapacity",
    "CellLoad",
    "Chosen",
    "Comparison",
    "ComparisonOutcome",
    "Condition",
    "ConditionType",
    "Confidence",
    "CostUnit",
    "CriterionOutcome",
    "CriterionResult",
    "Durability",
    "Environment",
    "ExpectationOutcome",
    "ExpectationResult",
    "FailureRow",
    "Figure",
    "LatencyMs",
    "LoadExperimentStatus",
    "LoadOutcome",
    "LoadTrialStatus",
    "NoiseFloor",
    "Overhead",
    "Phase",
    "PodEvidence",
    "PrecisionResult",
    "Preparation",
    "Reason",
    "ReplicateCounts",
    "RequestRow",
    "Resource",
    "ResultRow",
    "Scaling",
    "SearchEnd",
    "Stage",
    "Standing",
    "StepOutcome",
    "Timings",
    "TrialCounts",
    "TrialPhase",
    "TrialStep",
    "Truth",
    "Validity",
    "Verdict",
    "WorkRow",
    "find",
    "is_true",
    "with_condition",
]
