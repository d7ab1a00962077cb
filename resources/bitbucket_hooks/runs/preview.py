"""Run a preview or a refresh, and say what it means for the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.exit_codes import DIFFERENCE, REMOTE_FAILED, USERS_MISTAKE
from bitbucket_hooks.provider.safety import FORCE, share, too_many
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.changes import Changes
from bitbucket_hooks.report.findings import Findings
from bitbucket_hooks.report.read import read
from bitbucket_hooks.runs.engine import SEE_DOCTOR, Finished, refuse_locked, run
from bitbucket_hooks.runs.look import Accounts, Looker
from bitbucket_hooks.settings import ALL


@frozen
class Asked:
    """What a person asks the engine for."""

    stack: str | None = None
    refresh: bool = False
    policy_packs: tuple[str, ...] = ()
    policy_configs: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    """Arguments for `pulumi` as they are."""
    force: bool = False
    turn: str | None = None
    """Which part a refresh under a budget looks at, `all` for everything; None: as it comes."""
    look: int = 0
    """New hooks for which to look whether live ones would be adopted."""

    def arguments(self, *command: str) -> list[str]:
        """The engine's command line."""
        stack = ["--stack", self.stack] if self.stack else []
        packs = [f"--policy-pack={pack}" for pack in self.policy_packs]
        configs = [f"--policy-pack-config={one}" for one in self.policy_configs]
        return [*command, *stack, *packs, *configs, *self.extra]


@frozen
class Seen:
    """What a run came to."""

    finished: Finished = field(repr=False)
    changes: Changes

    @property
    def failed(self) -> bool:
        """Whether the run failed."""
        return bool(self.finished.code)

    @property
    def exit_code(self) -> int:
        """0 nothing changes, 3 something does, 1 our mistake, 2 the remote side failed."""
        if not self.failed:
            return DIFFERENCE if self.changes.any else 0
        stopped = USERS_MISTAKE if self.changes.stops else None
        failed = stopped or self.finished.noted
        if failed or self.unexplained is None:
            return failed or self.changes.exit_code
        is_difference = self.changes.run.planned and self.changes.any  # --expect-no-changes
        return DIFFERENCE if is_difference else REMOTE_FAILED

    @property
    def unexplained(self) -> str | None:
        """The engine's last words where it failed though its events tell of no failure."""
        run = self.changes.run
        told = run.failed or not run.ended
        return _last_words(self.finished.printed) if self.failed and not told else None


def turn_of(changes: Changes) -> str | None:
    """What lets another run look where that of these changes did; None: it didn't look."""
    if not changes.run.refreshed:
        return None
    return str(changes.turn.number) if changes.turn else ALL


@frozen
class Watcher:
    """Hears how far a run is, and what is worth a warning."""

    tell: Callable[[str], None]
    warn: Callable[[str], None]

    def event(self, event: Mapping[str, Any]) -> None:
        """Take in one of the engine's events."""
        said = event.get("diagnosticEvent")
        if said and said.get("severity") in ("info", "info#err") and said.get("message"):
            self.tell(str(said["message"]).strip())
        done = event.get("resOutputsEvent")
        if done:
            metadata = done.get("metadata", {})
            self.tell(f"{metadata.get('op')} {str(metadata.get('urn')).rpartition('::')[2]}")


def preview(asked: Asked, watcher: Watcher, config: Callable[[], Mapping[str, Any]]) -> Seen:
    """Preview an update; `config` gives the stack config, secrets open.

    Raises ConfigError when the engine can't even begin, StackLocked when another run holds it.
    """
    refresh = ["--refresh"] if asked.refresh else []
    command = asked.arguments("preview", *refresh)
    finished = run(command, watcher.event, force=asked.force, turn=asked.turn)
    seen = _seen(asked, finished, refreshed=asked.refresh)
    if seen.failed or not asked.look or not any(hook.created for hook in seen.changes.hooks):
        return seen
    looker = Looker(Accounts(config()), watcher.tell, watcher.warn, asked.look)
    found = looker.look(seen.changes.run, seen.changes)
    return _seen(asked, finished, found, refreshed=asked.refresh)


def drift(asked: Asked, watcher: Watcher) -> Seen:
    """Look at everything that is declared, and change nothing. Raises ConfigError."""
    command = asked.arguments("refresh", "--preview-only")
    finished = run(command, watcher.event, force=asked.force, turn=asked.turn)
    return _seen(asked, finished, refreshed=True)


def update(asked: Asked, shown: Changes, watcher: Watcher, *, skip_preview: bool) -> Seen:
    """Apply what is declared; a refresh looks where that of `shown` did.

    Raises ConfigError, or StackLocked when another run holds the stack.
    """
    refresh = ["--refresh"] if asked.refresh else []
    skip = ["--skip-preview"] if skip_preview else []
    command = asked.arguments("up", "--yes", *skip, *refresh)
    finished = run(command, watcher.event, force=asked.force, turn=turn_of(shown))
    return _seen(asked, finished, refreshed=asked.refresh)


def refusal(changes: Changes, *, force: bool) -> str | None:
    """Why so much may not be deleted or replaced in one go, unless it is forced."""
    counts = changes.counts
    total = counts.known + counts.unmanaged + counts.unmanaged_deleted
    if force or not total or not too_many(counts.lost, total):
        return None
    what = share(counts.lost, total, "hooks")
    remedy = f"If that is meant, give --force (in a pipeline: {FORCE}=1)."
    return f"this would delete or replace {what}. {remedy}"


def _seen(
    asked: Asked, finished: Finished, findings: Findings | None = None, *, refreshed: bool
) -> Seen:
    if '"resourcePreEvent"' not in finished.events and '"diagnosticEvent"' not in finished.events:
        refuse_locked(finished.printed, asked.stack)
        raise ConfigError(f"`pulumi` stopped: {_last_words(finished.printed)}", SEE_DOCTOR)
    told = read(finished.events, "the engine's events")
    # a state without any hook leaves no trace of a refresh in the events
    told = evolve(told, refreshed=told.refreshed or refreshed)
    return Seen(finished, changes_of(told, findings or {}))


def _last_words(printed: str) -> str:
    """What the engine said when it failed before it began."""
    lines = [line.strip().removeprefix("error: ") for line in printed.splitlines() if line.strip()]
    return printable("; ".join(lines[-3:]) or "it ended without a word", 500)
