"""What the service accepts in the fields of reports, annotations and build statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class TextField:
    """What a field of a JSON body may hold."""

    most: int = 255
    """Characters."""
    required: bool = False
    choices: tuple[str, ...] = ()
    is_url: bool = False

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        if self.required and not value:
            return "required key not provided"
        if not isinstance(value, str) or len(value) > self.most:
            return f"Ensure this value has at most {self.most} characters."
        if self.choices and value not in self.choices:
            return f"Value must be one of {', '.join(self.choices)}"
        if self.is_url and not value.startswith(("http://", "https://")):
            return "Enter a valid URL."
        return None


def field_problems(body: Mapping[str, Any], fields: Mapping[str, TextField]) -> dict[str, str]:
    """List what is wrong in a body, field by field; fields that nobody knows are ignored."""
    sent = {name: body.get(name) for name, rule in fields.items() if rule.required or name in body}
    found = {name: fields[name].problem(value) for name, value in sent.items()}
    return {name: problem for name, problem in found.items() if problem}
