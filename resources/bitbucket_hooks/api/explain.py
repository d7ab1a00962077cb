"""From a refusal, in any of the shapes that the service uses, to an error with a remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from bitbucket_hooks.api.errors import (
    ApiError,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    RateLimited,
    Refused,
    ScopeMissing,
    ServerFailed,
    UnexpectedAnswer,
)
from bitbucket_hooks.api.request import Request, Response
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    misplaced,
)
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.masking import Mask

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def explain(
    call: Request, answer: Response, who: Credentials, mask: Mask | None = None
) -> ApiError:
    """Turn an answer that isn't a success into the error that fits.

    `mask` takes out what must not be shown, should the service echo it.
    """
    told = told_by(answer, mask)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        refused = (
            "credentials are needed, and none are configured"
            if isinstance(who, Anonymous)
            else f"{who.identity} was not accepted"
        )
        return AuthenticationFailed(
            f"{call.operation}: {refused} ({told})", sign_in(who), status=401
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return _forbidden(call.operation, answer, told, who)
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotFound(
            f"{call.operation}: not found ({told})",
            f"Check the spelling of workspace and repository, and that {who.identity} may see it.",
            status=404,
        )
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            f"{call.operation}: the rate limit is reached ({told})",
            "Run it again later; it continues.",
            status=429,
        )
    return _other(call.operation, answer, told)


def _other(operation: str, answer: Response, told: str) -> ApiError:
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed(
            f"{operation}: Bitbucket failed with {status} ({told})",
            "Run it again; it continues where it stopped. If it lasts, see "
            "https://bitbucket.status.atlassian.com.",
            status=status,
        )
    if status >= HTTPStatus.BAD_REQUEST:
        return Refused(
            f"{operation}: refused with {status} ({told})",
            "Correct what Bitbucket names here, then run it again.",
            status=status,
        )
    return UnexpectedAnswer.of(operation, f"status {status} ({told})")


def _forbidden(operation: str, answer: Response, told: str, who: Credentials) -> ApiError:
    required, granted = _scopes(answer)
    if not required:
        return PermissionRefused(
            f"{operation}: {who.identity} is not allowed to ({told})",
            "Webhooks need an administrator of the repository (for a workspace hook: an owner "
            "of the workspace); give this identity that role, or use one that has it.",
            status=403,
        )
    missing = [scope for scope in required if scope not in granted] or required
    has = ", ".join(granted) or "none"
    return ScopeMissing(
        f"{operation}: {who.identity} lacks the scope {', '.join(missing)} (it has: {has})",
        f"Add {', '.join(missing)} to the token, or make a new one with it.",
        granted=tuple(granted),
    )


def _scopes(answer: Response) -> tuple[list[str], list[str]]:
    """The scopes that a 403 asks for and has seen; `error.detail` is an object in real answers."""
    detail = _error(answer).get("detail")
    if not isinstance(detail, dict):
        return [], []
    return _strings(detail.get("required")), _strings(detail.get("granted"))


def _strings(value: Any) -> list[str]:
    return (
        [printable(one, 80) for one in value if isinstance(one, str)]
        if isinstance(value, list)
        else []
    )


def sign_in(who: Credentials) -> str:
    """What to look at when credentials aren't taken."""
    if wrong := misplaced(who):
        what, remedy = wrong
        return (
            f"Use the kind of credentials that belongs there: {what}. {remedy.removesuffix('.')}."
        )
    if isinstance(who, Anonymous):
        return (
            "Set bitbucket:username and bitbucket:password (Atlassian email and API token), or "
            "bitbucket:oauthToken, or the variables BITBUCKET_USERNAME and BITBUCKET_PASSWORD."
        )
    if isinstance(who, ApiToken) and "@" not in who.email:
        return (
            "bitbucket:username must be the email of the Atlassian account and bitbucket:password "
            "an API token; app passwords were removed in July 2026."
        )
    if isinstance(who, ApiToken):
        return (
            "Check that the API token is whole, has not expired and has Bitbucket scopes "
            "(read, write and delete webhook); app passwords were removed in July 2026."
        )
    if isinstance(who, AccessToken):
        return "Check that the token is whole, not revoked and not expired; make a new one if so."
    return "Check the consumer's key and secret, and that it is marked as a private consumer."


def told_by(answer: Response, mask: Mask | None = None) -> str:
    """What the service said, on one line, whatever the shape of the body."""
    error = _error(answer)
    parts = [error.get("message"), *_details(error.get("detail")), *_fields(error.get("fields"))]
    if identifier := error.get("id"):
        parts.append(f"error id {identifier}")
    said = "; ".join(str(part) for part in parts if part) or _plain(answer)
    said = mask.over(said) if mask else said
    return printable(" ".join(said.split()), 400) or "without a word"


def _details(detail: Any) -> Iterable[str]:
    return [detail] if isinstance(detail, str) else []


def _fields(fields: Any) -> Iterable[str]:
    """`fields` is a list of strings in some answers and an object in others."""
    if isinstance(fields, dict):
        return [f"{name}: {_joined(problem)}" for name, problem in fields.items()]
    return [_joined(one) for one in fields] if isinstance(fields, list) else []


def _joined(problem: Any) -> str:
    return ", ".join(map(str, problem)) if isinstance(problem, list) else str(problem)


def _error(answer: Response) -> dict[str, Any]:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error", body)  # Code Insights answers with the bare message
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _plain(answer: Response) -> str:
    text = answer.text[:10_000]
    if title := _TITLE.search(text):
        return f"an HTML page: {title.group(1).strip()}"
    return answer.what if text.lstrip().startswith(("<", "{", "[")) else text
