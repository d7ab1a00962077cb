"""`bitbucket-hooks sandbox`: play Bitbucket, and its users, on this machine."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import click

from bitbucket_hooks.cli import output, sandbox_target
from bitbucket_hooks.cli.command import CommandGroup, json_option
from bitbucket_hooks.model.events import no_such_event
from bitbucket_hooks.model.wording import moment
from bitbucket_hooks.sandbox.identity import CLASSIC_SCOPES
from bitbucket_hooks.sandbox.settings import parse
from bitbucket_hooks.sandbox.webhook import problems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bitbucket_hooks.sandbox.admin import Sandbox
    from bitbucket_hooks.sandbox.webhook import StoredHook

_database = click.option(
    "--db",
    type=click.Path(),
    metavar="PATH",
    help="The sandbox's file. Else that of BITBUCKET_API_URL=sandbox:PATH, else .sandbox.db "
    "beside Pulumi.yaml.",
)


@click.group(cls=CommandGroup)
def sandbox() -> None:
    """Play Bitbucket on this machine.

    Serve the embedded sandbox, or change what is in it as people and Bitbucket would.
    """


def _hook_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the properties that `add-hook` and `change-hook` share; not given: none of these."""
    for option in (
        click.option("--description", help="The text that the web page shows as the title."),
        click.option("--events", metavar="KEY,…", help='Event keys, as "repo:push,issue:created".'),
        click.option("--secret", help='What deliveries are signed with; "": nothing.'),
        click.option("--active/--inactive", default=None, help="Whether deliveries are made."),
        click.option(
            "--skip-cert-verification/--verify-cert",
            default=None,
            help="Whether the receiver's certificate goes unchecked.",
        ),
        click.option(
            "--history-enabled/--history-disabled",
            default=None,
            help="Whether deliveries are kept in the history.",
        ),
        json_option,
        _database,
    ):
        command = option(command)
    return command


@sandbox.command()
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
    from bitbucket_hooks.cli import serving  # noqa: PLC0415 - it brings the server along

    if path and db:
        raise click.UsageError("PATH and --db say the same: give one of them")
    serving.run(sandbox_target.sandbox_path(path or db), host, port, names, verbose=verbose)


@sandbox.command()
@click.argument("target", metavar="[WORKSPACE[/REPOSITORY]]", required=False)
@json_option
@output.wide_option
@_database
def hooks(target: str | None, json_: bool, db: str | None) -> None:
    """List the webhooks.

    Of all, or of one workspace or repository.
    """
    with sandbox_target.opened(db) as opened:
        _print_hooks(opened, opened.hooks(target), json_=json_)


@sandbox.command("add-hook")
@click.argument("target", metavar="WORKSPACE[/REPOSITORY]")
@click.argument("url")
@_hook_options
def add_hook(target: str, url: str, json_: bool, db: str | None, **properties: Any) -> None:
    """Add a webhook by hand, as on the web page."""
    with sandbox_target.opened(db, create=True) as opened:
        kind = "repository" if "/" in target else "workspace"
        given = _given(opened, kind, {"url": url, **properties})
        hook = opened.plant_hook(target, **given)
        _print_hook(opened, "added", hook, json_=json_)


@sandbox.command("change-hook")
@click.argument("hook", metavar="UUID|WORKSPACE[/REPOSITORY]")
@click.argument("text", required=False)
@click.option("--url", metavar="URL", help="The receiver's address.")
@_hook_options
def change_hook(
    hook: str, text: str | None, json_: bool, db: str | None, **properties: Any
) -> None:
    """Change a webhook by hand: drift.

    Name it by its uuid, or by its repository or workspace and, where there are several, a TEXT in
    its description or url.
    """
    with sandbox_target.opened(db) as opened:
        found = sandbox_target.find_hook(opened, hook, text)
        changes = _given(opened, found.subject_type, properties)
        if not changes:
            raise click.UsageError(
                "nothing to change; give at least one property, such as --inactive"
            )
        changed = opened.change_hook(found.uuid, **changes)
        _print_hook(opened, "changed", changed, json_=json_)


@sandbox.command("delete-hook")
@click.argument("hook", metavar="UUID|WORKSPACE[/REPOSITORY]")
@click.argument("text", required=False)
@json_option
@_database
def delete_hook(hook: str, text: str | None, json_: bool, db: str | None) -> None:
    """Delete a webhook by hand. It is named as in `change-hook`."""
    with sandbox_target.opened(db) as opened:
        found = sandbox_target.find_hook(opened, hook, text)
        opened.delete_hook(found.uuid)
        _print_hook(opened, "deleted", found, json_=json_)


