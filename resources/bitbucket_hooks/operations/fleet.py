"""The operations of `HookFleet`: one webhook of many repositories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import pulumi
from attrs import evolve

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
    inputs_as_read,
    kept_of,
    observed_of,
)
from bitbucket_hooks.model.subject import Subject, is_slug
from bitbucket_hooks.model.sync_status import AS_DECLARED, SyncStatus, sync_status
from bitbucket_hooks.model.urls import may_be_secret
from bitbucket_hooks.model.wording import first_names
from bitbucket_hooks.operations.checking import Checker
from bitbucket_hooks.operations.diffs import diff_of, known_secret
from bitbucket_hooks.operations.resource import (
    ResourceOperations,
    is_declared,
    owner,
    warn_of_kept_secret,
)
from bitbucket_hooks.operations.results import (
    CheckedInputs,
    Diff,
    InputProblem,
    PartlyDoneError,
    Props,
    ReadState,
)
from bitbucket_hooks.operations.wire import as_secret
from bitbucket_hooks.reconcile.bulk import Incomplete
from bitbucket_hooks.reconcile.fleet import Copies, Fleet, FleetMark

_ID: Final = re.compile(
    r"(?P<workspace>[^/]+)/(?P<repositories>[^#@]+)(?P<sign>[#@])(?P<value>.+)", re.DOTALL
)
_ID_END: Final = re.compile(r"(?<=@).*", re.DOTALL)  # a url, which may be a secret
_COMPUTED: Final = ("hooks", "createdAt", SUBJECT_UUIDS)
_SECRET: Final = ("secret", FINGERPRINT)


def _repositories(value: Any, context: rules.Context) -> dict[str, str]:
    """The repositories, each with how its copy is to stand: a refresh says how it does."""
    return dict.fromkeys(rules.slugs(value, context), str(AS_DECLARED))


class HookFleetOperations(ResourceOperations):
    """A webhook of many repositories."""

    checker = Checker(
        "repository",
        ("owner", "repositories"),
        {"repositories": _repositories, "urlIsSecret": rules.boolean},
    )

    def check(self, olds: Props, news: Props) -> CheckedInputs:
        """Validate the declaration, and refuse to take too many repositories away in one step."""
        checked = super().check(olds, news)
        if checked.inputs.get("urlIsSecret") is False:
            del checked.inputs["urlIsSecret"]
        return checked

    def _problems(self, olds: Props, inputs: Props) -> Iterable[InputProblem]:
        yield from _names_one_hook(inputs)
        yield from _too_many_removed(olds, inputs)

    def diff(self, _id: str, olds: Props, news: Props) -> Diff:
        """What an update would change; the hooks that stay declared are claimed."""
        if pulumi.contains_unknowns(news):
            return Diff()
        moved = olds.get("owner") != news["owner"]
        if moved and not self._came_along(olds, news):
            return Diff(replaces=["owner"])
        if is_declared(news):
            # not those that leave the fleet: whoever declares them now may adopt them
            stay = [uuid for s, uuid in _hooks(olds).items() if s in news["repositories"]]
            if len(self._claim(stay, news)) < len(stay):
                return Diff(changes=True)
            if not moved:
                copies = _copies(olds)
                known = [copies.subject(news["owner"], slug) for slug in news["repositories"]]
                self._reserve_by_uuid(news, known)
        names = ["owner"] if moved else []
        names += ["repositories"] if _last_known(olds) != _last_known(news) else []
        return diff_of(olds, news, [*names, *differing(olds, news)])

    def create(self, props: Props) -> tuple[str, Props]:
        """Make the copies, or adopt the hooks that the declaration means."""
        id_ = f"fleet-{uuid4()}"
        return id_, self._bring_in_line(id_, {}, props)

    def read(self, id_: str, props: Props) -> ReadState:
        """Read every copy; what is gone or drifted stands beside its repository."""
        if "hooks" not in props:
            return self._read_without_a_state(id_)
        copies = self.session.fleets.refresh(
            desired_of(props, props.get(FINGERPRINT) or props.get("secret")),
            _copies(props),
            is_due=self.session.refresh_turns.is_due,
            hide_url=bool(props.get("urlIsSecret")),
        )
        outputs = _outputs(props, copies)
        return ReadState(id_, outputs, _inputs_as_read(outputs))

    def _read_without_a_state(self, id_: str) -> ReadState:
        """Find the copies that an id names; the first one is how all of them are declared."""
        workspace, repositories, mark = _place(id_)
        found = self.session.fleets.find(workspace, repositories, mark)
        first = inputs_as_read(Subject(workspace), {}, next(iter(found.values())))
        del first["workspace"]
        declared = {"owner": workspace, "repositories": repositories, **first}
        if may_be_secret(declared["url"]):
            declared["urlIsSecret"] = True
        known = Copies({slug: hook.uuid for slug, hook in found.items()})
        copies = self.session.fleets.refresh(
            desired_of(declared, None), known, hide_url="urlIsSecret" in declared
        )
        times = [hook.created_at for hook in found.values() if hook.created_at]
        outputs = _outputs(declared, evolve(copies, created_at=max(times, default=None)))
        inputs = {**_inputs_as_read(outputs), "repositories": repositories}
        inputs.pop("urlIsSecret", None)  # the check finds it by itself
        return ReadState(f"fleet-{uuid5(NAMESPACE_URL, id_)}", outputs, inputs)

    def update(self, id_: str, olds: Props, news: Props) -> Props:
        """Bring in line what is not; copies that are cost nothing."""
        return self._bring_in_line(id_, olds, news)

    def delete(self, _id: str, props: Props) -> None:
        """Remove the copies, but those that belong to other resources by now."""
        self.session.fleets.delete(props["owner"], _copies(props), owner(props))

    def _bring_in_line(self, id_: str, olds: Props, news: Props) -> Props:
        for problem in self._named_twice(news):
            raise ConfigError(str(problem))
        secret = declared_secret(news)
        adopt = news.get("adopt", self.session.settings.adopt)
        fleet = Fleet(desired_of(news, secret), news["repositories"].keys(), owner(news), adopt)
        if secret is None and had_secret(olds):
            warn_of_kept_secret("every copy of the fleet")
        # where no secret was managed, there may be one
        secret_set = olds.get("secret") != ""
        last = evolve(observed_of("", olds), secret_set=secret_set) if olds else None
        known = known_secret(secret, olds, news)
        kept = kept_of(news, secret, olds)
        try:
            copies = self.session.fleets.bring_in_line(fleet, _copies(olds), last, known)
        except Incomplete as error:
            if olds or error.known.hooks:  # else there is nothing to keep
                raise PartlyDoneError(id_, _outputs(kept, error.known), error) from error
            raise
        return _outputs(kept, copies)

    def _came_along(self, olds: Props, news: Props) -> bool:
        """Whether the workspace was renamed, as one of the hooks shows, rather than changed."""
        slug, uuid = next(iter(_hooks(olds).items()), ("", ""))
        return bool(uuid) and self.session.lifecycle.lives_on(Subject(news["owner"], slug), uuid)


def _place(id_: str) -> tuple[str, list[str], FleetMark]:
    """The workspace, the repositories and the mark of their hooks that an id names."""
    found = _ID.fullmatch(id_)
    slugs = list(dict.fromkeys(found["repositories"].lower().split(","))) if found else []
    if not (found and all(map(is_slug, (found["workspace"], *slugs)))):
        raise ConfigError(
            f'"{_ID_END.sub("…", id_)}" is no id of a HookFleet',
            "Write it as WORKSPACE/REPOSITORY,REPOSITORY#DESCRIPTION, or with @URL at its end.",
        )
    key = {"#": "description", "@": "url"}[found["sign"]]
    return found["workspace"], slugs, FleetMark(key, found["value"])


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
    return {key: value for key, value in {**declared, **computed}.items() if value is not None}


def _inputs_as_read(outputs: Props) -> Props:
    """The inputs that would declare the copies as they are."""
    inputs = {key: value for key, value in outputs.items() if key not in _COMPUTED}
    if FINGERPRINT in inputs:
        inputs[FINGERPRINT] = ""
    hidden = _SECRET + (("url",) if outputs.get("urlIsSecret") else ())
    secret = {key: as_secret(inputs[key]) for key in hidden if key in inputs}
    return {**inputs, **secret, "repositories": _last_known(outputs)}


def _names_one_hook(inputs: Props) -> Iterable[InputProblem]:
    """Refuse the uuid of one hook for many copies."""
    adopt, repositories = inputs.get("adopt", MATCH), inputs.get("repositories")
    if pulumi.contains_unknowns([adopt, repositories]) or adopt in (MATCH, NEVER):
        return
    if isinstance(repositories, Mapping) and len(repositories) != 1:
        yield InputProblem(
            "adopt",
            "a uuid names one hook, and this fleet has many; "
            'use "match" or "never", or a fleet of that one repository',
        )


def _too_many_removed(olds: Props, news: Props) -> Iterable[InputProblem]:
    """Refuse an edit that would delete a great part of the hooks, unless it is forced."""
    before, after = olds.get("repositories"), news.get("repositories")
    if pulumi.contains_unknowns(news):
        return
    if not before or not isinstance(after, Mapping):
        return
    moved = olds.get("owner") != news.get("owner")
    removed = sorted(slug for slug in before if moved or slug not in after)
    if too_many(len(removed), len(before)):
        yield InputProblem(
            "repositories",
            f"this would take {share(len(removed), len(before), 'repositories')} "
            f"out of the fleet and delete their hooks: {first_names(removed, NAMED)}. {REMEDY}",
        )
