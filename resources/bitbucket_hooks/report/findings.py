"""Live hooks that a new declaration would adopt, for a caller that listed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import frozen

from bitbucket_hooks.model.urls import origin_shown, shown
from bitbucket_hooks.model.webhook import Desired, Observed
from bitbucket_hooks.reconcile.adoption import changes_by_adoption


@frozen
class Match:
    """A live hook that a new declaration means."""

    uuid: str
    changes: tuple[str, ...] = ()
    """What adopting it changes on it, in words that may be shown."""


@frozen
class Near:
    """A live hook that a new declaration doesn't mean, though it seems so."""

    uuid: str
    why: str
    """Why it seems so."""


@frozen
class AdoptionFinding:
    """The live hooks that fit: none is made anew, one is adopted, several are refused."""

    matches: tuple[Match, ...] = ()
    near: tuple[Near, ...] = ()
    """Where none fits, those that may be meant all the same."""


Findings: TypeAlias = Mapping[tuple[str, str], AdoptionFinding]
"""By the resource's URN and the place, `WORKSPACE/REPOSITORY` or `WORKSPACE`.

A place that isn't there wasn't looked at.
"""


def finding(
    desired: Desired,
    matching: Iterable[Observed],
    near: Iterable[tuple[str, str]] = (),
    *,
    hide_url: bool = False,
) -> AdoptionFinding:
    """Put live hooks that match a declaration into words; `hide_url` when its url is a secret.

    `near` has the uuids of hooks that may be meant all the same, each with why.
    """
    show = origin_shown if hide_url else shown
    matches = [Match(live.uuid, changes_by_adoption(desired, live, show)) for live in matching]
    return AdoptionFinding(tuple(matches), tuple(Near(uuid, why) for uuid, why in sorted(near)))
