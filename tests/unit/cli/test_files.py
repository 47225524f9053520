"""Files that cannot be read, and an output without room: one line that names what, and a remedy."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadlab.cli import main
from loadlab.cli.errors import CliError
from loadlab.cli.files import read
from tests.unit.cli.api_server import Run

COMMAND = "import sys; sys.argv[0] = 'loadlab'; from loadlab.cli import main; main()"
UNREADABLE = {
    "absent": (None, "No such file or directory"),
    "UTF-16": ("a: 1".encode("utf-16"), "it is no UTF-8 (byte 1): save it as UTF-8"),
    "Latin-1": (b"a: \xe9", "it is no UTF-8 (byte 4): save it as UTF-8"),
}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_with_the_remedy(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "x.yaml"
    if content:
        file.write_bytes(content)

    with pytest.raises(CliError) as refused:
        read(file)

    assert str(refused.value) == f"cannot read {file}: {why}"


def test_of_several_files_the_one_that_is_no_yaml_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "good.yaml", tmp_path / "bad.yaml"]
    for file, text in zip(files, ("a: 1", "a: [1"), strict=True):
        file.write_text(text)
    monkeypatch.setattr(sys, "argv", ["loadlab", "validate", *map(str, files)])

    with pytest.raises(SystemExit):
        main()

    said = capsys.readouterr().err
    assert said.startswith(f"loadlab: {files[1]}: no YAML: ")
    assert "line 1, column 4" in said
    assert "unicode string" not in said


def test_a_kubeconfig_that_is_not_there_is_named(loadlab: Run, tmp_path: Path) -> None:
    absent = tmp_path / "absent"

    code, _, err = loadlab("results", "select", config=absent)

    assert code == 1
    assert err.startswith(f"loadlab: no usable kubeconfig (there is no {absent}): ")


@pytest.mark.parametrize("command", [["version"], ["init"], ["--help"], ["completion", "bash"]])
def test_an_output_without_room_is_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", COMMAND, *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    told = "loadlab: cannot write standard output: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, told)
