"""Steps of one iteration: each a request, and what is taken from its answer into later ones."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.rules import Rule, Ruled, RuledModel, exactly_one, short_keys

VARIABLE = r"^[A-Za-z0-9_]+$"  # as the scenario script reads ${name}


class Method(StrEnum):
    """What a request does with its path."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    HEAD = "HEAD"


# What reaches a server as it is written: of ASCII all but blanks, #, % and a backslash, and % where
# it stands for a byte. An address with anything else is refused by k6, or cut.
_PATH = r'^/(%[0-9A-Fa-f][0-9A-Fa-f]|[]!-"$&-[^-~])*$'
UrlPath = Annotated[
    str,
    Ruled(
        Rule(
            f"self.matches('{_PATH}')",
            lambda text: re.fullmatch(_PATH, text) is not None,
            "must be a path: / first, then printable ASCII without blanks, # and backslashes, and "
            "% only before two hexadecimal digits, such as /search?q=a%20b. WebSocket and gRPC "
            "addresses (ws://, wss://, grpc://) cannot be loaded",
        )
    ),
]


Status = Annotated[int, Field(ge=200, le=599)]


class Form(StrEnum):
    """What a value is, and so how it is put into a path."""

    TEXT = "Text"
    PATH = "Path"


class Extract(RuledModel):
    """A value of an answer that later steps have as a variable."""

    RULES: ClassVar[tuple[Rule["Extract"], ...]] = (
        Rule(
            exactly_one("json", "header", "cookie"),
            lambda it: [it.json_path, it.header, it.cookie].count(None) == 2,
            "extract takes a value from exactly one of json, header and cookie",
        ),
    )

    name: str = Field(
        pattern=VARIABLE,
        max_length=60,
        description="The variable that later steps name as ${name}, such as token.",
    )
    json_path: str | None = Field(
        default=None,
        alias="json",
        pattern=r"^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*$",
        max_length=200,
        description=(
            "Where it is in the JSON of the answer, such as access_token or items.0.id; absent "
            "where header or cookie says it."
        ),
    )
    header: str | None = Field(
        default=None,
        pattern=r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$",
        max_length=100,
        description=(
            "The answer's header that has it, such as X-Csrf-Token, or with `as: Path` Location; "
            "absent otherwise."
        ),
    )
    cookie: str | None = Field(
        default=None,
        pattern=r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$",
        max_length=100,
        description=(
            "The cookie of the answer that has it, such as csrftoken; absent otherwise. Cookies "
            "are sent back by later steps without being named."
        ),
    )
    form: Form = Field(
        default=Form.TEXT,
        alias="as",
        description=(
            "Path for a place of the service, such as the header Location: of /orders/17 or "
            "http://SERVICE/orders/17 it is orders/17, which /${place} asks for as it is; a place "
            "on another host counts as missing. Text is escaped as one part of a path."
        ),
    )


class Step(RuledModel):
    """One request of an iteration."""

    RULES: ClassVar[tuple[Rule["Step"], ...]] = (short_keys("headers", "headers", 100),)

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=40,
        description="By which results tell the step, such as login.",
    )
    method: Method | None = Field(default=None, description="HTTP method (GET unless set).")
    path: UrlPath = Field(
        max_length=1000,
        description="Path and query with variables and extracted values, such as /orders/${order}.",
    )
    headers: dict[str, str] = Field(
        default={},
        max_length=20,
        description=(
            'Headers beside those of the request, such as {Authorization: "Bearer ${token}"}.'
        ),
    )
    body: str | None = Field(
        default=None,
        max_length=16_384,
        description=(
            "Body with ${variables}, sent as JSON unless headers say otherwise; absent for none."
        ),
    )
    expected_statuses: tuple[Status, ...] = Field(
        default=(),
        max_length=10,
        description="Statuses that are good answers, such as [201]; empty for the request's rule.",
    )
    extract: tuple[Extract, ...] = Field(
        default=(),
        max_length=10,
        description=(
            "Values that later steps use, such as [{name: token, json: access_token}]. An answer "
            "without one ends the iteration, and the next step counts as failed."
        ),
    )
