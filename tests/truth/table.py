"""What the figures are held against on a real cluster."""

from pathlib import Path

from tests.measured_table import LongTest, MeasuredTable

TESTS: dict[int, LongTest] = {
    1: LongTest(
        "percentiles of a known distribution, even and Poisson arrivals, one and three pods",
        "p50, p90, p95, p99 within 1 % or 0.5 ms of the truth plus what doing nothing takes",
    ),
    2: LongTest("a stall of the service", "p95 and p99 within 5 % of the formula"),
    3: LongTest(
        "a burner of known CPU, 20 blocks",
        "its cost within 5 %; another one at +5 % is found, with the interval",
    ),
    4: LongTest(
        "select async against itself, 10 comparisons",
        "at most one different; CPU per request at most 3 % apart, or no more than k6's own",
    ),
    5: LongTest(
        "a neighbour at random moments, on the shared CPUs and on the service's own",
        "no trial beside it counts (20 of 20), quiet ones do (19 of 20); the cause in the status",
    ),
    6: LongTest(
        "the demo three times on a calm node",
        "the same ranking, no interval wider than 3 to 1, no figure off by more than its interval",
    ),
    7: LongTest(
        "the demo three times beside a build",
        "the same ranking, or that the node is not quiet, with the cause; never another ranking",
    ),
    8: LongTest(
        "put-off work of known cost, at a rate that the worker keeps and one that it does not",
        "its cost within 5 %",
    ),
    9: LongTest(
        "the search for a capacity beside the sweep of its range, 5 % steps of 3 replicates",
        "within 10 % of what the sweep finds, at 40 % of its trials or less",
    ),
    10: LongTest(
        "the queue of Poisson arrivals at an event loop that burns",
        "mean wait, beyond that of even arrivals, within 10 % of Pollaczek and Khinchine's",
    ),
    11: LongTest(
        "the regression gate: one image twice, and one that costs a tenth more",
        "exit code 0 for the one, 3 for the other, and JUnit names cell, ratio and interval",
    ),
    12: LongTest(
        "reference by each generator, 16 users: a delay of 50 ms more",
        "percentiles within 2 % (k6 1 %) or 0.5 ms of the other cell's and 50 ms; N / R requests/s",
    ),
    13: LongTest(
        "the same, with two of a hundred that take 200 ms, against those with two that take 100",
        "percentiles and requests/s as above; p90 and p95 so, or not told apart",
    ),
    14: LongTest(
        "the same, with a stall of 240 ms every 2 s",
        "the closed loops' p95 is that without it, or not told apart; the open model's is within "
        "5 % of the formula",
    ),
    15: LongTest(
        "the same, with 3 % of errors",
        "each counts them, and as many requests as the service, but for those at the edges",
    ),
    16: LongTest(
        "ten kinds of k6 script, as trials and by plain k6",
        "requests/s within 2 %, p50 5 % or 0.5 ms, p95 10 % or 1 ms, or not told apart",
    ),
    17: LongTest("a k6 script that asks for the network", "refused, with the address"),
    18: LongTest("a generator that is killed", "repeated; nothing of it in a figure"),
    19: LongTest("a generator that starves", "void, with the remedy"),
    20: LongTest("a generator that prints rubbish", "the experiment fails, without a figure"),
    21: LongTest("situations that mislead, made on the cluster", "what holds it back is named"),
    22: LongTest(
        "sleep sync: 40 threads, 100 ms; users 1 to 160, workers 1 to 4",
        "the knee at 40 users and 400/s within 5 %; of N threads that wait for Z and take D of the "
        "CPU between N / (Z + N D) and N / Z",
    ),
    23: LongTest(
        "5 % of requests without an answer within 20 s",
        "failed 5 %, p(99) > 20,000, p(99)<100 and the verdict Failed, p(90) stays known",
    ),
}
TABLE = MeasuredTable(TESTS, Path(__file__).resolve().parents[2] / "build" / "truth.json")
