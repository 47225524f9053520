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


BASE = "base: &base {cpu: 500m, memory: 256Mi}\n"
MERGED = {
    "an anchored mapping that merges another is merged before it is constructed": (
        'deep: [{resources: &mine {<<: *base, cpu: "1"}}]\nshallow: {service: {<<: *mine}}'
    ),
    "merged twice": 'deep: [[&mine {<<: *base, cpu: "1"}]]\na: {<<: *mine}\nb: {<<: *mine}',
    "a list of merges that have one key": (
        'deep: [[&mine {<<: *base, cpu: "1"}]]\na: {<<: [*base, *mine], memory: 1Gi}'
    ),
    "two merges": "a: {<<: *base, <<: {cpu: 2}}",
    "three deep": "deep: [[[&a {<<: *base, cpu: 1}], &b {<<: *a, cpu: 2}]]\nc: {<<: *b, cpu: 3}",
    "an anchor used as it is": "a: *base\nb: *base",
    "a key that is an alias": "a: &a cpu\nb: {*a : 1, memory: 2}",
    "the default key": "a: {=: 1, b: 2}",
}


@pytest.mark.parametrize("text", MERGED.values(), ids=MERGED.keys())
def test_what_a_merge_brings_in_stands_there_once(text):
    """Constructing the shallower mapping first wrote cpu of both into the anchored one."""
    assert yaml.load(BASE + text, OneOfEachKey) == yaml.safe_load(BASE + text)


TWICE_IN = {
    "an anchored mapping": ("a: &a {b: 1, b: 2}\nc: {<<: *a}", 1),
    "one that is merged as it stands": ("a:\n  <<: {b: 1, b: 2}\n  c: 3", 2),
    "a list of merges": ("a:\n  <<:\n  - {c: 3}\n  - {b: 1, b: 2}", 4),
    "one beside a merge of it": ("a: &a {b: 1}\nc: {<<: *a, b: 2, b: 3}", 2),
    "a key by its alias": ("a: &a b\nc: {b: 1, *a : 2}", 1),
    "two spellings of it": ("a:\n  true: 1\n  yes: 2", 3),
    "the second document": ("b: 1\n---\nb: 1\nb: 2", 4),
    "a set": ("a: !!set\n  ? b\n  ? b", 3),
}


@pytest.mark.parametrize(("text", "line"), TWICE_IN.values(), ids=TWICE_IN.keys())
def test_a_key_that_is_written_twice_is_refused_wherever_it_stands(text, line):
    with pytest.raises(CliError, match=rf"(b|yes) stands twice in line {line}, "):
        list(read_documents(text, "it.yaml"))


@pytest.mark.parametrize("key", ["[a, b]", "{a: 1}", "&a [*a]", "&a {b: *a}"])
def test_a_key_that_is_none_is_refused_as_such(key):
    with pytest.raises(CliError, match="found unhashable key"):
        list(read_documents(f"? {key}\n: 1\n? [a, b]\n: 2", "it.yaml"))
