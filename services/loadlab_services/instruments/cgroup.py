"""CPU, throttling and memory of a container, from the texts of its cgroup files (v1 and v2).

The parsing is pure, so that the steward can feed it texts it read through SQL out of another
container; only `read_container` touches this container's own files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
V2_FILES: Final = ("cpu.stat", "memory.current", "memory.stat")
V1_FILES: Final = (
    "cpuacct/cpuacct.usage",
    "cpu/cpu.stat",
    "memory/memory.usage_in_bytes",
    "memory/memory.stat",
)


@dataclass(frozen=True, slots=True)
class ContainerUsage:
    """What the kernel accounts to one container."""

    cpu_seconds: float
    throttled_seconds: float
    memory_bytes: int
    major_faults: int | None = None  # pages that its processes waited for; None where untold


def parse_v2(texts: Mapping[str, str]) -> ContainerUsage:
    """Read the unified hierarchy; `texts` is keyed by the names in V2_FILES."""
    cpu = parse_flat_keyed(texts["cpu.stat"])
    memory = parse_flat_keyed(texts["memory.stat"])
    return ContainerUsage(
        cpu_seconds=cpu["usage_usec"] / 1e6,
        throttled_seconds=cpu.get("throttled_usec", 0) / 1e6,
        memory_bytes=_without_page_cache(int(texts["memory.current"]), memory, prefix=""),
        major_faults=memory.get("pgmajfault"),
    )


def parse_v1(texts: Mapping[str, str]) -> ContainerUsage:
    """Read the split hierarchies; `texts` is keyed by the names in V1_FILES."""
    throttling = parse_flat_keyed(texts["cpu/cpu.stat"])
    memory = parse_flat_keyed(texts["memory/memory.stat"])
    usage = int(texts["memory/memory.usage_in_bytes"])
    return ContainerUsage(
        cpu_seconds=int(texts["cpuacct/cpuacct.usage"]) / 1e9,
        throttled_seconds=throttling.get("throttled_time", 0) / 1e9,
        memory_bytes=_without_page_cache(usage, memory, prefix="total_"),
        major_faults=memory.get("total_pgmajfault"),
    )


def parse_flat_keyed(text: str) -> dict[str, int]:
    """Read the kernel's `key value` lines."""
    return {key: int(value) for key, value in (line.split() for line in text.splitlines() if line)}


def read_container(
    read: Callable[[str], str | None] = lambda name: _read_file(ROOT / name),
) -> ContainerUsage | None:
    """Read whichever version answers; None where neither does. `read` gives None for no file."""
    for names, parse in ((V2_FILES, parse_v2), (V1_FILES, parse_v1)):
        texts = {name: text for name in names if (text := read(name)) is not None}
        if len(texts) == len(names):
            return parse(texts)
    return None


def tell_faults(usage: ContainerUsage) -> dict[str, int]:
    """Lay the pages that were waited for out as a snapshot has them; nothing where untold."""
    return {} if usage.major_faults is None else {"majorFaults": usage.major_faults}


def _without_page_cache(usage: int, stat: Mapping[str, int], *, prefix: str) -> int:
    """Leave out file pages, active ones too: they grow with reading, not with need."""
    cached = stat.get(f"{prefix}active_file", 0) + stat.get(f"{prefix}inactive_file", 0)
    return max(0, usage - cached)


def _read_file(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None
