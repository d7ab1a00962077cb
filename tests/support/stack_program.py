"""The program of `stacks/` without an engine: a configuration in, what is declared out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pulumi
import pytest

from bitbucket_hooks.stack.declare import declare_hooks
from support.pulumi_program import Monitor, Registered, program


@attrs.define
class Declared:
    """What a configuration came to."""

    resources: list[Registered]
    """By name: they are registered in any order."""
    warnings: list[str]

    def inputs(self, name: str) -> dict[str, Any]:
        """Give the inputs of the resource with a name."""
        (found,) = [resource for resource in self.resources if resource.name == name]
        return found.inputs


@attrs.define
class Stack:
    """Runs the program with one sandbox."""

    database: Path
    monkeypatch: pytest.MonkeyPatch

    def declares(
        self,
        *hooks: Any,
        secret: tuple[str, ...] = (),
        account: Any = None,
        state: Mapping[str, Any] | None = None,
        others: Mapping[str, Any] | None = None,
        **keys: Any,
    ) -> Declared:
        """Run the program; `keys` are those beside `hooks`, `account` those under `bitbucket:`.

        `others` are keys of other namespaces; `state` is what `Monitor` takes.
        """
        warnings: list[str] = []
        self.monkeypatch.setattr(pulumi.log, "warn", warnings.append)
        usual = {"apiUrl": f"sandbox:{self.database}", "workspace": "acme", **(account or {})}
        ours = {"hooks": list(hooks), **keys}  # `hooks` as a key stands for itself
        config = {
            **{f"bitbucket:{key}": value for key, value in usual.items() if value is not None},
            **{f"bitbucket-hooks:{key}": value for key, value in ours.items() if value is not None},
            **(others or {}),
        }
        hidden = tuple(f"bitbucket-hooks:{key}" for key in secret)
        with program(config, hidden, Monitor(state)) as run:
            made = sorted(run(declare_hooks), key=lambda resource: resource.name)
            return Declared(made, warnings)

    def refuses(self, *hooks: Any, **keys: Any) -> list[str]:
        """Run the program, which must fail, and give the lines of its message."""
        with pytest.raises(pulumi.RunError) as refused:
            self.declares(*hooks, **keys)
        return [line.removeprefix("bitbucket-hooks:") for line in str(refused.value).splitlines()]
