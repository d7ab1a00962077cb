"""What one provider process works with: one account, one client, one set of claims."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.event_catalogue import Catalogue
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.worker_pool import WorkerPool
from bitbucket_hooks.model.notes import NoteKind, note
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.model.settings import (
    ACCOUNT_KEY,
    NAMESPACE,
    Settings,
    environment,
    layer,
    resolve,
)
from bitbucket_hooks.operations.engine import (
    engine_address,
    inform,
    inform_run,
    on_cancel,
    report_progress,
    warn,
)
from bitbucket_hooks.operations.engine_process import (
    end_with_engine,
    ensure_engine_lives,
    run_name,
)
from bitbucket_hooks.reconcile.claims import Claims, run_folder
from bitbucket_hooks.reconcile.exclusive import Exclusives
from bitbucket_hooks.reconcile.fleet import Fleets
from bitbucket_hooks.reconcile.identities import Identities
from bitbucket_hooks.reconcile.lifecycle import Lifecycle
from bitbucket_hooks.reconcile.listings import Listings
from bitbucket_hooks.reconcile.presence import Presence
from bitbucket_hooks.reconcile.refresh_turns import RefreshTurns
from bitbucket_hooks.reconcile.registry import Registry

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client


@frozen
class Session:
    """Everything shared by the provider instances and threads of a process."""

    settings: Settings
    api: HookApi
    lifecycle: Lifecycle
    fleets: Fleets
    exclusives: Exclusives
    claims: Claims
    registry: Registry
    identities: Identities
    catalogue: Catalogue
    refresh_turns: RefreshTurns


def _client_for(settings: Settings, clock: Clock) -> Callable[[], Client]:
    """Give what opens one client for all threads: a run that asks nothing has no use for it."""
    lock = threading.Lock()

    @functools.cache
    def client() -> Client:
        from bitbucket_hooks.connect import open_client  # noqa: PLC0415 - brings requests

        return open_client(settings, warn, ensure_engine_lives, clock)

    def shared_client() -> Client:
        with lock:
            return client()

    return shared_client


_lock = threading.Lock()
_sessions: dict[Settings, Session] = {}


def session_for(look_up: Callable[[str], Any]) -> Session:
    """The session of the account that a configuration names; one per account and process.

    `look_up` reads a key such as `bitbucket:workspace`. Raises ConfigError.
    """
    account = look_up(f"{NAMESPACE}:{ACCOUNT_KEY}")
    name = f"the Provider {account!r}" if account else "the stack config"
    config = layer(name, lambda key: look_up(f"{NAMESPACE}:{key}"))
    settings = resolve(config, environment())
    with _lock:
        if settings not in _sessions:
            _sessions[settings] = _open(settings)
        return _sessions[settings]


def _open(settings: Settings) -> Session:
    end_with_engine()
    clock = Clock()
    on_cancel(clock.stop)
    client = _client_for(settings, clock)
    if settings.sandbox is not None:
        client()  # a preview too fails when it can't be opened
    api = HookApi(client)
    listings = Listings(api, clock, warn)
    folder, server = _run_folder(), str(settings.sandbox or settings.api_url)
    claims = Claims(folder, engine_address() or "", server)
    registry = Registry(folder.parent / "registry.db", folder.name, server, clock)
    missing_is_gone = settings.missing_repository == "gone"
    presence = Presence(api, listings, missing_is_gone, warn)
    identities = Identities(api, claims)
    lifecycle = Lifecycle(
        api, listings, presence, claims, registry, identities, clock, inform, warn
    )
    pool = WorkerPool(settings.parallel, clock, report_progress)
    return Session(
        settings=settings,
        api=api,
        lifecycle=lifecycle,
        fleets=Fleets(lifecycle, pool),
        exclusives=Exclusives(lifecycle, pool),
        claims=claims,
        registry=registry,
        identities=identities,
        catalogue=Catalogue(api, warn),
        refresh_turns=RefreshTurns(settings.refresh_turns, claims, clock, _notify_of_turn),
    )


def _notify_of_turn(turn: RefreshTurn) -> None:
    inform_run(str(turn))
    note(NoteKind.REFRESH_TURN, number=turn.number, turns=turn.turns)


@functools.cache
def _run_folder() -> Path:
    return run_folder(run_name())
