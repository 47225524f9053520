"""The meter beside an image without instruments, against real processes and real /proc texts."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from loadlab_services.instruments.cgroup import V1_FILES, V2_FILES
from loadlab_services.instruments.server import start_server
from loadlab_services.instruments.sidecar import ServiceFromOutside, service_pids

V1 = "5:memory:/kubepods/pod1/{0}\n2:cpu,cpuacct:/kubepods/pod1/{0}\n"
V2_OWN, V2_OTHER = "0::/\n", "0::/../cri-containerd-{0}.scope\n"
V2_TEXTS = {
    "cpu.stat": "usage_usec 1500000\nthrottled_usec 250000\n",
    "memory.current": "10000000\n",
    "memory.stat": "active_file 1000000\ninactive_file 5000000\npgmajfault 5\n",
}
PROGRAM = """
import os, time
held = [open("/dev/null") for _ in range(20)]
memory = bytearray(20_000_000)
until = time.process_time() + 0.2
while time.process_time() < until:
    pass
print("ready", flush=True)
time.sleep(60)
"""


class Namespace:
    """A /proc that shows chosen processes as those of a shared process namespace."""

    def __init__(self, root: Path, *, own: str) -> None:
        self.root = root
        self.add("self", own)
        self.add("1", V1.format("pause"))

    def add(self, pid: str, groups: str, *, stat: str = "7 (uvicorn) S 1 7", texts: bool = False):
        folder = self.root / pid
        folder.mkdir()
        (folder / "cgroup").write_text(groups)
        (folder / "stat").write_text(stat)
        if texts:
            cgroup = folder / "root" / "sys" / "fs" / "cgroup"
            cgroup.mkdir(parents=True)
            for name, text in V2_TEXTS.items():
                (cgroup / name).write_text(text)


@pytest.fixture
def program() -> Iterator["subprocess.Popen[str]"]:
    """A process that has used 0.2 s of CPU, 20 MB and 20 files."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("own", "other"),
    [(V1.format("meter"), V1.format("service")), (V2_OWN, V2_OTHER.format("service"))],
    ids=["cgroup v1", "cgroup v2"],
)
def test_processes_of_the_other_container_are_the_services(tmp_path: Path, own, other) -> None:
    namespace = Namespace(tmp_path, own=own)
    namespace.add("7", other)
    namespace.add("12", other)
    namespace.add("9", own)
    (tmp_path / "meminfo").write_text("")

    assert service_pids(tmp_path) == [7, 12]


@pytest.mark.parametrize("environ", [b"RUN_ID=r-1\0A=\xff", b"HOME=/\0RUN_ID=r-1"])
def test_a_container_that_admission_added_is_not_the_service(tmp_path: Path, environ) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    for pid in ("5", "6"):
        namespace.add(pid, V2_OTHER.format("istio-proxy"))
    for pid in ("7", "12"):
        namespace.add(pid, V2_OTHER.format("service"))
    (tmp_path / "5" / "environ").write_bytes(b"RUN_ID=r-10")
    (tmp_path / "12" / "environ").write_bytes(environ)

    assert service_pids(tmp_path, "r-1") == [7, 12]
    assert service_pids(tmp_path, "r-2") == []


def test_what_a_container_that_was_added_used_is_told_beside_the_service(
    tmp_path: Path, program: "subprocess.Popen[str]"
) -> None:
    """Here the meter's own process stands for one of a proxy's, of another user maybe."""
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)
    (tmp_path / str(program.pid) / "environ").write_text("RUN_ID=r-1")
    namespace.add(str(os.getpid()), V2_OTHER.format("istio-proxy"))

    snapshot = ServiceFromOutside(tmp_path, "r-1").snapshot()

    assert [process["pid"] for process in snapshot["processes"]] == [program.pid]
    assert snapshot["besideCpuSeconds"] == pytest.approx(time.process_time(), abs=0.5)


@pytest.mark.parametrize("stat", ["7 (worker) Z 1 7", "7 (a) Z) Z 1 7", ""])
def test_a_process_that_has_ended_is_none_of_them(tmp_path: Path, stat: str) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add("7", V2_OTHER.format("service"), stat=stat)

    assert service_pids(tmp_path) == []


def test_a_name_like_a_zombie_is_a_living_process(tmp_path: Path) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add("7", V2_OTHER.format("service"), stat="7 (x) Z y) S 1 7")

    assert service_pids(tmp_path) == [7]


def test_in_its_own_container_there_is_no_service() -> None:
    assert os.getpid() not in service_pids()


