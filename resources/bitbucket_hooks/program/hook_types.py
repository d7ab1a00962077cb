"""`get_hook_types`: the events that webhooks can listen to today."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pulumi
from attrs import asdict

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.event_catalogue import hook_types
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.outputs import GetHookTypesHookTypeResult
from bitbucket_hooks.program.invoke import ask, ask_later


@pulumi.output_type
class GetHookTypesResult:
    """What `get_hook_types` gives."""

    hook_types: list[GetHookTypesHookTypeResult] = pulumi.property("hookTypes")
    """The events, in the service's order."""
    id: str
    """The subject type."""
    subject_type: str = pulumi.property("subjectType")
    """As it was asked for."""

    def __init__(
        self,
        hook_types: list[GetHookTypesHookTypeResult] | None = None,
        id: str | None = None,  # noqa: A002  # Pulumi's own name for it
        subject_type: str | None = None,
    ) -> None:
        """Keep them."""
        pulumi.set(self, "hook_types", hook_types)
        pulumi.set(self, "id", id)
        pulumi.set(self, "subject_type", subject_type)


class AwaitableGetHookTypesResult(GetHookTypesResult):
    """The same, for programs that await it; it is there already."""

    def __await__(self) -> Generator[Any, None, GetHookTypesResult]:
        """Give the result."""
        yield from ()
        return GetHookTypesResult(self.hook_types, self.id, self.subject_type)


def get_hook_types(
    subject_type: str | None = None, opts: pulumi.InvokeOptions | None = None
) -> AwaitableGetHookTypesResult:
    """Read the events that webhooks of a subject type, `repository` or `workspace`, can listen to.

    From the API's `/hook_events` (public API description), one request, in previews too. When it
    can't be reached, warns and gives the bundled list, which may lack new events.

    Of `opts`, `provider` and `parent` select the account; a `Provider` whose `api_url` is an Output
    needs `get_hook_types_output`. Raises pulumi.RunError for another subject type.
    """
    return ask("get_hook_types", opts, _question(subject_type))


def get_hook_types_output(
    subject_type: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[GetHookTypesResult]:
    """Read them as `get_hook_types` does, with an argument that may be known later.

    `opts.depends_on` is waited for. An error is raised when the Output is resolved.
    """
    return ask_later(opts, {"subject_type": subject_type}, _question)


def _question(subject_type: str | None) -> Callable[[Client], AwaitableGetHookTypesResult]:
    def answer(client: Client) -> AwaitableGetHookTypesResult:
        events = hook_types(HookApi(lambda: client), subject_type, pulumi.log.warn)
        found = [GetHookTypesHookTypeResult(**asdict(event)) for event in events]
        return AwaitableGetHookTypesResult(found, subject_type, subject_type)

    return answer
