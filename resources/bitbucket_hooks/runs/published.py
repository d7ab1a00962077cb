"""A report as it goes to a pull request: one comment, findings on lines, a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bitbucket_hooks.publish import Figure, Finding, Published, Severity
from bitbucket_hooks.report import markdown
from bitbucket_hooks.report.changes import Action, Caution, Changes, Hook
from bitbucket_hooks.report.document import Text
from bitbucket_hooks.report.lines import Words, lines_of
from bitbucket_hooks.report.tell import tell
from bitbucket_hooks.runs.places import Line, declared_at, entries_at
from bitbucket_hooks.stack.config import HOOKS
from bitbucket_hooks.stack.entries import NAMESPACE

_ENTRY = re.compile(rf"\b{NAMESPACE}:{HOOKS}\[(\d{{1,6}})\]")
_LOSES = (Action.DELETED, Action.REPLACED, Action.FAILED)


def published(
    changes: Changes, *, passed: bool, refused: str | None = None, title: str = ""
) -> Published:
    """Make of changes what `publish` takes; `refused` is why they may not be applied."""
    document = tell(changes, title)
    verdict = plain(document.verdict)
    bitbucket, github = markdown.Flavour.BITBUCKET, markdown.Flavour.GITHUB
    run = changes.run
    return Published(
        project=run.project or "bitbucket-hooks",
        stack=run.stack or "unknown",
        title=document.title,
        summary=refused or verdict,
        passed=passed,
        render=lambda limit: markdown.render(document, bitbucket, limit=limit),
        summarise=lambda limit: markdown.render(document, github, limit=limit),
        details="\n".join([*([verdict] if refused else []), *map(_line, document.warnings)]),
        figures=[Figure(one.label, one.number) for one in document.figures],
        findings=[
            *_mistakes(changes, entries_at(run.stack)),
            *_findings(changes, declared_at(run.stack)),
        ],
    )


def plain(text: Text) -> str:
    """A text without any format."""
    return "".join(span.text for span in text)


def _line(line: object) -> str:
    return plain(getattr(line, "text", ()))


def _mistakes(changes: Changes, lines: Sequence[Line]) -> Iterable[Finding]:
    """What is wrong in an entry of the stack's file, on that entry."""
    for told in (line for one in changes.errors for line in one.message.splitlines()):
        found = _ENTRY.search(told)
        if found and int(found[1]) < len(lines):
            where = lines[int(found[1])]
            yield Finding(told, severity=Severity.HIGH, path=where.path, line=where.number)


def _findings(changes: Changes, lines: Mapping[str, Line]) -> Iterable[Finding]:
    words = Words(planned=changes.run.planned)
    for violation in changes.run.violations:
        name = violation.urn.rpartition("::")[2]
        where = lines.get(name)
        severity = Severity.HIGH if violation.stops else Severity.MEDIUM
        yield Finding(
            f"{name}: {violation.message}"[:450],
            f"Policy {violation.policy} ({violation.level})",
            severity,
            failed=violation.stops,
            path=where.path if where else None,
            line=where.number if where else None,
        )
    for hook in changes.hooks:
        if hook.changes:
            yield _finding(hook, changes, words, lines.get(hook.name))


def _finding(hook: Hook, changes: Changes, words: Words, where: Line | None) -> Finding:
    said = [plain(line.text) for line in lines_of(hook, changes, words)]
    return Finding(
        f"{hook.name}: {said[0] if said else 'changes'}",
        "\n".join(said[1:]),
        _severity(hook),
        failed=hook.action is Action.FAILED,
        path=where.path if where else None,
        line=where.number if where else None,
    )


def _severity(hook: Hook) -> Severity:
    if hook.action in _LOSES or hook.deleted or hook.replaced:
        return Severity.HIGH
    grave = any(caution is not Caution.UNPROTECTED for caution in hook.cautions)
    return Severity.MEDIUM if grave or hook.drift else Severity.LOW
