"""Between the engine's dictionaries, in the names that state and previews show, and the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.fingerprint import fingerprint
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import (
    BY_KEY,
    PROPERTIES,
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

_MAYBE_UNMANAGED: Final = (
    *(p.key for p in PROPERTIES.values() if p.managed_when_given),
    FINGERPRINT,
)
ECHOED: Final = ("owner", "repository", "workspace", "secretFrom", "adopt")
"""Inputs that an answer of the API can't tell: kept as they were declared."""

_COMPARED: Final = (*BY_KEY, "secretFrom")
_READABLE: Final = tuple(p for p in PROPERTIES.values() if p.name != "secret")
"""What Bitbucket tells; of the secret only whether there is one."""


def subject_of(props: Props) -> Subject:
    """What a hook hangs on: `workspace`, or `owner` and `repository`."""
    names = props.get("workspace") or props["owner"], props.get("repository")
    return Subject(*names, uuid=props.get(SUBJECT_UUID))


def desired_of(props: Props, secret: str | None, known: Props | None = None) -> Desired:
    """The declaration with its secret: the declared one, or the one that `secretFrom` names.

    `known` is the state of the hook that is meant, which stays where it is whatever that is called.
    """
    subject = evolve(subject_of(props), uuid=(known or {}).get(SUBJECT_UUID))
    return Desired.from_values(subject, props, secret=secret)


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
    known: dict[str, Any] = {p.name: props.get(p.key, p.missing) for p in _READABLE}
    return Observed(
        uuid=uuid,
        secret_set=props.get("secretSet", False),
        created_at=props.get("createdAt"),
        **known,
    )


def outputs_of(declared: Props, secret: str | None, live: Observed, known: Props) -> dict[str, Any]:
    """What the state keeps: the declaration, what only the service knows, and the fingerprint."""
    return {**kept_of(declared, secret, known), **_computed(live, known)}


def kept_of(declared: Props, secret: str | None, known: Props) -> dict[str, Any]:
    """What the state keeps of a declaration: its inputs, with the fingerprint of the secret.

    `known` is the state before, whose fingerprint stays when it is one of the same value.
    """
    kept = dict(declared)
    if declared.get("secretFrom") and secret is not None:
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
    hidden = ("secret", FINGERPRINT)
    kept = {key: value for key, value in outputs.items() if key not in hidden}
    return {**kept, "secretSet": True}


def inputs_as_read(subject: Subject, known: Props, live: Observed) -> dict[str, Any]:
    """The inputs that would declare the live hook as it is.

    `known` is the state: what wasn't managed there isn't managed now, and what can't be read (the
    secret) stays as it was, unless `secret_set` tells that it changed. An empty `known`, as a
    look-up has it, takes everything that the answer tells.
    """
    names = (
        {"owner": subject.workspace, "repository": subject.repository}
        if subject.repository
        else {"workspace": subject.workspace}
    )
    looked_up = "url" not in known
    seen = {
        **{p.key: _as_known(p.key, known, getattr(live, p.name)) for p in _READABLE},
        **_secret_as_read(known, live),
    }
    managed = {
        key: value
        for key, value in seen.items()
        if value is not None and (looked_up or key in known or key not in _MAYBE_UNMANAGED)
    }
    echoed = {key: known[key] for key in ECHOED if key in known}
    return {**names, **echoed, **managed}


def _as_known(key: str, known: Props, value: Any) -> Any:
    """A live value as the state has it, where the two mean the same or the answer lacks it."""
    same = canonical_value(key, known.get(key)) == canonical_value(key, value)
    if key in known and (same or value is None):
        return known[key]
    return list(value) if isinstance(value, tuple) else value


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
    names = [
        key
        for key in _COMPARED
        if canonical_value(key, olds.get(key)) != canonical_value(key, news.get(key))
    ]
    was_sent, is_declared = bool(olds.get(FINGERPRINT)), bool(news.get("secretFrom"))
    return [*names, FINGERPRINT] if was_sent != is_declared else names
