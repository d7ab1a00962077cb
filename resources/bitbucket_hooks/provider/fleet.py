"""The provider behind `HookFleet`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

import pulumi
from attrs import evolve
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from bitbucket_hooks.filesystem.secret_source import declared_secret
from bitbucket_hooks.model import rules
from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.safety import NAMED, REMEDY, share, too_many
from bitbucket_hooks.model.state_codec import (
    FINGERPRINT,
    SUBJECT_UUIDS,
    desired_of,
    differing,
    had_secret,
    kept_of,
    observed_of,
)
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.sync_status import AS_DECLARED, SyncStatus, sync_status
from bitbucket_hooks.model.wording import first_names
from bitbucket_hooks.provider import sdk_hooks
from bitbucket_hooks.provider.base import (
    DeclaringProvider,
    Props,
    is_declared,
    owner,
    warn_of_kept_secret,
)
from bitbucket_hooks.provider.checking import Checker
from bitbucket_hooks.provider.diffs import diff_of, known_secret
from bitbucket_hooks.reconcile.bulk import Incomplete
from bitbucket_hooks.reconcile.fleet import Copies, Fleet

_COMPUTED: Final = ("hooks", "createdAt", SUBJECT_UUIDS)
_SECRET: Final = ("secret", FINGERPRINT)


def _repositories(value: Any, context: rules.Context) -> dict[str, str]:
    """The repositories, each with how its copy is to stand: a refresh says how it does."""
    return dict.fromkeys(rules.slugs(value, context), str(AS_DECLARED))


class HookFleetProvider(DeclaringProvider):
    """A webhook of many repositories."""

    checker = Checker(
        "repository",
        ("owner", "repositories"),
        {"repositories": _repositories, "urlIsSecret": rules.boolean},
    )

    @sdk_hooks.provider_method
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Validate the declaration, and refuse to take too many repositories away in one step."""
        result = super().check(_olds, news)
        if result.inputs.get("urlIsSecret") is False:
            del result.inputs["urlIsSecret"]
        return result

    def _problems(self, olds: Props, inputs: Props) -> Iterable[str]:
        yield from _names_one_hook(inputs)
        yield from _too_many_removed(olds, inputs)

    @sdk_hooks.provider_method
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """What an update would change; the hooks that stay declared are claimed."""
        if pulumi.contains_unknowns(_news):
            return DiffResult()
        moved = _olds.get("owner") != _news["owner"]
        if moved and not self._came_along(_olds, _news):
            return DiffResult(replaces=["owner"])
        if is_declared(_news):
            # not those that leave the fleet: whoever declares them now may adopt them
            stay = [uuid for s, uuid in _hooks(_olds).items() if s in _news["repositories"]]
            if len(self._claim(stay, _news)) < len(stay):
                return DiffResult(changes=True)
            if not moved:
                copies = _copies(_olds)
                known = [copies.subject(_news["owner"], slug) for slug in _news["repositories"]]
                self._reserve_by_uuid(_news, known)
        names = ["owner"] if moved else []
        names += ["repositories"] if _last_known(_olds) != _last_known(_news) else []
        return diff_of(_olds, _news, [*names, *differing(_olds, _news)])

    @sdk_hooks.provider_method
    def create(self, props: Props) -> CreateResult:
        """Make the copies, or adopt the hooks that the declaration means."""
        id_ = f"fleet-{uuid4()}"
        return CreateResult(id_, self._bring_in_line(id_, {}, props))

    @sdk_hooks.provider_method
    def read(self, id_: str, props: Props) -> ReadResult:
        """Read every copy; what is gone or drifted stands beside its repository."""
        if "hooks" not in props:
            raise ConfigError(
                f'a HookFleet can\'t be looked up ("{id_}")',
                "Look up its copies one by one, as Hook.",
            )
        copies = self._session.fleets.refresh(
            desired_of(props, props.get(FINGERPRINT) or props.get("secret")),
            _copies(props),
            is_due=self._session.refresh_turns.is_due,
            hide_url=bool(props.get("urlIsSecret")),
        )
        outputs = _outputs(props, copies)
        return ReadResult(id_, outputs, _inputs_as_read(outputs))

    @sdk_hooks.provider_method
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring in line what is not; copies that are cost nothing."""
        return UpdateResult(self._bring_in_line(_id, _olds, _news))

    @sdk_hooks.provider_method
    def delete(self, _id: str, _props: Props) -> None:
        """Remove the copies, but those that belong to other resources by now."""
        self._session.fleets.delete(_props["owner"], _copies(_props), owner(_props))

    def _bring_in_line(self, id_: str, olds: Props, news: Props) -> Props:
        for problem in self._named_twice(news):
            raise ConfigError(problem)
        secret = declared_secret(news)
        adopt = news.get("adopt", self._session.settings.adopt)
        fleet = Fleet(desired_of(news, secret), news["repositories"].keys(), owner(news), adopt)
        if secret is None and had_secret(olds):
            warn_of_kept_secret("every copy of the fleet")
        # where no secret was managed, there may be one
        secret_set = olds.get("secret") != ""
        last = evolve(observed_of("", olds), secret_set=secret_set) if olds else None
        known = known_secret(secret, olds, news)
        kept = kept_of(news, secret, olds)
        try:
            copies = self._session.fleets.bring_in_line(fleet, _copies(olds), last, known)
        except Incomplete as error:
            if olds or error.known.hooks:  # else there is nothing to keep
                sdk_hooks.keep_partly_done(id_, _outputs(kept, error.known), news)
            raise
        return _outputs(kept, copies)

    def _came_along(self, olds: Props, news: Props) -> bool:
        """Whether the workspace was renamed, as one of the hooks shows, rather than changed."""
        slug, uuid = next(iter(_hooks(olds).items()), ("", ""))
        return bool(uuid) and self._session.lifecycle.lives_on(Subject(news["owner"], slug), uuid)


def _hooks(props: Props) -> Mapping[str, str]:
    hooks: Mapping[str, str] = props.get("hooks") or {}
    return hooks


def _last_known(props: Props) -> dict[str, str]:
    return {slug: str(status.last_known) for slug, status in _statuses(props).items()}


def _statuses(props: Props) -> dict[str, SyncStatus]:
    return {slug: sync_status(words) for slug, words in props.get("repositories", {}).items()}


def _copies(props: Props) -> Copies:
    uuids = props.get(SUBJECT_UUIDS, {})
    return Copies(_hooks(props), _statuses(props), props.get("createdAt"), uuids)


def _outputs(declared: Props, copies: Copies) -> dict[str, Any]:
    """What the state keeps: the declaration, and what became of each copy."""
    computed = {
        "repositories": {slug: str(status) for slug, status in copies.statuses.items()},
        "hooks": dict(copies.hooks),
        "createdAt": copies.created_at,
        SUBJECT_UUIDS: {
            s: uuid for s, uuid in copies.repository_uuids.items() if s in copies.hooks
        },
    }
    kept = {key: value for key, value in declared.items() if not key.startswith("__")}
    return {key: value for key, value in {**kept, **computed}.items() if value is not None}


def _inputs_as_read(outputs: Props) -> Props:
    """The inputs that would declare the copies as they are."""
    inputs = {key: value for key, value in outputs.items() if key not in _COMPUTED}
    if FINGERPRINT in inputs:
        inputs[FINGERPRINT] = ""
    hidden = _SECRET + (("url",) if outputs.get("urlIsSecret") else ())
    secret = {key: sdk_hooks.as_secret(inputs[key]) for key in hidden if key in inputs}
    return {**inputs, **secret, "repositories": _last_known(outputs)}


def _names_one_hook(inputs: Props) -> Iterable[str]:
    """Refuse the uuid of one hook for many copies."""
    adopt, repositories = inputs.get("adopt", MATCH), inputs.get("repositories")
    if pulumi.contains_unknowns([adopt, repositories]) or adopt in (MATCH, NEVER):
        return
    if isinstance(repositories, Mapping) and len(repositories) != 1:
        yield (
            "adopt: a uuid names one hook, and this fleet has many; "
            'use "match" or "never", or a fleet of that one repository'
        )


def _too_many_removed(olds: Props, news: Props) -> Iterable[str]:
    """Refuse an edit that would delete a great part of the hooks, unless it is forced."""
    before, after = olds.get("repositories"), news.get("repositories")
    if pulumi.contains_unknowns(news):
        return
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return
    moved = olds.get("owner") != news.get("owner")
    removed = sorted(slug for slug in before if moved or slug not in after)
    if too_many(len(removed), len(before)):
        yield (
            f"repositories: this would take {share(len(removed), len(before), 'repositories')} "
            f"out of the fleet and delete their hooks: {first_names(removed, NAMED)}. {REMEDY}"
        )
