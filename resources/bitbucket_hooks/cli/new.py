"""`bitbucket-hooks new`: a project to start with."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command
from bitbucket_hooks.stack.new_project import NewProject


@command("bitbucket-hooks new my-hooks --workspace acme", "bitbucket-hooks new trial --sandbox")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-w", "--workspace", help="The workspace whose webhooks are meant.")
@click.option("-s", "--stack", help="The first stack; default: prod, with --sandbox dev.")
@click.option("--project", metavar="NAME", help="The project's name; default: the folder's.")
@click.option("--sandbox", is_flag=True, help="Let the stack talk to a sandbox, to try things.")
@output.json_option
def new(
    folder: Path, workspace: str | None, stack: str | None, project: str | None, *, sandbox: bool
) -> None:
    """Make a Pulumi project in FOLDER, to be filled by hand or by `import`.

    Its program declares what the stacks' configuration says. Nothing is asked of Bitbucket.
    """
    if workspace is None and not sandbox:
        raise click.UsageError("Say whose webhooks are meant: --workspace, or --sandbox.")
    from bitbucket_hooks.sandbox.seed import WORKSPACE

    made = NewProject(
        name=project or folder.absolute().name,
        stack=stack or ("dev" if sandbox else "prod"),
        workspace=workspace or WORKSPACE,
        sandbox=sandbox,
    )
    files = made.write(folder)
    token = {"pulumi config set --secret bitbucket:oauthToken": "asks for the token"}
    steps = {
        f"cd {shlex.quote(str(folder))}": "",
        "python3 -m venv .venv": "",
        ". .venv/bin/activate": "",
        "pip install -r requirements.txt": "",
        f"pulumi stack init {made.stack}": "where `pulumi login` keeps state",
        **({} if sandbox else token),
        "bitbucket-hooks import --write": "declares the webhooks that are there",
        "bitbucket-hooks preview": "what an update would do to them",
    }
    if output.wants_json():
        output.as_json({"files": [str(file) for file in files], "next": list(steps)})
        return
    for file in files:
        output.wrote(file)
    width = max(map(len, steps))
    lines = [f"  {step:<{width}}  # {why}" if why else f"  {step}" for step, why in steps.items()]
    click.echo("\n".join(["", "Next:", *lines]))
