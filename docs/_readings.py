"""What an expression reads like as a message: its fixed words, and holes for what differs.

A text may have several readings: each way of an `a if x else b`, each value that a name is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Final, TypeAlias

from docs._advice import HOLE, PASSED_ON, words_of

Scope: TypeAlias = Mapping[str, Sequence[str]]
"""The texts that a name may stand for."""
COMPLETED: Final = ("what", "why", "problem", "failing", "remedy", "option")
"""What helpers call the words that they are given."""

_MOST: Final = 12  # readings of one text
_ANSWERING: Final = ("sign_in", "did_you_mean", "_remedy")
"""Functions that give a part of a message."""


def parameters_of(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(node.arg for node in function.args.args if node.arg not in ("self", "cls"))


def given_to(parameters: Sequence[str], call: ast.Call, scope: Scope) -> dict[str, list[str]]:
    """What a call gives to parameters, in words."""
    named = {node.arg: node.value for node in call.keywords if node.arg is not None}
    placed = dict(zip(parameters, call.args, strict=False))
    return {
        name: readings(value, scope)
        for name, value in {**placed, **named}.items()
        if name in COMPLETED
    }


def imported(tree: ast.Module, constants: Mapping[str, Scope]) -> dict[str, list[str]]:
    """The texts of constants that a module has from others."""
    return {
        f"{alias.asname or alias.name}{end}": list(known[f"{alias.name}{end}"])
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for known in [constants.get(node.module or "", {})]
        for alias in node.names
        for end in ("", "()")
        if f"{alias.name}{end}" in known
    }


def answers(tree: ast.Module, scope: Scope) -> dict[str, list[str]]:
    """What names of a module stand for, and its functions answer, each of these as `name_of()`."""
    found = {name: list(texts) for name, texts in scope.items()}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _ANSWERING:
            given = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)]
            inside = within(node, scope)
            texts = [text for value in given if value for text in readings(value, inside)]
            if any(map(words_of, texts)):
                found[f"{node.name}()"] = [text for text in texts if words_of(text)]
    return found


def within(function: ast.FunctionDef, outer: Scope) -> dict[str, list[str]]:
    """The texts that names have in a function: what a call gives is not known."""
    there = {
        name: list(texts) for name, texts in outer.items() if name not in parameters_of(function)
    }
    return {**there, **assigned(ast.walk(function), there)}


def assigned(body: Iterable[ast.AST], outer: Scope) -> dict[str, list[str]]:
    """The texts that names are given in a block, over what they stand for outside of it."""
    found: dict[str, list[str]] = {}
    for node in body:
        target, value = None, None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign):
            target, value = node.target, node.value
        if isinstance(target, ast.Name) and value is not None:
            texts = readings(value, {**outer, **found})
            if any(map(words_of, texts)):
                found[target.id] = [*found.get(target.id, []), *texts]
    return {**{name: list(texts) for name, texts in outer.items()}, **found}


def argument_of(call: ast.Call, place: int | None, scope: Scope) -> list[str]:
    if place is None or place >= len(call.args):
        return [""]
    return readings(call.args[place], scope)


def readings(value: ast.expr, scope: Scope) -> list[str]:
    """The readings of a text: its fixed words, and holes."""
    match value:
        case ast.Constant(value=str(words)):
            return [words]
        case ast.JoinedStr(values=[*parts]):
            return _joined(parts, scope)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([left, right], scope)
        case ast.BoolOp() | ast.IfExp():
            ways = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
            return [node for way in ways for node in readings(way, scope)]
        case ast.FormattedValue(value=inner):
            return readings(inner, scope) if isinstance(inner, _READABLE) else [HOLE]
    return _looked_up(value, scope)


def _looked_up(value: ast.expr, scope: Scope) -> list[str]:
    """What a name or the like stands for, as far as that is written in the code."""
    match value:
        case ast.Attribute(attr="remedy"):
            return [PASSED_ON]
        case ast.Attribute(attr="in_a_line"):
            return [f"{HOLE}; {PASSED_ON}"]
        case ast.Call(func=ast.Name(id=name)):
            return list(scope.get(f"{name}()", [HOLE]))
        case ast.Name(id="problem") if "problem" not in scope:
            return [f"{HOLE}; {PASSED_ON}"]
        case ast.Name(id=name):
            return list(scope.get(name, [PASSED_ON if name.startswith("remed") else HOLE]))
    return [HOLE]


_READABLE: Final = (ast.Name, ast.IfExp, ast.Attribute)


def _joined(parts: Sequence[ast.expr], scope: Scope) -> list[str]:
    together = product(*(readings(part, scope) for part in parts))
    return ["".join(node) for _, node in zip(range(_MOST), together, strict=False)]


def name_of(called: ast.expr) -> str:
    return names_of(called)[0]


def names_of(called: ast.expr) -> tuple[str, ...]:
    """What a function is called by: its name, and with its class."""
    match called:
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return name, f"{owner}.{name}"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (name,)
        case _:
            return ("",)
