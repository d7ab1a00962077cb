"""Claims: who holds which hook, within a run and between its processes."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from bitbucket_hooks.filesystem.folders import run_state_folder
from bitbucket_hooks.model.errors import ConfigError, ConflictError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.reconcile.claims import Claims, Owner, run_folder
from support.disks import full_disk

UUID = "{00000000-0000-4000-8000-00000000000a}"
KEY = HookKey(Subject("acme", "web"), "https://ci.example.com/secret-path?token=canary")
OLD, NEW = Owner("urn::old", "Hook 'old'"), Owner("urn::new", "Hook 'new'")


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    """Give the claims of the update."""
    return Claims(tmp_path / "run", "update")


def test_what_another_took_is_kept(claims: Claims) -> None:
    """And isn't taken twice."""
    claims.take(UUID, NEW)
    assert claims.handed_over(UUID, OLD) == "Hook 'new'"
    assert claims.held_by_other(UUID, OLD)
    assert not claims.held_by_other(UUID, NEW)
    with pytest.raises(ConflictError, match="Hook 'new' and Hook 'old' declare the same hook"):
        claims.take(UUID, OLD)


def test_what_is_declared_here_may_be_deleted(claims: Claims) -> None:
    """A replacement with delete before create."""
    claims.declare([UUID], OLD)
    assert claims.handed_over(UUID, OLD) is None


def test_what_this_phase_took_is_kept_by_its_own_delete(claims: Claims) -> None:
    """A replacement that adopted its own hook; declared before or not."""
    claims.declare([UUID], OLD)
    claims.take(UUID, OLD)
    assert claims.handed_over(UUID, OLD) == "Hook 'old'"
    later = Claims(claims.folder, "another phase")
    assert later.handed_over(UUID, OLD) is None
    assert later.handed_over(UUID, NEW) == "Hook 'old'"


def test_another_title_url_repository_or_server_is_another_key(claims: Claims) -> None:
    """And named in the message, when it is the same."""
    claims.reserve([KEY], OLD)
    titled = HookKey(KEY.subject, KEY.url, "C\x1bI")
    claims.reserve([titled, HookKey(KEY.subject, f"{KEY.url}x")], NEW)
    claims.reserve([HookKey(Subject("acme", "api"), KEY.url)], NEW)
    Claims(claims.folder, "update", "elsewhere").reserve([KEY], NEW)
    with pytest.raises(ConflictError, match=r'"C\\x1bI"'):
        claims.reserve([titled], OLD)


def test_doubles_that_are_named_by_uuid(claims: Claims) -> None:
    """Are several declarations; one more that names none, or the same hook, is refused."""
    first, second = (evolve(KEY, hook=f"{{{number}}}") for number in "12")
    claims.reserve([first], OLD)
    claims.reserve([second], NEW)
    assert claims.reserved_by_other(first, NEW) == "Hook 'old'"
    assert claims.reserved_by_other(KEY, NEW) is None
    third = Owner("urn::third", "Hook 'third'")
    for refused in (KEY, first):
        with pytest.raises(ConflictError, match="Hook 'old' and Hook 'third'"):
            claims.reserve([refused], third)


def test_keys_change_hands_between_phases(claims: Claims) -> None:
    """Two names may swap what they declare between preview and update."""
    claims.reserve([KEY], OLD)
    Claims(claims.folder, "another phase").reserve([KEY], NEW)


def _race(folder: Path, key: str, results: multiprocessing.Queue[str]) -> None:
    claims = Claims(folder)
    won = []
    for number in range(200):
        try:
            claims.take(f"hook {number}", Owner(key, key))
        except ConflictError:
            continue
        won.append(str(number))
    results.put(f"{key}:{' '.join(won)}")


def test_two_processes_never_hold_one_hook(tmp_path: Path) -> None:
    """However they race."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    team = [context.Process(target=_race, args=(tmp_path / "run", k, results)) for k in "ab"]
    for process in team:
        process.start()
    lines = [results.get(timeout=60) for _ in team]
    for process in team:
        process.join(60)
    results.close()
    results.join_thread()
    won = [number for line in lines for number in line.partition(":")[2].split()]
    assert sorted(map(int, won)) == list(range(200))


def test_nothing_secret_is_written(claims: Claims) -> None:
    """A url that is one is held, and can't be read there."""
    claims.reserve([KEY], OLD)
    written = b"".join(file.read_bytes() for file in claims.folder.iterdir())
    assert b"Hook 'old'" in written
    assert b"canary" not in written


