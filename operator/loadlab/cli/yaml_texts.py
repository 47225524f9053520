"""How YAML is read that people write: no key stands twice."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError

_MERGE = "tag:yaml.org,2002:merge"
_DEFAULT = "tag:yaml.org,2002:value"  # of a key `=`, which nothing constructs by itself


class OneOfEachKey(yaml.SafeLoader):
    """A SafeLoader that refuses a mapping with a key twice, as YAML does.

    PyYAML keeps the last one in silence, and something else than written would be measured. Looked
    at is each mapping as it is written: constructing one merges others into it, and an anchored one
    that is merged elsewhere has those keys in it before it is constructed.
    """

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        """Compose a mapping; an alias of it is composed no second time.

        Raises:
            ConstructorError: a key stands in it twice; it names the key and its line.
        """
        node = super().compose_mapping_node(anchor)
        seen = set[object]()
        for key, _ in node.value:
            # What is no scalar is no key at all: constructing refuses it.
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            known = key.value if key.tag == _DEFAULT else self.construct_object(key)
            if known in seen:
                raise ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(known)
        return node
