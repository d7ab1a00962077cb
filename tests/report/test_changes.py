"""What the report says of each kind of change that the example in `docs/reports.md` lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bitbucket_hooks.model.notes import Note, NoteKind
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from support.report_runs import (
    changed,
    event,
    events,
    fleet,
    hook,
    preview,
    reported,
    reported_with_notes,
    root,
    state,
    step,
    urn,
    uuid,
)

NOT_KNOWN = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"
"""How the engine writes a list that a preview doesn't know."""

IN_TURNS = [{"severity": "info", "message": f"{RefreshTurn(number=3, turns=10)}\n"}]
"""What a refresh in turns says of itself."""

SPREAD = fleet("a", "b", "c")
RULED = {"owner": "acme", "repositories": ["c", "web"], "hooks": [], "unmanaged": {}}


EXCLUSIVE = "RepositoryHooksExclusive"


def updated(old: dict[str, Any], new: dict[str, Any], *paths: str) -> str:
    """A preview that changes a hook or a fleet; the engine found the paths to differ."""
    kind = "HookFleet" if "repositories" in new else "Hook"
    return preview(step("update", kind, "ci", old, new, **changed(*paths)))


def created(new: dict[str, Any]) -> str:
    """A preview that makes a hook or a fleet."""
    return preview(
        step("create", "HookFleet" if "repositories" in new else "Hook", "ci", None, new)
    )


def watched(inputs: Mapping[str, Any] | None = None, **outputs: Any) -> dict[str, Any]:
    """The state of an exclusive resource that knows of two unmanaged hooks."""
    found = {uuid(1): 'acme/api "Jenkins" https://j.example.com/', uuid(2): "acme/api https://k/"}
    declared = {"owner": "acme", "repositories": ["api"], "hooks": [], "onUnmanaged": "report"}
    declared |= inputs or {}
    more = {"unmanaged": found, "existing": 9, **outputs}
    return {"id": "exclusive-1", "inputs": declared, "outputs": {**declared, **more}}


def exclusive(op: str, old: Any, new: Any = None, *paths: str) -> dict[str, Any]:
    """The step of an exclusive resource."""
    return step(op, EXCLUSIVE, "only", old, new, **changed(*paths))


def message(text: str, severity: str = "error", urn: str = "", **more: Any) -> dict[str, Any]:
    """An event with what the engine says."""
    return {"diagnosticEvent": {"severity": severity, "message": text, "urn": urn, **more}}


def violation(level: str, policy: str, text: str, urn: str = "") -> dict[str, Any]:
    """An event about a policy that isn't kept."""
    found = {"policyName": policy, "message": text, "resourceUrn": urn}
    return {"policyEvent": {**found, "policyPackName": "hooks", "enforcementLevel": level}}


