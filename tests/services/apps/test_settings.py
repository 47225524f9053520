"""The environment is read as the contract says, and refused where it makes no sense."""

import pytest

from loadlab_services.settings import (
    CeleryWorkerSettings,
    DatasetSettings,
    ProgramSettings,
    ServiceSettings,
    StewardSettings,
    StreamWorkerSettings,
)

DEFAULTS: dict[type[ProgramSettings], dict[str, object]] = {
    ServiceSettings: {
        "WORKERS": 1,
        "SERVER": "uvicorn",
        "LISTEN": "shared",
        "PORT": 8000,
        "INSTRUMENTS_PORT": 9000,
        "POOL_SIZE": 10,
        "THREAD_TOKENS": 40,
        "BACKLOG_LIMIT": 100_000,
        "CACHE_TTL_MS": 1000,
    },
    StreamWorkerSettings: {
        "INSTRUMENTS_PORT": 9000,
        "BATCH_SIZE": 500,
        "FLUSH_MS": 50,
        "CONSUMERS": 1,
    },
    CeleryWorkerSettings: {"INSTRUMENTS_PORT": 9000, "CONSUMERS": 1, "BACKLOG_LIMIT": 100_000},
    StewardSettings: {"AMQP_METRICS_PORT": 15692, "PORT": 8080},
    DatasetSettings: {"SCALE": 0.01, "SEED": 42, "CONNECTIONS": 0, "OVERWRITE": False},
}
REQUIRED = {
    ServiceSettings: {"WORKLOAD", "VARIANT"},
    StreamWorkerSettings: {"WORKLOAD", "VARIANT", "RUN_ID", "REDIS_URL"},
    CeleryWorkerSettings: {"WORKLOAD", "VARIANT", "RUN_ID", "AMQP_URL"},
    StewardSettings: {"WORKLOAD", "STEWARD_TOKEN", "RUN_PREFIX"},
    DatasetSettings: {"WORKLOAD"},
}
every_program = pytest.mark.parametrize("program", list(DEFAULTS))


@pytest.fixture(autouse=True)
def complete_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in DEFAULTS:
        for name in program.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    for name in ("WORKLOAD", "VARIANT", "RUN_ID", "REDIS_URL", "AMQP_URL", "RUN_PREFIX"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("STEWARD_TOKEN", "a token of the experiment")


@every_program
def test_defaults_are_those_of_the_contract(program: type[ProgramSettings]) -> None:
    settings = program.read()
    expected = DEFAULTS[program]
    assert {name: getattr(settings, name.lower()) for name in expected} == expected


@every_program
def test_what_is_required_has_no_default(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: type[ProgramSettings],
) -> None:
    required = {n.upper() for n, field in program.model_fields.items() if field.is_required()}
    assert required == REQUIRED[program]
    for name in required:
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(SystemExit) as ended:
                program.read()
        assert ended.value.code == 2
        assert capsys.readouterr().err == f"loadlab: {name}: Field required\n"


def test_variables_are_read_and_unknown_ones_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS", "4")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert ServiceSettings.read().workers == 4


@pytest.mark.parametrize(
    ("program", "name", "value"),
    [
        (ServiceSettings, "WORKLOAD", ""),
        (ServiceSettings, "WORKERS", "0"),
        (ServiceSettings, "WORKERS", "two"),
        (ServiceSettings, "PORT", "70000"),
        (ServiceSettings, "POOL_SIZE", "-1"),
        (ServiceSettings, "CACHE_TTL_MS", "0"),
        (ServiceSettings, "SERVER", "apache"),
        (ServiceSettings, "LISTEN", "unix"),
        (StreamWorkerSettings, "BATCH_SIZE", "0"),
        (DatasetSettings, "SCALE", "0"),
        (DatasetSettings, "SCALE", "nan"),
        (DatasetSettings, "DATABASE_SCHEMA", "no schema"),
    ],
)
def test_nonsense_is_refused_by_name_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: type[ProgramSettings],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        program.read()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"loadlab: {name}: ")


def test_what_a_variant_needs_is_missed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ServiceSettings.read().require(["DATABASE_URL", "REDIS_URL"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("loadlab: DATABASE_URL: not set;")


@every_program
def test_settings_do_not_print_the_password(
    monkeypatch: pytest.MonkeyPatch, program: type[ProgramSettings]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "AMQP_URL"):
        monkeypatch.setenv(name, "postgresql://loadlab:secret@store/loadlab")
    assert "secret" not in repr(program.read())
