"""Where files lie, how long they are, and what must not stand in them."""

import ast
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PACKAGES = ("operator/loadlab", "services/loadlab_services", "cluster/loadlab_cluster")
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50


def modules(repository: Path) -> list[Path]:
    return [file for package in PACKAGES for file in sorted((repository / package).rglob("*.py"))]


def test_the_folder_operator_is_no_package(repository):
    """An __init__.py would shadow the standard library's module `operator`."""
    assert not (repository / "operator" / "__init__.py").exists()


@pytest.mark.parametrize("folder", ["operator", "services"])
def test_source_folders_hold_packages_only(repository, folder):
    assert list((repository / folder).glob("*.py")) == []


def test_test_folders_are_no_packages(repository):
    assert list((repository / "tests").rglob("__init__.py")) == []


def test_modules_are_short(repository):
    lengths = {file: len(file.read_text().splitlines()) for file in modules(repository)}

    too_long = {str(file): lines for file, lines in lengths.items() if lines > MAX_MODULE_LINES}

    assert len(lengths) > 20
    assert too_long == {}


def test_functions_are_short(repository):
    too_long = {
        f"{file}:{node.lineno} {node.name}": lines
        for file in modules(repository)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }

    assert too_long == {}


def test_modules_say_what_they_are_for(repository):
    silent = [
        str(f) for f in modules(repository) if not ast.get_docstring(ast.parse(f.read_text()))
    ]

    assert silent == []


def test_modules_have_telling_names(repository):
    assert [f for f in modules(repository) if f.stem in {"utils", "helpers", "common"}] == []


def own_registries() -> set[str]:
    """Hosts of the package registries that this machine is set up to use."""
    home = Path.home()
    files = [Path("/etc/pip.conf"), home / ".config/pip/pip.conf", home / ".pip/pip.conf"]
    files += [home / ".config/go/env", home / ".npmrc", home / ".cargo/config.toml"]
    texts = [file.read_text() for file in files if file.is_file()]
    texts += [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "GOPROXY")]
    found = re.findall(r"https?://[^\s,|\"']+", "\n".join(texts))
    return {host for url in found if (host := urlsplit(url).hostname)}


def test_no_file_names_a_registry_or_a_path_of_this_machine(repository, tracked):
    hosts = own_registries() - {"localhost", "127.0.0.1"}
    paths = {f"{repository.parent}/", f"{Path.home()}/"} - {"//", "/tmp/"}  # every machine has it
    forbidden = re.compile("|".join(map(re.escape, sorted(hosts | paths))))

    # The name of the file only: what is found must not be repeated in a log.
    guilty = [
        str(file.relative_to(repository))
        for file in tracked
        if file != Path(__file__) and forbidden.search(file.read_text(errors="replace"))
    ]

    assert guilty == []


def test_readme_commands_are_make_targets(repository):
    readme = (repository / "README.md").read_text()
    if not readme.strip():
        pytest.skip("README.md is empty")
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (repository / "Makefile").read_text(), re.MULTILINE)
    )

    named = set(re.findall(r"(?:^|`|\$ )(?:CLUSTER=\w+ )?make ([a-z0-9-]+)", readme, re.MULTILINE))

    assert named
    assert named <= targets


def test_the_readme_is_a_front_door(repository):
    readme = (repository / "README.md").read_text()
    pictures = re.findall(r"!\[[^\]]+\]\((\S+)\)", readme)

    assert len(readme.splitlines()) <= 150
    assert pictures == ["docs/report.png"]
    assert (repository / pictures[0]).stat().st_size < 150_000


def test_workflow_runs_make_targets_only(repository):
    text = (repository / ".github" / "workflows" / "ci.yaml").read_text()
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (repository / "Makefile").read_text(), re.MULTILINE)
    )

    commands = re.findall(r"- run: (.*)", text)

    assert commands
    assert {command.removeprefix("make ") for command in commands} <= targets
