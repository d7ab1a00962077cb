"""How `make docs` makes a site of these pages, with Sphinx.

The source is the project's whole folder, so that a link from one Markdown file to another, here or
beside README.md, is the same on GitHub and on the site. One to any other file gives that file; one
to a folder is its name alone.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Generic, TypeVar

import pulumi
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

project = "bitbucket-hooks"
version = release = installed(project)
sys.path.insert(0, str(Path(__file__).parents[1]))
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "docs._messages"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = [".*", "**/.*", "site"]
smartquotes = False  # would make a dash of the two before an option

nitpicky = True
# Other projects' names: their pages aren't read, since a site is built without a network.
nitpick_ignore_regex = [
    ("py:class", r"(pulumi|collections\.abc|bitbucket_hooks\.program\.args)\..*"),
]

myst_heading_anchors = 4

default_role = "py:obj"  # `Hook` in a docstring is a link; what is none: _as_code
autodoc_typehints_format = "short"
autodoc_default_options = {
    "members": True,
    "exclude-members": "translate_input_property, translate_output_property",
}
add_module_names = False
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_additional_pages = {"index": "front.html"}
html_copy_source = html_show_copyright = html_show_sphinx = False

T = TypeVar("T")


class Input(Generic[T]):
    """In the place of `pulumi.Input`, an alias that signatures would show as what it stands for."""


Input.__module__ = "pulumi"
pulumi.Input = Input  # type: ignore[assignment]


def _as_code(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Any) -> Any:
    """Leave as code what a docstring says in backticks and has no entry here."""
    del app, env
    return content if node["reftype"] == "obj" else None


def _without_folders(app: Sphinx, tree: Any) -> None:
    """Leave as text what links to a folder: GitHub lists it, and the site has none."""
    here = Path(app.env.doc2path(app.env.docname)).parent
    for node in list(tree.findall(pending_xref)):
        target = node["reftarget"]  # without a slash it may be a heading's, too
        if node["reftype"] == "myst" and "/" in target and (here / target).is_dir():
            node.replace_self(node.children)


def setup(app: Sphinx) -> None:
    """Connect them."""
    app.connect("doctree-read", _without_folders)
    app.connect("missing-reference", _as_code)