FLEET = urn("HookFleet", "ci")
IN_PART = step(
    "update",
    "HookFleet",
    "ci",
    fleet("a", "c", "d=left over"),
    state(fleet("a", "b=missing", "c=not updated", url="https://n.example.com/")),
)
DONE = step("update", "HookFleet", "ci", fleet("a"), state(fleet("a", active=False)))
ERROR = (
    "error: 1 error occurred:\n\t* fleet: 2 failed\n  acme/b: no access\nAsk an administrator.\n"
)
POLICY = "<{%reset%}>url must be https.\nhttp://a.example.com/?t=canary<{%reset%}>"
REFRESHED = step("refresh", "Hook", "ci", hook(), state(hook()))
CASES: dict[str, tuple[str, ...]] = {
    "a new hook": (
        created(hook(secretFrom="env:CI", active=False)),
        "1 hook to create or adopt.",
        "+ ci (hook), https://ci.example.com/hook",
        "+ to be created or adopted on acme/web; events repo:push; secret from env:CI; inac",
        "bitbucket-hooks preview looks.",
    ),
    "alike hooks are one": (
        preview(
            *(
                step("create", "Hook", f"ci-{slug}", None, hook(repository=slug, secret="[secret]"))
                for slug in ("api", "web", "docs", "worker", "mobile")
            )
        ),
        "5 hooks to create or adopt.",
        "+ ci-api, ci-docs, ci-mobile and 2 more (hooks), https://ci.example.com/hook",
        "ci-api, ci-docs, ci-mobile, ci-web, ci-worker",
        "on 5 repositories of acme; events repo:push; with a secret",
        "acme/api, acme/docs, acme/mobile, acme/web, acme/worker",
    ),
    "alike hooks on one place are several": (
        preview(
            *(
                step(
                    "delete",
                    "HookFleet",
                    name,
                    fleet(*places, url=f"https://hooks.slack.com/{name}"),
                )
                for name, places in {"a": ["api", "web"], "b": ["web"], "c": ["docs"]}.items()
            )
        ),
        "4 hooks to delete.",
        "- a, c (fleet), https://hooks.slack.com/…",
        "- will be deleted on 3 repositories of acme",
        "- b (fleet), https://hooks.slack.com/…",
        f"- will be deleted on acme/web {uuid(0)}",
    ),
    "every property": (
        updated(
            hook(description="Old", historyEnabled=False, secret="[secret]"),
            hook(
                url="https://new.example.com/",
                description=None,
                active=False,
                skipCertVerification=True,
                historyEnabled=True,
                events=["issue:created", "repo:fork"],
                secret="[secret]",
            ),
            "url",
            "secret",
        ),
        "1 hook to change.",
        "! Certificate check switched off: ci; anybody on the way can read and fake deliveries",
        "~ 7 properties will change on acme/web",
        "~ url https://ci.example.com/hook → https://new.example.com/",
        "~ description no longer managed, stays Old",
        "~ switched off",
        "~ certificate check switched off",
        "~ request history switched on",
        "~ gains issue:created, repo:fork; loses repo:push",
        "~ secret changed",
    ),
    "a description that is new": (
        updated(hook(), hook(description="CI")),
        "~ description: CI on acme/web",
    ),
    "a url that gets worse, whose query never shows": (
        updated(
            hook(url="https://a.example.com/?token=canary"),
            hook(url="http://a.example.com/?token=canary-2"),
        ),
        "! http without TLS: ci; deliveries can be read on the way",
        "~ url https://a.example.com/?… → http://a.example.com/?…",
    ),
    "a url whose query alone changes": (
        updated(hook(), hook(url="https://ci.example.com/hook?x=1")),
        "~ url https://ci.example.com/hook → https://ci.example.com/hook?…",
    ),
    "a url that becomes a secret": (
        updated(fleet("web"), fleet("web", urlIsSecret=True, url="[secret]")),
        "~ url https://ci.example.com/hook → (a secret url) on acme/web",
    ),
    "a secret that is removed, which the engine doesn't show as empty": (
        updated(hook(secret="[secret]"), hook(secret="[secret]"), "secret=delete"),
        "! Secret removed: ci; deliveries will be unsigned",
        "~ secret removed: deliveries unsigned on acme/web",
    ),
    "a secret that is new": (
        updated(hook(), hook(secretFrom="env:CI", secretFingerprint="x")),
        "~ secret set, from env:CI on acme/web",
    ),
    "a secret that comes from elsewhere": (
        updated(
            hook(secret="[secret]"),
            hook(secretFrom="file:hook.key", secretFingerprint="[secret]"),
            "secret=delete",
            "secretFrom=add",
            "secretFingerprint=add",
        ),
        "~ secret changed, from file:hook.key on acme/web",
    ),
    "a secret that is no longer managed": (
        updated(hook(secret="[secret]"), hook(), "secret"),
        "! Secret no longer managed: ci; hooks keep the one they have",
        "~ secret no longer managed: hooks keep the one they have on acme/web",
    ),
    "a secret that an update removed": (
        events(
            step(
                "update",
                "Hook",
                "ci",
                state(hook(secret="[secret]"), secretSet=True),
                state(hook(secret="[secret]"), secretSet=False),
                **changed("secret"),
            )
        ),
        "! Secret removed: ci; deliveries are unsigned",
        "~ secret removed: deliveries unsigned on acme/web",
    ),
    "an empty secret in plain": (
        updated(hook(secret="[secret]"), hook(secret="")),
        "! Secret removed: ci; deliveries will be unsigned",
    ),
    "a deletion": (
        preview(
            step(
                "delete",
                "WorkspaceHook",
                "audit",
                hook(owner=None, repository=None, workspace="acme"),
            )
        ),
        "- 1 hook will be deleted: audit",
        f"- will be deleted on acme {uuid(7)}",
    ),
    "a deletion that only forgets": (
        preview(step("delete", "Hook", "ci", {**state(hook()), "retainOnDelete": True})),
        "= no longer managed, and left as it is on acme/web",
    ),
    "a replacement": (
        preview(
            step("create-replacement", "Hook", "ci", hook(), hook(repository="api")),
            step("replace", "Hook", "ci", hook(), hook(repository="api")),
            step("delete-replaced", "Hook", "ci", hook()),
        ),
        "1 hook to replace, 1 to create or adopt.",
        "- 1 hook will be deleted and made elsewhere: ci",
        f"again where it is declared now: on acme/web {uuid(7)}",
        "+ to be created or adopted on acme/api",
    ),
    "some hooks that move to another fleet": (
        preview(
            step(
                "update",
                "HookFleet",
                "a",
                fleet("api", "web"),
                fleet("api"),
                **changed("repositories.web"),
            ),
            step("create", "HookFleet", "b", None, fleet("web", "docs")),
        ),
        "1 hook to create or adopt, 1 renamed.",
        "+ to be created or adopted on acme/docs",
        "= adopted from a; the live hooks stay as they are on acme/web",
        "= left to b; the live hooks stay as they are on acme/web",
    ),
    "the same place with another title, which is no rename": (
        preview(
            step("create", "Hook", "new", None, hook(description="New")),
            step("delete", "Hook", "old", hook(description="Old")),
        ),
        "1 hook to delete, 1 to create or adopt.",
    ),
    "protection taken away": (
        updated({**state(hook()), "protect": True}, hook()),
        "! Protection against deletion removed: ci",
    ),
    "drift of a fleet": (
        updated(
            fleet(
                "a=active false; events repo:fork",
                "b=gone",
                "c=missing",
                "d=secret removed; active false",
                "e",
                "f=left over",
            ),
            fleet("a", "b", "c", "d", "e"),
        ),
        "1 hook to delete, 4 not as declared.",
        "! Secret removed by hand: ci; deliveries have been unsigned since",
        "≠ changed by hand to active false; events repo:fork on acme/a; will be repaired",
        "≠ gone on acme/b; will be made again",
        "≠ not made yet on acme/c, an earlier update failed at it; will be repaired",
        "≠ secret removed by hand and active false on acme/d; will be repaired",
        f"- will be deleted on acme/f {uuid(5)}",
        "1 hook stays as it is.",
    ),
    "drift of a hook, found by a preview": (
        preview(
            REFRESHED,
            step(
                "update",
                "Hook",
                "ci",
                hook(active=False, events=["repo:fork"], url="https://b.example.com/?x=canary"),
                hook(description="CI"),
            ),
            refreshed=True,
        ),
        "1 hook to change, 1 not as declared.",
        "~ description: CI on acme/web",
        '≠ changed by hand to url "https://b.example.com/?…"; active false; events repo:',
    ),
    "drift of a hook that nobody need repair": (
        events(
            step("refresh", "Hook", "ci", state(hook()), state(hook(active=False))),
            step("update", "Hook", "ci", state(hook(active=False)), hook(active=False)),
            root(),
            preview=True,
        ),
        "≠ changed by hand to active false on acme/web; will be repaired",
    ),
    "a hook that is gone": (
        preview(REFRESHED, step("create", "Hook", "ci", None, hook()), refreshed=True),
        "1 hook not as declared.",
        "≠ gone on acme/web; will be made again",
    ),
    "repositories that couldn't be looked at": (
        updated(
            fleet("a=as declared (unchecked: no access)", "b=gone (unchecked: no access)", "c"),
            fleet("a", "b", "c", active=False),
        ),
        "! 2 repositories couldn't be looked at: the report has what was last known",
        "! could not be looked at on 2 repositories of acme: no access",
    ),
    "no drift in a part": (
        preview(step("same", "Hook", "ci", hook(), hook()), refreshed=True, diagnostics=IN_TURNS),
        "Nothing changes by what was checked.",
        "What was not checked is as the state has it: refreshes go in turns.",
    ),
    "a repository and a workspace that were renamed": (
        preview(
            step("update", "Hook", "ci", hook(), hook(repository="site"), **changed("repository")),
            step("update", "HookFleet", "all", fleet("a", "b"), fleet("a", "b", owner="new")),
        ),
        "3 hooks to change.",
        "~ repository web → site on acme/site",
        "~ workspace acme → new on 2 repositories of new",
    ),
    "a hook that another resource adopted before": (
        updated(fleet("a", "b=left to Hook 'x'"), fleet("a")),
        "= no longer managed, and left as it is on acme/b",
    ),
    "events that only go": (
        updated(hook(events=["a:b", "c:d"]), hook(events=["a:b"])),
        "~ loses c:d on acme/web",
    ),
    "alike drift is one": (
        preview(
            *(
                change
                for slug in ("api", "web")
                for declared in [hook(repository=slug)]
                for change in (
                    step("refresh", "Hook", slug, declared, state(declared)),
                    step("update", "Hook", slug, {**declared, "active": False}, declared),
                )
            ),
            refreshed=True,
        ),
        "2 hooks not as declared.",
        "≠ api, web (hooks), https://ci.example.com/hook",
        "≠ changed by hand to active false on 2 repositories of acme; will be repaired",
    ),
    "a secret url that drifted in nothing else": (
        preview(
            step("refresh", "Hook", "ci", hook(url="[secret]"), state(hook(url="[secret]"))),
            step("update", "Hook", "ci", hook(url="[secret]", active=False), hook(url="[secret]")),
            refreshed=True,
        ),
        "≠ changed by hand to active false on acme/web",
    ),
    "an account and what isn't ours": (
        preview(
            step("update", "pulumi:providers:pulumi-python", "labs", {}, {}),
            step("update", "pulumi:providers:pulumi-python", "default", {}, {}),
            *(step("create", "random:index:Pet", f"pet-{n}", None, {}) for n in range(5)),
            step("create-replacement", "random:index:Word", "word", {}, {}),
            step("same", "random:index:Word", "other", {}, {}),
        ),
        "No hook changes, other resources do.",
        "~ account (Provider), changed: labs",
        "+ random:index:Pet, new: pet-0, pet-1, pet-2 and 2 more",
        "- random:index:Word, replaced: word",
    ),
    "nothing, as far as the state knows": (
        preview(changeSummary={"same": 3}),
        "Nothing changes by what the state knows.",
        "2 resources stay as they are.",
        "--refresh",
    ),
    "nothing": (preview(REFRESHED, refreshed=True), "Nothing changes: all hooks are as declared."),
    "a destruction": (
        events(
            step("delete", "HookFleet", "ci", fleet("a=active false", "b=gone")), root("delete")
        ),
        "Destruction of hooks/prod · 3 s",
        "1 hook deleted.",
        f"- deleted on acme/a {uuid(0)}",
    ),
    "a look-up and a fleet of an earlier form": (
        preview(
            step("read", "Hook", "found", None, state(hook())),
            step("create", "HookFleet", "ci", None, hook(repository=None, repositories=["a", "b"])),
        ),
        "2 hooks to create or adopt.",
        "on 2 repositories of acme",
    ),
    "events that a preview doesn't know": (
        updated(hook(), hook(events=NOT_KNOWN), "events"),
        "~ events: (known after the update)",
    ),
    "repositories of a fleet that a preview doesn't know any more": (
        updated(fleet("api", "web"), hook(repository=None, repositories=NOT_KNOWN), "repositories"),
        "2 hooks to change.",
        "~ repositories: (known after the update)",
    ),
    "repositories that a preview doesn't know": (
        created(hook(repository=None, repositories=NOT_KNOWN)),
        "to be created or adopted on acme/(known after the update)",
    ),
    "lists of an exclusive resource that a preview doesn't know": (
        preview(
            exclusive("update", watched(), watched({"hooks": NOT_KNOWN, "repositories": NOT_KNOWN}))
        ),
        "~ hooks that may be there: (known after the update)",
        "~ repositories: (known after the update)",
        "! 2 hooks that nothing declares, left alone",
    ),
    "unmanaged hooks that are to be deleted": (
        preview(
            exclusive(
                "update",
                watched(unlisted=["acme/docs"]),
                watched({"onUnmanaged": "delete", "repositories": ["a"]}),
                f'unmanaged["{uuid(1)}"]=delete',
                "onUnmanaged",
            )
        ),
        "1 hook to delete, unmanaged, 1 unmanaged.",
        "- 1 unmanaged hook will be deleted, which nothing declares",
        "! 1 repository couldn't be looked at",
        "~ what becomes of unmanaged hooks report → delete",
        "~ repositories: plus a; minus api",
    ),
    "unmanaged hooks that were deleted": (
        events(exclusive("update", watched(), watched({"onUnmanaged": "delete"}, unmanaged={}))),
        "2 hooks deleted, unmanaged.",
        "- 2 unmanaged hooks deleted, which nothing declares",
    ),
    "unmanaged hooks found by a refresh, and to be deleted": (
        events(
            exclusive("refresh", watched(unmanaged={}), watched({"onUnmanaged": "delete"})),
            preview=True,
        ),
        "2 hooks unmanaged.",
        "! 2 hooks that nothing declares, deleted by the next update",
    ),
    "an unmanaged hook that is declared by now": (
        preview(exclusive("update", watched(), watched({"hooks": [uuid(1)]}))),
        "1 hook unmanaged.",
        f"acme/api https://k/ {uuid(2)}",
    ),
    "unmanaged hooks that went by themselves": (
        events(exclusive("update", watched(), watched(unmanaged={}))),
        "No hook changes, other resources do.",
    ),
    "a new exclusive resource": (
        preview(step("create", "WorkspaceHooksExclusive", "only", None, watched()["inputs"])),
        "No hook changes, other resources do.",
        "~ only (all hooks of a workspace)",
        "= watched from now on",
    ),
    "an exclusive resource that goes": (
        preview(exclusive("delete", watched())),
        "~ only (all hooks of repositories)",
        "= no longer watched",
    ),
    "an update that failed in part": (
        events(
            event("resourcePreEvent", **IN_PART),
            message(ERROR, urn=FLEET),
            event("resOpFailedEvent", **IN_PART),
            message("update failed"),
            result="failed",
        ),
        "The update failed.",
        "x 2 hooks failed: ci; running it again does just what is left",
        "x not done on 2 repositories of acme",
        "x Ask an administrator.",
        "~ url https://ci.example.com/hook → https://n.example.com/ on acme/a",
        "not: update failed\n",
    ),
    "an update that failed after all was done": (
        events(event("resOpFailedEvent", **DONE), result="failed"),
        "x ci (fleet)",
        "~ switched off on acme/a",
        "not: not done",
    ),
    "policies": (
        events(
            violation("mandatory", "https-only", POLICY, urn("Hook", "ci")),
            violation("advisory", "https-only", POLICY),
            message("preview failed"),
            preview=True,
            result="failed",
        ),
        "Policies stop the update: 1 violation.",
        "x Policy https-only violated (stops the update) by ci: url must be https.",
        "! Policy https-only violated (advisory): url must be https.",
        "http://a.example.com/?…",
        "not: preview failed",
    ),
    "a failure beside a violation": (
        events(
            violation("mandatory", "p", "m"),
            message("no such thing"),
            preview=True,
            result="failed",
        ),
        "The preview failed.",
        "x no such thing",
        "x Policy p violated",
    ),
    "warnings of the run, each once": (
        events(
            *[message("acme/web: slow\nTry later.", "warning", urn("Hook", "ci"))] * 2,
            *[message("acme/web: slow\nTry later.", "warning", urn("Hook", "chat"))] * 2,
            message("the program's own", "warning"),
            message("halfway", "info"),
            message("noise", "debug"),
            message("passing", "warning", ephemeral=True),
        ),
        "! ci, chat: acme/web: slow",
        "= Try later.",
        "! the program's own",
        "not: halfway",
        "not: noise",
        "not: passing",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_said(case: tuple[str, ...]) -> None:
    """Each kind of change in words, and nothing that is hidden; not what stands after `not: `."""
    text, *lines = case
    said = reported(text).stdout
    present = [line for line in lines if line.removeprefix("not: ") in said]
    assert present == [line for line in lines if not line.startswith("not: ")], said
    assert "canary" not in said


@pytest.mark.parametrize("kind", ["preview", "refresh", "update"])
def test_unmanaged_hooks_that_are_reported_are_no_change(kind: str) -> None:
    """14.15: every format lists them, and none says that anything changes."""
    op = "refresh" if kind == "refresh" else "same"
    change = exclusive(op, watched(), watched())
    text = preview(change) if kind == "preview" else events(change, preview=kind == "refresh")
    found = reported(text, "--format", "json")
    result = json.loads(found.stdout)
    assert (found.exit_code, result["exitCode"], result["changes"]) == (0, 0, False)
    assert (result["counts"]["unmanaged"], len(result["exclusives"][0]["unmanaged"])) == (2, 2)
    for format_ in ("terminal", "markdown", "html"):
        shown = reported(text, "--format", format_)
        assert shown.exit_code == 0
        for part in (
            *("Nothing changes", "2 hooks unmanaged", "all hooks of repositories"),
            *("2 hooks that nothing declares, left alone", "Jenkins", uuid(2)),
        ):
            assert part in shown.stdout, (format_, part)


def test_unmanaged_hooks_that_a_refresh_found() -> None:
    """A preview shows no step of them: they are in the notes, and their warning isn't repeated."""
    only = urn(EXCLUSIVE, "only")
    message = "2 unmanaged hooks found; …:\n  acme/api …\n"
    found = {uuid(1): 'acme/api "Jenkins" https://j/?…', uuid(2): "acme/web https://k/"}
    text = preview(
        step("refresh", EXCLUSIVE, "only", {}, {"inputs": {}, "outputs": {}}),
        refreshed=True,
        diagnostics=[
            {"urn": only, "severity": "warning", "message": f"warning: {message}"},
            {"urn": only, "severity": "warning", "message": "slow"},
        ],
    )
    note = Note(NoteKind.UNMANAGED, only, {"message": message, "hooks": found})
    said = reported_with_notes(text, note)
    for part in (
        "Nothing changes: all hooks are as declared. 2 hooks unmanaged.",
        "! 2 hooks that nothing declares, left alone",
        f'acme/api "Jenkins" https://j/?… {uuid(1)}',
        "! only: slow",
    ):
        assert part in said
    assert "2 unmanaged hooks found" not in said
    assert "2 unmanaged hooks found" in reported(text).stdout  # which has no notes


def test_a_removed_secret_is_told_once() -> None:
    """14.14: by the report, with the remedy of the warning that the provider gave."""
    gone = step("update", "Hook", "ci", hook(secret="[secret]"), hook(secret=""))
    other = step("update", "Hook", "chat", hook(active=False), hook())
    text = "secret removed: deliveries will be unsigned; if that isn't meant, …"
    urns = [urn("Hook", name) for name in ("ci", "chat")]
    warnings = [{"urn": urn_, "severity": "warning", "message": text} for urn_ in urns]
    notes = [Note(NoteKind.SECRET_REMOVED, urn_, {"message": text}) for urn_ in urns]
    said = reported_with_notes(preview(gone, other, diagnostics=warnings), *notes)
    assert "! Secret removed: ci; deliveries will be unsigned; if that isn't meant, prov" in said
    assert "! ci: secret removed" not in said
    assert "! chat: secret removed" in said  # of which the report doesn't know otherwise


@pytest.mark.parametrize(
    ("op", "old", "new"),
    [
        ("create", None, hook()),
        ("update", hook(), hook(active=False)),
        ("delete", hook(), None),
        ("create-replacement", hook(repository="api"), hook()),
    ],
)
def test_a_hook_that_failed(op: str, old: Any, new: Any) -> None:
    """Nothing was done to it, so nothing is said to be; one that was only begun is no different."""
    change = step(op, "Hook", "ci", old, new)
    begun = event("resourcePreEvent", **change)
    failed = events(begun, event("resOpFailedEvent", **change), result="failed")
    unfinished = events(begun, result="failed")
    for text in (failed, unfinished):
        said = reported(text).stdout
        assert "x not done on acme/web" in said
        assert "created" not in said
        assert "deleted" not in said


def test_many_violations_of_one_policy() -> None:
    """Are one line, with a word for each; what stops the run is first, whatever came first."""
    violations = [
        violation(level, level, f"Hooks are so.\nThe hook {n} isn't.", urn("Hook", f"h{n:04}"))
        for level in ("advisory", "mandatory")
        for n in range(1_200)
    ]
    said = reported(events(*violations, preview=True, result="failed")).stdout
    assert "Policies stop the update: 1,200 violations." in said
    some = "h0000, h0001, h0002, h0003, h0004 and 1,195 more"
    first = f"x Policy mandatory violated (stops the update) by {some}: Hooks are so.\n"
    then = f"! Policy advisory violated (advisory) by {some}: Hooks are so.\n"
    assert said.index(first) < said.index(then)
    assert said.count("The hook 3 isn't.") == 2
    assert len(said) < 2_000


def test_mistakes_of_one_message() -> None:
    """14.30: each stands on a line of its own, without a comma that isn't its."""
    mistakes = ("hooks[0].url: is required", "events[0]: take one of a:*, b:*", "owner: is none")
    note = {"severity": "error", "message": "\n".join(mistakes)}
    said = reported(preview(diagnostics=[note])).stdout.splitlines()
    assert [line.strip("x ") for line in said if line.strip("x ") in mistakes] == list(mistakes)


def test_adoptions_that_an_update_noted() -> None:
    """Hooks that were adopted are told from those that were created, which a log alone doesn't."""
    ci, audit = urn("HookFleet", "ci"), urn("WorkspaceHook", "audit")
    changes = ["active false => true"]
    keys = [("acme/a", []), *((f"acme/{slug}", changes) for slug in "bcdef")]
    notes = [
        Note(NoteKind.ADOPTED, ci, {"key": key, "uuid": uuid(number), "changes": what})
        for number, (key, what) in enumerate(keys)
    ]
    own = {"key": "workspace acme", "uuid": uuid(9), "changes": ["secret set"]}
    text = events(
        step("create", "HookFleet", "ci", None, state(fleet(*"abcdefg"))),
        step("create", "WorkspaceHook", "audit", None, state({"workspace": "acme"})),
    )
    said = reported_with_notes(text, *notes, Note(NoteKind.ADOPTED, audit, own))
    assert "1 hook created, 7 adopted." in said
    assert f"+ adopted on acme/a {uuid(0)}; nothing changes on it" in said
    assert "+ adopted on 5 repositories of acme; active false => true" in said
    assert f"+ adopted on acme {uuid(9)}; secret set" in said
    assert "8 hooks created or adopted." in reported(text).stdout


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (
            preview(
                step("same", "HookFleet", "ci", SPREAD, SPREAD),
                step("same", "Hook", "ci", hook(), hook()),
                step("same", "RepositoryHooksExclusive", "x", RULED, RULED),
                refreshed=True,
            ),
            "Nothing changes by what was checked. Checked: 2 of 4 repositories, turn 1 of 2.",
        ),
        (
            json.dumps({"steps": [step("refresh", "Hook", "ci", hook(), hook(active=False))]}),
            "`BITBUCKET_HOOKS_REFRESH_TURN=1 pulumi up --refresh` repairs it. Checked: 1 of 1 rep",
        ),
        (
            preview(step("delete", "WorkspaceHook", "x", {"workspace": "acme"}), refreshed=True),
            "1 hook to delete. Checked: 1 of 1 repositories and workspaces, turn 1 of 2.",
        ),
    ],
)
def test_a_refresh_in_turns(run: str, said: str) -> None:
    """How much of everything it checked, each repository once whatever it has."""
    turn = Note(NoteKind.REFRESH_TURN, "", {"number": 1, "turns": 2})
    assert said in " ".join(reported_with_notes(run, turn).split())
