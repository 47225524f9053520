"""A small catalogue search, all in memory. STYLE says how its handler is written: def or async.

It knows nothing of LoadLab. The instruments would be two lines, below `app`, and the wheel:
`from loadlab_services.instruments import instrument`, and `app = instrument(app)`.
"""

import os
from collections import deque
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

PRODUCTS = [
    {"id": number, "title": f"Product {number}", "shelf": number % 200, "price": number * 37 % 9901}
    for number in range(20_000)
]

app = FastAPI(title="catalogue search")


def cheapest(shelf: int, limit: int) -> list[dict[str, object]]:
    """Look through all products, as a search without an index does."""
    found = [product for product in PRODUCTS if product["shelf"] == shelf]
    return sorted(found, key=lambda product: product["price"])[:limit]


def search(shelf: int, limit: int = 10) -> list[dict[str, object]]:
    """Search in one of FastAPI's threads."""
    return cheapest(shelf, limit)


async def search_on_the_loop(shelf: int, limit: int = 10) -> list[dict[str, object]]:
    """Search on the event loop: nothing here waits for anything."""
    return cheapest(shelf, limit)


HANDLERS = {"def": search, "async": search_on_the_loop}
app.get("/search")(HANDLERS[os.environ.get("STYLE", "def")])


@app.post("/login")
async def login(who: dict[str, str]) -> dict[str, str]:
    """Hand out a token; a real one would look at a password first."""
    return {"access_token": f"token-of-{who['email']}"}


@app.get("/me")
async def me(authorization: Annotated[str, Header()]) -> dict[str, str]:
    """Tell who has logged in."""
    token = authorization.removeprefix("Bearer ")
    if not token.startswith("token-of-"):
        raise HTTPException(401, "log in first")
    return {"email": token.removeprefix("token-of-")}


class Item(BaseModel):
    """What a shop adds to the catalogue."""

    title: str
    shelf: int
    price: int


ADDED: deque[Item] = deque(maxlen=1000)  # the latest


@app.post("/write", status_code=201)
@app.post("/items", status_code=201)
def add(item: Item) -> Item:
    """Take an item in; a search does not find it yet."""
    ADDED.append(item)
    return item


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process serves."""
    return {"status": "ok"}
