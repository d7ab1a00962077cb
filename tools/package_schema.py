"""The Pulumi package schema of the plugin, from the tables in `model` and what a program imports.

SDKs of other languages are generated from it. It speaks as the docs of Python do, with the names
that the other languages have.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from importlib.metadata import metadata
from itertools import pairwise
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from attrs import NOTHING

import bitbucket_hooks
from bitbucket_hooks import outputs
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.resources import (
    DYNAMIC,
    PACKAGE,
    PLUGIN,
    RESOURCES,
    Output,
    ResourceType,
)
from bitbucket_hooks.model.settings import NAMESPACE, SETTINGS, Setting
from bitbucket_hooks.model.webhook import Property

Spec = dict[str, Any]

_ABOUT: Final = metadata(PACKAGE)
_URLS: Final = dict(entry.split(", ", 1) for entry in _ABOUT.get_all("Project-URL", []))

_PYTHON_NAME: Final = re.compile("`[a-z]+(_[a-z]+)+`")
_LINK_TO_A_PAGE: Final = re.compile(r"\]\((?=[\w-]+\.md\b)")

_TEXT: Final = {"type": "string"}
_TYPES: Final[Mapping[type | UnionType, Spec]] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    int | str: {"oneOf": [{"type": "integer"}, _TEXT]},
    tuple: {"type": "array", "items": _TEXT},
    dict: {"type": "object", "additionalProperties": _TEXT},
}
# YAML has no function that takes the values of a map, as a fleet's `hooks` is
_HOOKS: Final = {"type": "array", "items": {"oneOf": [_TYPES[str], _TYPES[dict]]}}
_MORE: Final = {
    "secret": 'In TypeScript say it by `pulumi.secret("")`: the SDK sends no empty text as it is.'
}
"""What other languages have to know of an argument."""

# Previews name it when what `secret_from` finds has changed, and an SDK has the engine encrypt the
# outputs that it knows to be secret. Nobody needs the others that the state alone has.
_FINGERPRINT: Final = Output(
    name="secret_fingerprint",
    doc="A salted fingerprint of what `secret_from` found; another one means another secret.",
    absent="without `secret_from`",
    secret=True,
)

_FORMER_TYPES: Final = {
    "Hook": ("bitbucket:index/hook:Hook",),
    "WorkspaceHook": ("bitbucket:index/workspaceHook:WorkspaceHook",),
}
"""The type tokens of the Terraform bridge's `pulumi-bitbucket`."""

_FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "get_hook_types": {"subject_type": "`repository` or `workspace`."},
    "get_ip_ranges": {
        "product": "A product, as `bitbucket`; default all.",
        "direction": "`egress` (from the vendor) or `ingress` (to it); default all.",
    },
}
"""The arguments of each function."""
_ALWAYS_GIVEN: Final = "subject_type"


def schema() -> Spec:
    """Give the schema without a version: the server puts in that of the installed package."""
    home = _URLS["Homepage"]
    settings = {setting.key: _setting(setting) for setting in SETTINGS}
    return {
        "name": PACKAGE,
        "displayName": "Bitbucket Hooks",
        "description": _ABOUT["Summary"],
        "keywords": _ABOUT["Keywords"].split(","),
        "homepage": home,
        "repository": home,
        "license": _ABOUT["License-Expression"],
        "publisher": _ABOUT["Author"],
        "language": _languages(home.removeprefix("https://")),
        "config": {"variables": settings},
        "types": {_token(kind.__name__.removesuffix("Result")): _type(kind) for kind in _RESULTS},
        "provider": {
            "description": "An account of its own for the resources that name it. What it leaves "
            "out comes from the environment; credentials are taken from one place as a whole.",
            "inputProperties": settings,
            "properties": settings,
        },
        "resources": {_token(name): _resource(name, kind) for name, kind in RESOURCES.items()},
        "functions": {_token(camel(name)): _function(name) for name in _FUNCTIONS},
    }


def _languages(place: str) -> Spec:
    """Names of SDKs that are nobody else's; in Python `bitbucket_hooks` is this project's own."""
    return {
        "nodejs": {"packageName": "pulumi-bitbucket-hooks", "respectSchemaVersion": True},
        "python": {
            "packageName": "pulumi_bitbucket_hooks",
            "pyproject": {"enabled": True},
            "respectSchemaVersion": True,
        },
        "go": {
            "importBasePath": f"{place}/sdk/go/bitbuckethooks",
            "generateResourceContainerTypes": True,
            "respectSchemaVersion": True,
        },
        "csharp": {"namespaces": {PACKAGE: "BitbucketHooks"}, "respectSchemaVersion": True},
    }


