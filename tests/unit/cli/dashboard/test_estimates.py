"""How long an experiment takes, as its plan says."""

from pathlib import Path

import yaml

from loadlab.base.times import epoch
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import entry_of
from loadlab.cli.dashboard.reports import Estimates
from loadlab.cli.preview import preview
from loadlab.kube.client import ApiCluster
from loadlab.spelling import seconds as spell_seconds
from tests.unit.cli.dashboard.conftest import until
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import experiment, running

KEY = ("lab", "select")
SAMPLE = Path(__file__).parents[4] / "manifests" / "samples" / "select.yaml"


async def test_it_is_read_and_planned_once(api: LiveApi, cluster: ApiCluster, board: Board) -> None:
    document = yaml.safe_load(SAMPLE.read_text())
    resource = experiment(phase="Pending") | {
        "apiVersion": document["apiVersion"],
        "spec": document["spec"],
    }
    api.put(resource)
    board.put(entry_of(resource))
    estimates = Estimates(cluster, board, lambda: 0.0)

    await until(lambda: estimates.remaining(KEY) != "")

    whole = spell_seconds(preview(document).estimated_seconds)
    assert estimates.remaining(KEY) == f"takes about {whole} once it starts"
    assert len(api.seen) == 1


async def test_a_spec_that_cannot_be_read_has_none(
    api: LiveApi, cluster: ApiCluster, board: Board
) -> None:
    api.put(experiment(phase="Pending"))
    board.put(entry_of(experiment(phase="Pending")))
    estimates = Estimates(cluster, board, lambda: 0.0)
    seen = board.changes

    estimates.remaining(KEY)
    await until(lambda: board.changes > seen)

    assert estimates.remaining(KEY) == ""
    assert len(api.seen) == 1


async def test_the_time_that_is_left_only_shrinks_until_a_trial_ends(
    api: LiveApi, cluster: ApiCluster, board: Board
) -> None:
    began, now = "2026-11-20T14:00:00Z", [epoch("2026-11-20T14:00:40Z")]
    api.put(running(done=4, phaseStartTime=began))
    board.put(entry_of(running(done=4, phaseStartTime=began)))
    estimates = Estimates(cluster, board, lambda: now[0])

    assert estimates.remaining(KEY) == "about 40 s left"  # 40 s for four and a half
    now[0] += 10
    assert estimates.remaining(KEY) == "about 30 s left"
    board.put(entry_of(running(done=5, phaseStartTime=began)))
    assert estimates.remaining(KEY) == "about 40 s left"  # 50 s for five
