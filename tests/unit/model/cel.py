"""As much of CEL as the CRD's rules use, so that a rule can be asked about a stored object.

Absent fields make what touches them an error, as they do in the API server; `&&` and `||` are
answered by either side alone where that decides.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from loadlab.base.quantities import amount, seconds

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|'(?P<text>(?:[^'\\]|\\.)*)'|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[=!<>]=|[-!<>?:.,()\[\]{}]))"
)
Scope = dict[str, Any]
Expression = Callable[[Scope], Any]
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "in": lambda a, b: a in b,
}
METHODS: dict[str, Callable[..., Any]] = {
    "startsWith": lambda text, start: text.startswith(start),
    "endsWith": lambda text, end: text.endswith(end),
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
    "size": len,
    "compareTo": lambda a, b: (a > b) - (a < b),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "size": len,
    "duration": lambda text: Decimal(str(seconds(text))),
    "quantity": amount,
}


def evaluate(cel: str, value: Any) -> bool:
    """Return what a rule says of a value."""
    result = parsed(cel)({"self": value})
    assert isinstance(result, bool), cel
    return result


@cache
def parsed(cel: str) -> Expression:
    """Return a rule as a function of what its names stand for."""
    return Parser(cel).whole()


class Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self.tokens = [match for match in TOKEN.finditer(text) if match[0].strip()]
        assert "".join(m[0] for m in self.tokens).strip() == text.strip(), text
        self.place = 0

    def whole(self) -> Expression:
        found = self.ternary()
        assert self.place == len(self.tokens)
        return found

    def peek(self) -> str:
        if self.place == len(self.tokens):
            return ""
        match = self.tokens[self.place]
        return match["sign"] or match["name"] or "a literal"

    def take(self, *signs: str) -> str:
        if self.peek() not in signs:
            return ""
        self.place += 1
        return self.tokens[self.place - 1][0].strip()

    def need(self, sign: str) -> None:
        assert self.take(sign), f"{sign} expected at {self.peek()}"

    def ternary(self) -> Expression:
        condition = self.either()
        if not self.take("?"):
            return condition
        yes = self.ternary()
        self.need(":")
        no = self.ternary()
        return lambda scope: yes(scope) if condition(scope) else no(scope)

    def either(self) -> Expression:
        return self.logic("||", self.both, decides=True)

    def both(self) -> Expression:
        return self.logic("&&", self.comparison, decides=False)

    def logic(self, sign: str, inner: Callable[[], Expression], *, decides: bool) -> Expression:
        parts = [inner()]
        while self.take(sign):
            parts.append(inner())

        def value(scope: Scope) -> Any:
            failure = None
            for part in parts:
                try:
                    if part(scope) is decides:
                        return decides
                except KeyError as error:
                    failure = error
            if failure:
                raise failure
            return not decides

        return value if len(parts) > 1 else parts[0]

    def comparison(self) -> Expression:
        left = self.unary()
        sign = self.take(*COMPARISONS)
        if not sign:
            return left
        right = self.unary()
        return lambda scope: COMPARISONS[sign](left(scope), right(scope))

    def unary(self) -> Expression:
        if self.take("!"):
            inner = self.unary()
            return lambda scope: not inner(scope)
        return self.member()

    def member(self) -> Expression:
        found = self.primary()
        while sign := self.take(".", "["):
            found = self.index(found) if sign == "[" else self.field(found)
        return found

    def index(self, of: Expression) -> Expression:
        key = self.ternary()
        self.need("]")
        return lambda scope: of(scope)[key(scope)]

    def field(self, of: Expression) -> Expression:
        name = self.name()
        if not self.take("("):
            return lambda scope: of(scope)[name]
        if name in {"all", "exists", "exists_one"}:
            return self.quantified(name, of)
        arguments = self.listed(")")
        return lambda scope: METHODS[name](of(scope), *(a(scope) for a in arguments))

    def quantified(self, name: str, of: Expression) -> Expression:
        variable = self.name()
        self.need(",")
        condition = self.ternary()
        self.need(")")

        def value(scope: Scope) -> bool:
            found = [condition(scope | {variable: item}) for item in of(scope)]
            return {"all": all, "exists": any}.get(name, lambda each: sum(each) == 1)(found)

        return value

    def name(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]["name"]

    def listed(self, end: str) -> list[Expression]:
        found: list[Expression] = []
        while not self.take(end):
            found.append(self.ternary())
            self.take(",")
        return found

    def primary(self) -> Expression:
        match = self.tokens[self.place]
        self.place += 1
        if match["number"]:
            number = Decimal(match["number"])
            return lambda _: number
        if match["text"] is not None:
            text = match["text"]
            return lambda _: text
        if match["name"]:
            return self.named(match["name"])
        return self.bracketed(match["sign"])

    def named(self, name: str) -> Expression:
        if name != "has" and not self.take("("):
            return lambda scope: scope[name]
        if name == "has":
            self.need("(")
            (inner,) = self.listed(")")
            return lambda scope: is_there(inner, scope)
        arguments = self.listed(")")
        return lambda scope: FUNCTIONS[name](*(argument(scope) for argument in arguments))

    def bracketed(self, sign: str) -> Expression:
        if sign == "(":
            inner = self.ternary()
            self.need(")")
            return inner
        if sign == "[":
            items = self.listed("]")
            return lambda scope: [item(scope) for item in items]
        assert sign == "{", sign
        return self.mapping()

    def mapping(self) -> Expression:
        pairs: list[tuple[Expression, Expression]] = []
        while not self.take("}"):
            key = self.ternary()
            self.need(":")
            pairs.append((key, self.ternary()))
            self.take(",")
        return lambda scope: {key(scope): value(scope) for key, value in pairs}


def is_there(path: Expression, scope: Scope) -> bool:
    try:
        path(scope)
    except KeyError:
        return False
    return True
