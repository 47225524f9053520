"""The most frequent failures of a row, each with its share and what one such answer said."""

from loadlab.analysis.failures import failure_rows
from loadlab.measurement.failures import FailedRequests


def failed(text: str, requests: int, example: str = "") -> FailedRequests:
    return FailedRequests(status_class="5xx", text=text, requests=requests, example=example)


def test_the_five_most_frequent_are_told() -> None:
    found = failure_rows([failed(f"50{n}", 10 + n) for n in range(6)], 1000)

    assert [row.text for row in found or ()] == ["505", "504", "503", "502", "501"]


def test_what_an_answer_said_is_told_where_one_was_read() -> None:
    found = failure_rows([failed("500", 20, "no pool"), failed("502", 10)], 1000)

    assert [(row.share, row.example) for row in found or ()] == [(0.02, "no pool"), (0.01, None)]


def test_of_no_request_nothing_is_a_share() -> None:
    (row,) = failure_rows([failed("500", 20)], 0) or ()

    assert row.share == 0.0
