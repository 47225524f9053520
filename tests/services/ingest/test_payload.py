"""What POST /write takes, and what it refuses with a message instead of an error."""

import contextlib
import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab_services.workloads.ingest.payload import (
    MAX_BYTES,
    MAX_DEPTH,
    PayloadRefusedError,
    read_message,
    read_payload,
)

both_readers = pytest.mark.parametrize("read", [read_payload, read_message])
Read = Callable[[bytes], bytes]

READING = {
    "device_id": "sensor-17",
    "temperature": -3.5,
    "humidity": 44,
    "battery": 88.1,
    "recorded_at": "2026-01-01T00:00:00Z",
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def refusal(read: Read, body: bytes) -> PayloadRefusedError:
    with pytest.raises(PayloadRefusedError) as caught:
        read(body)
    return caught.value


@both_readers
@given(value=st.dictionaries(TEXT | st.sampled_from(list(READING)), VALUES, max_size=8))
def test_any_object_is_stored_as_it_was_sent(read: Read, value: dict[str, object]) -> None:
    assert json.loads(read(json.dumps(value).encode())) == value


@both_readers
@given(body=st.binary(max_size=200) | (TEXT | VALUES.map(json.dumps)).map(str.encode))
def test_any_bytes_are_stored_or_refused(read: Read, body: bytes) -> None:
    with contextlib.suppress(PayloadRefusedError):
        assert isinstance(json.loads(read(body)), dict)


@both_readers
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'"text"', id="string"),
        pytest.param(b"7", id="number"),
        pytest.param(b'{"a":', id="cut short"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="infinity"),
        pytest.param(b'{"a": 1e999}', id="beyond a double"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="5000 digits"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"a": "x\\u0000y"}', id="NUL in a value"),
        pytest.param(b'{"x\\u0000": [1]}', id="NUL in a key"),
        pytest.param(b'{"a":' * 150 + b"1" + b"}" * 150, id="150 deep"),
        pytest.param(b'{"a":' * 9000 + b"1" + b"}" * 9000, id="9000 deep"),
    ],
)
def test_what_jsonb_cannot_hold_is_refused_with_422(read: Read, body: bytes) -> None:
    error = refusal(read, body)
    assert (error.status, bool(str(error))) == (422, True)


@both_readers
def test_a_body_over_the_limit_is_refused_with_413(read: Read) -> None:
    fits = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'
    assert len(read(fits)) == MAX_BYTES
    assert refusal(read, fits + b" ").status == 413


@both_readers
def test_text_that_only_looks_like_nul_or_infinity_is_stored(read: Read) -> None:
    value = {"path": "C:\\u0000", "word": "Infinity", "list": [[[]]] * MAX_DEPTH}
    assert json.loads(read(json.dumps(value).encode())) == value


@both_readers
def test_a_repeated_key_keeps_its_last_value_as_jsonb_does(read: Read) -> None:
    assert read(b'{"a": 1, "a": 2}') == b'{"a":2}'


@both_readers
def test_numbers_too_small_for_a_double_become_zero(read: Read) -> None:
    assert json.loads(read(b'{"a": 1e-9999}')) == {"a": 0.0}
    assert math.isfinite(json.loads(read(b'{"a": 1.7e308}'))["a"])