def _token(name: str) -> str:
    return f"{PLUGIN}{name}"


def _setting(setting: Setting) -> Spec:
    """A key, which has no default here: an SDK would send it as if the user had written it.

    So it would win over the environment. A variable as the default is no better: a provider takes
    credentials as a whole from one place, and can't tell where an SDK found them.
    """
    doc = f"{setting.doc} {setting.note}".strip()
    return _property(
        _TYPES[setting.kind],
        f"{doc} Or the environment variable `{setting.variable}`.",
        secret=setting.secret,
    )


def _resource(name: str, kind: ResourceType) -> Spec:
    found = list(kind.outputs)
    if "secret_from" in kind.options:
        found.append(_FINGERPRINT)
    former = (f"{DYNAMIC}{name}", *_FORMER_TYPES.get(name, ()))
    return {
        "description": _description(name),
        "inputProperties": {
            known.key: _input(known, replaces=known.name in kind.replaced_for)
            for known in kind.arguments
        },
        "requiredInputs": [known.key for known in kind.arguments if known.default is NOTHING],
        "properties": {known.key: _output(known) for known in found},
        "required": [known.key for known in found if not known.absent],
        "aliases": [{"type": token} for token in former],
    }


def _input(known: Property, *, replaces: bool) -> Spec:
    kind = _HOOKS if known.name == "hooks" else _TYPES[known.kind]
    doc = f"{known.summary}\n\n{known.whole_note} {_MORE.get(known.name, '')}".strip()
    return {
        **_property(kind, doc, secret=known.secret),
        # the schema has no defaults for lists
        **({"default": known.default} if isinstance(known.default, (bool, str)) else {}),
        **({"willReplaceOnChanges": True} if replaces else {}),
    }


def _output(known: Output) -> Spec:
    return _property(_TYPES[known.kind], known.summary("not set"), secret=known.secret)


def _property(kind: Spec, doc: str, *, secret: bool = False) -> Spec:
    return {**kind, "description": _elsewhere(doc), **({"secret": True} if secret else {})}


def _function(name: str) -> Spec:
    arguments, result = _FUNCTIONS[name], f"{camel(f'_{name}')}Result"
    return {
        "description": _description(name),
        "inputs": {
            "type": "object",
            "properties": {camel(key): _property(_TEXT, doc) for key, doc in arguments.items()},
            "required": [camel(key) for key in arguments if key == _ALWAYS_GIVEN],
        },
        "outputs": _type(getattr(bitbucket_hooks, result)),
    }


_RESULTS: Final = [getattr(outputs, name) for name in outputs.__all__]
"""What lies in the functions' results."""


def _type(kind: type) -> Spec:
    """An object type, from the annotations of a class and what stands below them."""
    docs = _attribute_docs(kind)
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in docs}
    return {
        "description": _elsewhere(" ".join(_paragraphs(kind))),
        "type": "object",
        "properties": {camel(name): _property(_hinted(hints[name]), docs[name]) for name in hints},
        "required": [camel(name) for name in hints],
    }


def _hinted(hint: Any) -> Spec:
    if get_origin(hint):
        return {"type": "array", "items": _hinted(*get_args(hint))}
    if hint in _RESULTS:
        return {"$ref": f"#/types/{_token(hint.__name__.removesuffix('Result'))}"}
    return _TYPES[hint]


def _attribute_docs(kind: type) -> dict[str, str]:
    nodes = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind))))
    definition = next(node for node in nodes if isinstance(node, ast.ClassDef))
    return {
        attribute.target.id: ast.literal_eval(doc.value)
        for attribute, doc in pairwise(definition.body)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
        if isinstance(doc, ast.Expr)
    }


def _description(name: str) -> str:
    """What a docstring says, but for its last paragraph, which is about Python."""
    *paragraphs, _ = _paragraphs(getattr(bitbucket_hooks, name))
    return _elsewhere("\n\n".join(paragraphs))


def _paragraphs(documented: object) -> list[str]:
    doc = inspect.getdoc(documented) or ""
    return [" ".join(paragraph.split()) for paragraph in doc.split("\n\n")]


def _elsewhere(text: str) -> str:
    """What is said to Python's users, for those of other languages, who read it elsewhere."""
    text = text.replace(f"`{NAMESPACE}:", f"`{PACKAGE}:")
    text = _LINK_TO_A_PAGE.sub(f"]({_URLS['Documentation']}/", text)
    return _PYTHON_NAME.sub(lambda found: camel(found[0]), text)
