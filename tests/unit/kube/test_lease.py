"""The Lease: one holder at a time, by its own clock, and no write that it does not outlast."""

import asyncio
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import NotTheWriterError, UnavailableError
from loadlab.kube.lease import DURATION, Lease, LeaseName
from loadlab.kube.lease import RENEW_EVERY as EVERY

NEVER = -1_000_000.0


class Store:
    """One Lease in an API server that takes a while, counts versions, and may be away."""

    def __init__(self) -> None:
        self.lease: Manifest | None = None
        self.version = 0
        self.away = False
        self.slow = 0.0
        self.now = 100.0

    def _answer(self) -> None:
        self.now += self.slow
        if self.away:
            raise UnavailableError("away")

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        self._answer()
        return self.lease

    async def create(self, manifest: Manifest) -> Manifest | None:
        self._answer()
        if self.lease is not None:
            return None
        self._store(manifest)
        return self.lease

    async def replace(self, manifest: Manifest) -> bool:
        self._answer()
        if manifest["metadata"]["resourceVersion"] != str(self.version):
            return False
        self._store(manifest)
        return True

    def _store(self, manifest: Manifest) -> None:
        self.version += 1
        metadata = manifest["metadata"] | {"resourceVersion": str(self.version)}
        self.lease = manifest | {"metadata": metadata}

    @property
    def holder(self) -> Any:
        return self.lease and self.lease["spec"]["holderIdentity"]


@pytest.fixture
def store() -> Store:
    return Store()


def lease_of(store: Store, identity: str, *, wall_ahead: float = 0.0) -> Lease:
    place = LeaseName("loadlab-system", "loadlab", identity)
    return Lease(store, place, lambda: store.now, lambda: store.now + wall_ahead)


def may_write(lease: Lease, seconds: float = 10.0) -> bool:
    try:
        lease.require(seconds)
    except NotTheWriterError:
        return False
    return True


async def test_the_first_one_acquires_it_and_may_write(store):
    lease = lease_of(store, "a")
    assert not may_write(lease)

    await lease._try()

    assert store.holder == "a"
    assert may_write(lease)
    await asyncio.wait_for(lease.held(), 1)


async def test_another_waits_for_as_long_as_it_is_renewed(store):
    first, second = lease_of(store, "a"), lease_of(store, "b")
    for _ in range(30):
        await first._try()
        await second._try()
        assert may_write(first)
        assert not may_write(second)
        store.now += EVERY


async def test_a_dead_ones_is_taken_when_it_expires_and_no_sooner(store):
    first, second = lease_of(store, "a"), lease_of(store, "b")
    await first._try()
    died = store.now
    while not may_write(second):
        await second._try()
        assert not (may_write(first, 0.0) and may_write(second, 0.0))
        store.now += EVERY

    assert DURATION < store.now - died <= 20
    assert store.lease["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize("ahead", [-86_400.0, 86_400.0], ids=["a day behind", "a day ahead"])
async def test_wall_clocks_decide_nothing(store, ahead):
    first, second = lease_of(store, "a"), lease_of(store, "b", wall_ahead=ahead)
    await first._try()
    for _ in range(20):
        await second._try()
        await first._try()
        store.now += EVERY

    assert may_write(first)
    assert not may_write(second)


async def test_its_time_is_counted_from_before_the_request(store):
    lease = lease_of(store, "a")
    store.slow = 3.0

    await lease._try()  # a look and a write

    assert lease.left == pytest.approx(DURATION - 6.0)


async def test_no_write_begins_that_may_outlast_it(store):
    lease = lease_of(store, "a")
    await lease._try()
    store.away = True
    store.now += DURATION - 9.9
    await lease._try()

    assert not may_write(lease, 10.0)
    assert may_write(lease, 9.0)


async def test_one_that_was_taken_is_not_written_under_any_more(store):
    first, second = lease_of(store, "a"), lease_of(store, "b")
    await first._try()
    for _ in range(9):
        await second._try()
        store.now += EVERY
    assert store.holder == "b"

    await first._try()

    assert not may_write(first, 0.0)


async def test_of_two_that_find_it_expired_one_gets_it(store):
    dead, first, second = (lease_of(store, name) for name in "dab")
    await dead._try()
    await asyncio.gather(first._try(), second._try())
    store.now += DURATION + 1
    await asyncio.gather(first._try(), second._try())

    assert [may_write(first), may_write(second)].count(True) == 1


async def test_a_container_that_is_started_again_goes_on_at_once(store):
    await lease_of(store, "pod_1")._try()
    again = lease_of(store, "pod_1")

    await again._try()

    assert may_write(again)


async def test_one_given_back_is_taken_at_once(store):
    first, second = lease_of(store, "a"), lease_of(store, "b")
    await first._try()
    await first.give_back()
    assert not may_write(first, 0.0)

    await second._try()

    assert may_write(second)


async def test_what_another_holds_is_not_given_back(store):
    first, second = lease_of(store, "a"), lease_of(store, "b")
    await first._try()
    await second._try()

    await second.give_back()

    assert store.holder == "a"
