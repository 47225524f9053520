"""The catalogue names every built-in variant, and says so when asked for another."""

import pytest

from loadlab_services.catalogue import CATALOGUE, UnknownVariantError, find_entry

CONTRACT = {
    "sleep": {"async", "sync", "async-in-sync", "mixed-sync", "mixed-async"},
    "select": {"sync", "async", "asyncpg", "asyncpg-tuned", "cached"},
    "simulation": {"sync", "async", "async-thread", "async-process"},
    "items": {"direct", "cached", "cached-middleware", "queued"},
    "ingest": {
        "naive",
        "pooled",
        "queued-insert",
        "queued-batch",
        "queued-copy",
        "queued",
        "celery",
    },
    "wells": {"blocking", "def", "threadpool", "async"},
}


def test_the_catalogue_holds_the_contract() -> None:
    assert {workload: set(variants) for workload, variants in CATALOGUE.items()} == CONTRACT


@pytest.mark.parametrize(
    ("workload", "variant"), [("sleep", "asyncpg"), ("wells", "gevent"), ("", "")]
)
def test_an_unknown_variant_names_the_known_ones(workload: str, variant: str) -> None:
    with pytest.raises(UnknownVariantError, match="sleep/sync, sleep/async, sleep/async-in-sync"):
        find_entry(workload, variant)
