"""Every error and warning that the code can show names a remedy."""

from __future__ import annotations

import pytest
from docs._advice import is_advice, split
from docs._collected import Message, messages

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import layer, resolve

MESSAGES = messages()
NOT_NOTES = [message for message in MESSAGES if message.kind != "note"]


def name(message: Message) -> str:
    """Give a message for the list of tests."""
    return f"{message.room}: {message.text}"


def test_the_code_has_messages() -> None:
    """From each part that speaks to users."""
    assert len(NOT_NOTES) > 250
    rooms = {message.room for message in MESSAGES}
    parts = {"api", "cli", "doctor", "engine", "model", "operations", "plugin", "policies"}
    assert parts | {"reconcile", "runs", "sandbox", "scripts", "stack", "filesystem"} <= rooms


@pytest.mark.parametrize("text", ["acme/web: gone", "the file is empty. It has no lines"])
def test_a_text_without_advice_is_seen_as_such(text: str) -> None:
    """Else the next test would hold of everything."""
    assert split(text) == (text, "")
    assert not is_advice(text)


def test_each_names_a_remedy() -> None:
    """What to do, how it must be, or the remedy of the message that it passes on."""
    without = [
        name(message) for message in NOT_NOTES if not is_advice(message.remedy or message.text)
    ]
    assert without == []


def test_an_error_passes_on_in_a_line() -> None:
    """As part of another message: what is wrong, and what to do, without the full stop."""
    with pytest.raises(ConfigError) as refused:
        resolve(layer("the stack config", {"rateLimit": "0"}.get))
    assert refused.value.in_a_line == (
        'bitbucket:rateLimit (or BITBUCKET_RATE_LIMIT) is "0", which can\'t be used; '
        "use a whole number above 0"
    )
    assert ConfigError("gone").in_a_line == "gone"


def test_no_query_of_an_address_is_told() -> None:
    """Of an API's address that can't be used, neither."""
    with pytest.raises(ConfigError) as refused:
        resolve(layer("the stack config", {"apiUrl": "ftp://host/x?token=canary"}.get))
    assert "canary" not in str(refused.value)
