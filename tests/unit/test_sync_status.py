"""The words that users' states keep for the sync status of a copy: they never change."""

from __future__ import annotations

import pytest

from bitbucket_hooks.model.sync_status import SecretSync, Sync, SyncStatus, sync_status

STATUSES = {
    "as declared": SyncStatus(),
    "gone": SyncStatus(Sync.GONE),
    "missing": SyncStatus(Sync.MISSING),
    "left over": SyncStatus(Sync.LEFT_OVER),
    "left to Hook 'ci'": SyncStatus(Sync.RELEASED, successor="Hook 'ci'"),
    "not updated": SyncStatus(Sync.NOT_UPDATED),
    "secret not updated": SyncStatus(Sync.NOT_UPDATED, secret=SecretSync.NOT_UPDATED),
    "secret not updated; active false": SyncStatus(
        Sync.DRIFTED, "active false", SecretSync.NOT_UPDATED
    ),
    "secret removed": SyncStatus(Sync.DRIFTED, secret=SecretSync.REMOVED),
    "secret set by hand; events a, b": SyncStatus(
        Sync.DRIFTED, "events a, b", SecretSync.SET_BY_HAND
    ),
    'active false; description "(unchecked: no"': SyncStatus(
        Sync.DRIFTED, 'active false; description "(unchecked: no"'
    ),
    "gone (unchecked: timed out (30 s))": SyncStatus(Sync.GONE, unchecked="timed out (30 s)"),
    "secret removed (unchecked: no access)": SyncStatus(
        Sync.DRIFTED, secret=SecretSync.REMOVED, unchecked="no access"
    ),
}


@pytest.mark.parametrize(("words", "status"), STATUSES.items(), ids=STATUSES)
def test_words_of_a_state(words: str, status: SyncStatus) -> None:
    """What was written is read again, and written the same."""
    assert sync_status(words) == status
    assert str(status) == words
