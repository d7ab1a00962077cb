"""Plots as SVG within a page: drawn by pygal, coloured by the page's style, without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree as ET

from markupsafe import Markup

from bitbucket_hooks.model.errors import ConfigError

try:
    import pygal
except ImportError:  # an extra
    raise ConfigError(
        "the plots of the page are drawn by pygal, which isn't installed",
        "Run `pip install 'bitbucket-hooks[plots]'` (with pipx: `pipx inject bitbucket-hooks "
        "pygal`), or leave --html out.",
    ) from None

Point: TypeAlias = tuple[datetime, int | None, str]
"""When, how many, and what is said of it; None: it isn't known, and the line has a gap."""

_FEW: Final = 3  # labels of dates for which there is room
_SLOTS: Final = 8  # bars of which fewer aren't made wider
_LOOK: Final[Mapping[str, Any]] = {
    "css": (),
    "js": (),
    "explicit_size": False,
    "truncate_label": -1,
    "width": 480,
    "height": 220,
    "margin": 12,
    "show_legend": False,
    "dots_size": 3,
    "min_scale": 2,
    "max_scale": 5,
    "include_x_axis": True,
}


def bars(what: str, names: Sequence[str], rows: Mapping[str, Sequence[tuple[int, str]]]) -> Markup:
    """Draw stacked bars; `names` stand below them, `rows` has each one's number and words."""
    chart = pygal.StackedBar(**_LOOK, spacing=8)
    slots = [*names, *[""] * (_SLOTS - len(names))]
    every = -(-len(slots) // _FEW)
    chart.x_labels = [name if at % every == 0 else "" for at, name in enumerate(slots)]
    _whole_numbers(
        chart,
        max((sum(at[0] for at in bar) for bar in zip(*rows.values(), strict=True)), default=0),
    )
    for title, values in rows.items():
        chart.add(title, [{"value": number, "label": said} for number, said in values])
    return _svg(chart, what)


def lines(what: str, rows: Mapping[str, Sequence[Point]]) -> Markup:
    """Draw lines over time."""
    chart = pygal.DateTimeLine(
        **_LOOK,
        margin_right=42,
        allow_interruptions=True,
        x_value_formatter=lambda at: at.strftime("%Y-%m-%d"),
    )
    points = [point for row in rows.values() for point in row]
    times = sorted({at for at, _, _ in points})
    middle = times[0] + (times[-1] - times[0]) / 2
    by_day = {at.date(): at for at in (times[-1], middle, times[0])}
    chart.x_labels = sorted(by_day.values())
    _whole_numbers(chart, max((number for _, number, _ in points if number), default=0))
    for title, row in rows.items():
        chart.add(title, [{"value": (at, number), "label": said} for at, number, said in row])
    return _svg(chart, what)


def _whole_numbers(chart: Any, most: int) -> None:
    """Have the scale begin at 0, without fractions: things are counted."""
    step = max(1, -(-most // 4))
    chart.y_labels = [*range(0, max(most, 1) + step, step)]
    chart.value_formatter = lambda number: f"{number:,.0f}"


def _svg(chart: Any, what: str) -> Markup:
    """The drawing alone: its own styles and scripts are left out, its words are what marks say."""
    svg = chart.render_tree()
    svg.attrib.pop("id")
    svg.set("role", "img")
    svg.set("aria-label", what)
    for parent in [*svg.iter()]:
        said = parent.find("desc[@class='label']")
        for child in [*parent]:
            if child.tag in ("defs", "desc", "title") or "tooltip" in child.get("class", "").split(
                "-"
            ):
                parent.remove(child)
        if said is not None:
            ET.SubElement(parent, "title").text = said.text
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704  # text is escaped
