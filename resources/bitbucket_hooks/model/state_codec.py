"""Between the engine's dictionaries, in the names that state and previews show, and the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.secret_source import fingerprint, read_secret
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import (
    MANAGED_WHEN_GIVEN,
    PROPERTIES,
    UNDOCUMENTED,
    Desired,
    HookKey,
    Observed,
    canonical_value,
)

Props = Mapping[str, Any]

FOREIGN_SECRET: Final = "(a secret that is not declared)"  # noqa: S105  # a word for one
"""What a read gives as `secret` where none is declared to be ("") and yet one is set."""

FINGERPRINT: Final = "secretFingerprint"
"""Of the value that `secretFrom` found. Only outputs have it: the engine's plans compare inputs,
and print in clear those that differ. As an input it is empty, or what version 0.1.0 left there.
"""
SUBJECT_UUID: Final = "subjectUuid"
"""An output: the uuid of the repository or workspace, which outlives a new name."""
SUBJECT_UUIDS: Final = "subjectUuids"
"""The same of several: by the slug, or by what messages call it."""

_MAYBE_UNMANAGED: Final = (*(PROPERTIES[name] for name in MANAGED_WHEN_GIVEN), FINGERPRINT)
ECHOED: Final = ("owner", "repository", "workspace", "secretFrom", "adopt")
"""Inputs that an answer of the API can't tell: kept as they were declared."""

_COMPARED: Final = (*PROPERTIES.values(), "secretFrom")


def subject_of(props: Props) -> Subject:
    """What a hook hangs on: `workspace`, or `owner` and `repository`."""
    names = props.get("workspace") or props["owner"], props.get("repository")
    return Subject(*names, uuid=props.get(SUBJECT_UUID))


def desired_of(props: Props, known: Props | None = None) -> Desired:
    """The declaration. Raises ConfigError when `secretFrom` finds nothing.

    `known` is the state of the hook that is meant, which stays where it is whatever that is called.
    """
    source = props.get("secretFrom")
    secret = read_secret(source) if source else props.get("secret")
    subject = evolve(subject_of(props), uuid=(known or {}).get(SUBJECT_UUID))
    return Desired.of(subject, props, secret=secret)


def place_of(props: Props) -> HookKey:
    """Which hook a declaration means, however it is to look."""
    adopt = props.get("adopt")
    hook = None if adopt in (MATCH, NEVER) else adopt
    return HookKey(subject_of(props), props["url"], props.get("description"), hook)


def had_secret(props: Props) -> bool:
    """Whether a declared secret is known of the live hook."""
    return bool(props.get(FINGERPRINT) or props.get("secret"))


def observed_of(uuid: str, props: Props) -> Observed:
    """What the state knows of the live hook."""
    undocumented: dict[str, Any] = {name: props.get(PROPERTIES[name]) for name in UNDOCUMENTED}
    return Observed(
        uuid=uuid,
        url=props.get("url", ""),
        description=props.get("description"),
        active=props.get("active", False),
        events=props.get("events", ()),
        secret_set=props.get("secretSet", False),
        created_at=props.get("createdAt"),
        **undocumented,
    )


def outputs_of(declared: Props, live: Observed, known: Props) -> dict[str, Any]:
    """What the state keeps: the declaration, what only the service knows, and the fingerprint.

    `known` is the state before, whose fingerprint stays when it is one of the same value.
    """
    return {**kept_of(declared, known), **_computed(live, known)}


def kept_of(declared: Props, known: Props) -> dict[str, Any]:
    """What the state keeps of a declaration: its inputs, with the fingerprint."""
    kept = {key: value for key, value in declared.items() if not key.startswith("__")}
    if declared.get("secretFrom"):
        secret = read_secret(declared["secretFrom"])
        kept[FINGERPRINT] = fingerprint(secret, known.get(FINGERPRINT))
    return kept


def outputs_as_read(inputs: Props, live: Observed, known: Props) -> dict[str, Any]:
    """What the state keeps after a read, which has no word about the value of a secret."""
    still = {FINGERPRINT: known[FINGERPRINT]} if FINGERPRINT in inputs else {}
    return {**inputs, **still, **_computed(live, known)}


def _computed(live: Observed, known: Props) -> dict[str, Any]:
    subject_uuid = live.subject.uuid if live.subject else known.get(SUBJECT_UUID)
    computed = {
        "uuid": live.uuid,
        "secretSet": live.secret_set,
        "createdAt": live.created_at,
        SUBJECT_UUID: subject_uuid,
    }
    return {key: value for key, value in computed.items() if value is not None}


def without_secret(outputs: Props) -> dict[str, Any]:
    """What the state keeps when nobody can tell which secret the live hook has, or whether any.

    Whatever is declared next differs from it, and so it is written.
    """
    told = {**outputs, "secretSet": True}
    hidden = ("secret", FINGERPRINT)
    return {k: v for k, v in told.items() if k not in hidden and not k.startswith("__")}


def inputs_as_read(subject: Subject, known: Props, live: Observed) -> dict[str, Any]:
    """The inputs that would declare the live hook as it is.

    `known` is the state: what wasn't managed there isn't managed now, and what can't be read (the
    secret) stays as it was, unless `secret_set` tells that it changed. An empty `known`, as a
    look-up has it, takes everything that the answer tells.
    """
    looked_up = "url" not in known
    seen = {
        "url": _as_known("url", known, live.url),
        "events": list(live.events),
        "active": live.active,
        "description": _as_known("description", known, live.description),
        **{PROPERTIES[name]: _told(live, known, name) for name in UNDOCUMENTED},
        **_secret_as_read(known, live),
    }
    managed = {
        key: value
        for key, value in seen.items()
        if value is not None and (looked_up or key in known or key not in _MAYBE_UNMANAGED)
    }
    echoed = {key: known[key] for key in ECHOED if key in known}
    return {**_names(subject), **echoed, **managed}


def _as_known(name: str, known: Props, value: str | None) -> Any:
    """A live value in the spelling that the state has, where the two mean the same."""
    same = canonical_value(name, known.get(name)) == canonical_value(name, value)
    return known[name] if same and name in known else value


def _names(subject: Subject) -> dict[str, str]:
    if subject.repository is None:
        return {"workspace": subject.workspace}
    return {"owner": subject.workspace, "repository": subject.repository}


def _told(live: Observed, known: Props, name: str) -> Any:
    answer = getattr(live, name)
    return known.get(PROPERTIES[name]) if answer is None else answer


def _secret_as_read(known: Props, live: Observed) -> dict[str, Any]:
    """A secret that is gone shows as missing, one that should not be there as a strange one."""
    none_declared = known.get("secret") in ("", FOREIGN_SECRET)
    if none_declared:
        return {"secret": FOREIGN_SECRET if live.secret_set else ""}
    if not live.secret_set:
        return {}
    secret = {"secret": known["secret"]} if "secret" in known else {}
    return {**secret, FINGERPRINT: ""} if known.get(FINGERPRINT) else secret


def differing(olds: Props, news: Props) -> list[str]:
    """Name the properties in which a declaration differs from what the state knows.

    Of what `secretFrom` finds only whether it was ever sent.
    """
    names = [key for key in _COMPARED if _canonical(olds, key) != _canonical(news, key)]
    was_sent, is_declared = bool(olds.get(FINGERPRINT)), bool(news.get("secretFrom"))
    return [*names, FINGERPRINT] if was_sent != is_declared else names


def _canonical(props: Props, key: str) -> Any:
    return canonical_value(key, props.get(key))
