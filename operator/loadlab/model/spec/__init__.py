"""The spec of a LoadExperiment, a module for each part; `experiment` is the whole of it."""

from loadlab.model.spec.experiment import LoadExperimentSpec

__all__ = ["LoadExperimentSpec"]
