"""How the trial's configuration reaches the scenario script: through the pods' environment."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from loadlab.plan.generator import CONFIGURATION, PART_BYTES, configuration_variables

VARIABLE_LIMIT = 131_072  # bytes of NAME=value with its end, MAX_ARG_STRLEN of Linux
TEXTS = st.text() | st.just("$(HOME) $$ ${request_id}")


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.none()))
@example({"body": "\N{SNOWMAN}" * 65_536})
@example({"body": "$" * PART_BYTES})
def test_the_parts_are_the_document_in_what_linux_and_kubernetes_pass_on_as_it_is(configuration):
    variables = configuration_variables(configuration)

    assert json.loads("".join(variables.values())) == configuration
    assert list(variables) == [f"{CONFIGURATION}{n}" for n in range(len(variables))]
    assert all(len(f"{name}={part}\0") <= VARIABLE_LIMIT for name, part in variables.items())
    assert all(part.isascii() and "$" not in part for part in variables.values())
