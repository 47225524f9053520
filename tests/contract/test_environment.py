"""What the operator writes into a container's environment is what its program reads."""

import json

import pytest

from loadlab.catalogue import Factor
from loadlab_services.settings import (
    CeleryWorkerSettings,
    DatasetSettings,
    ProgramSettings,
    ServiceSettings,
    StewardSettings,
    StreamWorkerSettings,
)
from loadlab_services.workload import CELERY_WORKER, STREAM_WORKER
from loadlab_services.workloads import find_variant
from tests.contract.sides import LEVELS, OPTIONAL_LEVELS, PlannedContainer, containers, plans

PLANNED = {container.title: container for container in containers()}
PLANS = dict(plans())
METER = "loadlab_services.instruments.sidecar"
SERVE = "loadlab_services.programs.serve"
STEWARD, DATASET = "loadlab_services.steward", "loadlab_services.dataset"
WORKERS = (STREAM_WORKER, CELERY_WORKER)
SETTINGS: dict[str, type[ProgramSettings]] = {
    SERVE: ServiceSettings,
    STREAM_WORKER: StreamWorkerSettings,
    CELERY_WORKER: CeleryWorkerSettings,
    STEWARD: StewardSettings,
    DATASET: DatasetSettings,
}
# The programs of a run get one environment, and so do those of an experiment: a variable must be
# read by one of them.
TOGETHER = ((SERVE, *WORKERS), (STEWARD, DATASET))

# What each program must be told, since no default of its own can be right.
NEEDED: dict[str, set[str]] = {
    SERVE: {"WORKLOAD", "VARIANT", "RUN_ID", "PORT", "INSTRUMENTS_PORT", "WORKERS"},
    **{w: {"WORKLOAD", "VARIANT", "RUN_ID", "INSTRUMENTS_PORT", "CONSUMERS"} for w in WORKERS},
    STEWARD: {"WORKLOAD", "PORT", "STEWARD_TOKEN", "RUN_PREFIX", "SNAPSHOT_TARGETS"},
    DATASET: {"WORKLOAD", "SCALE", "DATABASE_URL"},
    METER: {"INSTRUMENTS_PORT", "RUN_ID"},
}
EXISTING = {"DATABASE_SCHEMA"}
CLAIMED = {"OVERWRITE", "CONNECTIONS"}
OWNED = {"DATABASE_OWNER"}


def of_program(program: str) -> list[PlannedContainer]:
    return [planned for planned in PLANNED.values() if planned.program == program]


def names_read(program: str) -> set[str]:
    """What a program and those that it shares its environment with read."""
    if program == METER:
        return {"INSTRUMENTS_PORT", "RUN_ID"}
    together = next(programs for programs in TOGETHER if program in programs)
    return {name.upper() for each in together for name in SETTINGS[each].model_fields}


@pytest.mark.parametrize("program", SETTINGS)
def test_every_planned_environment_makes_valid_settings(program, monkeypatch):
    for planned in of_program(program):
        with monkeypatch.context() as environment:
            for name, value in planned.environment.items():
                environment.setenv(name, value)
            settings = SETTINGS[program]()
        for name, value in planned.environment.items():
            if name.lower() in type(settings).model_fields and not name.endswith("_URL"):
                assert spelled(getattr(settings, name.lower())) == value.lower(), planned.title


def spelled(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value).lower()


def test_the_meter_is_told_its_port():
    assert all(0 < int(p.environment["INSTRUMENTS_PORT"]) < 65536 for p in of_program(METER))


@pytest.mark.parametrize("program", NEEDED)
def test_nothing_is_sent_that_nobody_reads(program):
    known = names_read(program)
    unread = {p.title: p.environment.keys() - known for p in of_program(program)}

    assert {title: names for title, names in unread.items() if names} == {}


@pytest.mark.parametrize("program", NEEDED)
def test_nothing_is_missing_that_a_program_must_be_told(program):
    missing = {p.title: needed_by(p) - p.environment.keys() for p in of_program(program)}

    assert missing
    assert {title: names for title, names in missing.items() if names} == {}


def needed_by(planned: PlannedContainer) -> set[str]:
    existing = "existing Postgres" in planned.title
    claimed = CLAIMED if existing and planned.program == DATASET else set()
    owned = OWNED if existing and planned.program in {DATASET, STEWARD} else set()
    return NEEDED[planned.program] | claimed | owned | (EXISTING if existing else set())


@pytest.mark.parametrize("program", [SERVE, *WORKERS])
def test_every_factor_and_store_of_a_cell_reaches_its_programs(program):
    for planned in of_program(program):
        plan = PLANS[planned.title.rpartition(": ")[0]]
        levels = {f.facts.variable: str(n) for f, n in plan.trials[0].cell.levels()}
        told = {name: level for name, level in levels.items() if name}
        assert told.items() <= planned.environment.items(), planned.title
        offered = find_variant(plan.context.spec.workload, plan.trials[0].cell.variant)
        assert set(offered.needs) <= planned.environment.keys(), planned.title


def test_the_levels_of_this_test_are_nobodys_defaults():
    swept = LEVELS | OPTIONAL_LEVELS
    told = {f.value: f.facts.variable.lower() for f in Factor if f.facts.variable}
    defaults = {n: f.default for each in SETTINGS.values() for n, f in each.model_fields.items()}

    assert told.keys() <= swept.keys()
    assert [factor for factor, name in told.items() if swept[factor] == [defaults[name]]] == []


def test_every_program_is_planned_somewhere():
    assert {planned.program for planned in PLANNED.values()} == set(NEEDED)
