"""What a run changes, as a reviewer of webhooks sees it: by declared hook, not by engine step."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from bitbucket_hooks.model.exit_codes import DIFFERENCE, REMOTE_FAILED, USERS_MISTAKE
from bitbucket_hooks.model.refresh_turn import NOTICE
from bitbucket_hooks.model.sync_status import SecretSync, SyncStatus
from bitbucket_hooks.pulumi_cli.run import Diagnostic, Run, StepResult, Violation
from bitbucket_hooks.report.findings import Match, Near
from bitbucket_hooks.report.values import PropertyChange


class Fate(Enum):
    """What becomes of a copy that isn't as declared."""

    REPAIRED = "repaired"
    """It is repaired, or made again."""
    RECORDED = "recorded"
    """A refresh notes it; the next update puts it right."""
    OPEN = "open"
    """An update was to put it right, and failed."""
    MOOT = "moot"
    """It is no longer declared, or it is as the declaration wants it by now."""


class Caution(Enum):
    """What a declaration newly does that a reviewer has to look at first."""

    CERTIFICATE = "certificate"
    """The receiver's certificate is no longer checked."""
    HTTP = "http"
    """Deliveries go unencrypted."""
    UNPROTECTED = "unprotected"
    """Pulumi's protection against deletion is taken away."""


class Action(Enum):
    """What is done to a declaration as a whole."""

    NEW = "new"
    CHANGED = "changed"
    DELETED = "deleted"
    REPLACED = "replaced"
    RENAMED = "renamed"
    FAILED = "failed"
    DRIFTED = "drifted"
    UNCHANGED = "unchanged"


@frozen
class Drift:
    """What is not as it was declared, on one or more places."""

    status: SyncStatus
    places: tuple[str, ...]
    fate: Fate

    @property
    def secret_removed(self) -> bool:
        """Whether deliveries have gone unsigned since."""
        return self.status.secret is SecretSync.REMOVED


@frozen
class Move:
    """Hooks that another resource declared before: they stay as they are."""

    from_: str
    places: tuple[str, ...]
    whole: bool
    """All that the other resource had: it was renamed."""


@frozen
class Gift:
    """Hooks that another resource declares from now on: they stay as they are."""

    to: str
    places: tuple[str, ...]


@frozen(kw_only=True)
class ChangedHook:
    """One declared hook, on a repository, a workspace, or many repositories.

    Its attributes are the keys of a report in JSON, in their order.
    """

    name: str
    kind: str
    """`Hook`, `HookFleet` or `WorkspaceHook`."""
    urn: str
    action: Action = Action.UNCHANGED
    url: str
    """As it may be shown."""
    description: str | None = None
    events: tuple[str, ...] = ()
    active: bool = True
    secret: str = "none"  # noqa: S105  # a word, as those below
    """Where it comes from: `declared`, `env:NAME`, `file:PATH`, or `none`."""
    created: tuple[str, ...] = ()
    """Places that get the hook: made, or adopted where nobody looked which."""
    looked: bool = False
    """Whether it is known of `created` that none is there yet."""
    adopted: Mapping[str, Match] = field(factory=dict)
    """By place, the live hooks that are adopted."""
    ambiguous: Mapping[str, tuple[Match, ...]] = field(factory=dict)
    """By place, those of which nobody can tell which is meant: the update will refuse."""
    near: Mapping[str, tuple[Near, ...]] = field(factory=dict)
    """By place of `created`, live hooks that may be meant though they don't match."""
    updated: tuple[str, ...] = ()
    """Places whose hook gets the property changes."""
    properties: tuple[PropertyChange, ...] = ()
    deleted: Mapping[str, str] = field(factory=dict)
    """By place, the uuids of the hooks that are deleted."""
    replaced: Mapping[str, str] = field(factory=dict)
    """By place, the uuids of the hooks that are deleted to be made elsewhere."""
    retained: tuple[str, ...] = ()
    """Places whose hook is no longer declared and stays all the same."""
    moves: tuple[Move, ...] = ()
    given: tuple[Gift, ...] = ()
    drift: tuple[Drift, ...] = ()
    unchecked: Mapping[str, str] = field(factory=dict)
    """By place, why it couldn't be looked at."""
    failed: tuple[str, ...] = ()
    """Places at which an update failed."""
    known: int = 0
    """Hooks that it had before."""
    unchanged: int = 0
    cautions: tuple[Caution, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything becomes, or is, different."""
        return self.action is not Action.UNCHANGED

    @property
    def drifted(self) -> set[str]:
        """The places where it is not as declared."""
        return {place for drift in self.drift for place in drift.places}

    @property
    def secret_change(self) -> object:
        """What the declaration does to the secret, in a word of `values`; None: nothing."""
        return next((change.new for change in self.properties if change.name == "secret"), None)


@frozen
class Unmanaged:
    """A live hook that nothing declares."""

    uuid: str
    record: str
    """Its repository or workspace, its title and its url without the query."""
    deleted: bool


@frozen(kw_only=True)
class Exclusive:
    """A resource that says which hooks alone may be there; the keys in JSON, in their order."""

    name: str
    kind: str
    urn: str
    op: str
    unmanaged: tuple[Unmanaged, ...]
    pending: bool
    """Whether the next update deletes them: a refresh only finds them."""
    unlisted: tuple[str, ...]
    """Repositories that couldn't be listed."""
    existing: int
    """Hooks that it knows of, managed or not."""
    properties: tuple[PropertyChange, ...]

    @property
    def changes(self) -> bool:
        """Whether anything becomes different; unmanaged hooks that are only reported don't."""
        return bool(self.pending or self.properties or self.op not in ("same", "read", ""))


@frozen
class Other:
    """What is done to resources that are no hooks: of one type, by one operation."""

    type: str
    op: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.type} {self.op}"


