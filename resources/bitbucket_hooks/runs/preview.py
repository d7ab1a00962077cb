"""Run a preview or a refresh, and say what it means for the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from attrs import define, evolve, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.exit_codes import DIFFERENCE, REMOTE_FAILED, USERS_MISTAKE
from bitbucket_hooks.model.safety import REMEDY, share, too_many
from bitbucket_hooks.model.settings import ALL
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli import engine
from bitbucket_hooks.pulumi_cli.engine import Finished
from bitbucket_hooks.pulumi_cli.engine_errors import engine_failure, last_words
from bitbucket_hooks.pulumi_cli.event_log import EventLog
from bitbucket_hooks.pulumi_cli.run import Diagnostic, Kind, Run
from bitbucket_hooks.pulumi_cli.signals import stopping
from bitbucket_hooks.pulumi_cli.values import message_of
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.changes import Changes
from bitbucket_hooks.runs.adoption_preview import AdoptionPreview
from bitbucket_hooks.stack.files import project_name

_HEARD: Final = ("info", "info#err", "warning")
"""The severities of what is said while a run goes on; a report has all warnings in the end."""


@frozen
class RunRequest:
    """What a person asks the engine for."""

    stack: str | None = None
    refresh: bool = False
    policy_packs: tuple[str, ...] = ()
    policy_configs: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    """Arguments for `pulumi` as they are."""
    force: bool = False
    turn: str | None = None
    """Which part a refresh in turns checks, `all` for everything; None: as it comes."""
    look: int = 0
    """New hooks for which to look whether live ones would be adopted."""

    def arguments(self, *command: str) -> list[str]:
        """The engine's command line."""
        refresh = ["--refresh"] if self.refresh else []
        stack = ["--stack", self.stack] if self.stack else []
        packs = [f"--policy-pack={pack}" for pack in self.policy_packs]
        configs = [f"--policy-pack-config={config}" for config in self.policy_configs]
        return [*command, *refresh, *stack, *packs, *configs, *self.extra]


@frozen
class RunOutcome:
    """What a run came to."""

    finished: Finished = field(repr=False)
    changes: Changes

    @property
    def failed(self) -> bool:
        """Whether the run failed."""
        return bool(self.finished.code) or not self.changes.run.ended

    @property
    def exit_code(self) -> int:
        """0 nothing changes, 3 something does, 1 our mistake, 2 the remote side failed."""
        if not self.failed:
            return DIFFERENCE if self.changes.any else 0
        if not self.changes.run.ended:
            return REMOTE_FAILED
        refused = USERS_MISTAKE if self.changes.stops else None
        return refused or self.finished.noted_code or self.changes.exit_code


def turn_of(changes: Changes) -> str | None:
    """What lets another run look where that of these changes did; None: it didn't look."""
    if not changes.run.refreshed:
        return None
    return str(changes.turn.number) if changes.turn else ALL


@define
class Watcher:
    """Hears how far a run is, and what is worth a warning."""

    notify: Callable[[str], None]
    warn: Callable[[str], None]
    total: int | None = None
    """How many resources there are, where that is known before."""
    done: int = 0
    """How many the engine is done with."""

    def event(self, event: Mapping[str, Any]) -> None:
        """Take in one of the engine's events."""
        said = event.get("diagnosticEvent")
        if said and said.get("severity") in _HEARD and said.get("message"):
            self.notify(str(said["message"]).strip())
        done = event.get("resOutputsEvent")
        if done:
            metadata = done.get("metadata", {})
            what = f"{metadata.get('op')} {str(metadata.get('urn')).rpartition('::')[2]}"
            self.done += 1
            known = self.total is not None and self.done <= self.total
            before = f"{self.done:,} of " if known else ""
            count = counted(self.total or 0 if known else self.done, "resource")
            self.notify(f"{before}{count}, {what}")


def preview(
    request: RunRequest, watcher: Watcher, config: Callable[[], Mapping[str, Any]]
) -> RunOutcome:
    """Preview an update; `config` gives the stack config, secrets open.

    Raises HooksError when the engine can't even begin.
    """
    expected = Run(Kind.UPDATE, planned=True, refreshed=request.refresh)
    outcome = _run(request, ["preview"], expected, watcher, request.turn)
    is_new = any(hook.created for hook in outcome.changes.hooks)
    if outcome.failed or not request.look or not is_new:
        return outcome
    run = outcome.changes.run
    clock = Clock()
    with stopping(clock):
        found = AdoptionPreview(config(), watcher.notify, watcher.warn, request.look, clock).find(
            run, outcome.changes
        )
    if clock.stopped:  # somebody asked to stop meanwhile
        return evolve(outcome, changes=changes_of(evolve(run, ended=False)))
    return evolve(outcome, changes=changes_of(run, found))


def drift(request: RunRequest, watcher: Watcher) -> RunOutcome:
    """Look at everything that is declared, and change nothing. Raises HooksError."""
    expected = Run(Kind.REFRESH, planned=True, refreshed=True)
    return _run(request, ["refresh", "--preview-only"], expected, watcher, request.turn)


def update(
    request: RunRequest, shown: Changes, watcher: Watcher, *, skip_preview: bool
) -> RunOutcome:
    """Apply what is declared; a refresh looks where that of `shown` did.

    Raises HooksError when the engine can't even begin.
    """
    skip = ["--skip-preview"] if skip_preview else []
    expected = Run(Kind.UPDATE, planned=False, refreshed=request.refresh)
    return _run(request, ["up", "--yes", *skip], expected, watcher, turn_of(shown))


def refusal(changes: Changes, *, force: bool) -> str | None:
    """Why so much may not be deleted or replaced in one go, unless it is forced."""
    counts = changes.counts
    total = counts.known + counts.unmanaged + counts.unmanaged_deleted
    if force or not total or not too_many(counts.lost, total):
        return None
    what = share(counts.lost, total, "hooks")
    return f"this would delete or replace {what}. {REMEDY}"


def _run(
    request: RunRequest, command: Sequence[str], expected: Run, watcher: Watcher, turn: str | None
) -> RunOutcome:
    """Run the engine; `expected` is what it is asked for, as far as that is known before.

    Raises HooksError when it failed before its first event.
    """
    log = EventLog()

    def hear(event: Mapping[str, Any]) -> None:
        log.take(event)
        watcher.event(event)

    finished = engine.run(request.arguments(*command), hear, force=request.force, turn=turn)
    if log.has_begun:
        run = log.run()
        run = evolve(
            run,
            notes=finished.notes,
            kind=expected.kind,
            # a state without any hook leaves no trace of a refresh in the events
            refreshed=run.refreshed or expected.refreshed,
            ended=run.ended and not finished.stopped,
        )
        if finished.code and run.ended and not run.failed:
            run = _with_reason(run, finished)
    elif finished.stopped:
        run = evolve(expected, ended=False)
    else:
        raise engine_failure("the engine stopped", finished.printed, request.stack)
    if not run.stack:  # it ended before its first resource
        with suppress(HooksError):
            stack = (request.stack or engine.selected_stack()).rpartition("/")[2]
            run = evolve(run, project=project_name(), stack=stack)
    return RunOutcome(finished, changes_of(run))


def _with_reason(run: Run, finished: Finished) -> Run:
    """A run that failed though no event tells of a failure, with the engine's last words."""
    if run.planned and changes_of(run).any:  # the engine was given --expect-no-changes
        return run
    said = Diagnostic("error", message_of(f"pulumi: {last_words(finished.printed)}"))
    return evolve(run, failed=True, diagnostics=(*run.diagnostics, said))
