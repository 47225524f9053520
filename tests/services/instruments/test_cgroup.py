"""Container accounts are read from both cgroup layouts."""

import pytest

from loadlab_services.instruments.cgroup import (
    ContainerUsage,
    parse_flat_keyed,
    read_container,
    tell_faults,
)

V1 = {
    "cpuacct/cpuacct.usage": "1500000000\n",
    "cpu/cpu.stat": "nr_periods 10\nnr_throttled 2\nthrottled_time 250000000\n",
    "memory/memory.usage_in_bytes": "10000000\n",
    "memory/memory.stat": (
        "cache 7000000\nactive_file 1\ninactive_file 2\n"
        "total_cache 7000000\ntotal_active_file 1000000\ntotal_inactive_file 5000000\n"
        "pgmajfault 1\ntotal_pgmajfault 70\n"
    ),
}
V2 = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1\nnr_throttled 2\nthrottled_usec 250000\n",
    "memory.current": "10000000\n",
    "memory.stat": (
        "anon 3\nfile 7000000\nactive_file 1000000\ninactive_file 5000000\npgmajfault 70\n"
    ),
}
USAGE = ContainerUsage(
    cpu_seconds=1.5, throttled_seconds=0.25, memory_bytes=4_000_000, major_faults=70
)


@pytest.mark.parametrize("texts", [V1, V2, V1 | V2], ids=["v1", "v2", "both"])
def test_every_layout_gives_the_same_account(texts: dict[str, str]) -> None:
    assert read_container(texts.get) == USAGE


@pytest.mark.parametrize("missing", sorted(V1))
def test_a_layout_with_a_missing_file_gives_no_account(missing: str) -> None:
    texts = {name: text for name, text in V1.items() if name != missing}
    assert read_container(texts.get) is None


@pytest.mark.parametrize(
    ("texts", "name"), [(V1, "memory/memory.stat"), (V2, "memory.stat")], ids=["v1", "v2"]
)
def test_pages_that_were_waited_for_are_unknown_where_the_kernel_does_not_count_them(
    texts: dict[str, str], name: str
) -> None:
    silent = read_container((texts | {name: "active_file 0\n"}).get)

    assert silent is not None
    assert (silent.major_faults, tell_faults(silent)) == (None, {})


def test_a_cgroup_without_a_quota_was_never_throttled() -> None:
    texts = V2 | {"cpu.stat": "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n"}
    usage = read_container(texts.get)
    assert usage is not None
    assert usage.throttled_seconds == 0.0


def test_more_cache_than_usage_is_no_negative_memory() -> None:
    usage = read_container((V2 | {"memory.current": "100\n"}).get)
    assert usage is not None
    assert usage.memory_bytes == 0


def test_flat_keyed_text_is_read_line_by_line() -> None:
    assert parse_flat_keyed("a 1\nb 22\n\n") == {"a": 1, "b": 22}
