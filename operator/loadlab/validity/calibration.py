"""May a calibration be used: k6 asked nothing of the service, so only its CPUs are looked at."""

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.generator_rules import generator_paused
from loadlab.validity.judgement import Judgement
from loadlab.validity.noise import cpu_stolen, foreign_cpu_used, others_unseen


def judge_calibration(trial: TrialMeasurement) -> Judgement:
    """Hold a calibration against what others did on its CPUs, which is not k6's own delay."""
    rules = (foreign_cpu_used, others_unseen, cpu_stolen, generator_paused)
    return Judgement(tuple(reason for rule in rules for reason in rule(trial)))
