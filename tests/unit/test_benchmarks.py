"""The pure parts of the benchmark: its cases, and what a phase can't do without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from benchmarks import cases, messages, project, rival, scale
from benchmarks.cases import PHASES, parse, unavoidable
from benchmarks.processes import Used, cpu_seconds, part_of, peak_bytes, summed


def test_a_case_is_read_by_its_name() -> None:
    """Kind, repositories and hooks; fleets are resources over all repositories."""
    fleets, single = parse("fleet-1000x10"), parse("hook-20x3")
    assert (fleets.kind, fleets.repositories, fleets.hooks) == ("fleet", 1000, 10)
    assert (fleets.total, fleets.resources, fleets.drifts) == (10_000, 10, 10)
    assert (single.total, single.resources) == (60, 60)
    assert parse("hook-2x3").drifts == 6
    assert (parse("yaml-2x3").kind, parse("yaml-2x3").resources) == ("yaml", 6)
    wide = parse("fleet-10x1@32")
    assert (wide.total, wide.parallel, single.parallel) == (10, 32, None)
    assert (parse("fleet-1000x1/20").burst_limit, wide.burst_limit) == (20, None)
    assert parse("fleet-1000x1/20").phases == ("create",)
    assert all(parse(case.name) == case for case in (*cases.FULL, wide))


@pytest.mark.parametrize(
    "name", ["fleet", "fleet-0x1", "hooks-1x1", "hook-1x1x1", "hook-ax1", "hook-1x1@", ""]
)
def test_what_is_no_case_is_refused(name: str) -> None:
    """With the form that is wanted."""
    with pytest.raises(ValueError, match="write it as fleet-1000x1"):
        parse(name)


def test_unavoidable_requests() -> None:
    """One listing per repository and page of a hundred, one write per hook, nothing else."""
    needed = {phase: unavoidable(parse("hook-100x10"), phase) for phase in PHASES}
    assert needed == {
        "create": {"GET": 100, "POST": 1000},
        "no-op": {},
        "refresh": {"GET": 100},
        "drift": {"GET": 100},
        "update": {"PUT": 1000},
        "destroy": {"DELETE": 1000},
    }
    pages = [unavoidable(parse(f"fleet-3x{hooks}"), "refresh") for hooks in (1, 100, 101, 250)]
    assert pages == [{"GET": 3}, {"GET": 3}, {"GET": 6}, {"GET": 9}]


def test_network_seconds() -> None:
    """5,000 listings at 50 ms: 64 in flight; of single hooks as many as the engine works on."""
    assert cases.network_seconds(parse("fleet-5000x1"), "refresh", 2) == pytest.approx(3.90625)
    assert cases.network_seconds(parse("hook-5000x1"), "refresh", 2) == pytest.approx(31.25)
    assert cases.network_seconds(parse("hook-5000x1"), "refresh", 64) == pytest.approx(3.90625)
    assert cases.network_seconds(parse("fleet-5000x1"), "no-op", 2) == 0
    assert cases.network_seconds(parse("fleet-1600x1@32"), "refresh", 2) == pytest.approx(2.5)
    assert cases.network_seconds(parse("hook-1600x1@32"), "refresh", 2) == pytest.approx(10)
    assert cases.network_seconds(parse("fleet-1000x1/20"), "create", 2) == pytest.approx(100)


def test_both_are_asked_for_the_same_width() -> None:
    """And where a case asks for none, both do as they do by default."""
    asked = project.configuration(parse("fleet-1x1@32"), "ours", "CI", "http://127.0.0.1:1")
    assert asked["bitbucket:parallel"] == "32"
    assert rival.command("refresh", parse("fleet-1x1@32")) == ("plan", "-parallelism=32")
    plain = project.configuration(parse("fleet-1x1"), "ours", "CI", "http://127.0.0.1:1")
    assert "bitbucket:parallel" not in plain
    assert rival.command("refresh", parse("fleet-1x1")) == ("plan",)


def test_processes_are_read_from_proc() -> None:
    """The name of a process may hold anything; one that ended has no memory."""
    stat = "7 (a) b 1 (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0 5 6 7"
    assert cpu_seconds(stat) == pytest.approx(2.0)
    assert peak_bytes("Name:\tpython\nVmHWM:\t    2048 kB\nVmRSS:\t 10 kB\n") == 2 * 1024 * 1024
    assert peak_bytes("Name:\tpython\nState:\tZ (zombie)\n") == 0


def test_processes_have_parts() -> None:
    """The engine's own helpers count as the engine."""
    assert part_of("python3 -u -m pulumi.dynamic 127.0.0.1:1") == "provider"
    assert part_of("python3 -u /bin/pulumi-language-python-exec --monitor x") == "program"
    assert part_of("/bin/pulumi-language-python 127.0.0.1:1") == "engine"
    assert part_of("python x/pulumi-resource-bitbucket-hooks 127.0.0.1:1") == "provider"
    assert part_of("/bin/pulumi-language-yaml 127.0.0.1:1") == "program"
    assert part_of("/bin/terraform-provider-bitbucket") == "provider"
    assert part_of("/venv/bin/python /venv/bin/bitbucket-hooks drift --stack x") == "command"
    seen = {(1, "engine"): Used(1, 10), (2, "engine"): Used(2, 20), (3, "provider"): Used(3, 5)}
    assert summed(seen) == {"engine": Used(3, 30), "provider": Used(3, 5)}  # type: ignore[arg-type]


