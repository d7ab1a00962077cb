"""`python -m benchmarks.scale 5000 20000`: a stack with one hook on that many repositories.

What a run takes, and how it grows: time, memory, the state, messages of the engine, lines printed.
"""

from __future__ import annotations

import json
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click
from attrs import frozen

from benchmarks import tables
from benchmarks.messages import largest_messages
from benchmarks.processes import Part, Used, used_by
from benchmarks.project import ROOT, Project, Run, RunFailed, account, engine_version
from benchmarks.serving import Served, served
from bitbucket_hooks.sandbox.admin import Sandbox

_DRIFTS: Final = 10
_TURNS: Final = 20
_PAGE: Final = ROOT / "docs" / "scaling.md"
_MEASURED: Final = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)
_MEGA: Final = 1024 * 1024
_PARTS: Final[tuple[Part, ...]] = ("engine", "program", "provider", "command")

HEADINGS: Final = (
    "repositories",
    "run",
    "s",
    "CPU s: engine, program, provider, command",
    "sandbox's",
    "CPU ms a repository",
    "peak MB: the same",
    "requests",
    "lines",
)
SIZE_HEADINGS: Final = ("repositories", "state, MB", "bytes a hook", "largest messages, MB")


@frozen
class Measured:
    """One run over all repositories."""

    name: str
    wall: float
    """Seconds."""
    parts: dict[Part, Used]
    sandbox_cpu: float
    """CPU seconds of the sandbox, which runs on the same machine."""
    requests: dict[str, int]
    """By verb."""
    lines: int
    """Those that were printed."""

    def row(self, repositories: int) -> list[str]:
        """The cells under `HEADINGS`."""
        cpu = sum(used.cpu for used in self.parts.values())
        return [
            f"{repositories:,}",
            self.name,
            f"{self.wall:.1f}",
            self._by_part(lambda used: f"{used.cpu:.1f}"),
            f"{self.sandbox_cpu:.1f}",
            f"{1000 * cpu / repositories:.2f}",
            self._by_part(lambda used: f"{used.memory / _MEGA:.0f}"),
            ", ".join(f"{verb} {count:,}" for verb, count in sorted(self.requests.items())) or "0",
            f"{self.lines:,}",
        ]

    def _by_part(self, shown: Callable[[Used], str]) -> str:
        return " / ".join(shown(self.parts[part]) if part in self.parts else "-" for part in _PARTS)


@frozen
class Outcome:
    """All runs over so many repositories."""

    repositories: int
    runs: list[Measured]
    state: int
    """Bytes, with the hooks of all repositories."""
    messages: dict[str, int]
    """Bytes of the largest of each kind."""

    def sizes_row(self) -> list[str]:
        """The cells under `SIZE_HEADINGS`."""
        largest = sorted(self.messages.items(), key=lambda message: -message[1])[:3]
        return [
            f"{self.repositories:,}",
            f"{self.state / 1e6:.2f}",
            f"{self.state / self.repositories:.0f}",
            ", ".join(f"{name} {size / 1e6:.1f}" for name, size in largest),
        ]


def measure(repositories: int, notify: Callable[[str], None]) -> Outcome:
    """Take a stack through its life. Raises RunFailed."""
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        database = folder / "sandbox.db"
        with Sandbox(database) as sandbox, served(database) as server:
            slugs = [f"svc-{number:05}" for number in range(repositories)]
            sandbox.add_repositories(f"acme/{slug}" for slug in slugs)
            project = Project(folder / "project", program=ROOT / "stacks")
            runs, state = [], 0
            for run_name, run in _runs(project, sandbox, server.api):
                measured = _measured(run_name, run, sandbox, server)
                notify(f"{repositories:,} {run_name}: {measured.wall:.1f} s")
                runs.append(measured)
                if run_name == "create":
                    state = project.state_bytes()
            return Outcome(repositories, runs, state, largest_messages(folder / "messages"))


