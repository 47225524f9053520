"""How a request of `reference` behaves: a pure function of its number and of the time it comes."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

# A number's place among all is its multiple of the golden ratio, modulo 1, in 32 bits (Knuth, The
# Art of Computer Programming 6.4, Fibonacci hashing). Of consecutive numbers, wherever they begin,
# the share below a bound is that bound but for a few numbers in all; of 2^32 it is exact.
PLACES: Final = 2**32
GOLDEN: Final = 2654435769
MAX_WAIT_MS: Final = 60_000


def place_of(number: int) -> int:
    """Return the place of a request's number among PLACES."""
    return number * GOLDEN % PLACES


def _cheap(most: int) -> JsonDict:
    """Say to those who only probe the route up to where a value takes no time."""
    return {"x-cheap-up-to": most}


class Behaviour(BaseModel):
    """What a request is told to do; a part that is 0 is not done.

    It burns `burn_micros` µs of CPU, waits for the end of a stall that it came into, then
    `delay_ms`, or `slow_ms` if that is longer and it is one of the slow ones, and answers 200 or
    500. Numbers fail from the top of the places and are slow from the bottom, so no failure is
    slow, unless both together are more than all.
    """

    model_config = ConfigDict(frozen=True)

    delay_ms: int = Field(
        default=5,
        ge=0,
        le=MAX_WAIT_MS,
        description="ms that every request waits",
        json_schema_extra=_cheap(1),
    )
    slow_ms: int = Field(
        default=0,
        ge=0,
        le=MAX_WAIT_MS,
        description="ms that a slow request waits instead, if they are more",
        json_schema_extra=_cheap(1),
    )
    slow_permille: int = Field(
        default=10, ge=0, le=1000, description="slow ones among 1000 requests"
    )
    stall_ms: int = Field(
        default=0,
        ge=0,
        le=MAX_WAIT_MS,
        description="ms that a stall lasts, at most its period",
        json_schema_extra=_cheap(1),
    )
    stall_every_seconds: int = Field(
        default=10, ge=1, le=3600, description="s from the beginning of a stall to the next"
    )
    error_permille: int = Field(
        default=0, ge=0, le=1000, description="requests among 1000 that are answered by 500"
    )
    burn_micros: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="µs of CPU that the service burns for a request",
        json_schema_extra=_cheap(1000),
    )
    put_off_micros: int = Field(
        default=0,
        ge=0,
        le=50_000,
        description="µs of CPU that the worker burns for an accepted request",
        json_schema_extra=_cheap(1000),
    )

    def fails(self, number: int) -> bool:
        """Whether the request of this number is answered by 500."""
        return place_of(number) >= PLACES - _places(self.error_permille)

    def is_slow(self, number: int) -> bool:
        """Whether the request of this number waits `slow_ms`."""
        return place_of(number) < _places(self.slow_permille)

    def wait_ms(self, number: int) -> int:
        """Return the ms that the request of this number waits, stalls apart."""
        return max(self.delay_ms, self.slow_ms) if self.is_slow(number) else self.delay_ms

    def stalled_seconds(self, now: float) -> float:
        """Return the seconds until the stall ends that `now` lies in; 0 outside of one.

        `now` is the monotonic clock, which begins with the node's uptime: all processes of a node
        stall together, at the multiples of the period.
        """
        stall = min(self.stall_ms / 1000, self.stall_every_seconds)
        return max(0.0, stall - now % self.stall_every_seconds)


def _places(permille: int) -> int:
    return permille * PLACES // 1000
