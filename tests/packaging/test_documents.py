"""What the documents point at exists: links, anchors, files, make targets."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# A path from the repository's root, as a file or as a folder with its slash.
ROOTS = "operator|services|cluster|loadgen|tests|charts|crds|manifests|docs|requirements"
ROOTED = re.compile(rf"`(?P<path>(?:{ROOTS})/[\w./-]*)`")
FILE = re.compile(r"`(?P<path>[\w./-]+\.(?:py|js|go|yaml|sql|tpl))`")
MAKE = re.compile(r"(?:^    |`|\$ )(?:CLUSTER=\w+ )?make ([a-z0-9-]+)", re.MULTILINE)
CITED = re.compile(r"docs/(?P<target>[\w/-]+\.md(?:#[\w-]+)?)")
TEST = re.compile(r"`(?P<file>[\w./-]+\.py)::(?P<name>test_\w+)`")
PLACEHOLDER = re.compile(r"\bNAME\b")
CODE = {".py", ".js", ".go", ".yaml", ".toml", ".sql", ".tpl", ".sh"}
# What the documents say of the tree that is being built; none of it is left when it stands.
TO_COME: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def documents(repository: Path) -> dict[Path, str]:
    """All but the changelog, which tells of what was, and the generated reference."""
    roots = [repository / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    files = [*roots, *sorted((repository / "docs").rglob("*.md"))]
    files = [file for file in files if file.parent.name != "reference"]
    return {file: FENCE.sub("", file.read_text()) for file in files}


def anchors_of(text: str) -> set[str]:
    """The anchors of a document's headings, as a forge makes them."""
    plain = (re.sub(r"[^\w\- ]", "", heading["text"]) for heading in HEADING.finditer(text))
    return {text.strip().lower().replace(" ", "-") for text in plain}


def faults_of(link: str, file: Path) -> Iterator[str]:
    """Say what is wrong with a link in a document, where something is."""
    target, _, anchor = link.partition("#")
    there = (file.parent / target) if target else file
    if not there.exists():
        yield f"{file.name}: {link}: no such file"
    elif anchor and anchor not in anchors_of(FENCE.sub("", there.read_text())):
        yield f"{file.name}: {link}: no such heading"


def test_links_lead_somewhere(documents):
    links = [(file, m["target"]) for file, text in documents.items() for m in LINK.finditer(text)]
    own = [(file, link) for file, link in links if "://" not in link]

    assert len(own) > 30
    assert [fault for file, link in own for fault in faults_of(link, file)] == []


def test_named_tests_exist(repository, documents):
    named = {(m["file"], m["name"]) for t in documents.values() for m in TEST.finditer(t)}

    assert len(named) > 50
    missing = [f"{file}::{name}" for file, name in named if not has_test(repository, file, name)]
    assert missing == []


def has_test(repository: Path, file: str, name: str) -> bool:
    path = repository / "tests" / file
    return path.exists() and f"def {name}(" in path.read_text()


def test_named_files_and_folders_exist(repository, documents):
    named = {m["path"] for text in documents.values() for m in ROOTED.finditer(text)}
    real = {path for path in named if not PLACEHOLDER.search(path)}

    missing = {path for path in real if not (repository / path).exists()}

    assert len(real) > 40
    assert sorted(missing) == []


def test_files_named_in_short_exist(repository, documents, tracked):
    known = [f"/{file.relative_to(repository)}" for file in tracked]
    named = {m["path"] for text in documents.values() for m in FILE.finditer(text)}

    missing = {
        path
        for path in named
        if not PLACEHOLDER.search(path)
        and not path.startswith("../shop/")  # what a reader writes beside the repository
        and not any(file.endswith(f"/{path}") for file in known)
    }

    assert sorted(missing) == []


def test_named_make_targets_exist(repository, documents):
    makefile = (repository / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    named = {target for text in documents.values() for target in MAKE.findall(text)}

    assert {"check", "test", "manifests"} <= named
    assert sorted(named - targets) == []


def test_code_cites_documents_of_this_repository_only(repository, tracked):
    """A page that a reader of the code cannot open explains nothing."""
    docs = repository / "docs"
    texts = {f: f.read_text() for f in tracked if f.suffix in CODE and f != Path(__file__)}
    cited = {m["target"] for text in texts.values() for m in CITED.finditer(text)}
    strangers = [
        f"{file.name}: {name}"
        for file, text in texts.items()
        for name in re.findall(r"\b[A-Z][A-Z0-9_]+\.md\b", text)
        if not (repository / name).exists() and not (file.parent / name).exists()
    ]

    assert cited
    assert [fault for link in sorted(cited) for fault in faults_of(link, docs / "code")] == []
    assert strangers == []
