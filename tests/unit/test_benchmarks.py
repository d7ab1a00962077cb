"""The pure parts of the benchmark: what a phase can't do without, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import cases, chart, project, rival, tables, targets
from benchmarks.cases import PHASES, parse, unavoidable
from benchmarks.processes import Used, cpu_seconds, part_of, peak_bytes, summed


def test_a_case_is_read_by_its_name() -> None:
    """Kind, repositories and hooks; fleets are resources over all repositories."""
    fleets, single = parse("fleet-1000x10"), parse("hook-20x3")
    assert (fleets.kind, fleets.repositories, fleets.hooks) == ("fleet", 1000, 10)
    assert (fleets.total, fleets.resources, fleets.drifts) == (10_000, 10, 10)
    assert (single.total, single.resources) == (60, 60)
    assert parse("hook-2x3").drifts == 6
    wide = parse("fleet-10x1@32")
    assert (wide.total, wide.parallel, single.parallel) == (10, 32, None)
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
    """5,000 listings at 50 ms: 16 in flight; of single hooks as many as the engine works on."""
    assert cases.network_seconds(parse("fleet-5000x1"), "refresh", 2) == pytest.approx(15.625)
    assert cases.network_seconds(parse("hook-5000x1"), "refresh", 2) == pytest.approx(31.25)
    assert cases.network_seconds(parse("hook-5000x1"), "refresh", 64) == pytest.approx(15.625)
    assert cases.network_seconds(parse("fleet-5000x1"), "no-op", 2) == 0
    assert cases.network_seconds(parse("fleet-1600x1@32"), "refresh", 2) == pytest.approx(2.5)
    assert cases.network_seconds(parse("hook-1600x1@32"), "refresh", 2) == pytest.approx(10)


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
    assert part_of("/bin/terraform-provider-bitbucket") == "provider"
    seen = {(1, "engine"): Used(1, 10), (2, "engine"): Used(2, 20), (3, "provider"): Used(3, 5)}
    assert summed(seen) == {"engine": Used(3, 30), "provider": Used(3, 5)}  # type: ignore[arg-type]


def measured(name: str = "fleet-1000x1") -> dict[str, Any]:
    """A case with a request too many in its refresh, and no memory told of the program."""
    used = {"cpu": 1.5, "memory": 64 * 1024 * 1024}
    ours = {
        "wall": 6.0,
        "parts": {"engine": used, "provider": used},
        "requests": {"GET": 1001},
        "connections": 16,
    }
    refresh = {
        "phase": "refresh",
        "ours": ours,
        "floor": {"wall": 1.0, "parts": {}, "requests": {}, "connections": 0},
        "bare": 4.2,
        "unavoidable": {"GET": 1000},
        "network": 3.125,
    }
    no_op = {**refresh, "phase": "no-op", "bare": None, "unavoidable": {}, "network": 0.0}
    no_op["ours"] = {**ours, "requests": {}}
    one = {"case": name, "phases": [no_op, refresh]}
    machine = {"date": "2026-07-01", "cores": 2, "cpu": "<fast>", "system": "Linux x86_64"}
    machine |= {"python": "3.11.7", "engine": "v3.250.0", "sdk": "3.272.0"}
    return {"machine": machine, "cases": [{**one, "state": {"ours": 186_400, "floor": 186_000}}]}


def test_rows_tell_requests_beyond_the_least() -> None:
    """And what no part is known of."""
    no_op, refresh = tables.rows(measured())
    assert no_op[:6] == ["fleet-1000x1", "no-op", "6.0", "1.0", "0.0", "6.00"]
    assert no_op[-2:] == ["0", "16"]
    assert refresh[4:7] == ["3.1 (bare client 4.2)", "1.80", "1.5 / - / 1.5"]
    assert refresh[8:11] == ["64 / - / 64", "- / - / -", "GET 1,001 (least: 1,000)"]
    assert tables.state_rows(measured()) == [["fleet-1000x1", "186,400", "186", "186,000"]]


def test_the_rival_declares_the_same_hooks() -> None:
    """So many for each repository, one after the other."""
    resources: Any = rival.configuration(parse("fleet-20x3"), "CI")["resource"]
    hook = resources["bitbucket_hook"]["hook"]
    assert hook["count"] == 60
    assert hook["repository"] == '${format("svc-%05d", floor(count.index / 3))}'
    assert hook["description"] == "CI ${count.index % 3}"


def test_rows_of_the_rival() -> None:
    """Only for phases that were measured with it: its requests, and how much longer it took."""
    document = measured()
    assert tables.rival_rows(document) == []
    used = {"cpu": 2.0, "memory": 32 * 1024 * 1024}
    theirs = {"wall": 18.0, "parts": {"engine": used, "provider": used}}
    theirs |= {"requests": {"GET": 2000, "PUT": 1000}, "connections": 3000}
    document["cases"][0]["rival"] = {"refresh": theirs}
    (row,) = tables.rival_rows(document)
    assert row[:6] == ["fleet-1000x1", "refresh", "18.0", "6.0", "3.0", "GET 2,000, PUT 1,000"]
    assert row[6:] == ["GET 1,001 (least: 1,000)", "3000", "2.0 / 2.0", "32 / 32"]
    assert "| its connections |" in chart.section(document)


def test_the_page_keeps_its_words() -> None:
    """Only what stands between the marks is renewed, again and again."""
    page = "before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n"
    once = chart.page_with(measured(), page)
    assert once.startswith("before\n<!-- measured -->\n2026-07-01: 2 cores of <fast>, Linux x86_64")
    assert once.endswith("| fleet-1000x1 | 186,400 | 186 | 186,000 |\n<!-- /measured -->\nafter\n")
    assert "old" not in once
    assert chart.page_with(measured(), once) == once


def test_the_chart_has_both_bars() -> None:
    """Ours at its full width, the floor and the network below it, in step."""
    drawn = chart.svg(measured())
    assert "6.0 s" in drawn
    assert "4.1 s" in drawn  # 1.0 and 3.125
    assert drawn.count('fill="#1f6feb"') == 3  # the legend and two phases
    assert 'width="560.0" height="9" fill="#1f6feb"' in drawn


def test_a_table_for_a_terminal() -> None:
    """Columns stand below each other."""
    assert tables.text(("a", "long"), [["value", "1"]]) == "a      long\nvalue  1"


def test_targets_tell_what_is_missed() -> None:
    """Of 5,000 hooks in fleets, of each phase of 1,000 single ones, and against the rival."""
    assert targets.targets(measured()) == []
    fleets = targets.rows(measured("fleet-5000x1"))
    assert [row[1:] for row in fleets] == [
        ["at most 1.2", "6 (missed)"],
        ["at most 1.3", "1.43 (missed)"],
        ["at most 250", "64"],
        ["at most 300", "37.3"],
    ]
    single = targets.rows(measured("hook-1000x1"))
    bound = "at most 1.15"
    assert [row[1:] for row in single] == [[bound, "6 (missed)"], [bound, "1.8 (missed)"]]


@pytest.mark.parametrize(("wall", "told"), [(12.0, "2"), (11.4, "1.9 (missed)")])
def test_the_rival_is_to_be_slower(wall: float, told: str) -> None:
    """By a factor of each phase's own; phases without one are no target."""
    document = measured()
    document["cases"][0]["rival"] = {phase: {"wall": wall} for phase in ("no-op", "refresh")}
    words = "fleet-1000x1: refresh, times as fast as the rival"
    assert targets.rows(document) == [[words, "at least 2", told]]
