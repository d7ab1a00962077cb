"""Programs on Pulumi's own mocks, as its handbook shows them: outputs have their shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# In a process of its own: the mocks leave event loops open.
HEAD = """
import asyncio, json, sys, pulumi
import bitbucket_hooks as bitbucket

asyncio.set_event_loop(asyncio.new_event_loop())

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", args.inputs
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks(), preview=sys.argv[1] == "preview")
URL = "https://ci.example.com/"

@pulumi.runtime.test
def shown(*outputs):
    return pulumi.Output.all(*outputs).apply(lambda found: print(json.dumps(found)))

"""


def _resolved(program: str, phase: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", HEAD + program, phase],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("phase", ["up", "preview"])
def test_whatever_is_listed(phase: str) -> None:
    """Lists, sets, tuples and views are alike, in every list argument, and in Outputs."""
    program = """
def declared(number, kind):
    events, where = kind(["repo:push"]), kind(["api", "web"])
    args = bitbucket.HookFleetArgs(url=URL, events=events, repositories=where)
    only = bitbucket.RepositoryHooksExclusive(f"only{number}", repositories=where, hooks=kind("1"))
    return [
        bitbucket.Hook(f"ci{number}", repository="web", url=URL, events=events).events,
        bitbucket.WorkspaceHook(f"audit{number}", url=URL, events=events).events,
        bitbucket.HookFleet(f"fleet{number}", args).events,
        bitbucket.HookFleet(f"other{number}", url=URL, repositories=where).repositories,
        only.repositories.apply(sorted),
        only.hooks,
    ]

kinds = [
    list,
    tuple,
    set,
    lambda values: dict.fromkeys(values).keys(),
    lambda values: pulumi.Output.from_input(list(values)).apply(frozenset),
]
shown(*(output for number, kind in enumerate(kinds) for output in declared(number, kind)))
"""
    push, every = ["repo:push"], {"api": "as declared", "web": "as declared"}
    assert _resolved(program, phase) == [push, push, push, every, ["api", "web"], ["1"]] * 5


@pytest.mark.parametrize("phase", ["up", "preview"])
def test_the_shapes_of_outputs(phase: str) -> None:
    """Inputs of Outputs, mappings and lists come out in the one shape that the engine gives too."""
    program = """
ci = bitbucket.Hook("ci", repository="web", url=URL)
fleet = bitbucket.HookFleet("fleet", url=URL, repositories=["API", ci.repository])
uuids = {"a": "1", "b": pulumi.Output.from_input("2")}
only = bitbucket.RepositoryHooksExclusive(
    "only", repositories=fleet.repositories.apply(list), hooks=[ci, uuids, ["3"]]
)
whole = bitbucket.WorkspaceHooksExclusive("whole", hooks=[ci, fleet])
shown(fleet.repositories, only.repositories.apply(sorted), only.hooks, whole.urn)
"""
    repositories, watched, hooks, _ = _resolved(program, phase)
    assert repositories == {"api": "as declared", "web": "as declared"}
    assert watched == ["api", "web"]
    assert hooks == ["ci-id", "1", "2", "3"]
