"""The steward's side of a trial: readiness, the common start, the snapshots, the account."""

import http.client
import json
import math
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from loadlab_services.generators.contract import Json, Trial

BARRIER_GRACE_MS = 10_000  # for an answer that is held until the others arrive
INSTRUMENTS_SECONDS = 5.0  # that instruments may take longer than the service
RETRY_SECONDS, READY_RETRY_SECONDS = 0.25, 0.05
SNAPSHOT_SECONDS = 5.0
HOPELESS_MS = 10_000  # for which the service says without a break what no waiting mends
MAY_PASS = {408, 425, 429}  # of a client's errors
MOST_SAID = 500  # characters of an answer that a message quotes


class AbortedError(Exception):
    """The trial cannot go on, and why."""


@dataclass(frozen=True)
class Answered:
    """An answer; status 0 where there was none, and the text says why."""

    status: int
    text: str

    def told(self) -> str:
        """Say what it was, in short."""
        return f"{self.status or ''} {self.text[:MOST_SAID]}".strip()


def ask(
    method: str,
    url: str,
    seconds: float,
    *,
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> Answered:
    """Send one request and wait for its answer; nothing is followed, nothing is raised."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return Answered(answer.status, answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answered(0, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


class Steward:
    """Speaks for one pod."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._runs = f"{trial.steward}/runs/{trial.run}"
        self._authorized = {"Authorization": f"Bearer {trial.steward_token}"}

    def await_service(self) -> None:
        """Wait until the service answers 200 to 399, and its instruments with it.

        Raises:
            AbortedError: it was not ready in time.
        """
        url = self._trial.target + self._trial.readiness_path
        headers = dict(self._trial.readiness_headers)
        deadline = time.monotonic() + self._trial.ready_ms / 1000
        patience = math.inf  # until when what is hopeless is waited for
        while not 200 <= (last := ask("GET", url, 1.0, headers=headers)).status < 400:
            now = time.monotonic()
            hopeless = min(patience, now + HOPELESS_MS / 1000)
            patience = hopeless if self._is_hopeless(last) else math.inf
            waited = f"{self._trial.ready_ms} ms" if now >= deadline else f"{HOPELESS_MS} ms of it"
            if now >= min(deadline, patience):
                raise AbortedError(
                    f"the service was not ready after {waited}: GET {url} gave {last.told()}"
                )
            time.sleep(READY_RETRY_SECONDS)
        if self._trial.pod == 0:
            self._await_instruments()

    def _is_hopeless(self, answer: Answered) -> bool:
        """Whether a service that has started long ago refuses what it will refuse in a minute."""
        refuses = 400 <= answer.status < 500 and answer.status not in MAY_PASS
        return self._trial.runs_already and refuses

    def _await_instruments(self) -> None:
        deadline = time.monotonic() + INSTRUMENTS_SECONDS
        while {"service", "worker"} & self._silent() and time.monotonic() < deadline:
            time.sleep(RETRY_SECONDS)

    def _silent(self) -> set[str]:
        return set(self.snapshot("start").get("errors") or ())

    def arrive(self) -> None:
        """Wait for the other pods, and then until the common start."""
        within = self._trial.ready_ms
        release = self._post("arrive", within, {"timeoutMs": within})
        time.sleep(release["startInMs"] / 1000)

    def snapshot(self, edge: str) -> Json:
        """Ask what the parts have used; of a steward that does not answer, why."""
        url = f"{self._runs}/snapshot?variant={quote(self._trial.variant, safe='')}"
        answer = ask("GET", url, SNAPSHOT_SECONDS, headers=self._authorized)
        if answer.status != 200:
            return {"edge": edge, "error": answer.told()}
        body: Json = json.loads(answer.text)
        return {"edge": edge, **body}

    def finish(self) -> Json:
        """Say that this pod has sent its last request; return the account."""
        trial = self._trial
        together = trial.graceful_stop_ms + BARRIER_GRACE_MS
        asked = {"drainMs": trial.drain_ms, "togetherMs": together}
        return self._post("finish", trial.graceful_stop_ms + trial.drain_ms, asked)

    def _post(self, verb: str, within_ms: int, body: Json) -> Json:
        """Post to a barrier, again while the steward is away."""
        url = f"{self._runs}/{verb}"
        deadline = time.monotonic() + (within_ms + BARRIER_GRACE_MS) / 1000
        text = json.dumps({"pod": self._trial.pod, "pods": self._trial.pods, **body})
        headers = {**self._authorized, "Content-Type": "application/json"}
        while True:
            left = max(deadline - time.monotonic(), 1.0)
            answer = ask("POST", url, left, headers=headers, body=text)
            if answer.status == 200:
                found: Json = json.loads(answer.text)
                return found
            away = answer.status == 0 or answer.status >= 500
            if not away or time.monotonic() >= deadline:
                raise AbortedError(f"the steward refused: POST {url} gave {answer.told()}")
            time.sleep(RETRY_SECONDS)
