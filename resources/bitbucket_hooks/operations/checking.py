"""`check`: inputs in canonical form, defaults filled in, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from attrs import field, frozen

from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.rules import Context, Problem, Rule, slug
from bitbucket_hooks.model.state_codec import FINGERPRINT
from bitbucket_hooks.model.webhook import DEFAULTS, HOOK_RULES
from bitbucket_hooks.operations.results import CheckedInputs, InputProblem

if TYPE_CHECKING:
    from bitbucket_hooks.operations.session import Session


@frozen
class Checker:
    """Checks the inputs of one kind of resource; `subject` names what it hangs on."""

    kind: str
    subject: tuple[str, ...]
    own: Mapping[str, Rule] = field(factory=dict)
    """Rules beyond, or instead of, `common` ones."""
    common: Mapping[str, Rule] = HOOK_RULES
    defaults: Mapping[str, Any] = DEFAULTS
    required: tuple[str, ...] = ("url",)
    """Beside the subject."""

    def check(
        self, session: Session, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> CheckedInputs:
        """Give canonical inputs and all problems at once; what isn't known yet stays unknown."""
        rules: dict[str, Rule] = {**dict.fromkeys(self.subject, slug), **self.common, **self.own}
        context = Context(
            session.settings.allows_private_urls,
            lambda events: session.catalogue.unknown(self.kind, events),
        )
        workspace = session.settings.workspace
        given = {
            **self.defaults,
            **({self.subject[0]: workspace} if workspace else {}),
            **{key: value for key, value in news.items() if value is not None},
        }
        inputs: dict[str, Any] = {}
        problems = [*self._missing(given), *_contradictions(given, rules)]
        for name in [name for name in rules if name in given]:
            inputs[name], found = _apply(rules[name], given[name], context)
            problems += [InputProblem(f"{name}{place}", text) for place, text in found]
        if "secretFrom" in given and not problems:
            problems += _unreadable_secret(inputs["secretFrom"])
            # just that there is one: a plan of the engine's keeps inputs, and prints them in clear
            inputs[FINGERPRINT] = olds.get(FINGERPRINT, "")
        return CheckedInputs(inputs, problems)

    def _missing(self, given: Mapping[str, Any]) -> Iterable[InputProblem]:
        for name in (*self.subject, *self.required):
            if name not in given:
                hint = ", or set bitbucket:workspace" if name == self.subject[0] else ""
                yield InputProblem(name, f"is required; give it{hint}")


def _apply(rule: Rule, value: Any, context: Context) -> tuple[Any, Iterable[tuple[str, str]]]:
    """Give the canonical value and its problems.

    A list in which one element is unknown is unknown as a whole: nobody can say yet how many there
    will be, and in which order, and an update plan of Pulumi's holds the program to what is known.
    """
    if pulumi.contains_unknowns(value):
        return pulumi.UNKNOWN, ()
    try:
        return rule(value, context), ()
    except Problem as error:
        return value, error.parts


def _contradictions(given: Mapping[str, Any], rules: Mapping[str, Rule]) -> Iterable[InputProblem]:
    for name in sorted(given.keys() - rules.keys() - {FINGERPRINT}):
        yield InputProblem(name, "is no property of this resource; remove it")
    if "secret" in given and "secretFrom" in given:
        yield InputProblem("secret", "is given together with secretFrom; keep one of the two")


def _unreadable_secret(source: Any) -> Iterable[InputProblem]:
    if pulumi.contains_unknowns(source):
        return
    try:
        read_secret(source)
    except ConfigError as error:
        yield InputProblem("", error.in_a_line)
