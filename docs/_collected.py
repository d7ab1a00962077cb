"""What the code says of errors and warnings: collected from its syntax, each with its remedy.

Four ways lead to a message: an error of `HooksError`'s family, the rest of a sentence that begins
with a property or a path (`Problem`, what a reader of the stack config yields), a warning or note,
and a finding of the doctor. The policies, the engine's set-up and the shell scripts say theirs in
ways of their own. A helper that only completes a text (`_unusable(key, value, remedy)`) counts
where it is called, with what it is given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from docs._advice import HOLE, PASSED_ON, split, words_of
from docs._readings import (
    COMPLETED,
    Scope,
    answers,
    argument_of,
    assigned,
    given_to,
    imported,
    name_of,
    names_of,
    parameters_of,
    readings,
    within,
)

ROOT: Final = Path(__file__).parents[1]
_PACKAGE: Final = ROOT / "resources" / "bitbucket_hooks"
_PLAYED: Final = ("sandbox/insights.py", "sandbox/webhook.py")
"""What the sandbox says in Bitbucket's place."""
_SCRIPTS: Final = (
    *("activate", "ci/begin.sh", "engine/venv.sh"),
    "policies/bin/pulumi-analyzer-policy-bitbucket-hooks",
)
_WORD: Final = re.compile(r"[^\W\d_]{2}")


@frozen
class Message:
    """What one place in the code may say; `{…}` stands for what differs."""

    room: str
    place: str
    """The file, and the line in which the words are."""
    kind: str
    """`error`, `warning` or `note`."""
    text: str
    remedy: str
    """What to do; empty for a note, and where the text as a whole tells it."""


@frozen
class _Way:
    """How a call says something: the places of the text and of the remedy among its arguments."""

    kind: str
    text: int = 0
    remedy: int | None = None
    advice: str = ""
    """What is said after each text, by whoever is called."""


_ENGINE: Final = "Install the Pulumi CLI, or Go to have it built here; then run this again."
_WAYS: Final[Mapping[str, _Way]] = {
    **dict.fromkeys(("problem", "UsageError", "BadParameter", "RunError"), _Way("error")),
    "_doubt": _Way("warning", advice="correct or remove it, unless it is meant"),
    "UnavailableError": _Way("error", advice=_ENGINE),
    **dict.fromkeys(("warn", "_warn"), _Way("warning")),
    **dict.fromkeys(("note", "tell"), _Way("note")),
    "_Cause": _Way("error", 1, 2),
}
_FINDINGS: Final[Mapping[str, _Way]] = {
    "error": _Way("error", 1, 2),
    "warning": _Way("warning", 1, 2),
    "note": _Way("note", 1, 2),
    "unknown": _Way("warning", 1, 2),
}
"""By the doctor, whose texts begin with the name of the check."""
_OF_PYTHON: Final = dict.fromkeys(("TypeError", "ValueError"), _Way("error"))
"""Where a program of the user's calls us: in the modules of public names."""
_PUBLIC: Final = ("hook_args.py", "program.py", "deliveries/signing.py")
_LISTS: Final = ("problems", "warnings", "doubts", "wrong", "failures")
_GIVEN: Final = {
    **dict.fromkeys(("url_problem", "_scheme_or_host_problem", "refusal"), "error"),
    **dict.fromkeys(("_missing", "_no_event", "no_such_event"), "error"),
    **dict.fromkeys(("_failure",), "warning"),
    "adoption_notice": "note",
}
"""Functions that give a message, or the rest of one."""
_LEAST: Final = 3  # words of a message
_SPOKEN: Final = re.compile(r"(Error|Warning|Note): (.*)", re.DOTALL)


