"""`bitbucket-hooks send`: one test delivery, which Bitbucket's own API can't make."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from bitbucket_hooks.cli import api_client, output
from bitbucket_hooks.cli.command import command, stack_argument
from bitbucket_hooks.cli.completing import event_keys
from bitbucket_hooks.deliveries.payloads import payload
from bitbucket_hooks.model.events import KEYS, no_such_event
from bitbucket_hooks.model.exit_codes import REMOTE_FAILED
from bitbucket_hooks.model.urls import is_private_host, origin_shown, shown, url_problem
from bitbucket_hooks.pulumi_cli import engine
from bitbucket_hooks.stack import delivery_target
from bitbucket_hooks.stack.delivery_target import declared

if TYPE_CHECKING:
    from bitbucket_hooks.deliveries.sending import Delivery, DeliveryResult
    from bitbucket_hooks.stack.delivery_target import DeliveryTarget


@command(
    "bitbucket-hooks send repo:push --url http://127.0.0.1:8000/",
    "bitbucket-hooks send repo:push --url URL --secret-from env:HOOK_SECRET",
    "bitbucket-hooks send pullrequest:created prod --hook ci",
)
@click.argument("event", shell_complete=event_keys)
@click.option("--url", metavar="URL", help="The receiver's address.")
@click.option(
    "--secret-from",
    metavar="env:NAME|file:PATH",
    help="Where the secret is that signs it; without one it isn't signed.",
)
@click.option(
    "--hook",
    metavar="NAME",
    help="Take url and secret of this hook from a stack; the engine opens what is encrypted.",
)
@stack_argument("The stack of --hook; default: that of PULUMI_STACK, else the only one.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=600),
    default=10.0,
    show_default=True,
    help="How many seconds to wait for an answer.",
)
@click.option(
    "--insecure", is_flag=True, help="Send it also when the certificate doesn't pass verification."
)
@output.json_option
def send(
    event: str,
    url: str | None,
    secret_from: str | None,
    hook: str | None,
    stack: str | None,
    *,
    timeout: float,
    insecure: bool,
) -> int:
    """Make a test delivery to a receiver, and say what it answers.

    A payload of EVENT, as Bitbucket would send it. It is sent once, and no redirect is followed.
    The repository in the payload is made up. Exits with 0 when the answer is a 2xx, 2 when it is
    another or there is none, 1 for a mistake.
    """
    from bitbucket_hooks.deliveries import sending

    if event not in KEYS:
        raise click.UsageError(no_such_event(event))
    if url is None and hook is None:
        raise click.UsageError("no receiver is named; give --url URL, or --hook NAME")
    target = declared(hook, stack, engine.stack_config) if hook else None
    if target and event not in target.events:
        output.note(f'hook "{hook}" doesn\'t listen to {event}: Bitbucket would not send it')
    address = _checked(target.url() if url is None and target else url)
    workspace = target.workspace if target else delivery_target.WORKSPACE
    repository = target.repository if target else delivery_target.REPOSITORY
    content = payload(event, workspace, repository, datetime.now(timezone.utc))
    hides_url = url is None and target is not None and target.hides_url
    what = sending.delivery(event, content, _secret(secret_from, target), hides_url=hides_url)
    insecure = insecure or (target is not None and target.skips_verification)
    with api_client.patient():
        outcome = sending.send(address, what, timeout, insecure=insecure)
    result = _as_json(event, address, what, outcome)
    if output.wants_json():
        output.as_json(result)
    else:
        _print(result)
    return 0 if outcome.accepted else REMOTE_FAILED


def _checked(url: str | None) -> str:
    """A url that deliveries can be made to. Raises UsageError."""
    problem = url_problem(url or "", allow_private=True)
    if url is None or problem:
        raise click.UsageError(f"--url: {problem}")
    host = urlsplit(url).hostname or ""
    if is_private_host(host):
        output.note(f"{host} is a private host: Bitbucket itself can't reach it")
    return url


def _secret(source: str | None, target: DeliveryTarget | None) -> str | None:
    """What signs the delivery; None: nothing. Raises ConfigError."""
    if source is not None or target is None:
        return None if source is None else delivery_target.secret_of(source)
    if not target.manages_secret:
        output.note("the stack doesn't say what the hook's secret is; --secret-from gives one")
    return target.secret()


def _as_json(event: str, url: str, what: Delivery, outcome: DeliveryResult) -> dict[str, Any]:
    return {
        "event": event,
        "url": origin_shown(url) if what.hides_url else shown(url),
        "requestUuid": what.headers["X-Request-UUID"],
        "bytes": len(what.body),
        "signed": what.secret is not None,
        "status": outcome.status,
        "reason": outcome.reason,
        "body": outcome.line,
        "location": outcome.location,
        "problem": outcome.problem,
        "seconds": round(outcome.seconds, 3),
        "certificatePasses": outcome.certificate,
        "certificateProblem": outcome.certificate_problem,
    }


def _print(result: dict[str, Any]) -> None:
    signed = "signed" if result["signed"] else "not signed"
    _say("sent", f"{result['event']} to {result['url']}, {result['bytes']} bytes, {signed}")
    if result["certificatePasses"]:
        _say("certificate", "passes verification")
    elif result["certificatePasses"] is False:
        _say("certificate", f"doesn't pass verification: {result['certificateProblem']}")
        _say("", "Bitbucket delivers there only with skip_cert_verification")
    took = f"{result['seconds']:.2f}s"
    if result["status"] is None:
        _say("answer", f"none, after {took}: {result['problem']}")
        return
    _say("answer", f"{result['status']} {result['reason']}".rstrip() + f", in {took}")
    if result["location"]:
        _say("", f"to {result['location']}, which isn't followed")
    if result["body"]:
        _say("", result["body"])


def _say(what: str, text: str) -> None:
    click.echo(f"{what:<13}{output.text(text)}")
