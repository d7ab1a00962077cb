"""What reports in JSON that were kept say of a stack's hooks over time."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.model.errors import ConfigError, printable, unreadable
from bitbucket_hooks.pulumi_cli.values import list_of, mapping_of, number_of
from bitbucket_hooks.report.as_json import VERSION

CHANGES: Final = {
    "created": ("created", "adopted"),
    "updated": ("updated",),
    "deleted": ("lost",),
}
"""What is counted of a run, and the counts of its report that it sums up."""
_PREVIEWS: Final = {"update": "preview", "refresh": "drift"}


@frozen(kw_only=True)
class KeptReport:
    """A run as its report had it; None: it isn't known."""

    project: str
    stack: str
    written: datetime
    run: str
    """`preview`, `drift`, `update`, `refresh` or `destroy`."""
    exit_code: int
    hooks: int | None
    """Those that the state had before."""
    created: int | None
    updated: int | None
    deleted: int | None
    drifted: int | None
    unmanaged: int | None
    looked: bool
    """Whether the run looked at the live hooks."""
    whole: bool
    """Whether everything was looked at; else `drifted` and `unmanaged` are at least so many."""

    @property
    def at(self) -> str:
        """When it was written, as runs say when they began."""
        return self.written.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def changed(self) -> str | None:
        """How many hooks the run created or adopted, updated and deleted; None of a preview."""
        if self.created is None:
            return None
        return f"+{self.created} ~{self.updated} -{self.deleted}"

    def least(self, number: int | None) -> str | None:
        """One of its two numbers, and whether there may be more."""
        return None if number is None else f"{'' if self.whole else '≥ '}{number:,}"


@frozen
class Kept:
    """The reports of a project, the oldest first, and the files that hold none."""

    reports: tuple[KeptReport, ...]
    others: tuple[Path, ...]

    def of_stack(self, name: str) -> list[KeptReport]:
        """Those of a stack, whose name may have its organisation."""
        stack = name.rpartition("/")[2]
        return [report for report in self.reports if report.stack == stack]


def read_kept(paths: Sequence[str], project: str) -> Kept:
    """Read files, what globs match, and the JSON files below folders; each report once.

    Raises ConfigError when one of them names nothing, or can't be read.
    """
    found: set[KeptReport] = set()
    others = []
    for file in sorted({file for path in paths for file in _files(path)}):
        reports = [*_reports(file)]
        found.update(report for report in reports if report.project == project)
        if not reports:
            others.append(file)
    return Kept(tuple(sorted(found, key=lambda report: report.written)), tuple(others))


def _files(path: str) -> list[Path]:
    if Path(path).is_dir():
        return [file for file in Path(path).rglob("*.json") if file.is_file()]
    found = [Path(path)] if Path(path).exists() else [*map(Path, glob.glob(path, recursive=True))]  # noqa: PTH207  # an absolute one too
    if not found:
        raise ConfigError(
            f"no file is there for --reports {printable(path)}",
            "Name a folder, a file or a glob of reports that `--json-file` wrote.",
        )
    return [file for file in found if file.is_file()]


def _reports(file: Path) -> Iterator[KeptReport]:
    """The reports that a file holds: one, or those that `stacks preview --json` prints."""
    try:
        value = json.loads(file.read_bytes())
    except OSError as error:
        raise unreadable(file, error) from None
    except (ValueError, RecursionError):
        return
    for report in [value, *(mapping_of(item).get("changes") for item in list_of(value))]:
        known = mapping_of(report)
        written = _moment(known.get("written"))
        if known.get("version") == VERSION and written is not None and known.get("stack"):
            yield _report(known, written)


def _report(value: Mapping[str, Any], written: datetime) -> KeptReport:
    run, counts = mapping_of(value.get("run")), mapping_of(value.get("counts"))
    kind, is_preview = str(run.get("kind")), bool(run.get("preview"))
    is_done = bool(run.get("ended")) and not run.get("failed")
    exclusives = [mapping_of(item) for item in list_of(value.get("exclusives"))]
    whole = (
        is_done
        and not run.get("turn")
        and not counts.get("unchecked")
        and not any(exclusive.get("unlisted") for exclusive in exclusives)
    )
    has_looked = bool(run.get("refreshed"))

    def number(*names: str) -> int:
        return sum(int(number_of(counts.get(name)) or 0) for name in names)

    def found(*names: str) -> int | None:
        """What was found; nothing in a part says nothing of the rest."""
        return number(*names) or (0 if whole else None)

    return KeptReport(
        project=str(value.get("project")),
        stack=str(value["stack"]),
        written=written,
        run=_PREVIEWS.get(kind, kind) if is_preview else kind,
        exit_code=int(number_of(value.get("exitCode")) or 0),
        hooks=number("known") if is_done and not counts.get("unshown") else None,
        **{name: None if is_preview else number(*names) for name, names in CHANGES.items()},
        drifted=found("drifted") if has_looked else None,
        unmanaged=found("unmanaged", "unmanagedDeleted") if has_looked and exclusives else None,
        looked=has_looked,
        whole=whole,
    )


def _moment(value: Any) -> datetime | None:
    """A time with its zone, in UTC; None where there is none."""
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else None
