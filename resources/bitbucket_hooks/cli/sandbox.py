"""`bitbucket-hooks sandbox`: play Bitbucket, and its users, on this machine."""

from __future__ import annotations

import functools
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output, sandbox_target
from bitbucket_hooks.cli.command import CommandGroup, Decorator, Function, examples, with_options
from bitbucket_hooks.cli.completing import event_keys
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.events import no_such_event
from bitbucket_hooks.model.wording import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitbucket_hooks.sandbox.admin import Sandbox
    from bitbucket_hooks.sandbox.webhook import StoredHook

_TARGET: Final = "WORKSPACE[/REPOSITORY]"
_REPOSITORY: Final = "WORKSPACE/REPOSITORY"
_database: Final = click.option(
    "--db",
    type=click.Path(),
    metavar="PATH",
    help="The sandbox's file. Else that of BITBUCKET_API_URL=sandbox:PATH, else .sandbox.db "
    "beside Pulumi.yaml.",
)


def _on_sandbox(*, create: bool = False) -> Decorator:
    """Add --json and --db to a command, which gets the opened sandbox."""

    def decorator(command: Function) -> Function:
        @functools.wraps(command)
        def opening(db: str | None, **given: Any) -> Any:
            with sandbox_target.opened(db, create=create) as opened:
                return command(opened, **given)

        return output.json_option(_database(opening))

    return decorator


def _named_hook(command: Function) -> Function:
    """Add the arguments that name a hook; the command gets the hook itself."""

    @functools.wraps(command)
    def finding(opened: Sandbox, hook: str, text: str | None, **given: Any) -> Any:
        return command(opened, sandbox_target.find_hook(opened, hook, text), **given)

    return with_options(
        click.argument("hook", metavar=f"UUID|{_TARGET}"), click.argument("text", required=False)
    )(finding)


_properties: Final = with_options(
    click.option(
        "--history-enabled/--history-disabled",
        default=None,
        help="Whether deliveries are kept in the history.",
    ),
    click.option(
        "--skip-cert-verification/--verify-cert",
        default=None,
        help="Whether the receiver's certificate goes unchecked.",
    ),
    click.option("--active/--inactive", default=None, help="Whether deliveries are made."),
    click.option("--secret", help='What deliveries are signed with; "": nothing.'),
    click.option("--events", metavar="KEY,…", help='Event keys, as "repo:push,issue:created".'),
    click.option("--description", help="The text that the web page shows as the title."),
)
"""The properties that `add-hook` and `change-hook` share; not given: none of these."""


@click.group(
    cls=CommandGroup,
    epilog=examples(
        "bitbucket-hooks sandbox serve",
        "bitbucket-hooks sandbox change-hook acme/api --inactive",
        "bitbucket-hooks sandbox set rate_limit=100",
    ),
)
def sandbox() -> None:
    """Play Bitbucket on this machine.

    Serve the embedded sandbox, or change what is in it as people and Bitbucket would.
    """


@sandbox.command(
    epilog=examples("bitbucket-hooks sandbox serve", "bitbucket-hooks sandbox serve trial.db")
)
@click.argument("path", required=False, type=click.Path(dir_okay=False))
@_database
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8720, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Answer requests to this host name too, as a container's; again for more.",
)
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each request.")
def serve(
    path: str | None, db: str | None, host: str, port: int, names: Sequence[str], *, verbose: bool
) -> None:
    """Serve the sandbox over HTTP until Ctrl-C.

    PATH is its file; a new one is made if there is none. The API answers requests to localhost
    and 127.0.0.1, to --host, and to each --allow-host.
    """
    from bitbucket_hooks.model.urls import is_loopback
    from bitbucket_hooks.sandbox import server as web

    if path and db:
        raise click.UsageError("PATH and --db say the same: give one of them")
    file = sandbox_target.sandbox_path(path or db)
    if not is_loopback(host):
        output.warn(
            f"everybody who reaches {host} can read and change this sandbox, with tokens that are "
            "public, and the page for people is left out; leave --host out to serve this machine "
            "alone"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with web.serving(file, host, port, names=names, verbose=verbose) as server:
            click.echo(_introduction(file, f"{server.origin}/2.0"))
            if server.pages:
                click.echo(f"To change webhooks by hand, open {server.origin}/\n")
            server.serve_forever()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"the sandbox can't listen on {host}, port {port}: {error}",
            "Give another --port, or 0 for a free one.",
        ) from error


