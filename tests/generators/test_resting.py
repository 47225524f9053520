"""Between warm-up and measurement a tool that cuts its requests off lets the service end them."""

import pytest

from loadlab_services.generators.outcome import Latencies, Outcome
from loadlab_services.generators.run import _rest_of
from loadlab_services.generators.watched import Usage


def outcome(cut: int, *took_us: int) -> Outcome:
    counts = dict.fromkeys(took_us, 1)
    latencies = {"2xx": Latencies(from_send=counts, total=counts)} if took_us else {}
    return Outcome(*(0.0, 0.1, 1.0), statuses={200: len(took_us)}, latencies=latencies, cut=cut)


@pytest.mark.parametrize(
    ("found", "seconds"),
    [
        (outcome(16, 20_000, 800_000), 0.8),
        (outcome(16, 20_000, 9_000_000), 2.0),  # no longer than the warm-up
        (outcome(0, 800_000), 0.0),  # it waited for them itself
        (outcome(16), 2.0),  # nothing was answered in time
    ],
)
def test_it_rests_as_long_as_its_slowest_answer_took(found: Outcome, seconds: float) -> None:
    usage = Usage.__new__(Usage)

    assert _rest_of((found, usage), 2.0) == pytest.approx(seconds)
