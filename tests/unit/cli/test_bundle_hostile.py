"""A bundle may come from anybody: what is wrong with it is one line, and nothing is unpacked."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadlab.cli.bundle import archive, manifest
from loadlab.cli.bundle.contents import bundle
from loadlab.cli.bundle.source import BundleSource
from loadlab.cli.errors import CliError
from tests.unit.cli.api_server import Run
from tests.unit.report.examples import full

NOWHERE = Path("/nonexistent/kubeconfig")
Member = tuple[tarfile.TarInfo, bytes]


def whole() -> bytes:
    experiment, trials = full()
    return bundle(experiment, trials[:2]).packed


def members_of(packed: bytes) -> list[Member]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as found:
        return [(member, found.extractfile(member).read()) for member in found]  # type: ignore[union-attr]


def repack(members: list[Member], form: int = tarfile.USTAR_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=form) as written:
        for member, content in members:
            written.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def with_manifest(members: list[Member], change: Callable[[dict[str, Any]], object]) -> bytes:
    """The same with another manifest, which names the files as they are."""
    (first, text), *others = members
    said = json.loads(text)
    said["files"] = {
        m.name.partition("/")[2]: manifest.Packed.of(c).dump() for m, c in others if m.isreg()
    }
    change(said)
    content = json.dumps(said).encode()
    first.size = len(content)
    return repack([(first, content), *others])


def extra(name: str, content: bytes = b"{}", **fields: Any) -> Member:
    found = tarfile.TarInfo(name)
    found.size = len(content)
    for field, value in fields.items():
        setattr(found, field, value)
    return found, content


def refused(packed: bytes, tmp_path: Path) -> str:
    file = tmp_path / "b.tar.gz"
    file.write_bytes(packed)
    with pytest.raises(CliError) as error:
        BundleSource.open(file)
    assert {found.name for found in tmp_path.iterdir()} == {"b.tar.gz"}
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    ["../../evil", "wells/../../evil", "/etc/passwd", "wells/..", "wells/a/b/c/d", "wells/a\x1bb"],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    packed = with_manifest([*members_of(whole()), extra(name)], lambda _: None)

    assert "a file whose name no file of a bundle has" in refused(packed, tmp_path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_what_is_no_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    link = extra("wells/link", b"", type=kind, linkname="/etc/passwd")

    assert "something else than files" in refused(repack([*members_of(whole()), link]), tmp_path)


def test_headers_of_any_length_are_not_read(tmp_path: Path) -> None:
    long = extra("wells/x.json", pax_headers={"comment": "x" * 100_000})

    packed = repack([*members_of(whole()), long], tarfile.PAX_FORMAT)

    assert "something else than files" in refused(packed, tmp_path)


def test_one_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 2**20)
    bomb = extra("wells/bomb.json", bytes(2**20))

    assert "unpacks to more than 1 MiB" in refused(repack([*members_of(whole()), bomb]), tmp_path)


def test_a_size_that_is_only_claimed_takes_no_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("wells/a.json")
    header.size = 2**40

    packed = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(512))

    assert "unpacks to more than 128 MiB" in refused(packed, tmp_path)


def test_a_negative_size_is_refused(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("wells/a.json").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12  # -1, base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])

    assert "something else than files" in refused(gzip.compress(bytes(header)), tmp_path)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 5)

    assert "more than 5 files" in refused(whole(), tmp_path)


def test_a_large_object_is_not_parsed(tmp_path: Path) -> None:
    large = extra("wells/trials/a.json", b" " * (5 * 2**20))

    packed = with_manifest([*members_of(whole()), large], lambda _: None)

    assert "trials/a.json is larger than 4 MiB" in refused(packed, tmp_path)


def test_another_format_is_named_with_who_wrote_it(tmp_path: Path) -> None:
    packed = with_manifest(
        members_of(whole()), lambda said: said.update(format=2, loadlab="0.9\x1b[2J", files="?")
    )

    assert (
        "it is of format 2, written by loadlab 0.9[2J, and this command reads format 1: use that "
        "release of it, or a later one"
    ) in refused(packed, tmp_path)


@pytest.mark.parametrize("said", [None, "1", True, [], 1.5, {}])
def test_a_format_that_is_no_number_is_no_format(said: object, tmp_path: Path) -> None:
    packed = with_manifest(members_of(whole()), lambda found: found.update(format=said))

    assert "it is of format" in refused(packed, tmp_path)


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    members = members_of(whole())
    place = next(n for n, (m, _) in enumerate(members) if m.name.endswith("cells.csv"))
    members[place] = extra(members[place][0].name, b"variant\n")

    assert "it is damaged: cells.csv is not as it was written" in refused(repack(members), tmp_path)


def test_a_missing_and_a_strange_file_are_named(tmp_path: Path) -> None:
    members = members_of(whole())

    assert "is missing" in refused(repack(members[:-1]), tmp_path)
    assert "x.json is not in its manifest" in refused(
        repack([*members, extra("wells/x.json")]), tmp_path
    )


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    members = members_of(whole())

    assert "twice" in refused(repack([*members, members[3]]), tmp_path)


@pytest.mark.parametrize(
    "text", [b"[" * 200_000, b"[]", b"nothing", b'{"a": NaN}', b"\xff\xfe", b"1" * 9_999]
)
def test_a_manifest_that_is_no_json_object_is_told(text: bytes, tmp_path: Path) -> None:
    (_, _), *others = members_of(whole())

    packed = repack([extra("wells/manifest.json", text), *others])

    assert "its manifest.json is no JSON" in refused(packed, tmp_path)


@pytest.mark.parametrize(
    "packed",
    [b"", b"no archive", gzip.compress(b""), whole()[:-900], b"\x1f\x8b"],
    ids=["empty", "words", "gzip of nothing", "cut off", "two bytes"],  # none with the time in it
)
def test_what_is_no_bundle_is_told(packed: bytes, tmp_path: Path) -> None:
    assert "is no bundle that can be read" in refused(packed, tmp_path)


def test_a_file_that_is_not_there_is_told(loadlab: Run, tmp_path: Path) -> None:
    code, _, err = loadlab("results", "--from", str(tmp_path / "none.tar.gz"), config=NOWHERE)

    assert code == 2
    assert "none.tar.gz: No such file or directory" in err


# A wrong value anywhere in experiment or trial: a text of another kind, a huge number, nothing.
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, "", "x" * 300, "\ud800\x1b[2J", "\u202e=1+1"),
        *(-1, 2**70, 1e308, True, [], [None], {}, {"a": []}),
    ]
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        each
        for key, inner in items
        for each in (
            (*path, key),
            *(paths_of(inner, (*path, key)) if isinstance(inner, dict | list) else ()),
        )
    ]


EXPERIMENT, TRIALS = full()
DOCUMENTS = [EXPERIMENT, TRIALS[0]]
PATHS = [(n, path) for n, each in enumerate(DOCUMENTS) for path in paths_of(each)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.sampled_from(PATHS), ODD), min_size=1, max_size=3))
@pytest.mark.parametrize(
    "command", [["results"], ["report", "-o", "-"], ["export", "--table=trials"]]
)
def test_odd_values_are_shown_or_named_and_never_a_crash(
    loadlab: Run, tmp_path: Path, command: list[str], changes: list[Any]
) -> None:
    documents = json.loads(json.dumps(DOCUMENTS))
    for (which, path), value in changes:
        found = documents[which]
        for step in path[:-1]:
            found = found[step] if isinstance(found, dict | list) and in_it(found, step) else None
        if isinstance(found, dict | list) and in_it(found, path[-1]):
            found[path[-1]] = value
    file = tmp_path / "odd.tar.gz"
    file.write_bytes(odd_bundle(*documents))

    code, out, err = loadlab(*command, "--from", str(file), config=NOWHERE)

    assert code in {0, 1, 2, 3, 4}
    assert out or "loadlab: " in err
    assert not any(sign in out + err for sign in ("\x1b", "\ud800", "\u202e"))


def in_it(found: Any, step: Any) -> bool:
    return step in found if isinstance(found, dict) else isinstance(step, int) and step < len(found)


def odd_bundle(experiment: Any, trial: Any) -> bytes:
    """A bundle as one would forge it: its own checksums are right."""
    files = {
        "experiment.json": manifest.write_json(experiment),
        "trials/a.json": manifest.write_json(trial),
    }
    packed = {name: manifest.Packed.of(text) for name, text in files.items()}
    said = manifest.write_json(manifest.Manifest(format=1, files=packed).dump())
    return archive.pack({"manifest.json": said, **files}, folder="wells", epoch_seconds=0)