def _runs(project: Project, sandbox: Sandbox, api: str) -> Iterator[tuple[str, Callable[[], Run]]]:
    """What is run, one after the other; what a run needs is done when its turn comes."""

    def declare(path: str) -> None:
        hook = {
            "name": "ci",
            "repositories": ["svc-*"],
            "description": "CI",
            "events": ["repo:push"],
        }
        declared = {**hook, "url": f"https://ci.example.com/{path}"}
        settings = {"bitbucket:workspace": "acme", "bitbucket-hooks:hooks": [declared]}
        project.configure({**account("bitbucket", api), **settings})

    update = ("up", "--yes", "--skip-preview")
    log = {"PULUMI_DEBUG_GRPC": str(project.folder.parent / "messages")}
    turn = {"BITBUCKET_REFRESH_TURNS": str(_TURNS), "BITBUCKET_HOOKS_REFRESH_TURN": "1"}
    declare("first")
    yield "create", lambda: project.run(*update)
    yield "no-op", lambda: project.run(*update)
    yield "refresh", lambda: project.run("preview", "--refresh")
    for hook in sandbox.hooks()[:_DRIFTS]:
        sandbox.change_hook(hook.uuid, active=False)
    yield f"drift of {_DRIFTS}", lambda: project.run_ours("drift")
    yield f"drift, a turn of {_TURNS}", lambda: project.run_ours("drift", **turn)
    yield "repair", lambda: project.run(*update, "--refresh", **log)
    declare("second")
    yield "preview of another url", lambda: project.run_ours("preview")
    yield "another url", lambda: project.run(*update)
    yield "inventory", lambda: project.run_ours("inventory")
    yield "destroy", lambda: project.run("destroy", "--yes", "--skip-preview")


def _measured(name: str, run: Callable[[], Run], sandbox: Sandbox, server: Served) -> Measured:
    sandbox.clear_requests()
    before = used_by(server.pid).cpu
    done = run()
    return Measured(
        name,
        done.wall,
        done.parts,
        used_by(server.pid).cpu - before,
        dict(Counter(request.method for request in sandbox.requests())),
        len(done.printed.splitlines()),
    )


def section(machine: dict[str, Any], outcomes: Sequence[Outcome]) -> str:
    """The machine and both tables, as Markdown."""
    runs = [run.row(outcome.repositories) for outcome in outcomes for run in outcome.runs]
    sizes = [outcome.sizes_row() for outcome in outcomes]
    return "\n\n".join(
        [
            tables.machine_line(machine),
            tables.markdown(HEADINGS, runs),
            tables.markdown(SIZE_HEADINGS, sizes) + "\n",
        ]
    )


@click.command()
@click.argument("repositories", nargs=-1, required=True, type=click.IntRange(min=_DRIFTS))
@click.option("--write", is_flag=True, help="Renew the table in docs/scaling.md.")
@click.option(
    "--json-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what was measured.",
)
def main(repositories: tuple[int, ...], json_file: Path | None, *, write: bool) -> None:
    """Measure a stack with one hook on each of that many repositories, in a sandbox that is served.

    It answers at once and has no limit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # in a shell's background the engine would wait five seconds in vain for its language host
        signal.signal(signal.SIGINT, signal.default_int_handler)
    machine = tables.machine(engine_version())
    outcomes: list[Outcome] = []
    for number in repositories:
        try:
            outcomes.append(measure(number, click.echo))
        except RunFailed as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"\n{section(machine, outcomes)}")
        if json_file:  # after each: a later one may fail
            kept = {"machine": machine, "outcomes": [attrs.asdict(done) for done in outcomes]}
            json_file.write_text(json.dumps(kept, indent=1) + "\n")
    if write:
        text = section(machine, outcomes)
        page = _PAGE.read_text("utf-8")
        _PAGE.write_text(_MEASURED.sub(lambda found: f"{found[1]}{text}{found[2]}", page), "utf-8")


if __name__ == "__main__":
    main()
