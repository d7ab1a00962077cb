"""The API of one account: requests are signed, paced, and repeated where that doubles nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin

from attrs import define, evolve, frozen

from bitbucket_hooks.api.auth import Authenticator
from bitbucket_hooks.api.errors import AnswerLost, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain
from bitbucket_hooks.api.request import PATIENCE, Endpoint, Request, Response
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.urls import origin_shown

PAGE_LENGTH: Final = 100
"""The longest page that the API gives (public API description)."""

_MAX_PAGES: Final = 1000
_MAX_REDIRECTS: Final = 3
_MAX_READINGS: Final = 3


@frozen
class Page:
    """One page of a listing; `size` is that of the whole, where the answer says it."""

    values: list[dict[str, Any]]
    size: int | None


@define
class Client:
    """The API of one account, shared by all threads of a process."""

    endpoint: Endpoint
    sender: RetryingSender
    auth: Authenticator

    def get(self, path: str, operation: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Read one object. Raises ApiError."""
        return self._json(Request("GET", self._url(path), operation, patience=patience))

    def pages(
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
        params = {"pagelen": str(PAGE_LENGTH), **(query or {})}
        request = Request("GET", self._url(path), operation, params, patience=patience)
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            body = self._json(request)
            values, size, following = body.get("values"), body.get("size"), body.get("next")
            if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
                raise UnexpectedAnswer.got(operation, "a page without a list of values")
            yield Page(values, size if isinstance(size, int) else None)
            if following is None:
                return
            if not isinstance(following, str) or following in seen:
                break
            seen.add(following)
            request = evolve(request, url=self._own(following, operation), params={})
        raise UnexpectedAnswer.got(operation, "a listing whose pages never end")

    def whole(
        self,
        path: str,
        operation: str,
        query: Mapping[str, str] | None = None,
        progress: Callable[[Sequence[Page]], None] | None = None,
    ) -> list[dict[str, Any]]:
        """Read all of a listing that other people change meanwhile, each uuid once.

        What is deleted while pages are read moves the rest up, and something can slip through
        between two pages. So a listing of several is read again until it has the size it says; one
        that comes out the same twice is believed, whatever its size says. Raises ApiError.

        `progress` gets the pages that were read, after each of them.
        """
        uuids: set[str] | None = None
        for _ in range(_MAX_READINGS):
            pages: list[Page] = []
            for page in self.pages(path, operation, query):
                pages.append(page)
                if progress is not None:
                    progress(pages)
            found = {str(value.get("uuid")): value for page in pages for value in page.values}
            if len(pages) == 1 or page.size in (None, len(found)) or found.keys() == uuids:
                break
            uuids = set(found)
        return list(found.values())

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
        response = self._send(Request("POST", self._url(path), operation, body=body, before=before))
        try:
            return response.mapping(operation)
        except UnexpectedAnswer as error:
            raise AnswerLost(error.message, error.remedy) from None

    def overwrite(
        self, path: str, operation: str, body: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """POST what the service keeps by a key that the body names: twice is as once.

        Raises ApiError.
        """
        request = Request("POST", self._url(path), operation, body=body, overwrites=True)
        self._send(request).json(operation)  # a page in place of the API's answer did nothing

    def delete(self, path: str, operation: str) -> None:
        """Remove an object. Raises ApiError."""
        self._send(Request("DELETE", self._url(path), operation))

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self.sender.session.close()

    def _url(self, path: str) -> str:
        return f"{self.endpoint.base}/{path}"

    def _json(self, request: Request) -> dict[str, Any]:
        return self._send(request).mapping(request.operation)

    def _send(self, request: Request) -> Response:
        """Send until it is answered for good, and follow redirects on the API's own host."""
        for _ in range(_MAX_REDIRECTS):
            response = self.sender.send(request, self.auth.authorization, self.auth.renew)
            if response.ok:
                return response
            if request.writes or response.status not in (301, 302, 307, 308):
                raise explain(request, response, self.auth.credentials, self._mask(request))
            try:
                target = urljoin(request.url, response.headers.get("Location", ""))
            except ValueError:
                target = ""
            request = evolve(request, url=self._own(target, request.operation), params={})
        raise UnexpectedAnswer.got(request.operation, "a redirect that leads nowhere")

    def _own(self, url: str, operation: str) -> str:
        if not self.endpoint.owns(url):
            raise UnexpectedAnswer.got(operation, "a link to another host")
        return url

    def _mask(self, request: Request) -> Mask:
        """Hides what the service may echo and nobody may see; a url may be a secret as a whole."""
        body = request.body if isinstance(request.body, Mapping) else {}
        url, secrets = body.get("url"), (*self.auth.secrets(), body.get("secret"))
        shown = {secret: SECRET for secret in secrets if secret}
        return Mask({url: origin_shown(url), **shown} if url else shown)
