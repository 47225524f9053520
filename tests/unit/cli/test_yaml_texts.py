"""A key that stands twice is refused with its line; anchors, merges and lists are read as ever."""

import pytest
import yaml

from loadlab.cli.errors import CliError
from loadlab.cli.preview import read_documents
from loadlab.cli.yaml_texts import OneOfEachKey

TWICE = """kind: LoadExperiment
spec:
  load: {duration: 5s}
  load: {duration: 50s}
"""


def test_a_key_that_stands_twice_is_named_with_its_line():
    with pytest.raises(CliError, match=r"^it.yaml: no YAML: load stands twice in line 4, column 3"):
        list(read_documents(TWICE, "it.yaml"))


def test_what_is_written_once_is_read_as_ever():
    text = "a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\ne: [{b: 1}, {b: 1}]\n1: x\n'1': y"

    assert yaml.load(text, OneOfEachKey) == yaml.safe_load(text)