def test_messages_are_measured_by_the_log(tmp_path: Path) -> None:
    """Each as it went over the wire: the log has it as JSON, with what isn't ours."""
    sent = provider_pb2.ReadRequest(id="fleet", urn="x" * 1000)
    calls = [
        {"method": "/pulumirpc.Engine/Log", "request": {"message": "hello"}},
        *(
            {
                "method": "/pulumirpc.ResourceProvider/Read",
                "request": {"id": "fleet", "urn": "x" * length},
                "response": {"id": "fleet"} if length else None,
            }
            for length in (1, 1000, 0)
        ),
    ]
    log = tmp_path / "messages"
    log.write_text("".join(f"{json.dumps(call)}\n" for call in calls))
    largest = messages.largest_messages(log)
    assert largest == {"Read request": sent.ByteSize(), "Read response": 7}


def test_rows_of_a_measured_scale() -> None:
    """What a run took of each process, and the state and the largest messages by their size."""
    parts: Any = {"engine": Used(1.5, 300 * 2**20), "command": Used(0.5, 50 * 2**20)}
    run = scale.Measured("drift", 9.5, parts, 3.25, {"GET": 2000}, 14)
    sizes = {"Read request": 4_000_000, "Check request": 1, "Diff request": 9_000_000}
    outcome = scale.Outcome(2000, [run], 420_000, {**sizes, "Update request": 8_000_000})
    cells = ["1.5 / - / - / 0.5", "3.2", "1.00", "300 / - / - / 50", "GET 2,000", "14"]
    assert run.row(2000) == ["2,000", "drift", "9.5", *cells]
    largest = "Diff request 9.0, Update request 8.0, Read request 4.0"
    assert outcome.sizes_row() == ["2,000", "0.42", "210", largest]
    assert len(run.row(2000)) == len(scale.HEADINGS)
    assert len(outcome.sizes_row()) == len(scale.SIZE_HEADINGS)


def test_the_rival_declares_the_same_hooks() -> None:
    """So many for each repository, one after the other."""
    resources: Any = rival.configuration(parse("fleet-20x3"), "CI")["resource"]
    hook = resources["bitbucket_hook"]["hook"]
    assert hook["count"] == 60
    assert hook["repository"] == '${format("svc-%05d", floor(count.index / 3))}'
    assert hook["description"] == "CI ${count.index % 3}"
