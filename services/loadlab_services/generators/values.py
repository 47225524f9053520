"""The variables of a request, in Lua and Python: for an id the same values as k6's request.js."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loadlab_services.generators.contract import FIRST_ID, ConfigurationError, Ids, Trial

VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)
# Math.imul for a small language of doubles: in two halves, so that no product exceeds 2^53.
LUA_MIX = """\
local bit = require("bit")
local function imul(a, b)
  local low, high = bit.band(a, 0xffff), bit.rshift(a, 16)
  b = b % 4294967296
  return bit.tobit(low * b % 4294967296 + (high * b % 65536) * 65536)
end
local function mix(n)
  local h = bit.tobit(n)
  h = imul(bit.bxor(h, bit.rshift(h, 16)), 0x85ebca6b)
  h = imul(bit.bxor(h, bit.rshift(h, 13)), 0xc2b2ae35)
  return bit.bxor(h, bit.rshift(h, 16)) % 4294967296
end
"""


def has_variables(trial: Trial) -> bool:
    """Whether any text of the request differs from one request to the next."""
    return any(VARIABLE.search(text) for text in trial.request.texts)


def lua_text(trial: Trial, text: str) -> str:
    """Write a text with its variables as an expression of `id`."""
    parts = VARIABLE.split(text)  # literal, name, literal, …
    pieces = [
        _lua_variable(trial, part) if place % 2 else lua_string(part)
        for place, part in enumerate(parts)
        if place % 2 or part or len(parts) == 1
    ]
    # Not `a .. b .. c`: each piece of it takes one of a function's 200 registers at once.
    return pieces[0] if len(pieces) == 1 else f"table.concat({{{', '.join(pieces)}}})"


def lua_string(text: str) -> str:
    """Quote a text byte by byte where it is not plain ASCII: Lua knows no other escapes."""
    quoted = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03d}"
        for byte in text.encode()
    )
    return f'"{"".join(quoted)}"'


def _lua_variable(trial: Trial, name: str) -> str:
    if name == "request_id":
        measure, warm_up = trial.ids.ahead
        ahead = f"(id < {FIRST_ID['warmup']} and {measure} or {warm_up})"
        return f'string.format("%d", id + {ahead})'
    if name == "experiment_id" and trial.ids.experiment:
        return lua_string(trial.ids.experiment)
    if name not in trial.variables:
        raise ConfigurationError(
            f"the request uses ${{{name}}}, but variables has no {json.dumps(name)}"
        )
    low, high = trial.variables[name]
    width, salt = high - low + 1, hash_text(name)
    drawn = f"{low} + math.floor(mix(bit.bxor(bit.tobit(id), {salt})) / 4294967296 * {width})"
    return f'string.format("%d", {drawn})'


def mix(number: int) -> int:
    """Scramble a number of 32 bits, as LUA_MIX and k6's script do."""
    found = number % 2**32
    found = (found ^ found >> 16) * 0x85EBCA6B % 2**32
    found = (found ^ found >> 13) * 0xC2B2AE35 % 2**32
    return found ^ found >> 16


def texts_of(
    request: Mapping[str, Any], variables: Mapping[str, Sequence[int]], ids: Ids
) -> Callable[[int], tuple[str, dict[str, str], str | None]]:
    """Return path, headers and body of the request with a number, in Python."""
    salts = {name: hash_text(name) for name in variables}

    def value(name: str, number: int) -> str:
        if name == "request_id":
            return str(ids.number(number))
        if name == "experiment_id":
            return ids.experiment
        low, high = variables[name]
        return str(low + mix(number ^ salts[name]) * (high - low + 1) // 2**32)

    def filled(text: str, number: int) -> str:
        return VARIABLE.sub(lambda found: value(found[1], number), text) if "${" in text else text

    def texts(number: int) -> tuple[str, dict[str, str], str | None]:
        headers = {name: filled(text, number) for name, text in request["headers"].items()}
        body = request["body"]
        return filled(request["path"], number), headers, body and filled(body, number)

    return texts


def hash_text(text: str) -> int:
    """Hash a name as k6's script does: FNV-1a over its characters, as a signed number."""
    found = 0x811C9DC5
    for character in text:
        found = (found ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    return found - 2**32 if found >= 2**31 else found