@frozen
class Counts:
    """Hooks, that is copies on repositories or workspaces, by what becomes of them."""

    created: int = 0
    """Made, or adopted where that isn't known (`looked` says)."""
    unlooked: int = 0
    """Of `created`, those of which it isn't known whether they are made or adopted."""
    adopted: int = 0
    updated: int = 0
    deleted: int = 0
    replaced: int = 0
    drifted: int = 0
    unmanaged: int = 0
    unmanaged_deleted: int = 0
    renamed: int = 0
    failed: int = 0
    unchecked: int = 0
    unchanged: int = 0
    known: int = 0
    """Hooks that the state had before, of all resources that the run showed."""
    unshown: int = 0
    """Resources that stay as they are and that the run didn't show: `--show-sames` shows them."""
    looked: bool = False
    """Whether it is known which of the new hooks are adopted."""

    @property
    def lost(self) -> int:
        """Hooks that are deleted or replaced, for a threshold; those that nobody declared too."""
        return self.deleted + self.replaced + self.unmanaged_deleted


@frozen
class CheckedPart:
    """What a refresh in turns checked."""

    checked: int
    total: int
    what: str
    """The noun of the two."""
    number: int
    turns: int


@frozen
class Changes:
    """Everything that a report says."""

    run: Run
    hooks: tuple[ChangedHook, ...] = ()
    exclusives: tuple[Exclusive, ...] = ()
    others: tuple[Other, ...] = ()
    counts: Counts = Counts()
    turn: CheckedPart | None = None
    """Which part was checked, where that is known and isn't everything."""

    def verb(self, will: str, was: str) -> str:
        """The one that fits what will happen, or what has."""
        return will if self.run.planned else was

    @property
    def in_part(self) -> bool:
        """Whether a refresh checked only a part; where no notes tell, a message of the run does."""
        messages = (diagnostic.message for diagnostic in self.run.diagnostics)
        return self.turn is not None or any(message.startswith(NOTICE) for message in messages)

    @property
    def any(self) -> bool:
        """Whether there is a difference: something to do, something done, or drift."""
        hooks = any(hook.changes for hook in self.hooks)
        return hooks or any(found.changes for found in self.exclusives) or bool(self.others)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What went wrong, without the engine's own last words where there is more to tell."""
        own = tuple(error for error in self.run.errors if error.message not in _LAST_WORDS)
        return own if own or self.stops or not self.run.ended else self.run.errors

    @property
    def exit_code(self) -> int:
        """What a command exits with: 0 nothing changes, 3 changes or drift, 1 and 2 failed.

        1 is the user's mistake (the program, its configuration, a policy that stops the run), 2 is
        everything else that keeps a run from its end: above all the remote side.
        """
        run = self.run
        if not run.failed and run.ended:
            return DIFFERENCE if self.any else 0
        if not run.ended or any(step.outcome is StepResult.FAILED for step in run.steps):
            return REMOTE_FAILED
        errors = self.errors
        is_users = bool(self.stops) or (bool(errors) and all(error.mistake for error in errors))
        return USERS_MISTAKE if is_users else REMOTE_FAILED

    @property
    def stops(self) -> tuple[Violation, ...]:
        """The policies that keep the run from going on."""
        return tuple(violation for violation in self.run.violations if violation.stops)


_LAST_WORDS = (
    "update failed",
    "preview failed",
    "update canceled",
    "preview canceled",
    "refresh canceled",
    "destroy canceled",
    "an unhandled error occurred: program exited with non-zero exit code: 1",
)
