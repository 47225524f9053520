"""The mutations still find what they change: `make mutations` tries them, and takes a minute."""

from pathlib import Path

import pytest

from tests.contract.mutations import MUTATIONS, Mutation, files_below


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.title)
def test_a_mutation_finds_one_place_to_change(repository: Path, mutation: Mutation) -> None:
    texts = [file.read_text() for file in files_below(repository / mutation.folder)]

    assert sum(text.count(mutation.old) for text in texts) == 1