def messages() -> list[Message]:
    """Every error, warning and note of the package, the policies, the set-up and the scripts."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(_sources())}
    family = _family(trees.values())
    helpers = _helpers_of_classes(trees.values(), family)
    constants = {
        _module(path): answers(tree, assigned(tree.body, {})) for path, tree in trees.items()
    }
    found = [
        item
        for path, tree in trees.items()
        for item in _Reader(path, tree, _ways(path, family), helpers, constants).messages()
    ]
    found += [item for name in _SCRIPTS for item in _of_script(ROOT / name)]
    return list(dict.fromkeys(found))


def _sources() -> Iterator[Path]:
    files = sorted(_PACKAGE.rglob("*.py"))
    yield from (file for file in files if file.relative_to(_PACKAGE).as_posix() not in _PLAYED)
    yield from (ROOT / "engine").glob("*.py")
    yield ROOT / "policies" / "hook_policies" / "rules.py"


def _module(path: Path) -> str:
    """What imports call a module."""
    return ".".join(
        path.relative_to(_PACKAGE.parent if path.is_relative_to(_PACKAGE) else ROOT)
        .with_suffix("")
        .parts
    )


def _room(path: Path) -> str:
    if not path.is_relative_to(_PACKAGE):
        return path.relative_to(ROOT).parts[0]
    parts = path.relative_to(_PACKAGE).parts
    return parts[0] if len(parts) > 1 else "the package"


def _ways(path: Path, family: Mapping[str, _Way]) -> dict[str, _Way]:
    """The calls that say something in a module."""
    public = path.is_relative_to(_PACKAGE) and str(path.relative_to(_PACKAGE)) in _PUBLIC
    return {
        **_WAYS,
        **family,
        **(_FINDINGS if _room(path) == "doctor" else {}),
        **(_OF_PYTHON if public else {}),
    }


def _family(trees: Iterable[ast.Module]) -> dict[str, _Way]:
    """`HooksError` and all classes that derive from it."""
    bases = {
        item.name: {base.id for base in item.bases if isinstance(base, ast.Name)}
        for tree in trees
        for item in ast.walk(tree)
        if isinstance(item, ast.ClassDef)
    }
    family = {"HooksError"}
    while more := {name for name, parents in bases.items() if parents & family} - family:
        family |= more
    return dict.fromkeys(family, _Way("error", 0, 1))


@frozen
class _Helper:
    """A function that completes a message with what it is given."""

    parameters: tuple[str, ...]
    said: ast.Call
    way: _Way
    scope: Scope


def _helpers_of_classes(
    trees: Iterable[ast.Module], family: Mapping[str, _Way]
) -> dict[str, _Helper]:
    """Class methods of errors that make one: `UnexpectedAnswer.got`."""
    return {
        f"{item.name}.{method.name}": _Helper(parameters_of(method), call, _Way("error", 0, 1), {})
        for tree in trees
        for item in ast.walk(tree)
        if isinstance(item, ast.ClassDef) and item.name in family
        for method in item.body
        if isinstance(method, ast.FunctionDef)
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and name_of(call.func) == "cls"
    }


class _Reader:
    """Reads the messages of one module."""

    def __init__(
        self,
        path: Path,
        tree: ast.Module,
        ways: Mapping[str, _Way],
        helpers: Mapping[str, _Helper],
        constants: Mapping[str, Scope],
    ) -> None:
        self._room = _room(path)
        self._file = path.relative_to(ROOT)
        self._place = ""
        self._tree = tree
        self._ways = ways
        self._module = answers(tree, assigned(tree.body, imported(tree, constants)))
        self._helpers = {**helpers, **self._own_helpers()}
        self._replaced = {id(item.said) for item in self._helpers.values()}

    def messages(self) -> Iterator[Message]:
        """All of them."""
        yield from self._in(self._tree, self._module, "")

    def _in(self, node: ast.AST, scope: Scope, function: str) -> Iterator[Message]:
        if isinstance(node, ast.FunctionDef):
            scope, function = within(node, scope), node.name
        yield from self._said(node, scope, function)
        for child in ast.iter_child_nodes(node):
            yield from self._in(child, scope, function)

    def _said(self, node: ast.AST, scope: Scope, function: str) -> Iterator[Message]:
        self._place = f"{self._file}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Call() if id(node) not in self._replaced:
                yield from self._called(node, scope)
            case ast.Yield(value=ast.expr() as value) if self._room in ("stack", "provider"):
                yield from self._sentence("error", readings(value, scope))
            case ast.Return(value=ast.expr() as value) if function in _GIVEN:
                yield from self._sentence(_GIVEN[function], readings(value, scope))
            case ast.Return(value=ast.JoinedStr() as value) if self._room == "policies":
                yield from self._sentence("error", readings(value, scope))
            case ast.AugAssign(target=target, value=ast.List(elts=parts)) if _is_list(target):
                texts = [text for item in parts for text in readings(item, scope)]
                yield from self._sentence("error", texts)
            case ast.AugAssign(target=target, value=ast.ListComp(elt=part)) if _is_list(target):
                yield from self._sentence("error", readings(part, scope))

    def _called(self, call: ast.Call, scope: Scope) -> Iterator[Message]:
        names = names_of(call.func)
        helper = next((self._helpers[name] for name in names if name in self._helpers), None)
        way = next((self._ways[name] for name in names if name in self._ways), None)
        if helper is not None:
            self._place = f"{helper.parameters}:{helper.said.lineno}"
            given = {**helper.scope, **given_to(helper.parameters, call, scope)}
            yield from self._completed(helper.said, helper.way, given)
        elif way is not None:
            yield from self._completed(call, way, scope)
        elif names[0] == "append" and self._piles_up(call):
            yield from self._sentence("error", readings(call.args[0], scope))
        elif names[0] == "echo" and call.args:
            yield from self._echoed(readings(call.args[0], scope))

    def _piles_up(self, call: ast.Call) -> bool:
        return self._room != "engine" and _is_list(getattr(call.func, "value", None))

    def _completed(self, call: ast.Call, way: _Way, scope: Scope) -> Iterator[Message]:
        texts = argument_of(call, way.text, scope)
        if way.text and self._room == "doctor":
            texts = [f"{check}: {item}" for check in argument_of(call, 0, scope) for item in texts]
        remedies = argument_of(call, way.remedy, scope)
        if not any(remedies):
            for item in self._sentence(way.kind, texts):
                yield evolve(item, remedy=item.remedy or way.advice)
            return
        for text, remedy in product(texts, remedies):
            if _WORD.search(words_of(text)):
                yield Message(
                    self._room,
                    self._place,
                    way.kind,
                    text,
                    remedy if words_of(remedy) else PASSED_ON,
                )

    def _sentence(self, kind: str, texts: Iterable[str]) -> Iterator[Message]:
        for text in texts:
            what, advice = split(text)
            if len(words_of(text).split()) >= _LEAST and _WORD.search(words_of(what)):
                yield Message(self._room, self._place, kind, what, advice)

    def _echoed(self, texts: Iterable[str]) -> Iterator[Message]:
        for text in texts:
            if said := _SPOKEN.match(text.strip()):
                yield from self._sentence(said[1].lower(), [said[2]])

    def _own_helpers(self) -> dict[str, _Helper]:
        """Functions of the module whose parameters become words of an error."""
        found = {}
        for item in ast.walk(self._tree):
            if isinstance(item, ast.FunctionDef):
                parameters = parameters_of(item)
                for call in [part for part in ast.walk(item) if isinstance(part, ast.Call)]:
                    way = self._ways.get(name_of(call.func))
                    if way and way.kind == "error" and _says_any(call, way, parameters):
                        scope = within(item, self._module)
                        found[item.name] = _Helper(parameters, call, way, scope)
        return found


def _says_any(call: ast.Call, way: _Way, parameters: Sequence[str]) -> bool:
    """Whether a parameter is the text or the remedy, or words within."""
    spoken = [
        call.args[at] for at in (way.text, way.remedy) if at is not None and at < len(call.args)
    ]
    whole = [item for item in spoken if isinstance(item, ast.Name)]
    parts = [
        part.value
        for item in spoken
        for part in ast.walk(item)
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name)
    ]
    names = {item.id for item in (*whole, *parts) if isinstance(item, ast.Name)}
    return bool(names & {*parameters} & {*COMPLETED})


def _is_list(value: object) -> bool:
    """Whether it is one of the lists in which mistakes pile up."""
    return isinstance(value, ast.expr) and name_of(value) in _LISTS


def _of_script(path: Path) -> Iterator[Message]:
    """What a shell script says on its way out, with its variables as holes."""
    written = path.read_text("utf-8").replace("\\`", "`")
    code = re.sub(r"\$\([^()]*\)|\$\{[^}]*\}|\$\w+", HOLE, written)
    for call, text in re.findall(r'(echo|fail|say)\s+"([^"]+)"', code):
        kind = "note" if call == "say" or text.endswith("(once)") else "error"
        if _WORD.search(words_of(text)):
            yield Message("scripts", path.name, kind, *split(text))
