"""A stack config without any hook, while the stack has some: a mistake, more often than not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pulumi

from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.safety import NAMED, REMEDY, is_forced
from bitbucket_hooks.model.wording import counted, first_names
from bitbucket_hooks.stack.entries import HOOKS_PATH

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
"""A function of the engine itself (pkg/resource/deploy/builtins.go): no provider, no request."""
_TYPE: Final = "pulumi-python:dynamic/bitbucket:"
_DECLARED: Final = (f"{_TYPE}HookFleet", f"{_TYPE}WorkspaceHook")
"""What entries become; a `Hook` is of a program's own."""


def refuse_to_lose_all() -> None:
    """Raise ConfigError when the state has hooks of a stack config, unless that is forced."""
    if is_forced():
        return
    hooks = dict(_hooks_in_state())
    if count := sum(hooks.values()):
        raise ConfigError(
            f"{HOOKS_PATH}: declares nothing, so that all {counted(count, 'hook')} of this stack "
            f"would be deleted: {first_names(sorted(hooks), NAMED)}",
            "Look whether the key or its namespace is misspelt; a program that declares all hooks "
            f"itself doesn't call declare_hooks(). {REMEDY}",
        )


def _hooks_in_state() -> Iterator[tuple[str, int]]:
    """The names of resources that entries became, each with how many hooks it has."""
    for urn, resource in _resources().items():
        *_, kind, name = urn.split("::")
        outputs = resource.get("outputs") or {}
        if kind.endswith(_DECLARED):
            yield printable(name, 60), len(outputs["hooks"]) if "hooks" in outputs else 1


def _resources() -> Mapping[str, Mapping[str, Any]]:
    """The stack's state by urn. Raises ConfigError."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        answer = pulumi.runtime.invoke(_READ_STATE, {"stackName": stack}).value or {}
    except Exception as error:  # noqa: BLE001  # whatever the SDK makes of the engine's errors
        raise ConfigError(
            f"{HOOKS_PATH}: declares nothing, and whether the stack has hooks can't be told: "
            f"{printable(str(error))}",
            REMEDY,
        ) from None
    return answer.get("outputs") or {}
