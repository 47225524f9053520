"""What the steward does when it is asked: the gates of the runs and the work behind them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from loadlab_services.steward.account import account_for
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.drains import build_drains
from loadlab_services.steward.farewell import leave_no_trace
from loadlab_services.steward.gate import Gate
from loadlab_services.steward.models import Arrival, Finish
from loadlab_services.steward.ownership import check_owner
from loadlab_services.steward.prepare import build_preparation
from loadlab_services.steward.quiet import IdleCpus, Quietness, await_quiet, read_cpus
from loadlab_services.steward.reach import Reach
from loadlab_services.steward.refusals import StoreRefusals
from loadlab_services.steward.run_records import (
    Account,
    MemoryRunRecords,
    PostgresRunRecords,
    Preparation,
    RunRecords,
)
from loadlab_services.steward.sessions import SessionWatch
from loadlab_services.steward.snapshot import ask_instruments, is_app_metrics, take_snapshot
from loadlab_services.steward.stores import Stores, stores_answer
from loadlab_services.steward.traced import TRACED_RUN, ask_trace, with_trace
from loadlab_services.workload import Workload

# All pods sleep this long after their answer: it hides that answers do not arrive simultaneously.
START_IN_MS = 100
REMEMBERED_GATES = 64
PODS_PAUSE = 0.25  # s, between two looks whether all pods of a service are there


class Steward:
    """Holds a gate per run and occasion; what must survive a restart is in the run records."""

    def __init__(
        self,
        workload: Workload,
        stores: Stores,
        *,
        quiet_seconds: float = 0,
        foreign_cpus: float | None = None,
    ) -> None:
        self._stores = stores
        self._workload = workload
        self._quiet_seconds, self._foreign_cpus = quiet_seconds, foreign_cpus
        self._idle = IdleCpus()
        self._app_metrics = AppMetrics()
        self._quietness: OrderedDict[str, Quietness] = OrderedDict()
        self._services: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._records = self._build_records()
        self._runs: dict[str, None] = {}  # whose names there may be something of in the stores
        self._refusals = StoreRefusals(stores, queues_in_redis=workload.uses_stream)
        self._reach = Reach()
        self._sessions = SessionWatch(stores.postgres) if stores.postgres is not None else None
        self._gates: OrderedDict[tuple[str, str], Gate[Account]] = OrderedDict()

    async def check_stores(self) -> None:
        """Ask all stores for a sign of life."""
        with stores_answer():
            await self._stores.check()

    async def arrive(self, run: str, arrival: Arrival) -> Account:
        """Prepare with the first pod, answer all pods when the last is there."""
        timeout = arrival.timeout_ms / 1000
        gate = self._gate("arrive", run, arrival.pods, partial(self._send_off, run, timeout))
        return await gate.enter(arrival.pod, pods=arrival.pods, timeout=timeout)

    async def finish(self, run: str, finish: Finish) -> Account:
        """Account for the run when the last pod is done, and answer all pods."""
        drain = finish.drain_ms / 1000
        gate = self._gate("finish", run, finish.pods, partial(self._account_once, run, drain))
        together = finish.together_ms / 1000
        return await gate.enter(finish.pod, pods=finish.pods, timeout=drain + together)

    async def snapshot(self, run: str, targets: dict[str, str], pods: int = 1) -> dict[str, Any]:
        """Gather the figures of all components, and what the database's sessions were at."""
        self._note_service(run, targets.get("service"), pods)
        sessions = self._sessions.counts() if self._sessions is not None else {}
        taken: dict[str, Any]
        taken, trace, _ = await asyncio.gather(
            take_snapshot(
                self._stores,
                run=run,
                targets=targets,
                sessions=sessions,
                app_metrics=self._app_metrics,
                pods=pods,
            ),
            self._trace(run),
            self._refusals.look(run),
        )
        taken = taken if trace is None else with_trace(taken, trace)
        own = {name: url for name, url in targets.items() if not is_app_metrics(url)}
        await self._reach.begin(run, own)
        silences, quietness = self._reach.told(run), self._quietness.get(run)
        taken |= {"quietness": quietness.as_json()} if quietness else {}
        return taken | ({"silences": silences} if silences else {})

    async def _trace(self, run: str) -> dict[str, Any] | str | None:
        """Ask for what a run that is traced has traced; None of any other."""
        service = self._services.get(run)
        if service is None or TRACED_RUN.search(run) is None:
            return None
        return await ask_trace(self._stores.http, *service)

    def _note_service(self, run: str, address: str | None, pods: int) -> None:
        """Take note of where the instruments of the run's service are: its CPUs are looked at."""
        if address is not None and not is_app_metrics(address):
            self._services[run] = address, pods
            while len(self._services) > REMEMBERED_GATES:
                self._services.popitem(last=False)

    async def close(self) -> None:
        """Let go of everybody who still waits."""
        await self._watch_no_more()
        await self._reach.close()
        await asyncio.gather(*(gate.close() for gate in self._gates.values()))
        await leave_no_trace(self._stores, self._workload, self._runs)

    async def _watch_no_more(self) -> None:
        if self._sessions is not None:
            await self._sessions.stop()

    async def _send_off(self, run: str, patience: float, everyone: asyncio.Event) -> dict[str, Any]:
        self._runs[run] = None
        with stores_answer():
            if not await self._records.released(run):
                await self._watch_no_more()  # a run before it may have been lost, and not finished
                await self._stores.claim_connections()
                await self._check_owner()
                await self._records.prepare(run)
                await self._refusals.begin(run)
                await everyone.wait()
                await self._await_pods(run, patience)
                await self._await_quiet(run, patience)
                # Before the answers leave: a pod whose answer is lost must not wait for the others.
                await self._records.mark_released(run)
            if self._sessions is not None:
                self._sessions.start()
        return {"startInMs": START_IN_MS}

    async def _check_owner(self) -> None:
        if self._stores.owner and self._stores.postgres is not None:
            await check_owner(self._stores.postgres, self._stores.owner, self._stores.database_at)

    async def _await_pods(self, run: str, patience: float) -> None:
        """Wait until every pod of the service serves: a connection stays with the pod it found."""
        service = self._services.get(run)
        if service is None or service[1] == 1:
            return
        until = time.monotonic() + patience / 2
        while isinstance(await ask_instruments(self._stores.http, *service), str):
            if time.monotonic() > until:
                return  # the run is judged by how many processes served
            await asyncio.sleep(PODS_PAUSE)

    async def _await_quiet(self, run: str, patience: float) -> None:
        """Wait no longer than the callers can bear; a run on a busy node is judged afterwards."""
        longest = min(self._quiet_seconds, patience / 2)
        if longest > 0:
            service = self._services.get(run)
            ask = partial(ask_instruments, self._stores.http, *service) if service else None
            look = partial(read_cpus, ask)
            found = await await_quiet(longest, self._foreign_cpus, self._idle, look)
            self._quietness[run] = found
            while len(self._quietness) > REMEMBERED_GATES:
                self._quietness.popitem(last=False)

    async def _account_once(self, run: str, drain: float, everyone: asyncio.Event) -> Account:
        self._runs.setdefault(run)
        with stores_answer():
            if account := await self._records.account(run):
                return account
            await everyone.wait()
            await self._watch_no_more()
            await self._reach.end(run)
            account = await self._account(run, drain)
            await self._records.keep_account(run, account)
            return account

    async def _account(self, run: str, drain: float) -> Account:
        drains = build_drains(self._workload, self._stores, run=run)
        account = await account_for(
            run,
            self._workload.ledger,
            postgres=self._stores.postgres,
            drains=drains,
            deadline=drain,
        )
        told = await self._refusals.tell(run, drained=account["drained"])
        return account | told.as_json()

    def _gate(
        self,
        occasion: str,
        run: str,
        pods: int,
        work: Callable[[asyncio.Event], Awaitable[Account]],
    ) -> Gate[Account]:
        gate = self._gates.get((occasion, run))
        if gate is None:
            gate = self._gates[occasion, run] = Gate(run=run, pods=pods, work=work)
            while len(self._gates) > REMEMBERED_GATES:
                self._gates.popitem(last=False)
        return gate

    def _build_records(self) -> RunRecords:
        def prepared(run: str) -> Preparation:
            return build_preparation(self._workload, self._stores, run=run)

        if self._stores.postgres is None:
            return MemoryRunRecords(prepared)
        return PostgresRunRecords(self._stores.postgres, prepared)
