"""Each command that a document prints can be given as it stands.

`loadlab` lines are read by the command itself, so a wrong option, word or number of arguments is a
failure; the files that they name exist and would be accepted. Of the other commands there is a
short list, each with what is looked at. Lines that begin otherwise are YAML, Python or output.
"""

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from loadlab.cli.app import app
from loadlab.cli.preview import preview, read_documents

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs" / "how-to").glob("*.md")),
    *(REPOSITORY / "docs" / name for name in ("figures.md", "tutorial.md", "workloads.md")),
]
SAMPLES = sorted((REPOSITORY / "manifests" / "samples").rglob("*.yaml"))
INDENTED = re.compile(r"^    (?P<line>\S.*)$", re.MULTILINE)
# In a sentence a command may be named by its verb; where a file is named it is meant to be given.
INLINE = re.compile(r"`(?P<line>loadlab [^`\n]*\.(?:yaml|html|gz)[^`\n]*)`")
NAMED = re.compile(r"`loadlab (?P<verb>[a-z]+)")
HEADER = re.compile(r"^#   (?P<line>(?:loadlab|kubectl) .*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s+#\s.*$")
FIRST_WORD = re.compile(r"^(?:\w+=\S* )*(?P<word>[\w./-]+)")
ROOTED = re.compile(r"(?<![\w./])(?:manifests|charts|docs)/[\w./-]+")
KINDS = {
    *("loadexperiment", "loadexperiments", "lexp", "loadtrials", "ltrial"),
    *("secret", "serviceaccount", "namespace", "crd", "configmap", "deployment"),
}
VERBS = {"apply", "wait", "get", "delete", "label", "explain", "create", "expose", "auth", "patch"}
GROUP: Any = typer.main.get_command(app)


def commands_of(text: str, patterns: tuple[re.Pattern[str], ...]) -> Iterator[str]:
    for pattern in patterns:
        for found in pattern.finditer(FENCE.sub("", text)):
            for part in re.split(r" && |; ", COMMENT.sub("", found["line"])):
                yield part.strip()


def is_command(line: str) -> bool:
    word = FIRST_WORD.match(line)
    return word is not None and word["word"] in HOLDS


def parses(line: str) -> None:
    """Give a line to the command, which reads its words and does nothing."""
    words = shlex.split(line.partition(" | ")[0])[1:]
    one = GROUP.commands[words[0]]
    one.make_context(words[0], words[1:])


def speaks_of_known_kinds(line: str) -> None:
    words = shlex.split(line)[1:]
    assert words, line
    assert words[0] in VERBS, line
    named = {word.partition("/")[0].partition(".")[0] for word in words[1:]}
    assert named & KINDS or "-f" in words or words[0] == "auth", line


def names_extras(line: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for found in re.findall(r"\[([\w,]+)\]", line):
        assert set(found.split(",")) <= project["optional-dependencies"].keys()


def names_scripts(line: str) -> None:
    script = FIRST_WORD.match(line)
    assert script is not None
    assert (REPOSITORY / script["word"]).exists() or script["word"].startswith(".venv/"), line


def is_looked_at_elsewhere(_: str) -> None:
    """`make` targets in test_documents.py; what Docker and Helm do by tests of their own."""


HOLDS: dict[str, Callable[[str], None]] = {
    "loadlab": parses,
    "kubectl": speaks_of_known_kinds,
    "pip": names_extras,
    ".venv/bin/uvicorn": names_scripts,
    "make": is_looked_at_elsewhere,
    "helm": is_looked_at_elsewhere,
    "source": is_looked_at_elsewhere,
    "tar": is_looked_at_elsewhere,
    "mkdir": is_looked_at_elsewhere,
    "kill": is_looked_at_elsewhere,
}


def all_commands() -> list[tuple[str, str]]:
    documents = [
        (file.name, line)
        for file in DOCUMENTS
        for line in commands_of(file.read_text(), (INDENTED, INLINE))
    ]
    samples = [
        (str(file.relative_to(REPOSITORY)), line)
        for file in SAMPLES
        for line in commands_of(file.read_text(), (HEADER,))
    ]
    return list(dict.fromkeys(each for each in documents + samples if is_command(each[1])))


COMMANDS = all_commands()


def test_there_are_commands_in_every_document_that_leads_somebody():
    named = {file for file, _ in COMMANDS}

    assert len(COMMANDS) > 80
    assert {"README.md", "tutorial.md", "which-pool.md", "how-many-workers.md"} <= named
    assert {"install.md", "use-the-command.md"} <= named
    assert {"gate-a-pipeline.md", "queue-or-not.md", "def-or-async.md"} <= named


@pytest.mark.parametrize(("file", "line"), COMMANDS, ids=[f"{f}: {c}" for f, c in COMMANDS])
def test_it_can_be_given_as_it_stands(file: str, line: str):
    found = FIRST_WORD.match(line)
    assert found is not None

    HOLDS[found["word"]](line)

    missing = [path for path in ROOTED.findall(line) if not (REPOSITORY / path).exists()]
    assert missing == []


def test_what_it_runs_would_be_accepted():
    run = re.compile(r"\b(?:run|plan|validate|apply -f) (\S+\.yaml)")
    named = {
        (file, found)
        for file, line in COMMANDS
        for found in run.findall(line)
        if "NAME" not in line
    }
    beside = {REPOSITORY / path for file, path in named if path.startswith("manifests/")} | {
        (REPOSITORY / file).parent / path for file, path in named if file.startswith("manifests/")
    }

    assert len(beside) > 25
    for file in sorted(beside):
        for document in read_documents(file.read_text()):
            assert preview(document).most_trials > 0


@pytest.mark.parametrize("file", SAMPLES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_sample_says_how_it_is_run_and_by_its_own_name(file: Path):
    head = list(commands_of(file.read_text(), (HEADER,)))
    documents = [d for d in yaml.safe_load_all(file.read_text()) if d]
    experiments = [d for d in documents if d["kind"] == "LoadExperiment"]

    if len(experiments) == 1 and head:
        assert f"loadlab run {file.name}" in head
    if len(documents) > len(experiments):
        assert f"kubectl apply -f {file.name}" in head


@pytest.mark.parametrize(
    "wrong", ["loadlab run", "loadlab results a --no-such", "loadlab gate a b"]
)
def test_a_wrong_one_is_found(wrong: str):
    with pytest.raises(Exception, match=r"."):
        parses(wrong)
