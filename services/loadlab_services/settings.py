"""What the environment of a services container may say, read once per process and passed down."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from loadlab_services.database import in_schema


class Settings(BaseSettings):
    """The contract between the plan's manifests and this image; unknown names are ignored."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    workload: Literal["sleep", "select", "simulation", "items", "ingest", "wells", "custom"] = (
        Field(description="what a request does")
    )
    variant: str = Field(default="", description="one way to serve the workload")
    workers: int = Field(default=1, ge=1, le=256, description="processes serving requests")
    server: Literal["uvicorn", "gunicorn"] = "uvicorn"
    listen: Literal["shared", "reuseport"] = Field(
        default="shared", description="one listening socket for all workers, or one for each"
    )
    port: int = Field(default=8000, ge=1, le=65535)
    instruments_port: int = Field(default=9000, ge=1, le=65535)
    pool_size: int = Field(default=10, ge=1, le=10_000, description="connections per process")
    thread_tokens: int = Field(default=40, ge=1, le=10_000, description="AnyIO threads per process")
    run_id: str = ""
    database_schema: str = Field(
        default="",
        pattern="^([a-z_][a-z0-9_]*)?$",
        description="where all tables lie, if not public",
    )
    database_url: str = Field(default="", repr=False, description="postgresql://…; empty for sleep")
    connections: int = Field(default=0, ge=0, description="to Postgres, needed at once")
    overwrite: bool = Field(default=False, description="whether another data set may be replaced")
    redis_url: str = Field(default="", repr=False)
    amqp_url: str = Field(default="", repr=False, description="amqp://user:password@host:5672/")
    amqp_metrics_port: int = Field(default=15692, ge=1, le=65535, description="of RabbitMQ's host")
    cache_ttl_ms: int = Field(default=1000, ge=1, description="how stale a cached answer may be")
    scale: float = Field(default=0.01, gt=0, le=1, description="share of the full data set")
    seed: int = Field(default=42, ge=0, le=2**31 - 1)
    batch_size: int = Field(default=500, ge=1, le=100_000, description="rows per INSERT or COPY")
    flush_ms: int = Field(default=50, ge=1, le=60_000, description="age that flushes a batch")
    consumers: int = Field(default=1, ge=1, le=256)
    backlog_limit: int = Field(default=100_000, ge=1, description="stream length answered by 503")

    @field_validator("database_url")
    @classmethod
    def _lies_in_its_schema(cls, url: str, info: ValidationInfo) -> str:
        schema = info.data.get("database_schema")
        return in_schema(url, schema) if schema else url


def read_settings() -> Settings:
    """Read the environment; a missing or bad variable is a validation error that names it."""
    return (
        Settings()
    )  # pyright would want arguments: pydantic-settings takes them from the environment
