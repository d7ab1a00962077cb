"""The pages that commands write, opened from their files in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from bitbucket_hooks.sandbox.admin import Sandbox
from support.chromium import NARROW, Browser, executable
from support.contrast import PLACEHOLDERS, contrast
from support.exported import exported

SAMPLES = Path(__file__).parents[1] / "report" / "samples"
HOSTILE = "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
FIRST = "document.querySelector('#rows tr:not(.group) .url').textContent"


def test_an_inventory_by_keyboard(
    browser: Browser, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filter, sort, group, fold and look closer; texts from outside stay texts."""
    for number in range(150):
        name = f"acme/{('api', 'web', 'docs')[number % 3]}"
        sandbox.plant_hook(
            name, f"https://host-{number % 5}.example.com/{number:03}", description=f"Hook {number}"
        )
    sandbox.plant_hook("acme/web", "http://plain.example.com/", description=HOSTILE)
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox.path}")
    file = tmp_path / "inventory.html"
    done = CliRunner().invoke(main, ["inventory", "acme", "--html", str(file)])
    assert done.exit_code == 0, done.output
    with browser.page() as page:
        page.open(file.as_uri())
        count = "document.querySelectorAll('#rows tr:not(.group):not(.facts)').length"
        page.key("/")
        assert page.focused() == "filter"
        page.type("host-3 acme/web")
        assert page.text("#matches") == "10 of 151"
        assert page.run(count) == 10
        page.key("Escape")
        assert page.text("#matches") == ""
        page.type("window.pwned")
        assert page.run(count) == 1
        assert HOSTILE[:30] in page.text("#rows")
        page.key("Escape")

        page.run("document.querySelector('th[data-by=hook] button').focus()")
        page.key("Enter")
        assert page.run("document.querySelector('th[data-by=hook]').ariaSort") == "ascending"
        upwards = page.run(FIRST)
        page.key("Enter")
        assert page.run("document.querySelector('th[data-by=hook]').ariaSort") == "descending"
        assert page.run(FIRST) != upwards

        page.choose("#group", "host")
        fold = "#rows .group button"
        assert "host-0.example.com" in page.text(fold)
        page.run(f"document.querySelector('{fold}').focus()")
        before = page.run(f"document.querySelector('{fold}').ariaExpanded")
        page.key("Enter")
        assert page.run("document.activeElement.ariaExpanded") != before
        assert "host-0.example.com" in page.focused()

        page.choose("#group", "")
        page.click("[data-kind=insecure]")
        page.fill("#filter", "plain.example.com")
        assert page.run(count) == 1
        page.run("document.querySelector('.fold').focus()")
        page.key("Enter")
        assert "certificate check" in page.text("#rows .facts")
        page.resize(*NARROW)
        assert not page.scrolls_sideways()
        page.click("#clear")
        assert page.text("#matches") == ""
        assert not page.scrolls_sideways()
        assert not page.run("window.pwned")


def test_what_is_managed(
    browser: Browser, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is a figure that filters, beside what is not and what has drifted."""
    url = "https://ci.example.com/"
    hooks = [sandbox.plant_hook("acme/web", url, description=name) for name in ("a", "b", "c")]
    declared = {"owner": "acme", "repository": "web", "url": url, "active": True}
    state = exported(
        tmp_path / "state.json",
        *(("Hook", f"the-{one.description}", declared, {"uuid": one.uuid}) for one in hooks[:2]),
    )
    sandbox.change_hook(hooks[1].uuid, active=False)
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox.path}")
    file = tmp_path / "inventory.html"
    command = ["inventory", "acme", "--html", str(file), "--state", str(state)]
    done = CliRunner().invoke(main, command)
    assert "2 managed" in done.output
    with browser.page() as page:
        page.open(file.as_uri())
        page.click("[data-kind=managed]")
        assert page.text("#matches") == "2 of 3"
        assert "the-a of" in page.text("#rows")
        page.click("[data-kind=drifted]")
        assert page.text("#matches") == "1 of 3"
        page.choose("#group", "declared")
        assert "the-b of" in page.text("#rows .group")
        assert "1 managed" in page.text("#rows .group")


def test_no_secret_is_less_than_insecure(
    browser: Browser, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing has a secret, not all is red: that is for what can be read on the way."""
    sandbox.plant_hook("acme/web", "https://ci.example.com/")
    sandbox.plant_hook("acme/api", "http://ci.example.com/", secret="canary")
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox.path}")
    file = tmp_path / "inventory.html"
    command = ["inventory", "acme", "--html", str(file)]
    tones = {}
    for dark in (False, True):
        with browser.page(dark=dark) as page:
            for only in (False, True):
                more = ["--repositories", "web"] if only else []
                assert CliRunner().invoke(main, [*command, *more]).exit_code == 0
                page.open(file.as_uri())
                (colours,) = page.run(PLACEHOLDERS)
                assert contrast(*colours) >= 4.5
                page.choose("#group", "host")
                colour = "getComputedStyle(document.querySelector('{}')).color"
                tones[only] = page.run(colour.format("[data-kind=insecure] b"))
                assert page.run(colour.format("#rows .group .insecure")) == tones[only]
                assert page.run(colour.format("#rows .badge.no-secret:not(.group *)")) == page.run(
                    "(one => { one.style = 'color: var(--change)'; document.body.append(one);"
                    " return getComputedStyle(one).color })(document.createElement('i'))"
                )
        assert tones[False] != tones[True]


def test_a_report(browser: Browser, tmp_path: Path) -> None:
    """Its filter narrows the declarations down, at any width."""
    file = tmp_path / "report.html"
    sample = SAMPLES / "change.refreshed.jsonl"
    done = CliRunner().invoke(main, ["report", str(sample), "--html", str(file)])
    assert done.exit_code == 3, done.output
    shown = "[...document.querySelectorAll('article')].filter(one => one.offsetHeight).length"
    with browser.page() as page:
        page.open(file.as_uri())
        (colours,) = page.run(PLACEHOLDERS)
        assert contrast(*colours) >= 4.5
        whole = page.run(shown)
        page.run("document.getElementById('filter').focus()")
        page.type("audit")
        page.wait(f"document.querySelector('output').textContent.endsWith(' of {whole}')")
        assert 0 < page.run(shown) < whole
        page.fill("#filter", "nothing-is-like-this")
        page.wait(f"{shown} === 0")
        for width in (NARROW[0], 320):
            page.resize(width, NARROW[1])
            assert not page.scrolls_sideways()


def test_without_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """These tests fail, and say how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        executable()
