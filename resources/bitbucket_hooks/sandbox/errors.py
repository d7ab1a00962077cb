"""What the sandbox answers when it refuses: every kind of error body that the service is known for.

Marks: *seen* in a real answer, *read* in a client that works, *reported* by somebody, *unverified*.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from werkzeug.wrappers import Response

from bitbucket_hooks.model.errors import HooksError

_NOT_FOUND: Final = "Resource not found"


class SandboxError(HooksError):
    """The sandbox itself can't do what was asked: a wrong file, name or setting."""


class Missing(SandboxError):
    """There is no such thing in the sandbox. `answer` is what the API says of it."""

    def __init__(self, message: str, answer: str = _NOT_FOUND) -> None:
        super().__init__(message)
        self.answer: Final = answer


class SandboxUnusable(SandboxError):
    """The sandbox's file can't be read or written, though nothing was asked that is wrong."""

    def __init__(self, path: Path, why: str) -> None:
        self.is_full: Final = "full" in why
        """Whether its disk has no room left."""
        super().__init__(
            f"the sandbox {path} can't be used: {why}",
            "Free some space on its disk."
            if self.is_full
            else "Run it again, or remove the file: a new sandbox is made in its place, without "
            "the webhooks that it had. `BITBUCKET_MISSING_REPOSITORY=gone pulumi up --refresh` "
            "creates those of a stack again.",
        )


class Refusal(Exception):
    """The service says no; `response` is its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """Make a JSON answer as the service does."""
    response = Response(json.dumps(body), status, headers)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response


def refusal(status: int, message: str, **more: Any) -> Refusal:
    """Refuse in the common form of the service's errors."""
    return Refusal(json_response({"type": "error", "error": {"message": message, **more}}, status))


def bad_request(message: str, fields: Any = None) -> Refusal:
    """400 with a message alone (unverified), or with what is wrong by field (seen elsewhere)."""
    return refusal(400, message, **({"fields": fields} if fields else {}))


def unauthenticated() -> Refusal:
    """401 as plain text with a challenge (seen)."""
    text = "You may not have access to this repository or it no longer exists in this workspace."
    challenge = {"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'}
    return Refusal(Response(text, 401, challenge, mimetype="text/plain"))


def no_permission(what: str) -> Refusal:
    """403 for an identity with the right scopes that is no administrator (reported)."""
    return refusal(403, f"You must have admin access to {what} to do this.")


def not_found(message: str = _NOT_FOUND) -> Refusal:
    """404: a missing repository and a missing hook look alike (public API description)."""
    return refusal(404, message)


def gateway_page(status: int) -> Response:
    """Make an HTML page such as a gateway in front of the service gives."""
    reason = Response(status=status).status
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{reason}</title></head><body>{reason}</body></html>"
    )
    return Response(page, status, mimetype="text/html")
