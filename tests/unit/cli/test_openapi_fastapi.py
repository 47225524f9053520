"""What `init --from` writes for an app of FastAPI is accepted by it, or a note says why not."""

import datetime
import json
import re
import uuid
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, FastAPI, Header, Path, Query
from pydantic import BaseModel, Field

from loadlab.cli.openapi import read


class Order(BaseModel):
    customer: uuid.UUID
    day: datetime.date
    at: datetime.datetime
    quantity: int = Field(gt=1000)
    share: float = Field(gt=0, lt=1)
    code: str = Field(min_length=6, max_length=8)
    state: str | None = None


app = FastAPI()


@app.get("/list")
def list_all() -> str:
    return "all"


@app.get("/items/{id}")
def item(id: uuid.UUID) -> str:  # noqa: A002 (its name in the path)
    return str(id)


@app.get("/pages/{number}")
def page(number: Annotated[int, Path(gt=1000)], size: Annotated[int, Query(lt=0)]) -> int:
    return number + size


@app.get("/mine")
def mine(x_token: Annotated[str, Header()]) -> str:
    return x_token


@app.get("/codes")
def codes(code: Annotated[str, Query(pattern="^[A-Z]{3}$")]) -> str:
    return code


@app.post("/orders")
def order(given: Order) -> str:
    return given.code


@app.post("/days")
def day(given: Annotated[datetime.date, Body()]) -> str:
    return str(given)


DESCRIBED = read(json.dumps(app.openapi()))


@pytest.mark.parametrize("found", DESCRIBED.requests, ids=lambda found: found.title)
async def test_a_request_is_accepted_unless_a_note_says_what_it_lacks(found: Any) -> None:
    request, variables = found.request, found.request.get("variables", {})
    path = re.sub(r"\$\{(\w+)\}", lambda it: str(variables[it[1]]["max"]), request["path"])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        kind = {"Content-Type": "application/json"} if "body" in request else {}  # as k6 has it
        content = request.get("body")
        answer = await client.request(request["method"], path, content=content, headers=kind)

    lacks = {"GET /mine", "GET /codes?code=text"}
    assert (answer.status_code == 422) == (found.title in lacks)
    assert bool(found.notes) == (found.title in lacks or found.title.startswith("GET /items/"))


def test_what_needs_nothing_comes_first() -> None:
    assert DESCRIBED.requests[0].title == "GET /list"
