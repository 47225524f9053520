"""Every bound of the validity rules, in one place; docs/method.md says why each has its value."""

GENERATOR_CPU_SHARE = 0.60
"""k6 beyond this share of its CPUs delays its own requests."""
GENERATOR_SCHED_WAIT_MS, GENERATOR_SCHED_WAIT_SHARE = 1.0, 0.05
"""p99 of the time a ready goroutine of k6 waits for a CPU: in ms, and as a share of the p99 of the
answers, whichever is more; 0.1 to 1 ms in a healthy run."""
GENERATOR_WAITED_SHARE = 0.05
"""Share of its CPUs' time for which a generator that tells no single waits waited for one."""
GENERATOR_THROTTLED_SHARE = 0.01
"""Share of the window in which the generator's CPU limit stopped it."""
GENERATOR_STARVED_SHARE = 0.10
"""A generator that its limit stopped for longer measured little but that limit."""
GENERATOR_STARVED_WAIT = 0.50
"""Nor did one whose threads waited for a CPU for this share of the time of all that it may use."""
PAUSE_SHARE, PAUSE_SECONDS = 0.02, 0.25
"""Share and length from which a pause of k6 is in the figures: a closed loop loses that share."""
PAUSE_BROKEN_SHARE, PAUSE_BROKEN_SECONDS = 0.05, 1.0
"""Beyond both, throughput and the upper percentiles are those of the pause."""
GENERATOR_DELAY_SHARE = 0.10
"""k6 explains no overload by waiting for a CPU for less than this share of its users' waiting."""
WAITS_OF_REQUEST = 3
"""Times that a request waits for a CPU of k6: to be sent, to be read, and for its user to go on."""
THROTTLED_FOR_MS = 100.0
"""For as long its CPU limit stops a generator at most: a period of the kernel's."""
GENERATOR_OWN_SHARE = 0.5
"""Share of a latency that may be the own of a generator that was short of CPU, at least."""
LATE_SHARE, LATE_MS = 0.05, 1.0
"""A percentile from the send and the one from the intended start are the same within either."""
LATE_VOID_SHARE, LATE_VOID_MS = 0.5, 250.0
"""Beyond both, what a generator short of CPU calls a p99 is mostly its own lateness."""
SLOWED_BY_USERS = 1.15
"""Up to this ratio of the median answer to the fastest, more users made none slower."""
USERS_HEADROOM = 1.25
"""More users than are at work, a fifth of all: with fewer free ones k6 would make more."""
ALL_AT_WORK = 0.95
"""Of the most users that were at work in a second: from the first one with so many on, more of them
explain no more answers."""
ACHIEVED_RATE = 0.99
FEWEST_MOMENTS, CARRIED_IN_SHORT = 3, 0.95
"""Least share of the offered iterations that must have been made (open model)."""
LITTLE_STEADY = 0.02
"""Little's law, a steady closed load of at least LITTLE_STEADY_SECONDS."""
LITTLE_ROUGH = 0.05
"""Little's law, a short or ramping closed load."""
LITTLE_BROKEN = 0.20
"""Beyond this gap most of the virtual users' time left no sample."""
LITTLE_STEADY_SECONDS = 10.0
ITERATION_GAP = 0.01
"""Requests and iterations may differ by this share: each virtual user asks once in an iteration."""
COUNT_GAP = 0.05
"""Client and server counts may differ by this share plus what is in flight at the edges."""
COUNT_BROKEN = 0.50
"""Beyond this gap it was not the measured service that answered."""
COUNT_MIN_SECONDS = 3.0
"""Shorter windows cannot be compared through a per-second series."""
SAMPLES_ABOVE = 100
"""Samples needed above a percentile that is reported."""
FEWEST_SECONDS = 7
"""Fewer seconds do not tell growth from noise."""
GROWTH_CONFIDENCE = 0.99
"""Of the interval of the growth: it must lie above 0."""
GROWTH_SHARE, GROWTH_MS = 0.5, 1.0
"""Growth over the window that matters: as a share of the median second, and in ms."""
WARM_UP_ERRORS = 5.0
"""Standard errors by which a warm-up is slower than the rest."""
WARM_UP_LEFT_SHARE = 0.02
"""Of the requests measured: so many of the warm-up may still be served as measuring begins."""
FAILED_SHARE = 0.5
"""Beyond this share of failures the latency describes a minority of the requests."""
NEW_CONNECTIONS, EACH_ITS_OWN = 0.01, 0.95
"""Shares of the requests: from where on connections were closed, and none was to be kept."""
QUERY_SHARE = 0.7
"""Share of the expected transactions that Postgres must have counted; beside it its delay."""
STATISTICS_DELAY_SECONDS = 1.0
"""How late Postgres' backends report their counters (PGSTAT_MIN_INTERVAL)."""
LOOKUP_SHARE = 0.9
"""Share of the expected look-ups that Redis must have counted."""
WAITED_SHARE = 0.98
"""Share of the asked waiting time that the shortest answer must have taken."""
WAITED_EARLY_MS = 2.0
"""Beside it: an event loop counts time in whole milliseconds and wakes that much too early."""
WORKER_SPREAD = 4.0
"""Requests of the busiest worker over those of the idlest."""
STEAL_SHARE = 0.02
"""Share of its CPUs' time that the hypervisor may take away from a node."""
FOREIGN_CPUS = 0.3
"""CPUs that others than the experiment may use where a trial runs, unless the spec says more."""
FOREIGN_SHARE = 0.1
"""The same as a share of the CPUs; of many CPUs a few leave enough for the experiment."""
FOREIGN_ABOVE_IDLE = 0.15
"""CPUs that others may use beyond what they used before the load, where that is more."""
SPOILED_SHARE = 0.2
"""Share of the measured runs that others may have spoiled on a node that is called quiet."""
CPU_FULL = 0.80
"""Beyond this share of its CPU a component keeps its users waiting for four times its own work
and more (M/M/1), and a closed loop of a few dozen users cannot fill the last tenth or two."""
CPU_BUSY = 0.70
"""From here on waiting is no surprise (Gregg): what seems to wait for a pool may wait for this."""
CPU_FULL_AT_TIMES = 0.30
"""Share of the time in which a process only computes, from which on it is full at times."""
LARGEST_STAGE = 0.5
"""Share of the response time from which on a stage is named where nothing was full."""
THROWN_SHARE = 0.01
"""Share of a script's iterations that may end with an exception, without the rest of them."""
HALF_FULL = 0.5
"""Beyond this share the fullest is what a service that missed something was held back by, if any:
at half of its use a queue waits for as long as it works (M/M/1)."""
SERVICE_THROTTLED_SHARE = 0.05
"""Share of the time in which its limit stopped the service, from which on the limit is named."""
LARGEST_USER = 0.5
"""Share of the busy time of common CPUs from which on one component is to blame."""
USERS_AT_MOST = 1.2
"""Those who use CPUs use no more than these were busy; beside it what two clocks may differ."""
LOOP_LAG_MS = 10.0
"""Median delay of an event loop that is held up more often than not."""
POOL_WAITERS = 1.0
"""Mean number of requests, in each process, that wait for a connection of its pool."""
SESSIONS_SHARE = 0.5
"""Share of the connections in use from which on they are held for that one thing."""
SESSIONS = 0.5
"""Mean number of sessions that wait: fewer hold nobody up."""
MATERIAL_STAGE = 0.1
"""Share of a request's time from which on it may be held up there, or be said to be."""
ANSWER_SHARE, ANSWER_MS = 0.5, 1.0
"""A database that takes longer for its simplest queries, as a share of the time that requests have
a connection and in ms for each, is what they wait for."""
THREADS_EXHAUSTED = 0.80
"""Share of the time without a free thread."""
MAJOR_FAULTS = 10.0
"""Pages a second that a service waited for, as its memory did not hold them."""
MEMORY_FULL = 0.9
"""Share of its memory limit from which on a service may have been short of memory."""
BACKLOG_SHARE = 0.10
"""Share of the accepted writes by which a queue worker may fall behind while measuring."""
BACKLOG_ERRORS = 3.0
"""Standard errors of a count: of few writes more than a share may lack by chance."""
WAIT_EXPLAINS = 1.15
"""An answer that took no longer than this times its own waiting was not held up."""
ANSWERED_SECONDS = 2.0
"""At each end of a load: a service that answered there was cut off from nobody but the steward."""
SILENT_SECONDS = 3.0
"""A node whose kernel answers nobody for so long was cut off: the kernel is asked once a second."""
START_SKEW_MS = 50.0
"""Pods must send their first requests this close together."""
REPORTED_PERCENTILES = (90.0, 95.0, 99.0)
