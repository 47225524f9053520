"""The environment is read as the contract says, and refused where it makes no sense."""

import pytest
from pydantic import ValidationError

from loadlab_services.settings import read_settings

DEFAULTS = {
    "WORKERS": 1,
    "SERVER": "uvicorn",
    "LISTEN": "shared",
    "PORT": 8000,
    "INSTRUMENTS_PORT": 9000,
    "POOL_SIZE": 10,
    "THREAD_TOKENS": 40,
    "SCALE": 0.01,
    "SEED": 42,
    "BATCH_SIZE": 500,
    "FLUSH_MS": 50,
    "CONSUMERS": 1,
    "BACKLOG_LIMIT": 100_000,
    "CACHE_TTL_MS": 1000,
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*DEFAULTS, "RUN_ID", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKLOAD", "select")
    monkeypatch.setenv("VARIANT", "sync")


def test_defaults_are_those_of_the_contract() -> None:
    settings = read_settings()
    assert {name: getattr(settings, name.lower()) for name in DEFAULTS} == DEFAULTS


def test_variables_are_read_and_unknown_ones_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS", "4")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert read_settings().workers == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKLOAD", "wheels"),
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("PORT", "70000"),
        ("POOL_SIZE", "-1"),
        ("CACHE_TTL_MS", "0"),
        ("SCALE", "0"),
        ("SCALE", "nan"),
        ("SERVER", "apache"),
        ("LISTEN", "unix"),
    ],
)
def test_nonsense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        read_settings()


def test_settings_do_not_print_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://loadlab:secret@postgres/loadlab")
    assert "secret" not in repr(read_settings())
