"""Puts a changed module in the place of the one that is loaded, whoever has imported from it.

A function keeps its identity and gets the changed code and defaults. A value of the module is
bound anew in each module that has it under the same name.
"""

import ast
import sys
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

_WRAPPERS = {property: "fget", classmethod: "__func__", staticmethod: "__func__"}


def put_in_place(module: ModuleType, tree: ast.Module) -> None:
    """Change a loaded module as its changed source says."""
    changed = ModuleType(module.__name__)
    exec(compile(tree, str(module.__file__), "exec"), changed.__dict__)
    for name, new in vars(changed).items():
        old = vars(module).get(name)
        if getattr(new, "__module__", None) == module.__name__:
            _change(old, new)
        elif not isinstance(new, ModuleType) and not name.startswith("__"):
            _bind_anew(name, old, new)
    _forget()


def _change(old: Any, new: Any) -> None:
    if isinstance(new, FunctionType):
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__
    elif hasattr(new, "__wrapped__"):
        _change(old.__wrapped__, new.__wrapped__)
    elif isinstance(new, cached_property):
        _change(old.func, new.func)
    elif type(new) in _WRAPPERS:
        wrapped = _WRAPPERS[type(new)]
        _change(getattr(old, wrapped), getattr(new, wrapped))
    elif isinstance(new, type):
        for name, member in vars(new).items():
            _change_member(old, name, member)


def _change_member(owner: type, name: str, new: Any) -> None:
    old = vars(owner).get(name)
    if isinstance(new, FunctionType | cached_property) or type(new) in _WRAPPERS:
        _change(old, new)
    elif isinstance(new, int | float) and new != old and not name.startswith("_"):
        setattr(owner, name, new)


def _bind_anew(name: str, old: Any, new: Any) -> None:
    """Bind a value that the change made another; of equal ones the loaded stays."""
    if old == new:
        return
    for module in list(sys.modules.values()):
        if vars(module).get(name) is old and module.__name__.startswith(("loadlab.", "tests.")):
            setattr(module, name, new)


def _forget() -> None:
    """Empty what functions remember: it was computed without the change."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("loadlab."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
