"""A small site for scripts of a user's own, and what plain k6 makes of the same script."""

import asyncio
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.loadgen.conftest import LOADGEN, Ended, Lab
from tests.loadgen.stand_in import Server, read_body
from tests.loadgen.test_failures import reply
from tests.manifests import Json

SCRIPTS = Path(__file__).with_name("own_scripts")
OWN = LOADGEN / "scripts" / "own.js"
DELAY = 0.02  # seconds that each answer takes
USERS = 2
SECONDS = 2


class Site(Server):
    """Pages, JSON, an echo, and a session that /private asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.echoed: list[bytes] = []

    async def __call__(self, scope: Json, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path not in {"/page", "/json", "/echo", "/login", "/private", "/logout"}:
            await super().__call__(scope, receive, send)
            return
        body = await read_body(receive)
        self.asked[f"{scope['method']} {path}"] += 1
        await asyncio.sleep(DELAY)
        if path == "/login":
            await self._login(send)
            return
        if path == "/echo":
            self.echoed.append(body)
        known = b"sid=s1" in dict(scope["headers"]).get(b"cookie", b"")
        text = json.dumps({"a": 1, "b": 2, "c": 3}) if path == "/json" else "hello"
        await reply(send, 403 if path == "/private" and not known else 200, text.encode())

    async def _login(self, send: Any) -> None:
        headers = [(b"content-length", b"0"), (b"set-cookie", b"sid=s1; Path=/")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Plain:
    """What plain k6 said of each sample, without setup and teardown."""

    samples: list[Json] = field(default_factory=list)

    def values(self, metric: str) -> list[float]:
        return [s["data"]["value"] for s in self.samples if s["metric"] == metric]

    @cached_property
    def iterations(self) -> int:
        return len(self.values("iterations"))


def start_plain(lab: Lab, name: str, *flags: str) -> Callable[[], Plain]:
    """Run a script as its author does, by k6 alone; what is returned waits for its end."""
    out = lab.folder / "plain.json"
    command: list[str | Path] = [
        lab.k6,
        "run",
        "--quiet",
        "--no-usage-report",
        "--out",
        f"json={out}",
    ]
    process = subprocess.Popen(
        [*command, *flags, SCRIPTS / name],
        env=os.environ | {"LOADLAB_TARGET": lab.address},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lab.processes.append(process)

    def plain() -> Plain:
        ended = lab.end(process)
        assert ended.code in {0, 99}, ended.stderr  # 99: one of its thresholds is crossed
        found = [json.loads(line) for line in out.read_text().splitlines()]
        points = [point for point in found if point["type"] == "Point"]
        return Plain([p for p in points if p["data"]["tags"].get("scenario")])

    return plain


def run_ours(
    lab: Lab,
    name: str | Path,
    *,
    function: str = "default",
    scenarios: bool = False,
    out: bool = True,
    token: str = "",
    **load: Any,
) -> Ended:
    script = {"path": str(SCRIPTS / name), "function": function, "scenarios": scenarios}
    given = {"virtualUsers": USERS, "durationMs": SECONDS * 1000, "warmupMs": 2000} | load
    config = lab.configure(extra={"script": script}, **given)
    return lab.run(config=config, script=OWN, out=out, token=token)


def measured(ended: Ended) -> Json:
    assert ended.code == 0, ended.stderr
    scenario: Json = ended.document["scenarios"]["measure"]
    return scenario
