"""The SDK's dynamic provider over the operations of a resource: a translation and no rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from bitbucket_hooks.operations.resource import ResourceOperations
from bitbucket_hooks.operations.results import PartlyDoneError, Props
from bitbucket_hooks.operations.wire import PROVIDER_KEY
from bitbucket_hooks.provider import sdk_hooks

sdk_hooks.install()

_WORKERS: Final = 256  # more than the engine asks for at once on any machine

T = TypeVar("T")


class DynamicProvider(ResourceProvider):
    """A provider of one kind of resource; holds no state that would be pickled.

    Problems of inputs are reported without the property's name in the engine's own field: it would
    print the value, and a url or secret must not be shown.
    """

    serialize_as_secret_always = False  # nothing secret is pickled: class and module name
    kind: ClassVar[type[ResourceOperations]]
    _operations: ResourceOperations

    def configure(self, req: ConfigureRequest) -> None:
        """Take the account from the configuration. Raises ConfigError."""
        # A program imports its providers too, but opens no session: what that takes comes late.
        from bitbucket_hooks.operations.session import session_for  # noqa: PLC0415

        sdk_hooks.widen_server(_WORKERS)
        self._operations = self.kind(session_for(req.config.get))

    @sdk_hooks.provider_method
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Validate the declaration and give its canonical form."""
        checked = self._operations.check(_plain(_olds), _plain(news))
        return CheckResult(checked.inputs, [CheckFailure("", str(p)) for p in checked.problems])

    @sdk_hooks.provider_method
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """What an update would change."""
        diff = self._operations.diff(_id, _plain(_olds), _plain(_news))
        if PROVIDER_KEY not in _olds and not diff.replaces:
            # the plugin's until now: without an update the state never gets what the SDK reads by
            return DiffResult(changes=True)
        if diff.is_hidden:
            return sdk_hooks.DetailedDiff(diff.details)
        # None lets the engine compare the inputs itself: it then names just what changed
        changes = None if diff.details else diff.changes
        return DiffResult(changes=changes, replaces=list(diff.replaces))

    @sdk_hooks.provider_method
    def create(self, props: Props) -> CreateResult:
        """Make the resource."""
        id_, outputs = _keeping(props, lambda: self._operations.create(_plain(props)))
        return CreateResult(id_, outputs)

    @sdk_hooks.provider_method
    def read(self, id_: str, props: Props) -> ReadResult:
        """Read what is live; a resource that is gone is reported as gone."""
        state = self._operations.read(id_, _plain(props))
        return ReadResult(state.id, state.outputs, state.inputs)

    @sdk_hooks.provider_method
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring what is live in line, in place."""
        olds, news = _plain(_olds), _plain(_news)
        return UpdateResult(_keeping(_news, lambda: self._operations.update(_id, olds, news)))

    @sdk_hooks.provider_method
    def delete(self, _id: str, _props: Props) -> None:
        """Remove the resource."""
        self._operations.delete(_id, _plain(_props))


def _plain(props: Props) -> Props:
    """Properties without the pickled provider that the SDK keeps among them."""
    return {key: value for key, value in props.items() if key != PROVIDER_KEY}


def _keeping(declared: Props, act: Callable[[], T]) -> T:
    """Create or update; what was done before an error stays in the state."""
    try:
        return act()
    except PartlyDoneError as partly:
        provider = declared.get(PROVIDER_KEY)
        if provider is not None:  # without it the state would have a resource of nobody
            outputs = {**partly.outputs, PROVIDER_KEY: provider}
            sdk_hooks.keep_partly_done(partly.id, outputs, str(partly))
        raise partly.error from None
