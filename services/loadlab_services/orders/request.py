"""Whose orders a request asks for."""

from typing import Annotated

from fastapi import Query

UserId = Annotated[int, Query(ge=1, le=2**63 - 1, description="whose orders")]
