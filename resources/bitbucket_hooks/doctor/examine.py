"""All checks, one after the other; none keeps the others from being done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import define, evolve, field

from bitbucket_hooks.doctor import account as accounts
from bitbucket_hooks.doctor import engine, limits, network, sharing, stack
from bitbucket_hooks.doctor.configuration import (
    Configuration,
    ConfiguredAccount,
    read_configuration,
)
from bitbucket_hooks.doctor.connection import Connection
from bitbucket_hooks.doctor.engine import Stacks
from bitbucket_hooks.doctor.findings import (
    Checks,
    CheckSection,
    Finding,
    Level,
    Report,
    error,
    note,
    ok,
    run_checks,
)
from bitbucket_hooks.doctor.planned import PlannedHooks
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.settings import SECRET_KEYS, VARIABLES, Settings, project_root
from bitbucket_hooks.pulumi_cli.engine import stack_config, try_encryption
from bitbucket_hooks.stack import files

_SHORTEST: Final = 6  # characters; anything shorter may be part of other text
_SECRET_VARIABLES: Final = (*(VARIABLES[key] for key in SECRET_KEYS), "PULUMI_ACCESS_TOKEN")


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
    _configuration: Configuration = field(factory=Configuration, init=False)
    _stacks: Stacks | None = field(default=None, init=False)
    """What the backend has; None: it can't be used."""
    _connections: dict[str | None, Connection] = field(factory=dict, init=False)

    @_root.default
    def _(self) -> Path | None:
        root = project_root()
        return root if (root / "Pulumi.yaml").is_file() else None

    def report(self) -> Report:
        """Do everything."""
        with ExitStack() as clients:
            sections = list(self._sections(clients))
        known = [*_secrets_of_environment(), *self._configuration.secrets()]
        mask = Mask({secret: SECRET for secret in known if len(secret) >= _SHORTEST})
        masked = tuple(
            CheckSection(family, about, tuple(finding.masked(mask) for finding in findings))
            for family, about, findings in sections
            if findings
        )
        return Report(str(self._root) if self._root else None, self._configuration.stack, masked)

    def _sections(self, clients: ExitStack) -> Iterator[tuple[str, str, list[Finding]]]:
        """The findings of each family, with what they are about."""
        self.notify("looking at the engine")
        yield "engine", "", list(self._engine())
        configuration = self._configuration
        is_unread = self._root is not None and configuration.checked is None
        found = [
            account
            for account in configuration.accounts
            if not is_unread or account.source is not None
        ]
        budgets: dict[str | None, list[Finding]] = {}
        identities: dict[str | None, list[Finding]] = {}
        for account in found:
            self.notify(f"asking the API{f' for {account.name}' if account.name else ''}")
            settings = account.settings
            if settings is None:
                continue
            budgets[account.name] = run_checks({"budget": limits.budget}, settings)
            if any(finding.level is Level.ERROR for finding in budgets[account.name]):
                settings = evolve(settings, pace=None)  # that is said, and the rest goes on
            identity = run_checks({"identity": self._connect}, account, settings, clients)
            identities[account.name] = identity
        hooks = PlannedHooks(configuration, self._connections, self.notify)
        if checked := configuration.checked:
            findings = run_checks(stack.CHECKS, hooks, checked)
            yield "stack", configuration.stack or "", findings
        yield "network", "", list(self._network(found))
        for account in found:
            about = account.name or ""
            findings = run_checks({"credentials": accounts.credentials}, account)
            findings += identities.get(account.name, ())
            budget = budgets.get(account.name, [])
            connection = self._connections.get(account.name)
            if connection is None:
                yield "account", about, findings
                yield "rate limit", about, budget
                continue
            self.notify("looking at the account's rights")
            findings += run_checks(accounts.CHECKS, connection, hooks.needs(account.name))
            yield "account", about, findings
            if connection.accepted:
                costs = hooks.costs(account.name)
                budget = [*run_checks(limits.CHECKS, connection, costs), *budget]
            yield "rate limit", about, budget
        if self._root is not None:
            checks: Checks = {
                "declarations": lambda: sharing.declarations(files.stacks(), hooks.listed),
                "states": self._states,
            }
            yield "sharing", "", run_checks(checks)

    def _engine(self) -> Iterator[Finding]:
        yield from run_checks(engine.CHECKS, self._root)
        if self._root is not None:
            yield from run_checks(
                {"backend": self._backend, "stack": self._read_stack, "secrets": self._open_stack}
            )
        elif self.asked:
            yield error(
                "stack",
                f'there is no project here, so no stack "{printable(self.asked, 60)}"',
                "Run this in the folder of a Pulumi.yaml, or name no stack.",
            )

    def _backend(self) -> Iterator[Finding]:
        if shutil.which("pulumi") is None:
            yield engine.not_asked("backend")
        else:
            yield engine.backend()
            self._stacks = engine.stacks()

    def _read_stack(self) -> Iterator[Finding]:
        """Find out which stack is meant, and read its files."""
        there = files.stacks()
        selected = self._stacks.selected if self._stacks is not None else None
        name = self.asked or selected or (there[0] if len(there) == 1 else None)
        if name is not None:
            self._configuration = Configuration(name)
            if self._stacks is not None:
                yield engine.stack(name, self._stacks)
            self._configuration = read_configuration(name)
        elif there:
            names = ", ".join(printable(stack, 60) for stack in there)
            choose = "Give its name to this command, or `pulumi stack select` it."
            yield error("stack", "none is selected", f"{choose} There are: {names}.")
        else:
            yield error("stack", "there is none", "Make one with `pulumi stack init STACK`.")

    def _open_stack(self) -> Iterator[Finding]:
        """Open the stack's secrets; where there are none, see that one could be encrypted."""
        name = self._configuration.stack
        if name is None or self._configuration.checked is None:
            return
        if self._stacks is not None and self._stacks.find(name) is not None:
            self._configuration = evolve(self._configuration, opened=stack_config(name))
            if any(True for _ in self._configuration.secrets()):
                yield ok("secrets", "the stack's encrypted values can be opened")
            else:
                try_encryption(name, files.stack_file(name))

    def _connect(
        self, account: ConfiguredAccount, settings: Settings, clients: ExitStack
    ) -> Iterator[Finding]:
        """Call an account's API, and find out whom it takes this for."""
        sandbox = settings.sandbox
        if sandbox is not None and not sandbox.parent.is_dir():
            what = f"the sandbox {sandbox} can't be made: its folder isn't there"
            yield error("identity", what, "Name a file in a folder that is there.")
        elif sandbox is not None and not sandbox.exists():
            yield note("identity", "the sandbox isn't there yet: the first run makes it")
        else:
            connection = Connection.open(account, settings, self.notify)
            clients.callback(connection.client.close)
            self._connections[account.name] = connection
            yield from accounts.identify(connection)

    def _network(self, found: list[ConfiguredAccount]) -> Iterator[Finding]:
        """The way to each API, once for each address."""
        apis = {account.settings.api_url: account.settings for account in found if account.settings}
        for url, settings in apis.items():
            offsets = [
                connection.clock_ahead
                for connection in self._connections.values()
                if connection.settings.api_url == url and connection.clock_ahead is not None
            ]
            ahead = min(offsets, key=abs, default=None)
            yield from run_checks(network.CHECKS, settings, ahead)

    def _states(self) -> Iterator[Finding]:
        if self._stacks is None:
            yield engine.not_asked("states")
            return
        known = engine.stacks("--all") if self.all_stacks else self._stacks
        exported = sharing.exports(known.names, self.notify)
        yield from sharing.states(exported)
        stack, checked = self._configuration.stack, self._configuration.checked
        for name, state in exported.items():
            if stack is not None and state is not None and engine.same(name, stack):
                yield from engine.pending(state)
                if checked and not (checked.drafts or checked.problems):
                    yield from sharing.emptied(state)


def _secrets_of_environment() -> Iterator[str]:
    """What is known to be secret, should it get into a finding on some way."""
    for name, value in os.environ.items():
        if name in _SECRET_VARIABLES:
            yield value
        elif name.lower().endswith("_proxy"):
            with suppress(ValueError):
                yield urlsplit(value if "://" in value else f"http://{value}").password or ""
