"""What lives where new hooks are to be, which a preview of the engine's can't tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.hooks import HookApi, unreadable_hook
from bitbucket_hooks.api.worker_pool import WorkerPool
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.state_codec import desired_of
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN, Run
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
    name: str
    desired: Desired = field(repr=False)
    adopt: str
    hide_url: bool
    """Whether the url is a secret, of which nothing may be told."""


@define
class AccountSettings:
    """The accounts of a stack, from its configuration with the secrets open."""

    values: Mapping[str, Any] = field(repr=False)
    """Every key of the stack, with its prefix."""
    _config: StackConfig = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Read the configuration once."""
        self._config = read(self.values)

    def settings_for(self, provider: str) -> Settings | None:
        """The settings behind a provider's name; None when it isn't the configuration's.

        Raises ConfigError.
        """
        account = None if provider.startswith(_DEFAULT) else provider
        if account is not None and account not in self._config.accounts:
            return None
        return self._config.settings_of(account)

    def url_of(self, name: str) -> str | None:
        """The url of the entry of a name; None when there is none."""
        for entry in self._config.entries:
            found, url = entry.given.get("name"), entry.given.get("url")
            if found and url and found.value == name and isinstance(url.value, str):
                return url.value
        return None


@frozen
class AdoptionPreview:
    """Lists the hooks where new ones are to be."""

    accounts: AccountSettings
    notify: Callable[[str], None]
    warn: Callable[[str], None]
    most: int
    """Repositories to look at; each costs a request."""
    clock: Clock = field(factory=Clock)
    """Stopped, it ends the requests."""

    def find(self, run: Run, changes: Changes) -> Findings:
        """Find the live hooks that creates would adopt; what can't be looked at is left out."""
        providers = {step.urn: step.provider for step in run.steps if step.provider}
        found: dict[tuple[str, str], AdoptionFinding] = {}
        managed = frozenset(_managed(run))
        left = self.most
        for provider, hooks in sorted(_by_provider(changes.hooks, providers).items()):
            places = [place for hook in hooks for place in _places(hook, run, self.accounts)]
            if len(places) > left:
                self.warn(
                    f"looked at {left:,} of {len(places):,} new hooks only, so of the others it "
                    "isn't known whether live ones are adopted; give a greater --look to know"
                )
            places, left = places[:left], max(0, left - len(places))
            found |= self._find(provider, places, managed)
        return found

    def _find(
        self, provider: str, places: list[_PlannedHook], managed: frozenset[str]
    ) -> dict[tuple[str, str], AdoptionFinding]:
        settings = self.accounts.settings_for(provider)
        if settings is None or not places:
            return {}
        client = open_client(settings, self.warn, clock=self.clock)
        api = HookApi(lambda: client)
        subjects = {one.name: one.desired.subject for one in places}
        pool = WorkerPool(settings.parallel, self.clock, self.notify)
        live = pool.run(
            "looking for live hooks",
            {name: partial(api.listing, subject) for name, subject in subjects.items()},
        )
        if live.failed or live.stopped:
            self.warn(_failure(live.failed.values(), live.stopped))
        for name, listing in live.done.items():
            for uuid, problem in listing.unreadable.items():
                self.warn(unreadable_hook(subjects[name], uuid, problem).in_a_line)
        return {
            (one.urn, one.name): finding(
                one.desired,
                candidates(
                    one.desired,
                    live.done[one.name].hooks,
                    one.adopt or settings.adopt,
                    managed.__contains__,
                ),
                near_misses(one.desired, live.done[one.name].hooks, managed.__contains__).items(),
                hide_url=one.hide_url,
            )
            for one in places
            if one.name in live.done
        }


def _failure(failed: Iterable[HooksError], stopped: HooksError | None) -> str:
    several = list(failed)
    first = stopped or several[0]
    more = f" (and {len(several) - 1:,} more)" if len(several) > 1 else ""
    return f"not known whether live hooks are adopted: {first.in_a_line}{more}"


def _places(hook: ChangedHook, run: Run, accounts: AccountSettings) -> list[_PlannedHook]:
    step = next((s for s in reversed(run.steps) if s.urn == hook.urn and s.new is not None), None)
    inputs = dict(step.new.inputs) if step is not None and step.new is not None else {}
    declared = dict(inputs)
    hide_url = inputs.get("url") == SECRET  # the engine hides it, the configuration may have it
    if hide_url:
        declared["url"] = accounts.url_of(hook.name)
    if not hook.created or declared.get("url") is None or inputs.get("owner") == SECRET:
        return []
    if any(_is_unknown(value) for key, value in declared.items() if key not in _SECRET):
        return []  # what is later known may be where it is to be, or what it would change
    # that there is one is all that matters here
    secret = SECRET if inputs.get("secretFrom") else inputs.get("secret")
    try:
        desired = [(place, desired_of(_on(declared, place), secret)) for place in hook.created]
    except (KeyError, TypeError, AttributeError):  # not what our own resources declare
        return []
    adopt = str(inputs.get("adopt") or "")
    return [_PlannedHook(hook.urn, place, one, adopt, hide_url) for place, one in desired]


def _is_unknown(value: Any) -> bool:
    """Whether a preview can't tell a value, or a part of it."""
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value
    return value == UNKNOWN or (isinstance(parts, list) and UNKNOWN in parts)


def _on(declared: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The declaration of one copy."""
    owner, slash, repository = place.partition("/")
    where = {"owner": owner, "repository": repository} if slash else {"workspace": owner}
    return {**declared, **where}


def _managed(run: Run) -> Iterable[str]:
    """The uuids of the hooks that the state has; what leaves it may be adopted, and is told so."""
    for step in run.steps:
        outputs = step.old.outputs if step.old is not None else {}
        hooks = outputs.get("hooks")
        if isinstance(hooks, Mapping):
            yield from map(str, hooks.values())
        if isinstance(outputs.get("uuid"), str):
            yield outputs["uuid"]


def _by_provider(
    hooks: Iterable[ChangedHook], providers: Mapping[str, str]
) -> dict[str, list[ChangedHook]]:
    groups: dict[str, list[ChangedHook]] = {}
    for hook in sorted(hooks, key=lambda one: one.urn):  # the same ones each time, if not all
        if hook.created:
            groups.setdefault(providers.get(hook.urn, _DEFAULT), []).append(hook)
    return groups
