"""How YAML is read that people write: no key stands twice."""

from collections.abc import Hashable
from typing import Any

import yaml
from yaml.constructor import ConstructorError

_MERGE = "tag:yaml.org,2002:merge"


class OneOfEachKey(yaml.SafeLoader):
    """A SafeLoader that refuses a mapping with a key twice, as YAML does.

    PyYAML keeps the last one in silence, and something else than written would be measured.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Construct a mapping.

        Raises:
            ConstructorError: a key stands in it twice; it names the key and its line.
        """
        seen = set[tuple[str, object]]()
        for key, _ in node.value:
            known = key.tag, str(key.value)
            if known in seen and key.tag != _MERGE:
                raise ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(known)
        return super().construct_mapping(node, deep)