@sandbox.command()
@click.argument("repository", metavar="WORKSPACE/REPOSITORY")
@click.argument("event")
@json_option
@output.wide_option
@_database
@click.pass_context
def trigger(
    context: click.Context, repository: str, event: str, json_: bool, db: str | None
) -> None:
    """Let an event happen in a repository.

    EVENT is delivered to each active webhook that listens to it, those of the workspace too. Exits
    with 0 when every receiver took it, else with 2.
    """
    from bitbucket_hooks.cli import sandbox_deliveries  # noqa: PLC0415 - it brings requests along

    with sandbox_target.opened(db) as opened:
        context.exit(sandbox_deliveries.trigger(opened, repository, event, json_=json_))


@sandbox.command()
@click.argument("hook", metavar="UUID|WORKSPACE[/REPOSITORY]")
@click.argument("text", required=False)
@json_option
@output.wide_option
@_database
def history(hook: str, text: str | None, json_: bool, db: str | None) -> None:
    """List a webhook's deliveries, and what was answered.

    Only of one with an enabled history. It is named as in `change-hook`. --json has the headers
    and bodies as well.
    """
    from bitbucket_hooks.cli import sandbox_deliveries  # noqa: PLC0415

    with sandbox_target.opened(db) as opened:
        sandbox_deliveries.history(
            opened, sandbox_target.find_hook(opened, hook, text), json_=json_
        )


@sandbox.command()
@json_option
@output.wide_option
@_database
def repositories(json_: bool, db: str | None) -> None:
    """List the repositories."""
    with sandbox_target.opened(db) as opened:
        found = opened.repositories()
        counts = Counter(hook.subject for hook in opened.hooks())
    rows = [(r.full_name, r.project_key, r.private, counts[r.uuid], r.uuid) for r in found]
    _print_rows(
        ("repository", "project", "private", "hooks", "uuid"), rows, json_=json_, wide=("uuid",)
    )


@sandbox.command("add-repository")
@click.argument("names", metavar="WORKSPACE/REPOSITORY…", nargs=-1, required=True)
@click.option("--project", default="PLAT", show_default=True, help="The project's key.")
@click.option("--public", is_flag=True, help="Let everybody see it.")
@json_option
@_database
def add_repository(
    names: Sequence[str], project: str, public: bool, json_: bool, db: str | None
) -> None:
    """Add repositories."""
    with sandbox_target.opened(db, create=True) as opened:
        opened.add_repositories(names, project=project, private=not public)
    _say(f"added {', '.join(names)}", {"added": list(names)}, json_=json_)


@sandbox.command("rename-repository")
@click.argument("name", metavar="WORKSPACE/REPOSITORY")
@click.argument("slug")
@json_option
@_database
def rename_repository(name: str, slug: str, json_: bool, db: str | None) -> None:
    """Give a repository another slug; it keeps its webhooks."""
    with sandbox_target.opened(db) as opened:
        opened.rename_repository(name, slug)
    _say(f"renamed {name} to {slug}", {"renamed": name, "slug": slug}, json_=json_)


@sandbox.command("delete-repository")
@click.argument("name", metavar="WORKSPACE/REPOSITORY")
@json_option
@_database
def delete_repository(name: str, json_: bool, db: str | None) -> None:
    """Delete a repository and its webhooks."""
    with sandbox_target.opened(db) as opened:
        opened.delete_repository(name)
    _say(f"deleted {name}", {"deleted": name}, json_=json_)


@sandbox.command("add-token")
@click.argument("target", metavar="WORKSPACE[/REPOSITORY|:PROJECT]")
@click.option(
    "--scope", "scopes", multiple=True, metavar="SCOPE", help="Only this; again for more. Else all."
)
@json_option
@_database
def add_token(target: str, scopes: Sequence[str], json_: bool, db: str | None) -> None:
    """Make an access token and print it.

    It belongs to a workspace, repository or project, and is sent as `Authorization: Bearer TOKEN`:
    `BITBUCKET_OAUTH_TOKEN` and `bitbucket:oauthToken` take it.
    """
    unknown = [scope for scope in scopes if scope not in CLASSIC_SCOPES]
    if unknown:
        raise click.UsageError(f'no scope "{unknown[0]}"; take some of {", ".join(CLASSIC_SCOPES)}')
    with sandbox_target.opened(db, create=True) as opened:
        token = opened.issue_access_token(target, scopes or CLASSIC_SCOPES)
    _say(token, {"token": token}, json_=json_)