def _introduction(file: object, url: str) -> str:
    from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

    return f"""\
The sandbox {file} is at {url} (Ctrl-C ends it). For a stack:

  pulumi config set bitbucket:apiUrl {url}
  pulumi config set bitbucket:username {OWNER_EMAIL}
  pulumi config set --secret bitbucket:password {OWNER_TOKEN}
"""


@sandbox.command(
    epilog=examples(
        "bitbucket-hooks sandbox hooks", "bitbucket-hooks sandbox hooks acme/api --wide"
    )
)
@click.argument("target", metavar="[WORKSPACE[/REPOSITORY]]", required=False)
@output.wide_option
@_on_sandbox()
def hooks(opened: Sandbox, target: str | None) -> None:
    """List the webhooks.

    Of all, or of one workspace or repository.
    """
    shown = _shown(opened, opened.hooks(target))
    if output.wants_json():
        output.as_json(shown)
        return
    columns = ("subject", "description", "url", "active", "events", "secret_set", "uuid")
    rows = [[hook[column] for column in columns] for hook in shown]
    headings = [column.replace("secret_set", "secret") for column in columns]
    wide = ("uuid", "secret", "events", "active")
    output.table(headings, rows, "There are no webhooks.", wide=wide)


@sandbox.command(
    "add-hook",
    epilog=examples("bitbucket-hooks sandbox add-hook acme/web https://old.example.com/"),
)
@click.argument("target", metavar=_TARGET)
@click.argument("url")
@_on_sandbox(create=True)
@_properties
def add_hook(opened: Sandbox, target: str, url: str, **properties: Any) -> None:
    """Add a webhook by hand, as on the web page."""
    kind = "repository" if "/" in target else "workspace"
    given = _given(opened, kind, {"url": url, **properties})
    _print_hook(opened, "added", opened.plant_hook(target, **given))


@sandbox.command(
    "change-hook", epilog=examples("bitbucket-hooks sandbox change-hook acme/api CI --inactive")
)
@_on_sandbox()
@_named_hook
@click.option("--url", metavar="URL", help="The receiver's address.")
@_properties
def change_hook(opened: Sandbox, hook: StoredHook, **properties: Any) -> None:
    """Change a webhook by hand: drift.

    Name it by its uuid, or by its repository or workspace and, where there are several, a TEXT in
    its description or url.
    """
    changes = _given(opened, hook.subject_type, properties)
    if not changes:
        raise click.UsageError("nothing to change; give at least one property, such as --inactive")
    _print_hook(opened, "changed", opened.change_hook(hook.uuid, **changes))


@sandbox.command("delete-hook", epilog=examples("bitbucket-hooks sandbox delete-hook acme/api CI"))
@_on_sandbox()
@_named_hook
def delete_hook(opened: Sandbox, hook: StoredHook) -> None:
    """Delete a webhook by hand. It is named as in `change-hook`."""
    opened.delete_hook(hook.uuid)
    _print_hook(opened, "deleted", hook)


@sandbox.command(epilog=examples("bitbucket-hooks sandbox trigger acme/api repo:push"))
@click.argument("repository", metavar=_REPOSITORY)
@click.argument("event", shell_complete=event_keys)
@output.wide_option
@_on_sandbox()
def trigger(opened: Sandbox, repository: str, event: str) -> int:
    """Let an event happen in a repository.

    EVENT is delivered to each active webhook that listens to it, those of the workspace too. Exits
    with 0 when every receiver took it, else with 2.
    """
    from bitbucket_hooks.cli import sandbox_deliveries

    return sandbox_deliveries.trigger(opened, repository, event)


