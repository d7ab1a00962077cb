"""What pages show of stack configs is in order, and docs/configuration.md's programs run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from click.testing import CliRunner
from pulumi.runtime.proto import resource_pb2

import bitbucket_hooks as bitbucket
from bitbucket_hooks.cli import main
from support import handbook
from support.engine import ROOT
from support.pulumi_program import Monitor, program
from support.sandbox import Sandbox
from support.stack_program import Stack

PAGE = handbook.page("configuration.md")
NAMES = sorted(path.relative_to(handbook.DOCS).as_posix() for path in handbook.DOCS.rglob("*.md"))
HOOKS = "bitbucket-hooks:hooks"


def _configs() -> list[tuple[str, dict[str, Any]]]:
    """Every stack config of the pages; one may be shown without its key `config`."""
    loaded = [
        (name, yaml.safe_load(block))
        for name in NAMES
        for block in handbook.blocks(handbook.page(name), "yaml")
    ]
    mappings = [(name, value) for name, value in loaded if isinstance(value, dict)]
    return [(name, value.get("config", value)) for name, value in mappings if HOOKS in str(value)]


def _checked(
    folder: Path, config: dict[str, Any], project: Mapping[str, Any] | None = None
) -> tuple[int, str]:
    """What `bitbucket-hooks check` says of a stack."""
    whole = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**whole, **(project or {})}))
    (folder / "stacks").mkdir()
    (folder / "stacks" / "Pulumi.page.yaml").write_text(yaml.safe_dump({"config": config}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = CliRunner().invoke(main, ["check", "page"])
    return run.exit_code, run.output


@pytest.mark.parametrize(("name", "config"), _configs())
def test_stack_configs(name: str, config: dict[str, Any], tmp_path: Path) -> None:
    """Each has no mistake that can be seen offline."""
    usual = {"bitbucket:workspace": "acme"}
    code, said = _checked(tmp_path, {**usual, **config})
    assert code == 0, f"{name}: {said}"


def test_what_environments_share(tmp_path: Path) -> None:
    """The block for `Pulumi.yaml` gives an entry its title and its events."""
    (block,) = handbook.blocks(handbook.page("environments.md"), "yaml")
    entry = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["web"]}
    config = {"bitbucket:workspace": "acme", HOOKS: [entry]}
    code, said = _checked(tmp_path, config, yaml.safe_load(block))
    assert code == 0, said
    assert "pullrequest:created pullrequest:updated repo:push" in said


def test_the_mistakes(
    sandbox: Sandbox, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are told as shown, all at once."""
    del sandbox  # it is there for its repositories
    (shown,) = handbook.blocks(PAGE, "text")
    entry = {
        "name": "ci",
        "url": "https://ci.example.com/",
        "events": ["repo:push", "pullrequest:merge"],
        "repositories": ["web", "wbe"],
    }
    refused = Stack(sandbox_path, monkeypatch).refuses(entry)
    assert refused == [line.removeprefix("bitbucket-hooks:") for line in shown.splitlines()]


class _Prod(Monitor):
    """Knows the outputs of another stack."""

    def ReadResource(  # noqa: N802  # the service's own name
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer with what `prod` exported."""
        answer = super().ReadResource(request)
        answer.properties.update({"outputs": {"hooks": {"ci": {"web": "{uuid}"}}}})
        return answer


def test_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of the page run one after the other, with a hook or two of one's own."""
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    blocks = handbook.blocks(PAGE, "python")

    def run_them() -> None:
        url = "https://chat.example.com/"
        names = {
            "pulumi": pulumi,
            "bitbucket": bitbucket,
            "chat": bitbucket.Hook("chat", repository="web", url=url),
            "audit": bitbucket.WorkspaceHook("audit", url=url),
        }
        exec(compile("\n".join(blocks), "page", "exec"), names)  # noqa: S102

    with program({"bitbucket:workspace": "acme"}, monitor=_Prod()) as run:
        made = {value.name: value for value in run(run_them)}
    assert len(blocks) == 3
    assert {"ci", "only-ours", "only-audit"} <= set(made)
    assert made["only-ours"].inputs["onUnmanaged"] == "delete"
    assert set(exported) == {"web", "hooks"}


def test_every_name_in_state_is_shown() -> None:
    """Rows of tables that have names of both sides have those that the resources give."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(rows) > 10
    hook = bitbucket.Hook
    wire = {"on_unmanaged": "onUnmanaged"}
    assert [
        (name, refused)
        for name, refused in rows
        if wire.get(name, hook.translate_input_property(hook, name)) != refused  # type: ignore[arg-type]
    ] == []
