"""`python -m benchmarks`: measure cases, print a table, keep JSON."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Final

import attrs
import click

from benchmarks import cases, rival, tables, targets
from benchmarks.cases import Case
from benchmarks.measuring import NotAsExpected, Outcome, measure, measure_rival
from benchmarks.project import RunFailed, engine_version

_MOST_OF_RIVAL: Final = 1000  # hooks: it takes minutes for them


def _case(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> list[Case]:
    try:
        return [cases.parse(name) for name in names]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option(
    "--case",
    "chosen",
    multiple=True,
    callback=_case,
    metavar="KIND-RxH[@N]",
    help="Such as fleet-1000x1, hook-100x10 or, with 32 requests in flight, fleet-1000x1@32; "
    "with /20 the sandbox refuses more than 20 requests a second; may be repeated. "
    f"Default: {', '.join(case.name for case in cases.DEFAULT)}.",
)
@click.option("--full", is_flag=True, help="With 5,000 single hooks too, which takes long.")
@click.option(
    "--checkpoints",
    is_flag=True,
    help="Let the engine write its state after each step, as it does by default: "
    "1,000 single hooks then take minutes, with the floor as with ours.",
)
@click.option(
    "--json-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what was measured.",
)
def main(chosen: list[Case], json_file: Path | None, *, full: bool, checkpoints: bool) -> None:
    """Measure runs of the engine against a sandbox that waits 50 ms before each answer."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # in a shell's background the engine would wait five seconds in vain for its language host
        signal.signal(signal.SIGINT, signal.default_int_handler)
    outcomes: list[Outcome] = []
    machine = tables.machine(engine_version())
    missing = rival.missing()
    if missing:
        click.echo(f"The rival isn't measured; not on PATH: {', '.join(missing)}")
    for case in chosen or (cases.FULL if full else cases.DEFAULT):
        try:
            outcome = measure(case, click.echo, checkpoints=checkpoints)
            compares = case.kind == "fleet" and case.burst_limit is None
            if not missing and compares and case.total <= _MOST_OF_RIVAL:
                outcome = attrs.evolve(outcome, rival=measure_rival(case, click.echo))
            outcomes.append(outcome)
        except (RunFailed, NotAsExpected) as error:
            raise click.ClickException(str(error)) from None
        measured = tables.document(machine, outcomes)
        if json_file:  # after each case: a later one may fail
            json_file.write_text(json.dumps(measured, indent=1) + "\n")
    for headings, rows in (
        (tables.HEADINGS, tables.rows(measured)),
        (tables.RIVAL_HEADINGS, tables.rival_rows(measured)),
        (tables.STATE_HEADINGS, tables.state_rows(measured)),
        (targets.HEADINGS, targets.rows(measured)),
    ):
        if rows:
            click.echo(f"\n{tables.text(headings, rows)}")


if __name__ == "__main__":
    main()
