"""Any sequence of declared changes, drifts by hand and faults converges in one `up --refresh`.

`SOAK_EXAMPLES` sets how many sequences are tried.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, get_args

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bitbucket_hooks.sandbox.settings import FaultKind
from bitbucket_hooks.sandbox.webhook import StoredHook
from support.mini_engine import MiniEngine
from support.sandbox import Sandbox

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "25"))
FOREIGN = "https://foreign.example.com/"

KINDS = [kind for kind in get_args(FaultKind) if kind != "html"]  # a page in between doesn't pass
NAMES = st.sampled_from(["a", "b", "c"])
PLACES = st.sampled_from(["api", "web"])
URLS = st.integers(1, 4).map(lambda number: f"https://ci.example.com/{number}")
EVENTS = st.lists(st.sampled_from(["repo:push", "repo:fork", "issue:created"]), min_size=1)
SECRETS = st.sampled_from(["", "one", "two"])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from(["", "CI"]),
        "events": EVENTS,
        "active": st.booleans(),
        "skipCertVerification": st.booleans(),
        "historyEnabled": st.booleans(),
        "secret": SECRETS,
    },
)
DRIFTS = st.fixed_dictionaries(
    {},
    optional={
        "url": st.just("https://drifted.example.com/") | URLS,
        "description": st.text(max_size=3),
        "events": EVENTS,
        "active": st.booleans(),
        "skip_cert_verification": st.booleans(),
        "history_enabled": st.booleans(),
        "secret": st.none(),
    },
)


def _template() -> Path:
    path = Path(tempfile.mkdtemp()) / "template.db"
    Sandbox(path).close()
    return path


class Convergence(RuleBasedStateMachine):
    """A program, a state and an estate, each of which goes its own way until the next `up`."""

    template: Path

    @initialize()
    def begin(self) -> None:
        """Start with nothing declared."""
        self.folder = Path(tempfile.mkdtemp())
        path = shutil.copy(self.template, self.folder / "sandbox.db")
        self.sandbox = Sandbox(path)
        self.sandbox.configure(slow_ms=0)
        self.engine = MiniEngine(f"sandbox:{path}", self.folder / "claims")
        self.program: dict[str, dict[str, Any]] = {}
        self.slugs = {"api": "api", "web": "web"}
        self.listings_hide = False
        self.foreign = [self.sandbox.plant_hook(f"acme/{slug}", FOREIGN) for slug in self.slugs]

    def teardown(self) -> None:
        """Remove everything: nothing is left in the service either."""
        if not hasattr(self, "engine"):
            return
        self.up_converges()
        self.engine.destroy()
        assert self.engine.failures == []
        assert self.sandbox.hooks() == self._foreign()
        self.sandbox.close()
        shutil.rmtree(self.folder)

    # The program

    @rule(name=NAMES, place=PLACES, url=URLS, more=CHANGES)
    def declare(self, name: str, place: str, url: str, more: dict[str, Any]) -> None:
        """Declare a hook, or change or move one that is declared, in any way at once."""
        others = [props for other, props in self.program.items() if other != name]
        if any((props["place"], props["url"]) == (place, url) for props in others):
            return
        self.program[name] = {"place": place, "url": url, **more}

    @precondition(lambda self: self.program)
    @rule(data=st.data(), more=CHANGES)
    def change(self, data: st.DataObject, more: dict[str, Any]) -> None:
        """Change properties of one, url and repository aside."""
        self.program[self._one(data)].update(more)

    @precondition(lambda self: self.program)
    @rule(data=st.data(), key=st.sampled_from(["description", "historyEnabled", "secret"]))
    def manage_no_more(self, data: st.DataObject, key: str) -> None:
        """Take a property out of a declaration."""
        self.program[self._one(data)].pop(key, None)

    @precondition(lambda self: self.program)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Take a hook out of the program."""
        del self.program[self._one(data)]

    @precondition(lambda self: self.program)
    @rule(data=st.data(), name=st.sampled_from(["x", "y"]))
    def rename(self, data: st.DataObject, name: str) -> None:
        """Give a resource another name, without an alias."""
        old = self._one(data)
        if name not in self.program:
            self.program = {name if key == old else key: p for key, p in self.program.items()}

    @precondition(lambda self: len(self.program) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        """Swap the names of two."""
        first, second = self._one(data), self._one(data)
        self.program[first], self.program[second] = self.program[second], self.program[first]

    # By hand

    @precondition(lambda self: self._ours())
    @rule(data=st.data(), drift=DRIFTS)
    def drift(self, data: st.DataObject, drift: dict[str, Any]) -> None:
        """Change a live hook."""
        self.sandbox.change_hook(data.draw(st.sampled_from(self._ours())), **drift)

    @precondition(lambda self: self._ours())
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """Delete a live hook."""
        self.sandbox.delete_hook(data.draw(st.sampled_from(self._ours())))

    @precondition(lambda self: not self.listings_hide)  # nothing tells of a hook that isn't listed
    @rule(name=st.just("made by hand"), place=PLACES, url=URLS, secret=st.none() | SECRETS)
    def adopt(self, name: str, place: str, url: str, secret: str | None) -> None:
        """Declare a hook that was made by hand: it is adopted."""
        taken = {(props["place"], props["url"]) for props in self.program.values()}
        live = {hook.url for hook in self.sandbox.hooks(f"acme/{self.slugs[place]}")}
        known = name in self.program or name in self.engine.state
        if not known and (place, url) not in taken and url not in live:
            made = self.sandbox.plant_hook(f"acme/{self.slugs[place]}", url, secret=secret)
            self.program[name] = {"place": place, "url": url}
            self.up_converges()
            assert self.engine.state[name].id == made.uuid

    @rule(place=PLACES)
    def rename_repository(self, place: str) -> None:
        """Rename a repository, and follow in the program.

        A refresh can't tell that from a repository that is gone, so nothing else is pending: a hook
        that is found by its url again is adopted, and one that nobody declares any more isn't.
        """
        self.up_converges()
        slug = "new-" + self.slugs[place] if self.slugs[place] == place else place
        self.sandbox.rename_repository(f"acme/{self.slugs[place]}", slug)
        self.slugs[place] = slug
        self.up_converges()

    @rule(
        kind=st.sampled_from(KINDS),
        method=st.sampled_from(["*", "GET", "POST", "PUT", "DELETE"]),
        times=st.integers(1, 3),
        skip=st.integers(0, 4),
    )
    def break_down(self, kind: FaultKind, method: str, times: int, skip: int) -> None:
        """Let some of the next requests fail."""
        self.sandbox.plan_fault(kind, method, times=times, skip=skip)
        self.listings_hide |= kind == "empty-list"

    # The run

    @rule()
    def up_converges(self) -> None:
        """One `up --refresh`: live is exactly what is declared, and everybody else's."""
        stay = self._that_stay()
        self._up(preview=True)
        state = self.engine.state
        assert stay.items() <= {name: record.id for name, record in state.items()}.items()

    @rule()
    def up_without_a_preview_converges(self) -> None:
        """The same: a create may take over what another resource has, which then gets its own."""
        self._up(preview=False)

    def _up(self, *, preview: bool) -> None:
        wanted = {name: self._props(props) for name, props in self.program.items()}
        self.engine.up(wanted, preview=preview)
        assert self.engine.failures == []
        live = {hook.uuid: hook for hook in self.sandbox.hooks()}
        for hook in self.foreign:
            live.pop(hook.uuid)
        state = self.engine.state
        assert {record.id for record in state.values()} == live.keys()
        assert state.keys() == wanted.keys()
        for name, props in wanted.items():
            self._compare(live[state[name].id], props)
        self.sandbox.clear_faults()
        self.listings_hide = False

    @rule()
    def up_again_does_nothing(self) -> None:
        """What has converged stays, without a single write."""
        self.up_converges()
        self.sandbox.clear_requests()
        self.up_converges()
        assert {request.method for request in self.sandbox.requests()} <= {"GET"}

    @invariant()
    def nobody_elses_hook_is_touched(self) -> None:
        """What isn't declared and wasn't is left alone."""
        if hasattr(self, "foreign"):
            assert self._foreign() == self.foreign

    def _that_stay(self) -> dict[str, str]:
        """Resources that are still declared where their live hook is: its uuid stays."""
        places = {found.uuid: found.slug for found in self.sandbox.repositories()}
        slugs = {hook.uuid: places.get(hook.subject) for hook in self.sandbox.hooks()}
        declared = {name: self.slugs[props["place"]] for name, props in self.program.items()}
        ids = {name: record.id for name, record in self.engine.state.items() if name in declared}
        return {name: id_ for name, id_ in ids.items() if slugs.get(id_) == declared[name]}

    def _props(self, declared: dict[str, Any]) -> dict[str, Any]:
        props = {key: value for key, value in declared.items() if key != "place"}
        return {"owner": "acme", "repository": self.slugs[declared["place"]], **props}

    def _compare(self, hook: StoredHook, props: dict[str, Any]) -> None:
        slug = {found.uuid: found.slug for found in self.sandbox.repositories()}[hook.subject]
        assert (slug, hook.url) == (props["repository"], props["url"])
        assert set(hook.events) == set(props.get("events", ["repo:push"]))
        assert hook.active is props.get("active", True)
        assert hook.skip_cert_verification is props.get("skipCertVerification", False)
        for key, have in (
            ("description", hook.description),
            ("historyEnabled", hook.history_enabled),
            ("secret", hook.secret or ""),
        ):
            assert props.get(key, have) == have

    def _one(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.program)))

    def _ours(self) -> list[str]:
        return sorted(
            record.id for record in self.engine.state.values() if self._is_live(record.id)
        )

    def _is_live(self, uuid: str) -> bool:
        return uuid in {hook.uuid for hook in self.sandbox.hooks()}

    def _foreign(self) -> list[StoredHook]:
        uuids = {hook.uuid for hook in self.foreign}
        return [hook for hook in self.sandbox.hooks() if hook.uuid in uuids]


Convergence.template = _template()
TestConvergence = Convergence.TestCase
TestConvergence.settings = hypothesis.settings(
    max_examples=EXAMPLES, stateful_step_count=15, deadline=None
)
