"""What lives where new hooks are to be, which a preview of the engine's can't tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.hooks import HookApi, unreadable_hook
from bitbucket_hooks.api.worker_pool import WorkerPool
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.state_codec import desired_of
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN, Run
from bitbucket_hooks.pulumi_cli.values import mapping_of
from bitbucket_hooks.reconcile.adoption import candidates, near_misses
from bitbucket_hooks.report.changes import ChangedHook, Changes
from bitbucket_hooks.report.findings import AdoptionFinding, Findings, finding
from bitbucket_hooks.stack.config import StackConfig, read

_DEFAULT: Final = "default"
_SECRET: Final = ("secret", "secretFrom")


@frozen
class _PlannedHook:
    """Where a hook is to be made, and how it is declared."""

    urn: str
    place: str
    """`WORKSPACE/REPOSITORY` or `WORKSPACE`."""
    desired: Desired = field(repr=False)
    adopt: str
    hide_url: bool
    """Whether the url is a secret, of which nothing may be shown."""


@define
class AdoptionPreview:
    """Lists the hooks where new ones are to be."""

    config: StackConfig = field(converter=read, repr=False)
    """Of every key of the stack with its prefix, secrets open."""
    notify: Callable[[str], None]
    warn: Callable[[str], None]
    most: int
    """Repositories to look at; each costs a request."""
    clock: Clock = field(factory=Clock)
    """Stopped, it ends the requests."""

    def find(self, run: Run, changes: Changes) -> Findings:
        """Find the live hooks that creates would adopt; what can't be looked at is left out."""
        providers = {step.urn: step.provider for step in run.steps if step.provider}
        planned: dict[str, list[_PlannedHook]] = defaultdict(list)
        for hook in sorted(changes.hooks, key=lambda hook: hook.urn):  # the same each time
            planned[providers.get(hook.urn, _DEFAULT)] += self._planned(hook, run)
        found: dict[tuple[str, str], AdoptionFinding] = {}
        managed = frozenset(_managed(run))
        left = self.most
        for provider, hooks in sorted(planned.items()):
            if len(hooks) > left:
                self.warn(
                    f"looked at {left:,} of {len(hooks):,} new hooks only, so of the others it "
                    "isn't known whether live ones are adopted; give a greater --look to know"
                )
            settings = self._settings(provider)
            if settings is not None and hooks[:left]:
                found |= self._find(settings, hooks[:left], managed)
            left = max(0, left - len(hooks))
        return found

    def _planned(self, hook: ChangedHook, run: Run) -> list[_PlannedHook]:
        """The copies that are to be made, less those that a preview can't tell."""
        inputs: dict[str, Any] = {}
        for step in run.steps:
            if step.urn == hook.urn and step.new is not None:
                inputs = dict(step.new.inputs)
        declared = dict(inputs)
        hide_url = inputs.get("url") == SECRET  # the engine hides it, the configuration may have it
        if hide_url:
            declared["url"] = self._url_of(hook.name)
        if declared.get("url") is None or inputs.get("owner") == SECRET:
            return []
        if any(_is_unknown(value) for key, value in declared.items() if key not in _SECRET):
            return []  # what is later known may be where it is to be, or what it would change
        # that there is one is all that matters here
        secret = SECRET if inputs.get("secretFrom") else inputs.get("secret")
        adopt = str(inputs.get("adopt") or "")
        planned = []
        for place in hook.created:
            owner, slash, repository = place.partition("/")
            where = {"owner": owner, "repository": repository} if slash else {"workspace": owner}
            try:
                desired = desired_of({**declared, **where}, secret)
            except (KeyError, TypeError, AttributeError):  # not what our own resources declare
                return []
            planned.append(_PlannedHook(hook.urn, place, desired, adopt, hide_url))
        return planned

    def _settings(self, provider: str) -> Settings | None:
        """The settings behind a provider's name; None when it isn't the configuration's.

        Raises ConfigError.
        """
        account = None if provider.startswith(_DEFAULT) else provider
        if account is not None and account not in self.config.accounts:
            return None
        return self.config.settings_of(account)

    def _url_of(self, name: str) -> str | None:
        """The url of the entry of a name; None when there is none."""
        for entry in self.config.entries:
            found, url = entry.given.get("name"), entry.given.get("url")
            if found and url and found.value == name and isinstance(url.value, str):
                return url.value
        return None

    def _find(
        self, settings: Settings, hooks: list[_PlannedHook], managed: frozenset[str]
    ) -> dict[tuple[str, str], AdoptionFinding]:
        client = open_client(settings, self.warn, clock=self.clock)
        api = HookApi(lambda: client)
        subjects = {hook.place: hook.desired.subject for hook in hooks}
        live = WorkerPool(settings.parallel, self.clock, self.notify).run(
            "looking for live hooks",
            {place: partial(api.listing, subject) for place, subject in subjects.items()},
        )
        if failed := [*filter(None, [live.stopped]), *live.failed.values()]:
            count = len(live.failed)
            more = f" (and {count - 1:,} more)" if count > 1 else ""
            self.warn(f"not known whether live hooks are adopted: {failed[0].in_a_line}{more}")
        found = {}
        for place, listing in live.done.items():
            for uuid, problem in listing.unreadable.items():
                self.warn(unreadable_hook(subjects[place], uuid, problem).in_a_line)
        for hook in hooks:
            if hook.place in live.done:
                listed, is_managed = live.done[hook.place].hooks, managed.__contains__
                adopt = hook.adopt or settings.adopt
                found[hook.urn, hook.place] = finding(
                    hook.desired,
                    candidates(hook.desired, listed, adopt, is_managed),
                    near_misses(hook.desired, listed, is_managed).items(),
                    hide_url=hook.hide_url,
                )
        return found


def _is_unknown(value: Any) -> bool:
    """Whether a preview can't tell a value, or a part of it."""
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value
    return value == UNKNOWN or (isinstance(parts, list) and UNKNOWN in parts)


def _managed(run: Run) -> Iterable[str]:
    """The uuids of the hooks that the state has; what leaves it may be adopted."""
    for step in run.steps:
        outputs = step.old.outputs if step.old is not None else {}
        yield from map(str, mapping_of(outputs.get("hooks")).values())
        if isinstance(outputs.get("uuid"), str):
            yield outputs["uuid"]
