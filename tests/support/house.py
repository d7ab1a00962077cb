"""Measures of the code's structure: `make house`."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "resources" / "bitbucket_hooks"
NAME: Final = PACKAGE.name

ORDER: Final = (
    # Each room may import what stands after it, late and for types too.
    "cli",
    "doctor",
    "importing",
    "inventory",
    "runs",
    "publish",
    "report",
    "pulumi_cli",
    "stack",
    "program",
    "provider",
    "connect",
    "sandbox",
    "deliveries",
    "html",
    "reconcile",
    "api",
    "config",
    "filesystem",
    "model",
    "outputs",
)

# A property that is a switch: the files that name it are those that a new one has to be put into.
_PROPERTY: Final = re.compile(r"history_?enabled", re.IGNORECASE)
_FRAMES: Final = re.compile(r"\b(sys\._getframe|currentframe)\(")
_NOQA: Final = re.compile(r"# noqa")


def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    paths = {path.relative_to(PACKAGE.parent).with_suffix(""): path for path in _sources(PACKAGE)}
    return {".".join(name.parts).removesuffix(".__init__"): path for name, path in paths.items()}


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a module imports, anywhere in it; `known` are those of the package."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in known else node.module for name in whole)


def room_of(module: str) -> str:
    """The room in ORDER that a module of the package belongs to."""
    return module.removeprefix(f"{NAME}.").partition(".")[0]


def arrows() -> Counter[tuple[str, str]]:
    """Imports between the package's top-level folders and modules, by importer and imported."""
    known = modules()
    found: Counter[tuple[str, str]] = Counter()
    for module, path in known.items():
        for target in imported(path, known):
            if module != NAME and target.startswith(f"{NAME}."):
                pair = _top(module), _top(target)
                found[pair] += pair[0] != pair[1]
    return +found


def upward() -> set[tuple[str, str]]:
    """Arrows against the order of the rooms."""
    rank = {room: place for place, room in enumerate(ORDER)}
    return {pair for pair in arrows() if rank[pair[0]] > rank[pair[1]]}


def function_lengths(folder: Path = PACKAGE) -> list[int]:
    """The lines of each function, from its first to its last."""
    nodes = (node for path in _sources(folder) for node in ast.walk(_tree(path)))
    functions = (n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]


def doubled_classes() -> dict[str, int]:
    """Names of classes that the package defines more than once, and how often."""
    nodes = (node for path in _sources(PACKAGE) for node in ast.walk(_tree(path)))
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    return {name: count for name, count in sorted(names.items()) if count > 1}


def _top(module: str) -> str:
    return module.split(".")[1]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _lines(folder: Path) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in _sources(folder))


def _matches(pattern: re.Pattern[str], folder: Path) -> int:
    return sum(len(pattern.findall(path.read_text("utf-8"))) for path in _sources(folder))


def _lines_by_room() -> dict[str, int]:
    lines: dict[str, int] = defaultdict(int)
    for module, path in modules().items():
        room = room_of(module) if module != NAME else "(package)"
        lines[room] += len(path.read_text("utf-8").splitlines())
    return dict(sorted(lines.items(), key=lambda item: -item[1]))


def measures() -> dict[str, str]:
    """Every measure by its name, as text."""
    lengths = function_lengths()
    loose = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    doubled = doubled_classes()
    naming = [path for path in _sources(PACKAGE) if _PROPERTY.search(path.read_text("utf-8"))]
    return {
        "lines of the package": str(_lines(PACKAGE)),
        "lines of the tests": str(_lines(ROOT / "tests")),
        "rooms": str(len({room_of(module) for module in modules()} - {NAME})),
        "arrows between rooms": str(len(arrows())),
        "arrows that run back up": f"{len(upward())}  {_listed(upward())}",
        "loose modules in the package's root": f"{len(loose)}  {' '.join(loose)}",
        "class names defined twice or more": f"{len(doubled)}  {' '.join(doubled)}",
        "function: median, p90, longest (lines)": (
            f"{median(lengths):g}, {quantiles(lengths, n=10)[-1]:g}, {max(lengths)}"
        ),
        "files that name one property": str(len(naming)),
        "uses of frames": str(_matches(_FRAMES, PACKAGE)),
        "noqa": str(_matches(_NOQA, PACKAGE)),
    }


def _listed(pairs: set[tuple[str, str]]) -> str:
    return ", ".join(f"{importer} -> {imported}" for importer, imported in sorted(pairs))


def main() -> None:
    """Print the measures, then the lines of each room."""
    for name, value in measures().items():
        print(f"{name:40} {value}".rstrip())  # noqa: T201 - its purpose
    print("\nlines by room")  # noqa: T201
    for room, lines in _lines_by_room().items():
        print(f"  {room:38} {lines}")  # noqa: T201


if __name__ == "__main__":
    main()
