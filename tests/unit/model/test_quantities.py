"""Durations as the API spells them."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.base.quantities import (
    DURATION_PATTERN,
    amount,
    milliseconds,
    seconds,
    whole_number,
)
from loadlab.model.spec.limits import Amounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", 0),
        ("1ms", 0.001),
        ("500ms", 0.5),
        ("30s", 30),
        ("1.5s", 1.5),
        ("5m", 300),
        ("1m30s", 90),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h2m3s4ms", 3723.004),
    ],
)
def test_durations_are_read(text, expected):
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "-5s", "s", "5 s", "5s ", "1d", "1s1m", "1.5m"])
def test_what_is_no_duration_is_refused_with_the_remedy(text):
    with pytest.raises(ValueError, match="write it like"):
        seconds(text)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 999), st.data())
def test_every_spelling_of_the_schema_is_understood(hours, minutes, secs, millis, data):
    parts = [f"{hours}h", f"{minutes}m", f"{secs}s", f"{millis}ms"]
    kept = data.draw(st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
    text = "".join(part for part, keep in zip(parts, kept, strict=True) if keep)
    numbers = (hours * 3600, minutes * 60, secs, millis / 1000)

    assert re.match(DURATION_PATTERN, text)
    assert seconds(text) == pytest.approx(
        sum(number for number, keep in zip(numbers, kept, strict=True) if keep)
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"),
        (".5", "0.5"),
        ("500m", "0.5"),
        ("100u", "0.0001"),
        ("1n", "0.000000001"),
        ("3k", "3000"),
        ("1Gi", "1073741824"),
        ("2Ei", "2305843009213693952"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("5E-1", "0.5"),
    ],
)
def test_an_amount_is_read_in_every_spelling_of_the_api_server(text, number):
    assert amount(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "²", "1e", "1e1000", "1e3Mi"])
def test_what_is_no_amount_is_refused_with_the_remedy(text):
    with pytest.raises(ValueError, match="write it like"):
        amount(text)


def test_milliseconds_are_whole():
    assert milliseconds("1.0005s") == 1000
    assert milliseconds("250ms") == 250


@given(st.integers(0, 10**18 - 1))
def test_a_whole_number_is_read(number):
    assert whole_number(str(number)) == number


@given(st.text())
def test_any_other_text_is_none(text):
    assert whole_number(text) is None or text.encode().isdigit()


@pytest.mark.parametrize("text", ["²", "٣", "1_0", "+1", " 1", "1\n", "", "9" * 19])
def test_what_only_some_programs_read_is_no_whole_number(text):
    assert whole_number(text) is None


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("cpu", "10m", True), ("cpu", "1024", True), ("cpu", "1024001m", False),
        ("cpu", "9m", False), ("cpu", "9" * 20, False), ("memory", "32Mi", True),
        ("memory", "64Ti", True), ("memory", "65Ti", False), ("memory", "9" * 20, False),
        ("memory", "1", False),
    ],
)  # fmt: skip
def test_an_amount_that_no_node_has_is_refused_in_words(field, text, fits):
    if fits:
        assert Amounts.model_validate({field: text})
    else:
        with pytest.raises(ValueError, match="must be between"):
            Amounts.model_validate({field: text})