def test_a_disk_that_fills_up(claims: Claims) -> None:
    """Ends the run: a claim that isn't written is none."""
    claims.take(UUID, OLD)
    with full_disk(0), pytest.raises(ConfigError, match=r"(?s)the run stops.*free space there"):
        claims.reserve([KEY], NEW)
    claims.reserve([KEY], NEW)
    assert Claims(claims.folder).reserved_by_other(KEY, OLD) == "Hook 'new'"


@pytest.mark.usefixtures("places")
def test_old_runs_are_swept_away() -> None:
    """After days; young ones stay, and so do those that still write."""
    for name in ("old", "young", "long"):
        Claims(run_folder(name)).take(UUID, OLD)
    long_ago = time.time() - 4 * 24 * 3600
    for swept in ("old", "long"):
        os.utime(run_folder(swept), (long_ago, long_ago))
    for file in run_folder("old").iterdir():
        os.utime(file, (long_ago, long_ago))
    run_folder("new")
    assert not run_folder("old").exists()
    assert run_folder("young").exists()
    assert run_folder("long").exists()


# Where they live


Places = dict[str, Path]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give the folders that the variables name, each there and empty."""
    monkeypatch.delenv("BITBUCKET_HOOKS_CACHE")
    found = {name: tmp_path / name for name in ("runtime", "home", "temporary")}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(found["runtime"]))
    monkeypatch.setenv("HOME", str(found["home"]))
    monkeypatch.setattr(tempfile, "tempdir", str(found["temporary"]))
    return found


def test_a_run_has_one_private_folder(places: Places) -> None:
    """The same for each of its processes, another for each run."""
    folder = run_folder("run 1")
    assert folder == run_folder("run 1") != run_folder("run 2")
    assert folder.parent == places["runtime"] / "bitbucket-hooks"
    assert folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_RUNTIME_DIR": ""}, "home/.cache/bitbucket-hooks/runs-{uid}"),
        ({"XDG_RUNTIME_DIR": "/nowhere/at/all"}, "home/.cache/bitbucket-hooks/runs-{uid}"),
        ({"XDG_RUNTIME_DIR": "/proc"}, "home/.cache/bitbucket-hooks/runs-{uid}"),
        ({"XDG_RUNTIME_DIR": "", "HOME": "/dev/null"}, "temporary/bitbucket-hooks-{uid}"),
        ({"BITBUCKET_HOOKS_CACHE": "{base}/home/chosen"}, "home/chosen/runs-{uid}"),
    ],
)
def test_where_there_is_no_folder_of_the_session(
    places: Places, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    """It is the cache, or, as in a container whose user has no home, temporary.

    The variable that the remedy names comes first.
    """
    base = places["home"].parent
    monkeypatch.setattr(sys, "platform", "linux")  # whose folder for caches these name
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(base=base))
    assert run_state_folder() == base / folder.format(uid=os.getuid())


def _open(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def _file(folder: Path) -> None:
    folder.touch()


def _link(folder: Path) -> None:
    (folder.parent / "precious").mkdir()
    folder.symlink_to(folder.parent / "precious")


@pytest.mark.parametrize("prepare", [_open, _file, _link])
def test_a_folder_that_others_may_write_to_is_refused(
    places: Places, prepare: Callable[[Path], None]
) -> None:
    """They could keep hooks from being deleted; a folder of its own would hide what others do."""
    prepare(places["runtime"] / "bitbucket-hooks")
    with pytest.raises(ConfigError, match=r"(?s)others may write to it.*BITBUCKET_HOOKS_CACHE"):
        run_folder("run")
    assert list(places["temporary"].iterdir()) == list(places["home"].iterdir()) == []


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """Is an error of ours with the remedy, before anything is written and after."""
    (tmp_path / "file").touch()
    claims = Claims(tmp_path / "file" / "run")
    acts: list[Callable[[], object]] = [
        lambda: claims.take(UUID, OLD),
        lambda: claims.handed_over(UUID, OLD),
    ]
    for act in acts:
        with pytest.raises(ConfigError, match=r"(?s)the run stops.*BITBUCKET_HOOKS_CACHE"):
            act()
