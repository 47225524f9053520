"""Finds async functions that use a sync SQLAlchemy session. Reads source text, imports nothing.

A plain function is *sync-bound* when its text mentions the sync session, or when it mentions
another sync-bound function. In an async function such a name may stand in one place only: as what
`run_in_threadpool` (or anyio's `to_thread.run_sync`) is to call.
"""

import ast
from collections.abc import Iterator

PACKAGE = "loadlab_services.workloads.wells"
SYNC_SESSION = {"Session", "sessionmaker", "scoped_session", "sync_sessions"}
OFFLOADERS = {"run_in_threadpool", "run_sync", "to_thread"}
EXEMPT = {"resources"}  # makes the factory before the first request; no session is opened there

Function = ast.FunctionDef | ast.AsyncFunctionDef
Known = set[tuple[str, str]]  # module and name of a function


def violations(sources: dict[str, str]) -> list[str]:
    """Name the async functions, as module.function, that touch a sync session."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    bound = _sync_bound(trees)
    return [
        f"{module}.{function.name}"
        for module, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef) and function.name not in EXEMPT
        if _touches(function, module, tree, bound)
    ]


def _sync_bound(trees: dict[str, ast.Module]) -> Known:
    bound: Known = set()
    while True:
        found = {
            (module, function.name)
            for module, tree in trees.items()
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            if _touches(function, module, tree, bound)
        }
        if found <= bound:
            return bound
        bound |= found


def _touches(function: Function, module: str, tree: ast.Module, bound: Known) -> bool:
    names = _origins(module, tree)
    allowed = {id(node) for node in _offloaded(function)}
    return any(
        _terminal(node) in SYNC_SESSION or names.get(ast.unparse(node)) in bound
        for node in _own_nodes(function)
        if isinstance(node, ast.Name | ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and id(node) not in allowed
    )


def _origins(module: str, tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Where the names that a module writes come from, so far as that is this package."""
    names = {
        node.name: (module, node.name) for node in ast.walk(tree) if isinstance(node, Function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{PACKAGE}."):
            origin = str(node.module).removeprefix(f"{PACKAGE}.")
            names |= {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
    for attribute in ast.walk(tree):
        if isinstance(attribute, ast.Attribute) and isinstance(attribute.value, ast.Name):
            names[ast.unparse(attribute)] = (attribute.value.id, attribute.attr)
    return names


def _offloaded(function: Function) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _terminal(node.func) in OFFLOADERS and node.args:
            yield node.args[0]


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Walk a function without the functions inside it: those run where they are called."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _terminal(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case _:
            return ""
