"""A report as it goes to a pull request: one comment, findings on lines, a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from bitbucket_hooks.publish.report import Annotation, Published, Severity
from bitbucket_hooks.report import markdown
from bitbucket_hooks.report.changes import Action, Caution, ChangedHook, Changes
from bitbucket_hooks.report.document import Mark, Statement, code, plain, strong, text
from bitbucket_hooks.report.phrases import lines_of
from bitbucket_hooks.report.to_document import to_document
from bitbucket_hooks.stack.source_lines import Positions, SourceEntry, declared_at

_ASKED_OF = {
    "https-only": "url",
    "certificate-verification": "skipCertVerification",
    "no-credentials-in-url": "url",
    "secret-required": "secret",
    "allowed-hosts": "url",
    "event-limit": "events",
    "description-required": "description",
    "protected-in-production": "protect",
}
"""What a policy of `policies/` looks at, by the keys of an entry."""

_SHORT = 12  # characters of a commit's hash
_LOSES = (Action.DELETED, Action.REPLACED, Action.FAILED)


def published(
    changes: Changes,
    *,
    passed: bool,
    refused: str | None = None,
    link: str | None = None,
    commit: str = "",
) -> Published:
    """Make of changes what `publish` takes.

    `refused` is why they may not be applied, `link` the page of the run. Of two pushes at once the
    later run may end first, so a comment says which `commit` it is about.
    """
    document = to_document(changes)
    warnings = document.warnings
    if refused:
        first = Statement(Mark.FAIL, text(strong("Not allowed"), f": {refused}"))
        document = evolve(document, warnings=(first, *warnings))
    if commit:
        note = text("Of the commit ", code(commit[:_SHORT]), ".")
        document = evolve(document, notes=(*document.notes, note))
    verdict = plain(document.verdict)
    bitbucket, github = markdown.Flavour.BITBUCKET, markdown.Flavour.GITHUB
    run = changes.run
    return Published(
        project=run.project or "bitbucket-hooks",
        stack=run.stack or "unknown",
        title=document.title,
        summary=refused or verdict,
        passed=passed,
        stopped=not run.ended,
        render=lambda limit: markdown.render(document, bitbucket, limit=limit, more=link or ""),
        summarise=lambda limit: markdown.render(document, github, limit=limit),
        details="\n".join(
            [*([verdict] if refused else []), *(plain(line.text) for line in warnings)]
        ),
        figures=document.figures,
        findings=[
            *_mistakes(changes, Positions.of_stack(run.stack, from_root=True)),
            *_findings(changes, declared_at(run.stack)),
        ],
    )


def _mistakes(changes: Changes, positions: Positions) -> Iterable[Annotation]:
    """What is wrong in the stack's file, on the line of the key with which a mistake begins."""
    for mistake in (line for error in changes.errors for line in error.message.splitlines()):
        where = positions.find(mistake.strip())
        if where:
            yield Annotation(mistake, severity=Severity.HIGH, path=where.path, line=where.number)


def _findings(changes: Changes, entries: Mapping[str, SourceEntry]) -> Iterable[Annotation]:
    for violation in changes.run.violations:
        name = violation.urn.rpartition("::")[2]
        severity = Severity.HIGH if violation.stops else Severity.MEDIUM
        finding = Annotation(
            f"{name}: {violation.message}",
            f"Policy {violation.policy} ({violation.level})",
            severity,
            failed=violation.stops,
        )
        yield _placed(finding, entries.get(name), _ASKED_OF.get(violation.policy, ""))
    for hook in changes.hooks:
        if hook.changes:
            entry = entries.get(hook.name)
            yield _placed(_finding(hook, changes), entry, _changed_key(hook))


def _placed(finding: Annotation, entry: SourceEntry | None, key: str) -> Annotation:
    """A finding on the line of a key of its entry, or of the entry where it doesn't have that."""
    if entry is None:
        return finding
    where = entry.line(key)
    return evolve(finding, path=where.path, line=where.number)


def _changed_key(hook: ChangedHook) -> str:
    """The key of an entry that a reviewer has probably just changed; nothing: all of it is new."""
    if hook.action is not Action.CHANGED:
        return ""
    return hook.properties[0].name if hook.properties else "repositories"


def _finding(hook: ChangedHook, changes: Changes) -> Annotation:
    said = [plain(line.text) for line in lines_of(hook, changes)]
    return Annotation(
        f"{hook.name}: {said[0] if said else 'changes'}",
        "\n".join(said[1:]),
        _severity(hook),
        failed=hook.action is Action.FAILED,
    )


def _severity(hook: ChangedHook) -> Severity:
    if hook.action in _LOSES or hook.deleted or hook.replaced:
        return Severity.HIGH
    grave = any(caution is not Caution.UNPROTECTED for caution in hook.cautions)
    return Severity.MEDIUM if grave or hook.drift else Severity.LOW