@sandbox.command("add-pull-request")
@click.argument("repository", metavar="WORKSPACE/REPOSITORY")
@json_option
@_database
def add_pull_request(repository: str, json_: bool, db: str | None) -> None:
    """Open a pull request, on which a preview can comment.

    Its commit has a hash of forty zeros.
    """
    with sandbox_target.opened(db, create=True) as opened:
        number = opened.plant_pull_request(repository)
    said = f"opened pull request {number} of {repository}"
    _say(said, {"repository": repository, "pullRequest": number}, json_=json_)


@sandbox.command()
@click.argument("repository", metavar="WORKSPACE/REPOSITORY")
@click.argument("pull_request", metavar="NUMBER", type=click.IntRange(min=1))
@json_option
@output.wide_option
@_database
def comments(repository: str, pull_request: int, json_: bool, db: str | None) -> None:
    """Show the comments on a pull request, the oldest first."""
    with sandbox_target.opened(db) as opened:
        found = opened.comments(repository, pull_request)
    if json_:
        names = ("id", "author", "raw")
        output.as_json([{name: getattr(comment, name) for name in names} for comment in found])
        return
    for comment in found:
        click.echo("\n".join(output.text(line) for line in comment.raw.splitlines()))
    if not found:
        click.echo("There are none.")


@sandbox.command("set")
@click.argument("assignments", metavar="[KEY=VALUE]…", nargs=-1)
@click.option("--reset", is_flag=True, help="Give every other setting its default again.")
@json_option
@output.wide_option
@_database
def set_(assignments: Sequence[str], reset: bool, json_: bool, db: str | None) -> None:
    """Set latency, faults, limits and more, and show it all.

    Without KEY=VALUE the settings are only shown.
    """
    with sandbox_target.opened(db, create=bool(assignments)) as opened:
        changes = parse(assignments)
        if reset:
            opened.reset_settings()
        settings = attrs.asdict(opened.configure(**changes))
    if json_:
        output.as_json(settings)
    else:
        output.table(("setting", "value"), list(settings.items()), "")


@sandbox.command()
@click.option("--last", type=click.IntRange(min=1), help="Only so many, the latest.")
@click.option("--clear", is_flag=True, help="Empty the log instead.")
@json_option
@output.wide_option
@_database
def requests(last: int | None, clear: bool, json_: bool, db: str | None) -> None:
    """List the requests that were made to the sandbox."""
    with sandbox_target.opened(db) as opened:
        if clear:
            opened.clear_requests()
            _say("cleared", {"cleared": True}, json_=json_)
            return
        found = opened.requests()[-(last or 0) :]
    names = ("at", "method", "path", "query", "status", "identity", "fault")
    rows = [[moment(r.at), *(getattr(r, name) for name in names[1:])] for r in found]
    _print_rows(names, rows, json_=json_, wide=("query", "fault", "identity", "at"))


def _given(opened: Sandbox, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Keep the properties that were given, with the events as a tuple.

    Refuses what the API and the page refuse.
    """
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


def _print_hooks(opened: Sandbox, hooks: Sequence[StoredHook], *, json_: bool) -> None:
    shown = _shown(opened, hooks)
    if json_:
        output.as_json(shown)
        return
    columns = ("subject", "description", "url", "active", "events", "secret_set", "uuid")
    rows = [[hook[column] for column in columns] for hook in shown]
    headings = [column.replace("secret_set", "secret") for column in columns]
    wide = ("uuid", "secret", "events", "active")
    output.table(headings, rows, "There are no webhooks.", wide=wide)


def _print_hook(opened: Sandbox, what: str, hook: StoredHook, *, json_: bool) -> None:
    (shown,) = _shown(opened, [hook])
    if json_:
        output.as_json(shown)
    else:
        title = output.text(hook.description or hook.url)
        click.echo(f"{what} {title} of {shown['subject']}, {hook.uuid}")


def _say(text: str, value: Mapping[str, Any], *, json_: bool) -> None:
    """Print what was done."""
    if json_:
        output.as_json(value)
    else:
        click.echo(text)


def _print_rows(
    names: Sequence[str], rows: Sequence[Sequence[object]], *, json_: bool, wide: Sequence[str] = ()
) -> None:
    if json_:
        output.as_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        output.table(names, rows, "There are none.", wide=wide)
