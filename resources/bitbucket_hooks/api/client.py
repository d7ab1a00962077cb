"""One way for all calls: signed, paced, repeated where that can't double anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin

from attrs import define, evolve, frozen

from bitbucket_hooks.api.auth import Authenticator
from bitbucket_hooks.api.errors import AnswerLost, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain
from bitbucket_hooks.api.request import PATIENCE, Request, Response
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.api.transport import Endpoint
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.urls import origin_shown

PAGE_LENGTH: Final = 100
"""The longest page that the API gives (public API description)."""

_MAX_PAGES: Final = 1000
_MAX_REDIRECTS: Final = 3


@frozen
class Page:
    """One page of a listing; `size` is that of the whole, where the answer tells."""

    values: list[dict[str, Any]]
    size: int | None


@define
class Client:
    """The API of one account, shared by all threads of a process."""

    endpoint: Endpoint
    caller: RetryingSender
    auth: Authenticator

    def get(self, path: str, operation: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Read one object. Raises ApiError."""
        return self._json(Request("GET", self._url(path), operation, patience=patience))

    def pages(
        self, path: str, operation: str, *, patience: float = PATIENCE
    ) -> Iterator[dict[str, Any]]:
        """Read all values of a paginated listing. Raises ApiError."""
        for page in self.paged(path, operation, patience=patience):
            yield from page.values

    def paged(
        self,
        path: str,
        operation: str,
        query: Mapping[str, str] | None = None,
        *,
        patience: float = PATIENCE,
    ) -> Iterator[Page]:
        """Read a listing page by page. Raises ApiError.

        `next` is followed as it comes, never built, and never to another host.
        """
        asked = {"pagelen": str(PAGE_LENGTH), **(query or {})}
        call = Request("GET", self._url(path), operation, asked, patience=patience)
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            page = self._json(call)
            yield _page(page, operation)
            following = page.get("next")
            if following is None:
                return
            if not isinstance(following, str) or following in seen:
                break
            seen.add(following)
            call = evolve(call, url=self._own(following, operation), params={})
        raise UnexpectedAnswer.of(operation, "a listing whose pages never end")

    def put(self, path: str, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an object. Raises ApiError."""
        return self._json(Request("PUT", self._url(path), operation, body=body))

    def post(
        self,
        path: str,
        operation: str,
        body: Mapping[str, Any],
        before: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Make an object. Raises ApiError; AnswerLost when it may have been made all the same.

        `before` is called each time before it is sent, and keeps it from that by what it raises.
        """
        answer = self._request(
            Request("POST", self._url(path), operation, body=body, before=before)
        )
        try:
            return answer.mapping(operation)
        except UnexpectedAnswer as error:
            raise AnswerLost(error.message, error.remedy) from None

    def overwrite(
        self, path: str, operation: str, body: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """POST what the service keeps by a key that the body names: twice is as once.

        Raises ApiError.
        """
        call = Request("POST", self._url(path), operation, body=body, overwrites=True)
        self._request(call).json(operation)  # a page in place of the API's answer did nothing

    def delete(self, path: str, operation: str) -> None:
        """Remove an object. Raises ApiError."""
        self._request(Request("DELETE", self._url(path), operation))

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self.caller.wire.session.close()

    def _url(self, path: str) -> str:
        return f"{self.endpoint.base}/{path}"

    def _own(self, url: str, operation: str) -> str:
        if not self.endpoint.owns(url):
            raise UnexpectedAnswer.of(operation, "a link to another host")
        return url

    def _json(self, call: Request) -> dict[str, Any]:
        return self._request(call).mapping(call.operation)

    def _request(self, call: Request) -> Response:
        """Do a call until it is answered for good, and follow redirects on the API's own host."""
        with self.caller.throttle.working():
            for _ in range(_MAX_REDIRECTS):
                answer = self.caller.until_answered(call, self.auth.header, self.auth.renew)
                if answer.ok:
                    return answer
                if call.writes or answer.status not in (301, 302, 307, 308):
                    raise explain(call, answer, self.auth.credentials, self._mask(call))
                target = self._own(_location(call, answer), call.operation)
                call = evolve(call, url=target, params={})
        raise UnexpectedAnswer.of(call.operation, "a redirect that leads nowhere")

    def _mask(self, call: Request) -> Mask:
        """Hides what the service may echo and nobody may see; a url may be a secret as a whole."""
        body = call.body if isinstance(call.body, Mapping) else {}
        url, secrets = body.get("url"), (*self.auth.secrets(), body.get("secret"))
        shown = {secret: SECRET for secret in secrets if secret}
        return Mask({url: origin_shown(url), **shown} if url else shown)


def _location(call: Request, answer: Response) -> str:
    try:
        return urljoin(call.url, answer.headers.get("Location", ""))
    except ValueError:
        return ""


def _page(page: Mapping[str, Any], operation: str) -> Page:
    values, size = page.get("values"), page.get("size")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise UnexpectedAnswer.of(operation, "a page without a list of values")
    return Page(values, size if isinstance(size, int) else None)
