"""Locust's side of `locust`: a process of its own, as gevent changes every socket of its process.

It says `ready` once all is imported, then does one load for each line that it reads, and answers
with what it found, in one line: what a `request` event says of each request. One that raised in
the user instead, such as an answer in an encoding that its client does not know, has no such event.
"""

import json
import logging
import resource
import sys
import time
from collections import Counter, defaultdict
from itertools import count
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, task
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.env import Environment

from loadlab_services.generators.contract import Ids
from loadlab_services.generators.values import texts_of

Json = dict[str, Any]
USERS = {"fast": FastHttpUser, "http": HttpUser}


class Found:
    """What the events said; times in µs."""

    def __init__(self, failing: list[int]) -> None:
        self.failing = frozenset(failing)  # of the statuses below 400
        self.sent = self.ended = self.received = 0
        self.statuses: Counter[int] = Counter()
        self.errors: Counter[str] = Counter()
        self.totals: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.iterations: Counter[int] = Counter()  # of a user's time, from one to the next
        self.seconds: defaultdict[int, list[Any]] = defaultdict(lambda: [0, 0, []])
        self.first, self.last = 0.0, 0.0

    def note(self, **event: Any) -> None:
        """Count one request that ended."""
        took, began = event["response_time"], event["start_time"]
        status = status_of(event["response"], event["exception"])
        ended = began + took / 1000
        self.ended += 1
        self.received += event["response_length"] or 0
        self.first = min(self.first or ended, ended)
        self.last = max(self.last, ended)
        second = self.seconds[int(ended)]
        second[0] += 1
        if not status:
            self.errors[str(event["exception"] or "no answer")[:200]] += 1
            second[1] += 1
            return
        kind, us = f"{status // 100}xx", round(took * 1000)
        self.statuses[status] += 1
        self.totals[kind][us] += 1
        if status >= 400 or status in self.failing:
            second[1] += 1
        elif kind == "2xx":
            second[2].append(us)

    def note_raised(self, *, exception: Exception, **_: Any) -> None:
        """Count one request that ended in its user: no event tells of it."""
        took_no_time = {"start_time": time.time(), "response_time": 0.0, "response_length": 0}
        self.note(response=None, exception=exception, **took_no_time)

    def told(self) -> Json:
        """Return it as a line of JSON has it."""
        return {
            "cut": self.sent - self.ended,
            "received": self.received,
            "statuses": self.statuses,
            "errors": self.errors,
            "totals": self.totals,
            "iterations": self.iterations,
            "seconds": self.seconds,
            "first": self.first,
            "last": self.last,
        }


def status_of(response: Any, exception: Exception | None) -> int:
    """Return the status of an answer; 0 where there was none, or not all of it.

    One that broke off has the status with which it began, and an error that is not about it.
    """
    status = int(getattr(response, "status_code", 0) or 0)
    is_whole = exception is None or isinstance(exception, LocustBadStatusCode)
    return status if is_whole or status >= 400 else 0


def user_class(asked: Json, found: Found) -> type[FastHttpUser] | type[HttpUser]:
    """Return the users: each sends the request, and the next one when it is answered."""
    request, timeout = asked["request"], asked["timeoutMs"] / 1000
    texts = texts_of(request, asked["variables"], Ids(**asked["ids"]))
    numbers = count(asked["firstId"], asked["step"])
    is_fast = asked["user"] == "fast"
    limits: Json = {} if is_fast else {"timeout": timeout}
    settings: Json = {"connection_timeout": timeout, "network_timeout": timeout} if is_fast else {}

    def send(self: Any) -> None:
        now = time.perf_counter()
        close(self, now)
        self.began = now
        found.sent += 1
        # As k6, whose iterations begin without the cookies of others.
        (self.client.cookiejar if is_fast else self.client.cookies).clear()
        path, headers, body = texts(next(numbers))
        data = None if body is None else body.encode()
        self.client.request(
            request["method"],
            path,
            name=request["name"],
            data=data,
            headers={"Accept-Encoding": "identity", **headers},  # as k6, which asks for none
            allow_redirects=False,
            **limits,
        )
        self.done = time.perf_counter()

    def close(self: Any, until: float) -> None:
        """Count the former iteration, which also took what a user does between two requests."""
        if getattr(self, "done", None) is not None:
            found.iterations[round((until - self.began) * 1e6)] += 1
            self.done = None

    def on_stop(self: Any) -> None:
        if getattr(self, "done", None) is not None:
            close(self, self.done)

    fields = {"send": task(send), "on_stop": on_stop, "host": asked["target"], **settings}
    return type("LoadUser", (USERS[asked["user"]],), fields)


def load(asked: Json) -> Json:
    """Make one load: all users at once, until the time is over and the last of them has ended."""
    found = Found(asked["failing"])
    environment = Environment(
        user_classes=[user_class(asked, found)], stop_timeout=asked["gracefulStopMs"] / 1000
    )
    environment.events.request.add_listener(found.note)  # type: ignore[no-untyped-call]
    environment.events.user_error.add_listener(found.note_raised)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.time()
    since = time.monotonic()
    runner.start(asked["users"], spawn_rate=asked["users"])
    gevent.sleep(asked["seconds"])
    runner.stop()
    ended, after = began + time.monotonic() - since, resource.getrusage(resource.RUSAGE_SELF)
    runner.quit()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"began": began, "ended": ended, "cpuSeconds": cpu, **found.told()}


def main() -> None:
    """Serve loads until nothing more is asked."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whoever prints here writes no answer
    logging.getLogger("locust").setLevel(logging.CRITICAL)  # what users raise is counted
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(load(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
