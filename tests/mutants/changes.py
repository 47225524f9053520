"""The mutants of a module: each has one change that a figure or a decision may hang on.

Operators, comparisons, numbers, truths, least and most, all and any are changed, and conditions
are turned round. Texts, annotations and decorators are not: they change no figure.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}
_SAY_NOTHING = {"strict", "frozen", "slots", "kw_only"}  # keywords that change no figure
_SKIPPED = {"annotation", "returns", "decorator_list", "type_params"}
Changeable = ast.expr | ast.If | ast.comprehension
Change = Callable[[], None]


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    line: int
    within: str  # the function, as Class.function; empty on the module's level
    change: str  # before -> after; with a number where the function has several that read alike
    tree: ast.Module

    @property
    def key(self) -> str:
        """What names it in the list of equivalents; a line's number would not last."""
        return f"{self.within}: {self.change}"

    def __str__(self) -> str:
        return f"line {self.line}, {self.key}"


@dataclass(frozen=True)
class _Place:
    """A node that may be changed, with the expression that shows what the change means."""

    node: Changeable
    shown: ast.AST
    line: int
    within: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    alike: Counter[tuple[str, str]] = Counter()
    for number, place in enumerate(_places(tree)):
        for kind in range(len(list(_changes(place.node)))):
            changed = ast.parse(source)
            there = next(one for at, one in enumerate(_places(changed)) if at == number)
            list(_changes(there.node))[kind]()
            ast.fix_missing_locations(changed)
            change = f"{_text(place.shown)} -> {_text(there.shown)}"
            alike[place.within, change] += 1
            times = alike[place.within, change]
            suffix = f" ({times})" if times > 1 else ""
            yield Mutant(place.line, place.within, change + suffix, changed)


def _places(tree: ast.Module) -> Iterator[_Place]:
    for statement in tree.body:
        yield from _below(statement, statement, "", statement.lineno)


def _below(node: ast.AST, shown: ast.AST, within: str, line: int) -> Iterator[_Place]:
    """Yield the nodes that may be changed, as they stand; none in a text."""
    if isinstance(node, ast.JoinedStr):
        return
    line = getattr(node, "lineno", line)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        within = f"{within}.{node.name}".lstrip(".")
    if isinstance(node, Changeable):
        # A number alone says little: the expression around it is shown.
        alone = isinstance(node, ast.Constant | ast.UnaryOp)
        yield _Place(node, shown if alone else node, line, within)
        shown = node if isinstance(node, ast.expr) else shown
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.keyword) and child.arg in _SAY_NOTHING:
                continue
            if isinstance(child, ast.AST):
                around = child if isinstance(child, ast.stmt) else shown
                yield from _below(child, around, within, line)


def _text(shown: ast.AST) -> str:
    return f"if {ast.unparse(shown.test)}" if isinstance(shown, ast.If) else ast.unparse(shown)


def _changes(node: Changeable) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    yield partial(_set, ops, place, other())
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            yield partial(setattr, node, "op", _OPERATORS[type(operator)]())
        case ast.BoolOp(op=both):
            turned = ast.Or() if isinstance(both, ast.And) else ast.And()
            yield partial(setattr, node, "op", turned)
        case ast.UnaryOp(op=ast.USub()):
            yield partial(setattr, node, "op", ast.UAdd())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield partial(setattr, node, "operand", _turned(operand))
        case ast.Constant(value=bool() as truth):
            yield partial(setattr, node, "value", not truth)
        case ast.Constant(value=int() | float() as number):
            yield partial(setattr, node, "value", number + 1)
        case ast.Call(func=ast.Name(id=name) as called) if name in _CALLS:
            yield partial(setattr, called, "id", _CALLS[name])
        case ast.Call(func=ast.Attribute(attr=name) as called) if name in _CALLS:
            yield partial(setattr, called, "attr", _CALLS[name])
        case ast.IfExp(test=test) | ast.If(test=test) if not isinstance(test, ast.Compare):
            yield partial(setattr, node, "test", _turned(test))
        case ast.comprehension(ifs=tests):
            for place, test in enumerate(tests):
                if not isinstance(test, ast.Compare):
                    yield partial(_set, tests, place, _turned(test))


def _turned(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _set(values: list[Any], place: int, value: object) -> None:
    values[place] = value
