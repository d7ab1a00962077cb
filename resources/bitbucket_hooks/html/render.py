"""Renders the Jinja2 templates: text is escaped, with its control characters made visible."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import counted, moment

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent
_MAX_TEXT: Final = 4000  # characters of a value that are shown


def render(template: str, **values: Any) -> str:
    """Render a template of `templates/`."""
    return _environment().get_template(template).render(values)


def render_file(name: str, **values: Any) -> str:
    """Render a page as one file: it fetches nothing, and runs no script but its own."""
    has_script = (_FOLDER / "static" / f"{name}.js").exists()
    script = static(f"{name}.js") if has_script else ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    style = static("base.css", f"{name}.css")
    return render(f"{name}.html", style=style, script=script, script_digest=digest, **values)


def static(*names: str) -> str:
    """Read style sheets or scripts of `static/`, one after the other."""
    return "".join((_FOLDER / "static" / name).read_text("utf-8") for name in names)


def visible(value: Any) -> Any:
    """Make text from outside safe to show, in dicts and lists too; HTML, no plain `str`, stays."""
    if type(value) is str:
        return printable(value, _MAX_TEXT)
    if isinstance(value, dict):
        return {name: visible(item) for name, item in value.items()}
    if isinstance(value, list):
        return [visible(item) for item in value]
    return value


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {"counted": counted, "moment": moment}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment
