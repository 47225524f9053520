"""Both catalogues hold the same workloads, variants, workers and stores."""

from loadlab.catalogue import WORKLOADS as PLANNED
from loadlab_services.workload import Store
from loadlab_services.workloads import load_workloads
from tests.contract.sides import built_in

OFFERED = load_workloads()
ADDRESS = {"postgres": Store.POSTGRES, "redis": Store.REDIS, "rabbitmq": Store.RABBITMQ}


def test_both_sides_have_the_same_workloads_and_variants():
    offered = {(workload, v) for workload, found in OFFERED.items() for v in found.variants}

    assert PLANNED.keys() ^ OFFERED.keys() == set()
    assert set(built_in()) ^ offered == set()


def test_both_sides_name_the_same_workers():
    planned = {(w, v): PLANNED[w].variants[v].worker for w, v in built_in()}
    offered = {(w, v): OFFERED[w].variants[v].worker for w, v in built_in()}

    assert planned == offered


def test_every_variant_gets_the_stores_that_it_needs():
    planned = {
        (w, v): {ADDRESS[store.value] for store in PLANNED[w].stores(v)} for w, v in built_in()
    }
    offered = {(w, v): set(OFFERED[w].variants[v].stores) for w, v in built_in()}

    assert planned == offered


def test_a_variant_that_puts_work_off_accounts_for_it():
    """A worker's rows are the proof that it did what was accepted."""
    unaccounted = [
        (w, v)
        for w, v in built_in()
        if OFFERED[w].variants[v].put_off and not PLANNED[w].accounts_for(v)
    ]

    assert unaccounted == []


def test_only_variants_with_a_database_account_for_writes():
    without = [(w, v) for w, v in built_in() if not OFFERED[w].variants[v].stores]

    assert without
    assert [(w, v) for w, v in without if PLANNED[w].accounts_for(v)] == []


def test_both_sides_account_for_the_writes_of_the_same_workloads():
    planned = {name for name, workload in PLANNED.items() if workload.writes}
    offered = {name for name, workload in OFFERED.items() if workload.ledger}

    assert planned == offered
