"""All checks, one after the other; none keeps the others from being done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field

from bitbucket_hooks.doctor import engine, sharing, stack
from bitbucket_hooks.doctor.calls import Calls
from bitbucket_hooks.doctor.case import Case, open_case
from bitbucket_hooks.doctor.engine import Stacks
from bitbucket_hooks.doctor.findings import CheckSection, Finding, Report, error, guarded, masked
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.settings import SECRET_KEYS, VARIABLES, project_root
from bitbucket_hooks.pulumi_cli.engine import stack_config, try_encryption
from bitbucket_hooks.stack import files

_SHORTEST: Final = 6  # characters of a secret that can be told from other text
_SECRET_VARIABLES: Final = (
    *(VARIABLES[key] for key in SECRET_KEYS),
    "PULUMI_ACCESS_TOKEN",
)


@define
class Examination:
    """Looks at a stack; where there is no project, at the environment's account."""

    asked: str | None
    """The stack that is meant; None: the selected one."""
    all_stacks: bool
    """Whether the states of all stacks of the backend are looked at, not of this project alone."""
    notify: Callable[[str], None]
    """Hears what is being done."""
    _root: Path | None = field(init=False)
    _case: Case = field(factory=Case, init=False)
    _stacks: Stacks | None = field(default=None, init=False)

    @_root.default
    def _(self) -> Path | None:
        root = project_root()
        return root if (root / "Pulumi.yaml").is_file() else None

    def report(self) -> Report:
        """Do everything."""
        self.notify("looking at the engine")
        found = [CheckSection("engine", "", tuple(self._engine()))]
        unsure = self._root is not None and self._case.checked is None
        accounts = [
            account for account in self._case.accounts() if not unsure or account.source is not None
        ]
        with closing(Calls(self._case, accounts, self.notify)) as calls:
            calls.greet()
            repositories = calls.repositories()
            declared = [*self._declared(calls), *repositories]
            found.append(CheckSection("stack", self._case.stack or "", tuple(declared)))
            found.append(CheckSection("network", "", tuple(calls.network())))
            found += calls.sections()
            found.append(CheckSection("sharing", "", tuple(self._sharing(calls))))
        mask = Mask(dict.fromkeys(self._secrets(), SECRET))
        sections = tuple(masked(section, mask) for section in found if section.findings)
        return Report(str(self._root) if self._root else None, self._case.stack, sections)

    def _engine(self) -> Iterator[Finding]:
        yield from guarded("pulumi", lambda: engine.cli(self._root))
        yield from guarded("packages", lambda: engine.packages(self._root))
        if self._root is not None:
            yield from guarded("backend", self._backend)
            yield from guarded("stack", self._open)
        elif self.asked:
            yield error(
                "stack",
                f'there is no project here, so no stack "{printable(self.asked, 60)}"',
                "Run this in the folder of a Pulumi.yaml, or name no stack.",
            )

    def _backend(self) -> Iterator[Finding]:
        if shutil.which("pulumi") is None:
            yield engine.unasked("backend")
            return
        finding, there = engine.backend()
        yield finding
        if there:
            self._stacks = engine.stacks()

    def _open(self) -> Iterator[Finding]:
        """Find out which stack is meant, and read its configuration."""
        name = self.asked or self._selected()
        if self._root is None or name is None:
            yield self._which()
            return
        there = self._stacks is not None and self._stacks.has(name)
        opened: Mapping[str, Any] | None = None
        locked: HooksError | None = None
        if self._stacks is not None:
            yield from engine.stack(name, self._stacks)
        if there:
            try:
                opened = stack_config(name)
            except HooksError as failed:
                locked = failed
        self._case = Case(name)
        self._case = open_case(name, opened)
        if there:
            encrypted = any(True for _ in self._case.secrets())
            if locked is None and not encrypted:  # then nothing had to be opened so far
                locked = _locked(name)
            yield from engine.secrets(locked, encrypted=encrypted)

    def _selected(self) -> str | None:
        if self._stacks is not None and self._stacks.selected:
            return self._stacks.selected
        there = files.stacks()
        return there[0] if len(there) == 1 else None

    @staticmethod
    def _which() -> Finding:
        there = files.stacks()
        if not there:
            return error("stack", "there is none", "Make one with `pulumi stack init STACK`.")
        names = ", ".join(printable(name, 60) for name in there)
        remedy = f"Give its name to this command, or `pulumi stack select` it. There are: {names}."
        return error("stack", "none is selected", remedy)

    def _declared(self, calls: Calls) -> Iterator[Finding]:
        checked = self._case.checked
        if checked is None:
            return
        yield from guarded("config", lambda: stack.offline(checked))
        yield from guarded("secretFrom", lambda: stack.sources(checked.drafts))
        yield from guarded("security", self._in_the_clear)
        if not checked.problems:
            yield from guarded(
                "security", lambda: stack.insecure(checked.drafts, calls.live_secrets())
            )

    def _in_the_clear(self) -> Iterator[Finding]:
        """Look for secrets in the files; those of test servers everybody knows."""
        known = [account.settings for account in self._case.accounts()]
        if not all(settings is not None and settings.allows_private_urls for settings in known):
            yield from stack.in_the_clear(self._case.given)

    def _sharing(self, calls: Calls) -> Iterator[Finding]:
        if self._root is None:
            return
        names = files.stacks()
        yield from guarded("declarations", lambda: sharing.declarations(names, calls.listed))
        yield from guarded("states", self._states)

    def _states(self) -> Iterator[Finding]:
        if self._stacks is None:
            yield engine.unasked("states")
            return
        known = engine.stacks("--all") if self.all_stacks else self._stacks
        exported, failed = sharing.exports(known.names, self.notify)
        yield from sharing.states(exported, failed)
        for name, state in exported.items():
            if self._case.stack is not None and engine.same(name, self._case.stack):
                yield from engine.pending(state)
                if (checked := self._case.checked) and not (checked.drafts or checked.problems):
                    yield from sharing.emptied(state)

    def _secrets(self) -> Iterator[str]:
        """Whatever is known to be secret, should it get into a finding on some way."""
        given = [os.environ.get(name, "") for name in _SECRET_VARIABLES]
        for name, value in os.environ.items():
            if name.lower().endswith("_proxy"):
                given.append(_password(value))
        yield from (
            secret for secret in [*given, *self._case.secrets()] if len(secret) >= _SHORTEST
        )


def _locked(stack: str) -> HooksError | None:
    try:
        try_encryption(stack, files.stack_file(stack))
    except HooksError as failed:
        return failed
    return None


def _password(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"http://{url}").password or ""
    except ValueError:
        return ""
