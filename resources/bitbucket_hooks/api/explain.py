"""From a refusal, in any of the shapes that the service uses, to an error with a remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
    request: Request, response: Response, who: Credentials, mask: Mask | None = None
) -> ApiError:
    """Turn a response that isn't a success into the error that fits.

    `mask` takes out what must not be shown, should the service echo it.
    """
    said, status = words_of(response, mask), response.status
    kind: type[ApiError]
    match status:
        case HTTPStatus.UNAUTHORIZED:
            kind, what = AuthenticationFailed, f"{who.identity} was not accepted"
            if isinstance(who, Anonymous):
                what = "credentials are needed, and none are configured"
            remedy = sign_in_remedy(who)
        case HTTPStatus.FORBIDDEN:
            return _forbidden(request.operation, response, said, who)
        case HTTPStatus.NOT_FOUND:
            kind, what = NotFound, "not found"
            remedy = (
                "Check the spelling of workspace and repository, and that "
                f"{who.identity} may see it."
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            kind, what = RateLimited, "the rate limit is reached"
            remedy = "Run it again later; it continues."
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind, what = ServerFailed, f"Bitbucket failed with {status}"
            remedy = (
                "Run it again; it continues where it stopped. If it lasts, see "
                "https://bitbucket.status.atlassian.com."
            )
        case _ if status >= HTTPStatus.BAD_REQUEST:
            kind, what = Refused, f"refused with {status}"
            remedy = "Correct what Bitbucket names here, then run it again."
        case _:
            return UnexpectedAnswer.got(request.operation, f"status {status} ({said})")
    return kind(f"{request.operation}: {what} ({said})", remedy, status=status)


def _forbidden(operation: str, response: Response, said: str, who: Credentials) -> ApiError:
    detail = _error(response).get("detail")  # an object with scopes in real answers
    scopes = detail if isinstance(detail, dict) else {}
    required, granted = _texts(scopes.get("required")), _texts(scopes.get("granted"))
    if not required:
        return PermissionRefused(
            f"{operation}: {who.identity} is not allowed to ({said})",
            "Webhooks need an administrator of the repository (for a workspace hook: an owner "
            "of the workspace); give this identity that role, or use one that has it.",
            status=403,
        )
    missing = ", ".join([scope for scope in required if scope not in granted] or required)
    has = ", ".join(granted) or "none"
    return ScopeMissing(
        f"{operation}: {who.identity} lacks the scope {missing} (it has: {has})",
        f"Add {missing} to the token, or make a new one with it.",
        granted=tuple(granted),
    )


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else []
    return [printable(text, 80) for text in values if isinstance(text, str)]


def sign_in_remedy(who: Credentials) -> str:
    """What to check when credentials aren't accepted."""
    if wrong := misplaced(who):
        what, remedy = wrong
        return (
            f"Use the kind of credentials that belongs there: {what}. {remedy.removesuffix('.')}."
        )
    match who:
        case Anonymous():
            return (
                "Set bitbucket:username and bitbucket:password (Atlassian email and API token), "
                "or bitbucket:oauthToken, or the variables BITBUCKET_USERNAME and "
                "BITBUCKET_PASSWORD."
            )
        case ApiToken(email) if "@" not in email:
            return (
                "bitbucket:username must be the email of the Atlassian account and "
                "bitbucket:password an API token; app passwords were removed in July 2026."
            )
        case ApiToken():
            return (
                "Check that the API token is whole, has not expired and has Bitbucket scopes "
                "(read, write and delete webhook); app passwords were removed in July 2026."
            )
        case AccessToken():
            return (
                "Check that the token is whole, not revoked and not expired; make a new one if so."
            )
    return "Check the consumer's key and secret, and that it is marked as a private consumer."


def words_of(response: Response, mask: Mask | None = None) -> str:
    """What the service said, on one line, whatever the shape of the body."""
    words = "; ".join(filter(None, _parts(_error(response)))) or _plain(response)
    words = mask.over(words) if mask else words
    return printable(" ".join(words.split()), 400) or "without a word"


def _parts(error: dict[str, Any]) -> Iterator[str]:
    message, detail, fields = error.get("message"), error.get("detail"), error.get("fields")
    if message:
        yield str(message)
    if isinstance(detail, str):
        yield detail
    if isinstance(fields, dict):  # in some answers it is a list of texts instead
        yield from (f"{name}: {_joined(problem)}" for name, problem in fields.items())
    elif isinstance(fields, list):
        yield from map(_joined, fields)
    if identifier := error.get("id"):
        yield f"error id {identifier}"


def _joined(problem: Any) -> str:
    return ", ".join(map(str, problem)) if isinstance(problem, list) else str(problem)


def _error(response: Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    error = body.get("error", body) if isinstance(body, dict) else {}
    if isinstance(error, str):  # Code Insights answers with the bare message
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _plain(response: Response) -> str:
    text = response.content.decode("utf-8", "replace")[:10_000]
    if title := _TITLE.search(text):
        return f"an HTML page: {title.group(1).strip()}"
    return response.kind if text.lstrip().startswith(("<", "{", "[")) else text