@sandbox.command(epilog=examples("bitbucket-hooks sandbox history acme/api CI"))
@output.wide_option
@_on_sandbox()
@_named_hook
def history(opened: Sandbox, hook: StoredHook) -> None:
    """List a webhook's deliveries, and what was answered.

    Only of one with an enabled history. It is named as in `change-hook`. --json has the headers
    and bodies as well.
    """
    from bitbucket_hooks.cli import sandbox_deliveries

    sandbox_deliveries.history(opened, hook)


@sandbox.command(epilog=examples("bitbucket-hooks sandbox repositories"))
@output.wide_option
@_on_sandbox()
def repositories(opened: Sandbox) -> None:
    """List the repositories."""
    counts = Counter(hook.subject for hook in opened.hooks())
    rows = [
        (found.full_name, found.project_key, found.private, counts[found.uuid], found.uuid)
        for found in opened.repositories()
    ]
    _print_rows(("repository", "project", "private", "hooks", "uuid"), rows, ("uuid",))


@sandbox.command(
    "add-repository",
    epilog=examples("bitbucket-hooks sandbox add-repository acme/new --project PLAT"),
)
@click.argument("names", metavar=f"{_REPOSITORY}…", nargs=-1, required=True)
@click.option("--project", default="PLAT", show_default=True, help="The project's key.")
@click.option("--public", is_flag=True, help="Let everybody see it.")
@_on_sandbox(create=True)
def add_repository(opened: Sandbox, names: Sequence[str], project: str, *, public: bool) -> None:
    """Add repositories."""
    opened.add_repositories(names, project=project, private=not public)
    output.said(f"added {', '.join(names)}", {"added": list(names)})


@sandbox.command(
    "rename-repository",
    epilog=examples("bitbucket-hooks sandbox rename-repository acme/api service"),
)
@click.argument("name", metavar=_REPOSITORY)
@click.argument("slug")
@_on_sandbox()
def rename_repository(opened: Sandbox, name: str, slug: str) -> None:
    """Give a repository another slug; it keeps its webhooks."""
    opened.rename_repository(name, slug)
    output.said(f"renamed {name} to {slug}", {"renamed": name, "slug": slug})


@sandbox.command(
    "delete-repository", epilog=examples("bitbucket-hooks sandbox delete-repository acme/api")
)
@click.argument("name", metavar=_REPOSITORY)
@_on_sandbox()
def delete_repository(opened: Sandbox, name: str) -> None:
    """Delete a repository and its webhooks."""
    opened.delete_repository(name)
    output.said(f"deleted {name}", {"deleted": name})


@sandbox.command(
    "add-token",
    epilog=examples("bitbucket-hooks sandbox add-token acme --scope webhook --scope repository"),
)
@click.argument("target", metavar="WORKSPACE[/REPOSITORY|:PROJECT]")
@click.option(
    "--scope", "scopes", multiple=True, metavar="SCOPE", help="Only this; again for more. Else all."
)
@_on_sandbox(create=True)
def add_token(opened: Sandbox, target: str, scopes: Sequence[str]) -> None:
    """Make an access token and print it.

    It belongs to a workspace, repository or project, and is sent as `Authorization: Bearer TOKEN`:
    `BITBUCKET_OAUTH_TOKEN` and `bitbucket:oauthToken` take it.
    """
    from bitbucket_hooks.sandbox.identity import CLASSIC_SCOPES

    unknown = [scope for scope in scopes if scope not in CLASSIC_SCOPES]
    if unknown:
        raise click.UsageError(f'no scope "{unknown[0]}"; take some of {", ".join(CLASSIC_SCOPES)}')
    token = opened.issue_access_token(target, scopes or CLASSIC_SCOPES)
    output.said(token, {"token": token})


@sandbox.command(
    "add-pull-request", epilog=examples("bitbucket-hooks sandbox add-pull-request acme/api")
)
@click.argument("repository", metavar=_REPOSITORY)
@_on_sandbox(create=True)
def add_pull_request(opened: Sandbox, repository: str) -> None:
    """Open a pull request, on which a preview can comment.

    Its commit has a hash of forty zeros.
    """
    number = opened.plant_pull_request(repository)
    output.said(
        f"opened pull request {number} of {repository}",
        {"repository": repository, "pullRequest": number},
    )


