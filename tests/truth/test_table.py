"""The table names what the parts measure."""

from pathlib import Path

from tests.truth.run import PARTS

FOLDER = Path(__file__).parent
LONG = sorted(f"tests/truth/{f.name}" for f in FOLDER.glob("test_*.py")
              if "mark.truth" in f.read_text() and f.name != Path(__file__).name)  # fmt: skip


def test_each_file_is_in_the_parts():
    named = [each for files in PARTS.values() for each in files]

    assert len(named) == len(set(named))
    assert sorted({each.partition("::")[0] for each in named}) == LONG
