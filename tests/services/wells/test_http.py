"""The HTTP contract of `wells`, which every variant keeps on the same data."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from loadlab_services.workloads import find_workload

pytestmark = pytest.mark.integration
OpenApp = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, FastAPI]]]
Row = dict[str, Any]
VARIANTS = sorted(find_workload("wells").variants)
every_variant = pytest.mark.parametrize("variant", VARIANTS)
WELLS = 1000


def fetch(database: psycopg.Connection, query: str, *values: object) -> list[Row]:
    return database.cursor(row_factory=dict_row).execute(query.encode(), values).fetchall()


def as_json(value: object) -> Any:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return value


def rounded(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def expected_well(database: psycopg.Connection, well_id: int) -> Row:
    [well] = fetch(
        database, "SELECT *, drilled_on::text AS drilled_on FROM wells WHERE id = %s", well_id
    )
    [field] = fetch(database, "SELECT * FROM fields WHERE id = %s", well.pop("field_id"))
    [operator] = fetch(database, "SELECT * FROM operators WHERE id = %s", well.pop("operator_id"))
    return well | {"field": field, "operator": operator}


def expected_month(month: str, readings: list[Row]) -> Row:
    return {
        "month": f"{month}-01",
        "measurements": len(readings),
        "oil_m3": str(sum(r["oil_m3"] for r in readings)),
        "pressure_bar": rounded(sum(r["pressure_bar"] for r in readings) / Decimal(len(readings))),
        "water_percent": str(max(r["water_percent"] for r in readings)),
    }


def expected_standing(by_well: dict[int, list[Row]], well_id: int) -> Row:
    own = by_well[well_id]
    oil = {well: sum(r["oil_m3"] for r in readings) for well, readings in by_well.items()}
    runs = [sum(r["oil_m3"] for r in own[max(0, i - 9) : i + 1]) for i in range(len(own))]
    return {
        "rank": 1 + sum(other > oil[well_id] for other in oil.values()),
        "wells": len(by_well),
        "oil_m3": str(oil[well_id]),
        "percent": rounded(100 * oil[well_id] / Decimal(sum(oil.values()))),
        "best_run_m3": str(max(runs)),
        "pressure_p90": str(sorted(r["pressure_bar"] for r in own)[ceil(0.9 * len(own)) - 1]),
    }


def expected_details(database: psycopg.Connection, well_id: int) -> Row:
    readings = fetch(
        database,
        "SELECT m.* FROM measurements m JOIN wells w ON w.id = m.well_id WHERE w.field_id = "
        "(SELECT field_id FROM wells WHERE id = %s) ORDER BY m.well_id, m.measured_at",
        well_id,
    )
    by_well = {well: list(group) for well, group in groupby(readings, itemgetter("well_id"))}
    months = groupby(by_well[well_id], lambda reading: f"{reading['measured_at']:%Y-%m}")
    events = fetch(
        database,
        "SELECT id, kind, note, happened_at FROM well_events WHERE well_id = %s "
        "ORDER BY happened_at DESC LIMIT 10",
        well_id,
    )
    return {
        "well": expected_well(database, well_id),
        "months": [expected_month(month, list(group)) for month, group in months],
        "standing": expected_standing(by_well, well_id),
        "events": [{name: as_json(value) for name, value in e.items()} for e in events],
    }


@every_variant
async def test_details_are_what_the_tables_hold(
    open_app: OpenApp, database: psycopg.Connection, variant: str
) -> None:
    ids = (1, 50, 51, 777, WELLS)
    async with open_app(variant) as (client, _):
        answers = [await client.get(f"/wells/{well}/details") for well in ids]
    assert [answer.status_code for answer in answers] == [200] * len(ids)
    for answer, well in zip(answers, ids, strict=True):
        assert answer.json() == expected_details(database, well)


PAGES = {
    "/wells": range(1, 101),
    "/wells?limit=3": range(1, 4),
    "/wells?limit=500&offset=400": range(401, 901),
    f"/wells?limit=5&offset={WELLS - 2}": range(WELLS - 1, WELLS + 1),
    f"/wells?offset={WELLS}": range(0),
    f"/wells?offset={2**63 - 1}": range(0),
}


@every_variant
async def test_the_list_is_what_the_tables_hold(
    open_app: OpenApp, database: psycopg.Connection, variant: str
) -> None:
    async with open_app(variant) as (client, _):
        answers = {path: await client.get(path) for path in PAGES}
    assert {answer.status_code for answer in answers.values()} == {200}
    listed = {path: answer.json() for path, answer in answers.items()}
    assert {path: [one["well"]["id"] for one in page] for path, page in listed.items()} == {
        path: list(ids) for path, ids in PAGES.items()
    }
    for one in listed["/wells"][::9] + listed["/wells?limit=500&offset=400"][::99]:
        assert one == expected_listed(database, one["well"]["id"])


def expected_listed(database: psycopg.Connection, well_id: int) -> Row:
    query = (
        "SELECT measured_at, oil_m3 FROM measurements WHERE well_id = %s "
        "ORDER BY measured_at DESC LIMIT 1"
    )
    [latest] = fetch(database, query, well_id)
    return {"well": expected_well(database, well_id)} | {k: as_json(v) for k, v in latest.items()}


async def test_all_variants_answer_byte_for_byte_alike(open_app: OpenApp) -> None:
    paths = [f"/wells/{well}/details" for well in range(1, WELLS, 124)]
    paths += [
        "/wells",
        "/ping",
        "/wells/0/details",
        f"/wells/{WELLS + 1}/details",
        "/wells?limit=0",
    ]
    answers: dict[str, list[tuple[int, bytes]]] = {}
    for variant in VARIANTS:
        async with open_app(variant) as (client, _):
            got = [await client.get(path) for path in paths]
        answers[variant] = [(answer.status_code, answer.content) for answer in got]
    assert all(answers[variant] == answers["def"] for variant in VARIANTS)
    assert len({content for _, content in answers["def"]}) == len(paths)


async def test_all_variants_describe_the_same_interface(open_app: OpenApp) -> None:
    described = {}
    for variant in VARIANTS:
        async with open_app(variant) as (client, _):
            document = (await client.get("/openapi.json")).json()
        for operations in document["paths"].values():
            operations["get"].pop("description")
        described[variant] = (document["paths"], document["components"])
    assert all(described[variant] == described["def"] for variant in VARIANTS)


@every_variant
async def test_an_unknown_well_is_404(open_app: OpenApp, variant: str) -> None:
    unknown = (WELLS + 1, 2**31, 2**63 - 1)
    async with open_app(variant) as (client, _):
        answers = [await client.get(f"/wells/{well}/details") for well in unknown]
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (404, f"there is no well {well}; GET /wells lists those there are") for well in unknown
    ]


@every_variant
async def test_bad_parameters_are_422(open_app: OpenApp, variant: str) -> None:
    bad = [f"/wells/{well}/details" for well in ("0", "-1", 2**63, "1.5", "x", "%00", "9" * 5000)]
    bad += [f"/wells?limit={limit}" for limit in ("0", "501", "-1", "many", "", "1.5")]
    bad += [f"/wells?offset={offset}" for offset in ("-1", 2**63, "x", "")]
    async with open_app(variant) as (client, _):
        answers = [await client.get(path) for path in bad]
    assert [answer.status_code for answer in answers] == [422] * len(bad)
    assert all(answer.json()["detail"] for answer in answers)
