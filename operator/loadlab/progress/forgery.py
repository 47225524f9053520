"""A Job that somebody else made in the name of a run: its pods' logs are no result.

Whoever may create Jobs may name the experiment as its owner; only what a Job runs tells it from
ours, and that cannot be changed once it is there.
"""

from loadlab.base.names import Component
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.observed import Observed
from loadlab.progress.programs import other_program, program_of


def why_forged(plan: Plan, planned: PlannedTrial, attempt: int, observed: Observed) -> str:
    """Return why a generator's Job of a run is not the one that was planned; empty where it is."""
    asked = plan.generator_manifest(planned, attempt)
    program, run = program_of(asked), planned.run(attempt).name
    for job in observed.jobs:
        is_generator = job.run == run and job.component is Component.K6
        if is_generator and other_program(job.program, program):
            return (
                f"Job {job.name} is not the one that LoadLab made: it runs something else; see who "
                "may create Jobs in this namespace. Where admission changes the images of Jobs, "
                "install LoadLab with those"
            )
    return ""
