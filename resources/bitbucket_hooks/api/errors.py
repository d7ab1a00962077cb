"""What can go wrong with a call, named after the remedy."""

from __future__ import annotations

from bitbucket_hooks.model.errors import RemoteError
from bitbucket_hooks.model.exit_codes import USERS_MISTAKE


class ApiError(RemoteError):
    """A call failed; `status` is the answer's, 0 where there was none."""

    def __init__(self, message: str, remedy: str = "", *, status: int = 0) -> None:
        """Keep the status beside the message."""
        super().__init__(message, remedy)
        self.status = status


class UsersMistake(ApiError):
    """What the user can correct: the next run fails alike without that."""

    exit_code = USERS_MISTAKE


class AuthenticationFailed(UsersMistake):
    """401: the credentials aren't taken. Remedy: other credentials."""


class ScopeMissing(UsersMistake):
    """403 that names scopes. Remedy: add them to the token."""

    def __init__(
        self, message: str, remedy: str = "", *, status: int = 403, granted: tuple[str, ...] = ()
    ) -> None:
        """Keep the scopes that there are."""
        super().__init__(message, remedy, status=status)
        self.granted = granted


class PermissionRefused(UsersMistake):
    """403 without scopes: the identity is no administrator there. Remedy: make it one."""


class NotFound(UsersMistake):
    """404: gone, misspelt, or hidden from this identity; the API doesn't say which."""


class Refused(UsersMistake):
    """400 and its kin: the service doesn't take what was sent. Remedy: in its own words."""


class RateLimited(ApiError):
    """The limit left no progress for as long as may be waited. Remedy: run again later."""


class ServerFailed(ApiError):
    """5xx for as long as was tried. Remedy: wait, or ask support with the id."""


class Unreachable(ApiError):
    """No connection for as long as was tried. Remedy: network, proxy, address."""


class AnswerLost(ApiError):
    """A write that must not be repeated blindly may or may not have happened."""


class UnexpectedAnswer(ApiError):
    """An answer that isn't the API's: a login page, a proxy's error, a body of absurd size."""

    @classmethod
    def got(cls, operation: str, what: str) -> UnexpectedAnswer:
        """The error for what came in place of an answer of the API."""
        return cls(
            f"{operation}: the answer is {what}, which Bitbucket's API never sends",
            "Check bitbucket:apiUrl, and that no proxy or login page answers in its place.",
        )


class Interrupted(RemoteError):
    """The user asked to stop, at a point where nothing was half done."""


class EngineGone(RemoteError):
    """The engine that asked for this write is dead; nobody would record what it does."""
