"""As much of Pulumi's engine as `up --refresh` needs, calling the operations directly.

Each run has two phases, preview and update, each with a provider process of its own: new caches, a
new set of declared resources, the claims shared.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.operations import resource, session
from bitbucket_hooks.operations.engine import call_about
from bitbucket_hooks.operations.hook import HookOperations
from bitbucket_hooks.operations.results import PartlyDoneError
from support.clocks import FakeClock
from support.rooms import session_of

Props = dict[str, Any]

URN: Final = "urn:pulumi:dev::hooks::pulumi-python:dynamic/bitbucket:Hook::"


@attrs.define
class Record:
    """A resource in the state."""

    id: str
    inputs: Props
    outputs: Props


@attrs.define
class MiniEngine:
    """A state, and what brings it in line with a program."""

    api_url: str
    folder: Path
    state: dict[str, Record] = attrs.field(factory=dict)
    replaced: list[tuple[str, Record]] = attrs.field(factory=list)
    """What replacements left, still to be deleted."""
    failures: list[str] = attrs.field(factory=list)
    _run: int = 0

    def up(self, program: dict[str, Props], *, preview: bool = True) -> None:
        """Do `up --refresh`; what fails is kept in `failures`, and the rest goes on.

        Without its preview it is `up --refresh --skip-preview`.
        """
        self._run += 1
        self.failures = []
        if preview:
            self._preview(program)
        if not self.failures:
            with self._process("update") as provider:
                self._update(provider, program)
        shutil.rmtree(self.folder / str(self._run), ignore_errors=True)

    def destroy(self) -> None:
        """Do `destroy`."""
        self._run += 1
        self.failures = []
        with self._process("update") as provider:
            self._delete(provider, [*self.state.items()])

    def _preview(self, program: dict[str, Props]) -> None:
        with self._process("preview") as provider:
            state = {name: attrs.evolve(record) for name, record in self.state.items()}
            self._refresh(provider, state)
            for name, props in program.items():
                self._guarded(name, partial(self._plan, provider, state, name, props))

    def _update(self, provider: HookOperations, program: dict[str, Props]) -> None:
        self._refresh(provider, self.state)
        for name, props in program.items():
            self._guarded(name, partial(self._step, provider, name, props))
        if not self.failures:
            gone = [(name, record) for name, record in self.state.items() if name not in program]
            self._delete(provider, gone)

    @contextmanager
    def _process(self, phase: str) -> Iterator[HookOperations]:
        folder, config = self.folder / str(self._run), {"bitbucket:apiUrl": self.api_url}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(resource, "_declared", set())
            patch.setattr(session, "_sessions", {})
            patch.setattr(session, "_run_folder", lambda: folder)
            patch.setattr(session, "engine_address", lambda: phase)
            patch.setattr(session, "Clock", FakeClock)
            opened = session.session_for(config.get)
            yield HookOperations(opened)
            session_of(opened.lifecycle.api.client).close()

    def _guarded(self, name: str, step: Callable[[], object]) -> None:
        try:
            with call_about(f"{URN}{name}"):
                step()
        except PartlyDoneError as partly:
            self.state[name] = Record(partly.id, self.state[name].inputs, partly.outputs)
            self.failures.append(f"{URN}{name}: {partly}")
        except HooksError as error:
            self.failures.append(f"{URN}{name}: {error}")

    def _refresh(self, provider: HookOperations, state: dict[str, Record]) -> None:
        for name, record in list(state.items()):
            self._guarded(name, partial(_refreshed, provider, state, name, record))

    def _plan(
        self, provider: HookOperations, state: dict[str, Record], name: str, props: Props
    ) -> tuple[Props, str]:
        """Check, compare, and say what is to be done."""
        record = state.get(name)
        checked = provider.check(record.inputs if record else {}, dict(props))
        assert not checked.problems, checked.problems
        inputs = checked.inputs
        if record is None:
            return inputs, "create"
        diff = provider.diff(record.id, record.outputs, inputs)
        if diff.replaces:
            return inputs, "replace"
        same = diff.changes is False or inputs == record.inputs
        return inputs, "same" if same else "update"

    def _step(self, provider: HookOperations, name: str, props: Props) -> None:
        inputs, what = self._plan(provider, self.state, name, props)
        if what == "same":
            self.state[name].inputs = inputs
        elif what == "update":
            record = self.state[name]
            outputs = provider.update(record.id, record.outputs, inputs)
            self.state[name] = Record(record.id, inputs, outputs)
        else:
            id_, outputs = provider.create(inputs)
            if what == "replace":
                self.replaced.append((name, self.state[name]))
            self.state[name] = Record(id_, inputs, outputs)

    def _delete(self, provider: HookOperations, gone: list[tuple[str, Record]]) -> None:
        for name, record in list(self.replaced):
            self._guarded(name, partial(provider.delete, record.id, record.outputs))
        self.replaced = [] if not self.failures else self.replaced
        for name, record in gone:
            self._guarded(name, partial(provider.delete, record.id, record.outputs))
            if not self.failures:
                del self.state[name]


def _refreshed(
    provider: HookOperations, state: dict[str, Record], name: str, record: Record
) -> None:
    read = provider.read(record.id, record.outputs)
    if not read.id:
        del state[name]
        return
    provider.diff(record.id, read.outputs, record.inputs)
    state[name] = Record(record.id, read.inputs, read.outputs)
