"""What `bitbucket-hooks sandbox trigger` and `sandbox history` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

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


def trigger(sandbox: Sandbox, repository: str, event: str, *, json_: bool) -> int:
    """Let an event happen, tell what each receiver answered, and give the exit code."""
    with api_client.patient():
        run = sandbox.trigger(repository, event)
    names = sandbox_target.names_of(sandbox)
    results = [_result(each, names) for each in run.deliveries]
    if json_:
        output.as_json(results)
    else:
        rows = [[*(each[name] for name in _HEADINGS[:3]), *_answer(each)] for each in results]
        output.table(
            _HEADINGS,
            rows,
            f"No active webhook listens to {event}.",
            wide=("seconds", "attempts", "description"),
        )
    return 0 if all(each["accepted"] for each in results) else REMOTE_FAILED


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
        "seconds": round(sum(each.seconds for each in sent.attempts), 3),
        "accepted": bool(last and last.accepted),
    }


def _answer(result: dict[str, Any]) -> tuple[Any, ...]:
    said = result["problem"] or answer_text(result["status"], result["reason"])
    return said, result["attempts"], f"{result['seconds']:.2f}"


def history(sandbox: Sandbox, hook: StoredHook, *, json_: bool) -> None:
    """Tell what a hook has sent, the latest first."""
    found = sandbox.history(hook.uuid)
    if json_:
        output.as_json([_sent(each) for each in found])
        return
    if not hook.history_enabled:
        click.echo(
            "Note: this webhook keeps no history; `bitbucket-hooks sandbox change-hook "
            f"{hook.uuid.strip('{}')} --history-enabled` lets it keep one",
            err=True,
        )
    rows = [_row(each) for each in found]
    output.table(("at", "event", "answer", "attempts", "seconds"), rows, "Nothing was sent.")


def _row(sent: Sent) -> tuple[Any, ...]:
    if last := sent.last:
        said = last.problem or answer_text(last.status, last.reason)
    else:
        said = "interrupted" if sent.is_lost else "pending"
    seconds = f"{sum(each.seconds for each in sent.attempts):.2f}"
    return moment(sent.at), sent.event, said, len(sent.attempts), seconds


def _sent(sent: Sent) -> dict[str, Any]:
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
                "seconds": round(each.seconds, 3),
                "status": each.status,
                "reason": each.reason,
                "problem": each.problem,
                "headers": [list(pair) for pair in each.headers],
                "body": each.body,
            }
            for number, each in enumerate(sent.attempts, 1)
        ],
    }
