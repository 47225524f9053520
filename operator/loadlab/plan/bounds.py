"""Where the choice of rates draws its lines. Why each has its value: docs/method.md#rates."""

# Of what the slowest cell of a tier carries.
OFFERED_SHARE = 0.5
# Failures of a pilot trial, as a share, beyond which it does not tell how long an answer takes.
PILOT_FAILED = 0.5
# In one tier the fastest cell carries at most so many times what the slowest does.
WIDEST_TIER = 4.0
# Of a measured window.
FEWEST_REQUESTS = 1_000
# To which a window is lengthened for them, seconds.
LONGEST_WINDOW = 300
# Load of a pilot trial, seconds.
PILOT_SECONDS = 5
PILOT_WARMUP_SECONDS = 1
# Load of a traced trial before its second of tracing, and on both sides of that, seconds.
TRACE_WARMUP_SECONDS = 2
TRACE_MARGIN_SECONDS = 1
# Requests a second of a calibration where no rate is offered.
CALIBRATION_RATE = 500
CALIBRATION_WARMUP_SECONDS = 1
# Of the closed loop that follows it.
CEILING_SECONDS = 2
CEILING_USERS = 32
# More cells are not tried before the first block, nor fit the status.
MOST_PILOTS = 50
# Of a search in one cell: trials at most.
MOST_STEPS = 24
# Of each of the two rates that a search tells.
TIMES_TRIED = 2
# Trials that a search takes at least: two rates, each tried twice.
FEWEST_STEPS = 4
# Trials of one rate that were void or lost, each of them with its attempts.
MOST_VOID = 2
# Of the distance of the bounds, on logarithms, for a rate in fewer digits.
NEAR_THE_MIDDLE = 0.15
# Iterations a second that no pod of the generator exceeds, nor a virtual user: so many numbers each
# trial has of its own, which ${request_id} puts in.
MOST_REQUESTS_OF_POD = 50_000
MOST_REQUESTS_OF_USER = 20_000
# Of the time that is left, which blocks that precision asks for may fill as far as is foreseen.
TIME_FOR_BLOCKS = 0.8