def test_the_account_is_the_containers_and_not_the_sum_of_its_processes(
    tmp_path: Path, program: "subprocess.Popen[str]"
) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)

    snapshot = ServiceFromOutside(tmp_path).snapshot()

    assert snapshot["cpuSeconds"] == 1.5
    assert snapshot["throttledSeconds"] == 0.25
    assert snapshot["memoryBytes"] == 4_000_000
    assert snapshot["majorFaults"] == 5


def test_a_process_is_metered_with_the_kernels_figures(
    tmp_path: Path, program: "subprocess.Popen[str]"
) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)

    snapshot = ServiceFromOutside(tmp_path).snapshot()

    (process,) = snapshot["processes"]
    assert process["pid"] == program.pid
    assert 0.2 <= process["cpuSeconds"] < 2
    assert process["memoryBytes"] > 20_000_000
    assert 23 <= snapshot["openFiles"] == process["openFiles"] < 40


def test_the_cpus_are_those_of_the_services_processes_and_not_the_meters(
    tmp_path: Path, program: "subprocess.Popen[str]"
) -> None:
    """As where a kubelet gave the service a CPU of its own."""
    one = min(os.sched_getaffinity(program.pid))
    os.sched_setaffinity(program.pid, {one})
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)

    snapshot = ServiceFromOutside(tmp_path).snapshot()

    assert snapshot["cpusAllowed"] == 1
    assert snapshot["cpusOnline"] == os.cpu_count()
    assert snapshot["allowedCpus"]["cpus"] == 1


def test_what_cannot_be_known_from_outside_is_absent(
    tmp_path: Path, program: "subprocess.Popen[str]"
) -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)

    snapshot = ServiceFromOutside(tmp_path).snapshot()

    assert snapshot.keys() == {
        *("cpuSeconds", "throttledSeconds", "memoryBytes", "openFiles", "processes"),
        *("cpusAllowed", "cpusOnline", "allowedCpus", "majorFaults"),
    }
    assert "requests" not in snapshot["processes"][0]


def test_another_process_shows_its_containers_files_to_the_same_user(
    program: "subprocess.Popen[str]",
) -> None:
    """The door that all of this goes through, on the real /proc."""
    through = Path("/proc") / str(program.pid) / "root" / "sys" / "fs" / "cgroup"

    for name in (*V1_FILES, *V2_FILES):
        assert (through / name).exists() == (Path("/sys/fs/cgroup") / name).exists()
    assert (through / "cpu.stat").exists() or (through / "cpu" / "cpu.stat").exists()


def test_a_service_that_has_not_started_is_said_to_be_unknown(
    tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    Namespace(tmp_path, own=V2_OWN)
    port = unused_port()

    with start_server(port, ServiceFromOutside(tmp_path), host="127.0.0.1"):
        answers = [httpx.get(f"http://127.0.0.1:{port}/{p}") for p in ("snapshot", "metrics")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert "has not started yet" in answers[0].text


def test_metrics_tell_of_the_container(tmp_path: Path, program: "subprocess.Popen[str]") -> None:
    namespace = Namespace(tmp_path, own=V2_OWN)
    namespace.add(str(program.pid), V2_OTHER.format("service"), texts=True)

    text = ServiceFromOutside(tmp_path).metrics()

    found = {s.name: s.value for f in text_string_to_metric_families(text) for s in f.samples}
    assert found["loadlab_container_cpu_seconds_total"] == 1.5


@pytest.mark.integration
@pytest.mark.measured
def test_the_meter_sleeps_between_readers_and_stops_when_told(
    unused_port: Callable[[], int],
) -> None:
    port = unused_port()
    command = [sys.executable, "-m", "loadlab_services.instruments.sidecar"]
    meter = subprocess.Popen(command, env=os.environ | {"INSTRUMENTS_PORT": str(port)})
    try:
        _wait_for(port)
        before = _cpu_seconds(meter.pid)
        time.sleep(1)
        asleep = _cpu_seconds(meter.pid) - before
        # Whether another cgroup of this machine counts as a service beside it does not matter here.
        assert httpx.get(f"http://127.0.0.1:{port}/snapshot").status_code in {200, 503}
        awake = _cpu_seconds(meter.pid) - before - asleep
    finally:
        meter.terminate()
        assert meter.wait(timeout=60) == 0
    assert asleep < 0.005
    assert awake < 0.1


def _cpu_seconds(pid: int) -> float:
    return time.clock_gettime(~pid << 3 | 2)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/nothing")
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
