"""What a variant needs of what its workload has."""

import pytest

from loadlab.base.names import Component
from loadlab.catalogue import Factor, Variant, Workload
from loadlab.catalogue.facts import STREAM_WORKER

MIXED = Workload(
    name="mixed",
    summary="some variants write, others have no database.",
    variants={
        "bare": Variant(pool=True, postgres=False, writes=False),
        "direct": Variant(pool=True),
        "queued": Variant(redis=True, worker=STREAM_WORKER),
    },
    writes=True,
)
NONE = Workload(name="none", summary="no database at all.", has_postgres=False)
POSTGRES, REDIS = Component.POSTGRES, Component.REDIS


@pytest.mark.parametrize(
    ("variant", "stores"),
    [("bare", ()), ("direct", (POSTGRES,)), ("queued", (POSTGRES, REDIS)), ("mine", (POSTGRES,))],
)
def test_a_variant_has_the_stores_that_it_needs_itself(variant, stores):
    assert MIXED.stores(variant) == stores


def test_no_variant_has_a_database_that_its_workload_lacks():
    assert NONE.stores("mine") == ()


@pytest.mark.parametrize(
    ("variant", "accounts"), [("bare", False), ("direct", True), ("queued", True), ("mine", True)]
)
def test_writes_are_accounted_for_where_a_variant_makes_them(variant, accounts):
    assert MIXED.accounts_for(variant) is accounts
    assert not NONE.accounts_for(variant)


def test_a_pool_means_something_only_beside_a_database():
    meant = {name for name in MIXED.variants if MIXED.gives_meaning(Factor.POOL_SIZE, name)}

    assert meant == {"direct"}
    assert not NONE.gives_meaning(Factor.POOL_SIZE, "mine")
