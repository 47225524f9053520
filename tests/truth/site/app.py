"""A small site for scripts of a user's own: pages, JSON, an echo, a session."""

import asyncio

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

DELAY = 0.02  # seconds that each answer takes
app = FastAPI()


@app.get("/healthz")
async def healthz() -> str:
    return "ok"


@app.get("/page")
async def page() -> PlainTextResponse:
    await asyncio.sleep(DELAY)
    return PlainTextResponse("hello")


@app.get("/json")
async def some_json() -> dict[str, int]:
    await asyncio.sleep(DELAY)
    return {"a": 1, "b": 2, "c": 3}


@app.post("/echo")
async def echo(request: Request) -> Response:
    body = await request.body()
    await asyncio.sleep(DELAY)
    return Response(body)


@app.post("/login")
async def login(response: Response) -> None:
    await asyncio.sleep(DELAY)
    response.set_cookie("sid", "s1")


@app.get("/private")
async def private(request: Request) -> PlainTextResponse:
    await asyncio.sleep(DELAY)
    known = request.cookies.get("sid") == "s1"
    return PlainTextResponse("hello" if known else "who?", 200 if known else 403)


@app.post("/logout")
async def logout() -> None:
    await asyncio.sleep(DELAY)
