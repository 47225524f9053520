"""Documents to search in: an upload is answered at once, and indexed after the answer."""

import re
from collections import Counter, defaultdict, deque
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from fastapi import BackgroundTasks, FastAPI, HTTPException, UploadFile
from pydantic import BaseModel

FOLDER = Path(mkdtemp(prefix="documents-"))
MOST_BYTES = 1_000_000
MOST_DOCUMENTS = 200
WORD = re.compile(r"\w+")


class Accepted(BaseModel):
    id: int
    bytes: int


class Found(BaseModel):
    id: int
    name: str
    score: int


class Index:
    """Which words are how often in which of the latest documents."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.words: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self.latest: deque[int] = deque()

    def add(self, number: int, name: str, text: str) -> None:
        for word, times in Counter(WORD.findall(text.lower())).items():
            self.words[word][number] = times
        self.names[number] = name
        self.latest.append(number)
        if len(self.latest) > MOST_DOCUMENTS:
            self._forget(self.latest.popleft())

    def _forget(self, number: int) -> None:
        del self.names[number]
        for documents in self.words.values():
            documents.pop(number, None)
        (FOLDER / str(number)).unlink()

    def search(self, query: str, limit: int) -> list[Found]:
        scores: Counter[int] = Counter()
        for word in WORD.findall(query.lower()):
            scores.update(self.words.get(word, {}))
        best = scores.most_common(limit)
        return [Found(id=n, name=self.names[n], score=score) for n, score in best]


app = FastAPI(title="documents")
index = Index()
numbers = count(1)


async def store(number: int, name: str, content: bytes) -> None:
    (FOLDER / str(number)).write_bytes(content)
    index.add(number, name, content.decode(errors="replace"))


@app.post("/documents", status_code=202)
async def upload(file: UploadFile, tasks: BackgroundTasks) -> Accepted:
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise HTTPException(413, f"more than {MOST_BYTES} bytes")
    number = next(numbers)
    tasks.add_task(store, number, file.filename or "unnamed", content)
    return Accepted(id=number, bytes=len(content))


@app.get("/documents/{number}")
async def read(number: int) -> dict[str, str]:
    if number not in index.names:
        raise HTTPException(404, "not indexed, or no longer kept")
    return {"name": index.names[number], "text": (FOLDER / str(number)).read_text()}


@app.get("/search")
async def search(q: str, limit: int = 10) -> list[Found]:
    return index.search(q, limit)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
