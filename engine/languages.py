"""Hosts of other languages than Python, for a CLI that was built here: it comes without them."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from engine import build, cache, choose, on_path
from engine.build import SDK, Part, Program, Script
from engine.errors import NoEngineError, UnavailableError

# Modules hold an old host for Node.js, which knows no code generation, and none for Go:
# `engine/go/generator` adds what they lack.
HOSTS: Mapping[str, Sequence[Part]] = {
    "yaml": (
        Program(
            "yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", "pulumi-language-yaml"
        ),
    ),
    "nodejs": (
        Program("generator", ".", "pulumi-language-nodejs"),
        Program(
            "nodejs", f"{SDK}/nodejs/cmd/pulumi-language-nodejs", "runner/pulumi-language-nodejs"
        ),
        Script("nodejs", "nodejs/dist/pulumi-resource-pulumi-nodejs"),
    ),
    "go": (Program("generator", ".", "pulumi-language-go"),),
}


def folder(names: Sequence[str]) -> Path:
    """Return the folder of an engine that has the hosts of these languages.

    Raises NoEngineError, with what each way answered, when there is none to be had.
    """
    engine = choose.folder()
    for name in names:
        if cache.engines() in engine.parents:
            _ensure(name, engine)
        elif not on_path.has(engine / "pulumi", _host(name)):
            nowhere = UnavailableError("there is none")
            raise NoEngineError([(f"beside {engine}/pulumi or on PATH", nowhere)], _host(name))
    return engine


def _ensure(name: str, engine: Path) -> None:
    host = engine / _host(name)
    if host.is_file() and not host.is_symlink():  # the official download has its own
        return
    if (built := _cached(name)) and _linked(built, engine):
        return
    try:
        with cache.lock():
            # Whoever held the lock may have made it.
            _link(_cached(name) or _build(name), engine)
    except (UnavailableError, OSError) as reason:
        answer = UnavailableError(str(reason))
        raise NoEngineError([(build.LABEL, answer)], host.name) from reason


def _linked(built: Path, engine: Path) -> bool:
    return all((engine / file.name).resolve() == file.resolve() for file in _programs(built))


def _link(built: Path, engine: Path) -> None:
    # The engine warns of hosts that it finds on PATH, but not of those beside it.
    for file in _programs(built):
        new = engine / f"{cache.UNFINISHED}{file.name}"
        new.unlink(missing_ok=True)
        new.symlink_to(file)
        new.replace(engine / file.name)


def _programs(built: Path) -> list[Path]:
    return [file for file in built.iterdir() if file.is_file()]


def _host(name: str) -> str:
    return f"pulumi-language-{name}"


def _files(name: str) -> list[str]:
    return [part.file for part in HOSTS[name] if isinstance(part, Program)]


def _entry(name: str) -> str:
    return f"{name}-build-{build.digest(HOSTS[name])}"


def _cached(name: str) -> Path | None:
    return cache.find(_entry(name), _files(name))


def _build(name: str) -> Path:
    make = partial(build.make_parts, HOSTS[name], what=_host(name), takes="some 2 minutes")
    return cache.add(_entry(name), make, _files(name))
