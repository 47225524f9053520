"""What managedFields tell of who wrote a Service's spec, whatever somebody put there."""

import pytest

from loadlab.kube.writers import written_by_others

KEY = 'k:{"port":8000,"protocol":"TCP"}'


def _wrote(fields):
    entry = {"manager": "mesh", "fieldsV1": {"f:spec": {"f:ports": fields}}}
    return written_by_others({"metadata": {"managedFields": [entry]}})


@pytest.mark.parametrize("field", ["f:appProtocol", "f:name", "f:nodePort"])
def test_what_does_not_say_where_a_port_leads_is_nobodys_edit(field):
    """A mesh's controller names protocols after a Service is there: each attempt would be void."""
    assert _wrote({KEY: {field: {}}}) == frozenset()


@pytest.mark.parametrize("fields", [{}, {".": {}}, {"f:targetPort": {}}, {"f:name": {}, ".": {}}])
def test_where_a_port_leads_is_told_by_its_number(fields):
    assert _wrote({KEY: fields}) == {"ports[8000]"}


def test_a_key_too_deep_to_read_ends_no_look_at_the_cluster():
    deep = "[" * 100_000 + "]" * 100_000
    assert _wrote({f'k:{{"port":{deep}}}': {}}) == {"ports[]"}