@sandbox.command(epilog=examples("bitbucket-hooks sandbox comments acme/api 1"))
@click.argument("repository", metavar=_REPOSITORY)
@click.argument("pull_request", metavar="NUMBER", type=click.IntRange(min=1))
@output.wide_option
@_on_sandbox()
def comments(opened: Sandbox, repository: str, pull_request: int) -> None:
    """Show the comments on a pull request, the oldest first."""
    found = opened.comments(repository, pull_request)
    if output.wants_json():
        names = ("id", "author", "raw")
        output.as_json([{name: getattr(comment, name) for name in names} for comment in found])
        return
    for comment in found:
        click.echo("\n".join(output.text(line) for line in comment.raw.splitlines()))
    if not found:
        click.echo("There are none.")


@sandbox.command(
    "set",
    epilog=examples(
        "bitbucket-hooks sandbox set latency_ms=300", "bitbucket-hooks sandbox set --reset"
    ),
)
@click.argument("assignments", metavar="[KEY=VALUE]…", nargs=-1)
@click.option("--reset", is_flag=True, help="Give every other setting its default again.")
@output.json_option
@output.wide_option
@_database
def set_(assignments: Sequence[str], db: str | None, *, reset: bool) -> None:
    """Set latency, faults, limits and more, and show it all.

    Without KEY=VALUE the settings are only shown.
    """
    import attrs

    from bitbucket_hooks.sandbox.settings import parse

    with sandbox_target.opened(db, create=bool(assignments)) as opened:
        changes = parse(assignments)
        if reset:
            opened.reset_settings()
        settings = attrs.asdict(opened.configure(**changes))
    if output.wants_json():
        output.as_json(settings)
    else:
        output.table(("setting", "value"), list(settings.items()), "")


@sandbox.command(epilog=examples("bitbucket-hooks sandbox requests --last 20"))
@click.option("--last", type=click.IntRange(min=1), help="Only so many, the latest.")
@click.option("--clear", is_flag=True, help="Empty the log instead.")
@output.wide_option
@_on_sandbox()
def requests(opened: Sandbox, last: int | None, *, clear: bool) -> None:
    """List the requests that were made to the sandbox."""
    if clear:
        opened.clear_requests()
        output.said("cleared", {"cleared": True})
        return
    names = ("at", "method", "path", "query", "status", "identity", "fault")
    rows = [
        [moment(request.at), *(getattr(request, name) for name in names[1:])]
        for request in opened.requests()[-(last or 0) :]
    ]
    _print_rows(names, rows, ("query", "fault", "identity", "at"))


def _given(opened: Sandbox, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Keep the properties that were given, with the events as a tuple.

    Refuses what the API and the page refuse.
    """
    from bitbucket_hooks.sandbox.webhook import problems_of

    given = {name: value for name, value in properties.items() if value is not None}
    known = opened.events(kind)
    if "events" in given:
        events = tuple(dict.fromkeys(key.strip() for key in given["events"].split(",")))
        given["events"] = events
        unknown = [key for key in events if key not in known]
        if unknown:
            raise click.UsageError(no_such_event(unknown[0], known))
    for name, problems in problems_of(given, opened.settings(), known).items():
        raise click.UsageError(f"{name}: {problems[0]}")
    return given


def _shown(opened: Sandbox, hooks: Sequence[StoredHook]) -> list[dict[str, Any]]:
    names = sandbox_target.names_of(opened)
    properties = (
        *("uuid", "description", "url", "active", "events", "secret_set"),
        *("skip_cert_verification", "history_enabled", "read_only", "created_at"),
    )
    return [
        {"subject": names.get(hook.subject, hook.subject)}
        | {name: getattr(hook, name) for name in properties}
        for hook in hooks
    ]


def _print_hook(opened: Sandbox, what: str, hook: StoredHook) -> None:
    (shown,) = _shown(opened, [hook])
    title = output.text(hook.description or hook.url)
    output.said(f"{what} {title} of {shown['subject']}, {hook.uuid}", shown)


def _print_rows(
    names: Sequence[str], rows: Sequence[Sequence[object]], wide: Sequence[str]
) -> None:
    if output.wants_json():
        output.as_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        output.table(names, rows, "There are none.", wide=wide)
