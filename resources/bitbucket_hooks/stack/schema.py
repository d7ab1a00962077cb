"""A JSON schema of `Pulumi.STACK.yaml`, for editors: generated from the typed model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bitbucket_hooks.model.events import CATALOGUE
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.model.settings import SETTINGS, Setting
from bitbucket_hooks.stack.config import (
    ACCOUNT_KEYS,
    ACCOUNTS,
    DEFAULTS,
    HOOKS,
    ON_UNMANAGED,
    SHARED,
    STACK_KEYS,
    UNMANAGED,
)
from bitbucket_hooks.stack.entries import DEFAULTABLE, KEYS, NAMESPACE, SHAREABLE

_SECURE: Final = {"$ref": "#/$defs/secure"}
_EVENT: Final = r"^[a-z_]+:[a-z_]+$|[*?\[]"
"""What an event, or a glob over events, can be called."""
SCHEMA_URL: Final = "https://raw.githubusercontent.com/bitbucket-hooks/bitbucket-hooks/main/stacks/stack.schema.json"
"""Where editors get it, which know it by the catalogue of schemas."""
_MODELINE: Final = "# yaml-language-server:"
_BYTE_ORDER_MARK: Final = "\ufeff"
_TYPES: Final = {str: "string", bool: "boolean"}


def with_modeline(text: str) -> str:
    """Give the text of a stack's file with the line by which editors find the schema, once."""
    if _MODELINE in text or text.startswith(_BYTE_ORDER_MARK):  # which only a file may begin with
        return text
    line_break = "\r\n" if "\r\n" in text else "\n"
    return f"{_MODELINE} $schema={SCHEMA_URL}{line_break}{text}"


def schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12). What only Bitbucket or a secret can tell, it lets pass."""
    account = {
        "type": "object",
        "properties": {
            setting.key: {"description": setting.doc, "anyOf": [{"type": "string"}, _SECURE]}
            for setting in SETTINGS
            if setting.key in ACCOUNT_KEYS
        },
        "additionalProperties": False,
    }
    ours = {
        HOOKS: {"type": "array", "items": _entry(KEYS, required=["name"])},
        DEFAULTS: _entry(DEFAULTABLE),
        SHARED: {"type": "object", "additionalProperties": _entry(SHAREABLE)},
        ACCOUNTS: {"type": "object", "additionalProperties": account},
        UNMANAGED: {"enum": list(ON_UNMANAGED)},
    }
    properties = {
        **{f"{NAMESPACE}:{key}": {"description": STACK_KEYS[key], **ours[key]} for key in ours},
        **{f"{ACCOUNT}:{setting.key}": _setting(setting) for setting in SETTINGS},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bitbucket webhooks of a Pulumi stack",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": properties,
                "propertyNames": {
                    "anyOf": [
                        {"enum": list(properties)},
                        {"not": {"pattern": f"^({NAMESPACE}|{ACCOUNT}):"}},
                    ]
                },
            }
        },
        "$defs": {
            "secure": {
                "description": "A value that `pulumi config set --secret --path` encrypted.",
                "type": "object",
                "properties": {"secure": {"type": "string"}},
                "required": ["secure"],
                "additionalProperties": False,
            }
        },
    }


def catalogue_entry() -> dict[str, Any]:
    """Give what SchemaStore's catalogue needs, so that editors find the schema by a file's name."""
    whole = schema()
    return {
        "name": whole["title"],
        "description": "The webhooks that bitbucket-hooks declares, and the accounts they are in.",
        "fileMatch": ["Pulumi.*.yaml"],
        "url": SCHEMA_URL,
    }


def _entry(keys: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: _property(key) for key in keys},
        "required": list(required),
        "additionalProperties": False,
    }


def _property(key: str) -> dict[str, Any]:
    known = KEYS[key]
    if known.kind is tuple:
        value: dict[str, Any] = {"type": "array", "items": _item(key), **known.schema}
    else:
        value = {"type": _TYPES[known.kind], **known.schema}
    usable = [value, {"type": "null"}] if key != "name" else [value]
    usable += [_SECURE] if key in ("url", "secret") else []
    doc: dict[str, Any] = {"description": known.summary}
    if known.examples:
        doc["examples"] = list(known.examples)
    return {**doc, **value} if len(usable) == 1 else {**doc, "anyOf": usable}


def _item(key: str) -> dict[str, Any]:
    if key != "events":
        return {"type": "string"}
    # globs are allowed, and the live list may have more than the bundled one
    prefixes = sorted({event.event.partition(":")[0] for event in CATALOGUE})
    known = [event.event for event in CATALOGUE] + [f"{prefix}:*" for prefix in prefixes]
    return {"anyOf": [{"enum": known}, {"type": "string", "pattern": _EVENT}]}


def _setting(setting: Setting) -> Mapping[str, Any]:
    value = {"anyOf": [{"type": ["string", "integer"]}, _SECURE]}
    doc = f"{setting.doc} Or the environment variable {setting.variable}."
    return {"description": doc, **value}
