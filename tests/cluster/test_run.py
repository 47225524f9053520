"""tests/run.py: its totals are what CI believes."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from loadlab_cluster.go_builds import BUILD_ENVIRONMENT, COMPILER_FLAGS
from loadlab_cluster.settings import REPOSITORY


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", REPOSITORY / "tests" / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["run"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_report_is_counted_with_errors_as_failures(run: ModuleType) -> None:
    report = '<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>'

    assert run.count_report("unit", report, 1.0) == run.Layer("unit", 4, 3, 3, 1.0)


def test_go_tests_find_compiled_what_the_build_of_k6_compiled(run: ModuleType) -> None:
    assert set(COMPILER_FLAGS) <= set(run.GO_TEST)
    assert run.GO_ENVIRONMENT.items() <= BUILD_ENVIRONMENT.items()


def test_go_packages_are_no_tests(run: ModuleType) -> None:
    lines = [
        '{"Action":"pass","Test":"TestA"}',
        '{"Action":"fail","Test":"TestB"}',
        '{"Action":"skip","Test":"TestC"}',
        '{"Action":"fail","Package":"p"}',
        "not json",
    ]

    assert run.count_go_events("Go", lines, 0.0) == run.Layer("Go", 1, 1, 1, 0.0)


def test_a_run_that_broke_down_counts_as_failed(run: ModuleType) -> None:
    assert run.broken(run.Layer("unit", 3)).failed == 1


@pytest.mark.parametrize(
    ("skipped", "line"), [(0, "5 passed, 1 failed"), (2, "5 passed, 1 failed, 2 skipped")]
)
def test_the_last_line_is_the_sum_of_the_layers(run: ModuleType, skipped: int, line: str) -> None:
    layers = [run.Layer("unit", 2, 1), run.Layer("Go", 3, 0, skipped)]

    assert run.build_total(layers) == line


def test_the_table_has_a_line_for_each_layer(run: ModuleType) -> None:
    table = run.build_table([run.Layer("unit", 2), run.Layer("Go", 3)])

    assert [line.split()[:2] for line in table.splitlines()[1:]] == [["unit", "2"], ["Go", "3"]]


def test_failed_tests_of_real_parts_get_one_trial_alone(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def pass_all(name: str, options: list[str]) -> object:
        ran.append(options)
        return run.Layer(name, 1)

    monkeypatch.setattr(run, "run_pytest", pass_all)
    accident = run.run_failed_alone(run.Layer("end to end", 5, 1, failures=("tests/e2e/a.py::b",)))
    many = tuple(f"a.py::b{number}" for number in range(run.MOST_ACCIDENTS + 1))
    fault = run.run_failed_alone(run.Layer("end to end", 5, len(many), failures=many))

    assert (accident.passed, accident.failed) == (6, 0)
    assert fault.failed == len(many)
    assert ran == [["-rP", "-m", "", "tests/e2e/a.py::b"]]


@pytest.mark.parametrize("marks", ["HERE", "MEASURED"])
@pytest.mark.parametrize(
    ("failing", "was_up", "steps"),
    [
        ("prerequisites", False, ["prerequisites cluster", "venv"]),
        ("up", False, ["prerequisites cluster", "venv", "up", "images", "down"]),
        ("images", True, ["prerequisites cluster", "venv", "up", "images"]),
        ("", False, ["prerequisites cluster", "venv", "up", "images", "down"]),
        ("", True, ["prerequisites cluster", "venv", "up", "images", "up"]),
    ],
)
def test_one_command_brings_its_cluster_up_and_leaves_it_as_it_was(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    was_up: bool,
    steps: list[str],
    marks: str,
) -> None:
    done, ran = [], []

    def step(name: str, command: list[str]) -> object:
        words = command[len(run.LAB) :]
        done.append(" ".join(words))
        return run.Layer(name, failed=int(bool(failing) and failing in words))

    def pass_all(name: str, options: list[str]) -> object:
        ran.append(name)
        return run.Layer(name, 1)

    monkeypatch.setattr(run, "run_step", step)
    monkeypatch.setattr(run, "run_pytest", pass_all)
    monkeypatch.setattr(run, "is_up", lambda: was_up)
    layers = run.run_on_cluster(getattr(run, marks))

    assert done == steps
    every = ["end to end", "cluster itself"] if marks == "HERE" else ["end to end"]
    assert ran == ([] if failing else every)
    assert any(layer.failed for layer in layers) == bool(failing)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("export function a() { return config.pods; }", "no-undef"),
        ("import { sleep } from 'k6';\nexport const a = 1;", "no-unused-vars"),
        ("export const a = (b) => b == 1;", "eqeqeq"),
        ("export const a = (b) => b === 1;", ""),
    ],
)
def test_the_scripts_of_k6_are_linted(
    run: ModuleType, tmp_path: Path, script: str, found: str
) -> None:
    (tmp_path / "script.js").write_text(script + "\n")
    *command, _ = run.CHECKS["JavaScript"]
    done = subprocess.run(
        [*command, tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert found in done.stdout
    assert (done.returncode == 0) == (found == "")


def test_the_script_of_the_pages_is_linted_as_a_browsers(run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text("document.title = __ENV.x == 1;\n")
    *command, _ = run.CHECKS["JavaScript of pages"]
    done = subprocess.run(
        [*command, tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert "eqeqeq" in done.stdout
    assert "'document' is not defined" not in done.stdout


def test_the_tests_of_pages_are_a_layer_of_their_own(run: ModuleType) -> None:
    pages = [file for file in run.files_with("integration") if file.startswith(run.BROWSER)]

    assert len(pages) >= 3


def test_a_machine_without_go_is_told_so_and_not_passed_over(run: ModuleType) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", run.GO_FORMAT],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "install Go" in done.stdout


def test_the_lint_of_go_finds_compiled_what_the_build_of_k6_compiled(run: ModuleType) -> None:
    assert " ".join(COMPILER_FLAGS) in run.GO_LINT


def test_a_layer_that_hangs_is_ended_and_named(
    run: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]

    assert run.run_within(0.2, "integration", sleeping, None) == 1
    assert "integration tests did not end within" in capsys.readouterr().out
