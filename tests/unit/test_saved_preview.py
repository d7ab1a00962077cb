"""What differs from a reviewed preview, in the words of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.changes import Changes
from bitbucket_hooks.runs import saved_preview
from support.report_runs import changed, fleet, hook, preview, step, urn, uuid

EXCLUSIVE = "RepositoryHooksExclusive"


def _changes(*steps: dict[str, object]) -> Changes:
    return changes_of(read(preview(*steps), "it"))


def _differences(folder: Path, before: Changes, now: Changes) -> list[str]:
    file = folder / "reviewed.json"
    saved_preview.save(file, before, refresh=True, turn=None, look=0)
    return saved_preview.differences(saved_preview.load(file), now)


_ADDED = "to be created or adopted on {} repositories of acme; events repo:push; no secret declared"
_NEW = hook(description="CI", secret="[secret]")
_OFF = step("update", "Hook", "ci", hook(), hook(active=False), **changed("active"))
_DRIFTED = step(
    "update", "HookFleet", "ci", fleet("api=active false", "web"), fleet("api", "web", active=False)
)
_WATCHED = {
    "id": "exclusive-1",
    "inputs": {"owner": "acme", "repositories": ["api"], "hooks": [], "onUnmanaged": "delete"},
}
_FOUND = {**_WATCHED, "outputs": {**_WATCHED["inputs"], "unmanaged": {uuid(1): "acme/api x"}}}  # type: ignore[dict-item]
_DOOMED = changed(f'unmanaged["{uuid(1)}"]=delete', "repositories")
_CASES = {
    "a copy that drifted since": (
        step("update", "HookFleet", "ci", fleet("api", "web"), fleet("api", "web", active=False)),
        _DRIFTED,
        ["ci: now also: changed by hand to active false on acme/api; will be repaired"],
    ),
    "a drift that is gone": (
        _DRIFTED,
        step("update", "HookFleet", "ci", fleet("api", "web"), fleet("api", "web", active=False)),
        ["ci: no longer: changed by hand to active false on acme/api; will be repaired"],
    ),
    "another property": (
        _OFF,
        step("update", "Hook", "ci", hook(), hook(events=["repo:fork"]), **changed("events")),
        [
            "ci: now also: gains repo:fork; loses repo:push on acme/web",
            "ci: no longer: switched off on acme/web",
        ],
    ),
    "what no line tells": (
        step("create", "Hook", "ci", None, _NEW),
        step("create", "Hook", "ci", None, {**_NEW, "description": "Build"}),
        ["ci: description was CI, and is now Build"],
    ),
    "more places": (
        step("create", "HookFleet", "ci", None, fleet("api", "web")),
        step("create", "HookFleet", "ci", None, fleet("api", "docs", "web")),
        [
            f"ci: now also: {_ADDED.format(3)}: acme/docs",
            f"ci: no longer: {_ADDED.format(2)}: acme/api, acme/web",
        ],
    ),
    "a resource that wasn't there": (
        step("create", "Hook", "ci", None, _NEW),
        _OFF | {"urn": urn("Hook", "other")},
        [
            "ci: was reviewed, and wouldn't change now",
            "other: would change now, and wasn't reviewed: switched off on acme/web",
        ],
    ),
    "hooks that nothing declares": (
        step("update", EXCLUSIVE, "only", _WATCHED, _WATCHED, **changed("repositories")),
        step("update", EXCLUSIVE, "only", _FOUND, _WATCHED, **_DOOMED),
        [
            f"only: now also: 1 hook will be deleted: acme/api x {uuid(1)}",
            "only: no longer: changed",
        ],
    ),
    "other resources": (
        step("create", "aws:s3:Bucket", "one"),
        step("create", "aws:s3:Bucket", "two"),
        ["aws:s3:Bucket: now also: new: two", "aws:s3:Bucket: no longer: new: one"],
    ),
    "copies that just stay": (
        step("update", "HookFleet", "ci", fleet("api", "web"), fleet("api", "web", "docs")),
        step("update", "HookFleet", "ci", fleet("api"), fleet("api", "docs")),
        [],
    ),
}


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_what_differs(
    case: tuple[dict[str, object], dict[str, object], list[str]], tmp_path: Path
) -> None:
    """14.16: for each resource, and without a word of how it is kept."""
    before, now, differences = case
    assert _differences(tmp_path, _changes(before), _changes(now)) == differences
    assert _differences(tmp_path, _changes(now), _changes(now)) == []
