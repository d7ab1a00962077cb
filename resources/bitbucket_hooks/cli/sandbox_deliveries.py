"""What `bitbucket-hooks sandbox trigger` and `sandbox history` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.cli import api_client, output, sandbox_target
from bitbucket_hooks.model.exit_codes import REMOTE_FAILED
from bitbucket_hooks.model.urls import shown
from bitbucket_hooks.model.wording import moment
from bitbucket_hooks.sandbox.historystore import answer_text

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.admin import Sandbox
    from bitbucket_hooks.sandbox.historystore import Sent
    from bitbucket_hooks.sandbox.webhook import StoredHook

_HEADINGS: Final = ("subject", "description", "url", "answer", "attempts", "seconds")


def trigger(sandbox: Sandbox, repository: str, event: str) -> int:
    """Let an event happen, say what each receiver answered, and give the exit code."""
    with api_client.patient():
        run = sandbox.trigger(repository, event)
    names = sandbox_target.names_of(sandbox)
    results = [_result(sent, names) for sent in run.deliveries]
    if output.wants_json():
        output.as_json(results)
    else:
        rows = [
            (
                *(result[name] for name in _HEADINGS[:3]),
                result["problem"] or answer_text(result["status"], result["reason"]),
                result["attempts"],
                f"{result['seconds']:.2f}",
            )
            for result in results
        ]
        empty = f"No active webhook listens to {event}."
        output.table(_HEADINGS, rows, empty, wide=("seconds", "attempts", "description"))
    return 0 if all(result["accepted"] for result in results) else REMOTE_FAILED


def _result(sent: Sent, names: dict[str, str]) -> dict[str, Any]:
    hook, last = sent.hook, sent.last
    return {
        "subject": names.get(hook.subject, hook.subject),
        "hook": hook.uuid,
        "description": hook.description,
        "url": shown(hook.url),
        "event": sent.event,
        "requestUuid": sent.headers["X-Request-UUID"],
        "signed": hook.secret_set,
        "attempts": len(sent.attempts),
        "status": last and last.status,
        "reason": last.reason if last else "",
        "body": last.line if last else "",
        "problem": last and last.problem,
        "seconds": round(sum(attempt.seconds for attempt in sent.attempts), 3),
        "accepted": bool(last and last.accepted),
    }


def history(sandbox: Sandbox, hook: StoredHook) -> None:
    """List what a hook has sent, the latest first."""
    found = sandbox.history(hook.uuid)
    if output.wants_json():
        output.as_json([_document(sent) for sent in found])
        return
    if not hook.history_enabled:
        output.note(
            "this webhook keeps no history; `bitbucket-hooks sandbox change-hook "
            f"{hook.uuid.strip('{}')} --history-enabled` lets it keep one"
        )
    rows = [
        (
            moment(sent.at),
            sent.event,
            _answer(sent),
            len(sent.attempts),
            f"{sum(attempt.seconds for attempt in sent.attempts):.2f}",
        )
        for sent in found
    ]
    output.table(("at", "event", "answer", "attempts", "seconds"), rows, "Nothing was sent.")


def _answer(sent: Sent) -> str:
    if last := sent.last:
        return last.problem or answer_text(last.status, last.reason)
    return "interrupted" if sent.is_lost else "pending"


def _document(sent: Sent) -> dict[str, Any]:
    return {
        "at": moment(sent.at),
        "event": sent.event,
        "subject": sent.subject,
        "url": shown(sent.url),
        "done": sent.done,
        "request": {"headers": dict(sent.headers), "body": sent.body.decode()},
        "attempts": [
            {
                "number": number,
                "seconds": round(attempt.seconds, 3),
                "status": attempt.status,
                "reason": attempt.reason,
                "problem": attempt.problem,
                "headers": [list(pair) for pair in attempt.headers],
                "body": attempt.body,
            }
            for number, attempt in enumerate(sent.attempts, 1)
        ],
    }
