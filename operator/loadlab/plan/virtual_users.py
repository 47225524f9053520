"""How many virtual users a trial has, and the memory that its generator needs for them."""

from math import ceil

from loadlab.base.names import Component
from loadlab.base.quantities import amount, milliseconds, seconds
from loadlab.catalogue import Cell, Factor
from loadlab.catalogue.requests import PADDING, Requests
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.limits import Amounts
from loadlab.model.spec.load import FEWEST_USERS, Load, users_of_rate
from loadlab.plan.context import Context
from loadlab.plan.rates import carried_by, pilot_users

BASE_MIB, MIB_PER_USER = 64, 0.45
# Copies that a user has of all its requests' bodies, and of the one that it sends.
BODIES_KEPT, BODY_SENT = 2, 6
MEMORY_HEADROOM = 1.6  # a limit, to what is needed: answers in flight, and garbage
READY_SECONDS = 0.25  # of arrivals that find a virtual user at once
BUSY_HEADROOM = 1.25  # on users that a rate keeps busy on average: arrivals and answers vary
COLLECTED_FROM = 0.9  # of the limit: from there on Go collects its garbage sooner (GOMEMLIMIT)


def generator_pods(load: Load, cell: Cell) -> int:
    """Return how many pods the load of a cell is split over."""
    return cell.number(Factor.PARALLELISM) or load.parallelism


def allocated_users(load: Load, cell: Cell) -> int:
    """Return the most virtual users of all k6 pods: those asked for, or those that a rate needs."""
    rate = cell.number(Factor.RATE)
    if rate is None:
        return cell.number(Factor.VIRTUAL_USERS) or 0
    if load.max_virtual_users:
        return load.max_virtual_users
    return users_of_rate(rate * 1000 / milliseconds(load.time_unit))


def busy_users(context: Context, cell: Cell) -> float:
    """Return how many users a cell's rate keeps busy, by its pilot trial; 0 where none tells it.

    A closed loop of N users that carries X iterations a second takes N / X for each, and so much
    is what the rate multiplies (Little 1961, "A Proof for the Queuing Formula: L = λW").
    """
    load, rate = context.spec.load, cell.number(Factor.RATE)
    carries = carried_by(context.chosen, cell)
    if rate is None or not carries:
        return 0.0
    iteration_seconds = pilot_users(context.spec) * (len(load.request.steps) or 1) / carries
    return rate / seconds(load.time_unit) * iteration_seconds


def ready_users(load: Load, cell: Cell, busy: float = 0.0) -> int:
    """Return the virtual users of all k6 pods that are there from the start.

    The others of a rate are for stalls. Their upkeep delays every request, so they are made when
    they are needed; those that it keeps busy anyhow are not for stalls.
    """
    most = allocated_users(load, cell)
    rate = cell.number(Factor.RATE)
    if rate is None or load.max_virtual_users:
        return most
    return ready_of_rate(rate * 1000 / milliseconds(load.time_unit), busy)


def ready_of_rate(per_second: float, busy: float = 0.0) -> int:
    """Return the virtual users that are there from the start where the spec gives no number."""
    arriving = per_second * READY_SECONDS
    wanted = ceil(max(arriving, BUSY_HEADROOM * busy))
    return min(users_of_rate(per_second), max(wanted, FEWEST_USERS))


def generator_amounts(
    spec: LoadExperimentSpec, load: Load, cell: Cell, user_mib: float, busy: float = 0.0
) -> Amounts:
    """Return what each k6 pod may use and asks for: memory follows from its users, of `user_mib`.

    The request is what those users need that are there from the start, so that the scheduler finds
    a node that has it, or says so.
    """
    given, usual = spec.resources.k6, spec.resources.of(Component.K6)
    pods = generator_pods(load, cell)
    most = memory_of(ceil(allocated_users(load, cell) / pods), user_mib)
    limit = usual.memory
    if given.memory is None:
        limit = max(usual.memory or "0", _mebibytes(most * MEMORY_HEADROOM), key=amount)
    needed = memory_of(ceil(ready_users(load, cell, busy) / pods), user_mib)
    request = given.memory_request or min(_mebibytes(needed), limit or "0", key=amount)
    return usual.model_copy(update={"memory": limit, "memory_request": request})


def mib_per_user(requests: Requests) -> float:
    """Return the MiB of a virtual user: each has the requests' bodies for itself."""
    bodies = [request.body or "" for request in requests.load]
    sizes = [len(it.encode()) + requests.padding_bytes * it.count(PADDING) for it in bodies]
    copies = BODIES_KEPT * sum(sizes) + BODY_SENT * max(sizes)
    return MIB_PER_USER + round(copies / 2**20, 2)


def memory_of(users: int, user_mib: float) -> float:
    """Return the MiB that a k6 pod needs for so many virtual users."""
    return BASE_MIB + users * user_mib


def garbage_bound(amounts: Amounts) -> dict[str, str]:
    """Return the variable that keeps a program in Go below its memory limit; k6 is one.

    Left alone it lets garbage grow to as much as what it uses (https://go.dev/doc/gc-guide).
    """
    limit = amounts.memory
    return {"GOMEMLIMIT": str(int(COLLECTED_FROM * float(amount(limit))))} if limit else {}


def _mebibytes(number: float) -> str:
    return f"{ceil(number)}Mi"
