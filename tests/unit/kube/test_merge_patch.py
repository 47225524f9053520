"""Merge patches: applying the patch to the former status gives the wanted one."""

from hypothesis import given
from hypothesis import strategies as st

from loadlab.kube.merge_patch import merge_patch

leaves = st.one_of(st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers()))
objects = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), leaves, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.one_of(leaves, inner), max_size=4),
    max_leaves=10,
)


def applied(target: object, patch: dict[str, object]) -> dict[str, object]:
    """RFC 7386, as the API server does it."""
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = applied(result.get(name), value)
        else:
            result[name] = value
    return result


@given(former=objects, wanted=objects)
def test_the_patch_leads_from_the_former_to_the_wanted(former, wanted):
    assert applied(former, merge_patch(former, wanted)) == wanted


@given(status=objects)
def test_equal_objects_need_no_patch(status):
    assert merge_patch(status, status) == {}
