"""One way for all calls: signed, paced, repeated where that can't double anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin

from attrs import define, evolve, frozen

from bitbucket_hooks.api.auth import Authenticator
from bitbucket_hooks.api.errors import AnswerLost, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain
from bitbucket_hooks.api.request import PATIENCE, Answer, Call
from bitbucket_hooks.api.retry import Caller
from bitbucket_hooks.api.transport import Endpoint
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.urls import origin_shown

PUBLIC_LIMIT: Final = 1000
"""Requests an hour and identity on webhook data (public documentation)."""

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
    caller: Caller
    auth: Authenticator

    def get(self, path: str, doing: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Read one object. Raises ApiError."""
        return self._json(Call("GET", self._url(path), doing, patience=patience))

    def pages(
        self, path: str, doing: str, *, patience: float = PATIENCE
    ) -> Iterator[dict[str, Any]]:
        """Read all values of a paginated listing. Raises ApiError."""
        for page in self.paged(path, doing, patience=patience):
            yield from page.values

    def paged(
        self,
        path: str,
        doing: str,
        query: Mapping[str, str] | None = None,
        *,
        patience: float = PATIENCE,
    ) -> Iterator[Page]:
        """Read a listing page by page. Raises ApiError.

        `next` is followed as it comes, never built, and never to another host.
        """
        asked = {"pagelen": str(PAGE_LENGTH), **(query or {})}
        call = Call("GET", self._url(path), doing, asked, patience=patience)
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            page = self._json(call)
            yield _page(page, doing)
            following = page.get("next")
            if following is None:
                return
            if not isinstance(following, str) or following in seen:
                break
            seen.add(following)
            call = evolve(call, url=self._own(following, doing), params={})
        raise UnexpectedAnswer.of(doing, "a listing whose pages never end")

    def put(self, path: str, doing: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an object. Raises ApiError."""
        return self._json(Call("PUT", self._url(path), doing, body=body))

    def post(
        self,
        path: str,
        doing: str,
        body: Mapping[str, Any],
        before: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Make an object. Raises ApiError; AnswerLost when it may have been made all the same.

        `before` is called each time before it is sent, and keeps it from that by what it raises.
        """
        answer = self._request(Call("POST", self._url(path), doing, body=body, before=before))
        try:
            return answer.mapping(doing)
        except UnexpectedAnswer as error:
            raise AnswerLost(error.message, error.remedy) from None

    def overwrite(
        self, path: str, doing: str, body: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """POST what the service keeps by a key that the body names: twice is as once.

        Raises ApiError.
        """
        call = Call("POST", self._url(path), doing, body=body, overwrites=True)
        self._request(call).json(doing)  # a page in place of the API's answer did nothing

    def delete(self, path: str, doing: str) -> None:
        """Remove an object. Raises ApiError."""
        self._request(Call("DELETE", self._url(path), doing))

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self.caller.wire.session.close()

    def _url(self, path: str) -> str:
        return f"{self.endpoint.base}/{path}"

    def _own(self, url: str, doing: str) -> str:
        if not self.endpoint.owns(url):
            raise UnexpectedAnswer.of(doing, "a link to another host")
        return url

    def _json(self, call: Call) -> dict[str, Any]:
        return self._request(call).mapping(call.doing)

    def _request(self, call: Call) -> Answer:
        """Do a call until it is answered for good, and follow redirects on the API's own host."""
        with self.caller.throttle.working():
            for _ in range(_MAX_REDIRECTS):
                answer = self.caller.until_answered(call, self.auth.header, self.auth.renew)
                if answer.ok:
                    return answer
                if call.writes or answer.status not in (301, 302, 307, 308):
                    raise explain(call, answer, self.auth.credentials, self._mask(call))
                target = self._own(_location(call, answer), call.doing)
                call = evolve(call, url=target, params={})
        raise UnexpectedAnswer.of(call.doing, "a redirect that leads nowhere")

    def _mask(self, call: Call) -> Mask:
        """Hides what the service may echo and nobody may see; a url may be a secret as a whole."""
        body = call.body if isinstance(call.body, Mapping) else {}
        url, secrets = body.get("url"), (*self.auth.secrets(), body.get("secret"))
        shown = {secret: SECRET for secret in secrets if secret}
        return Mask({url: origin_shown(url), **shown} if url else shown)


def _location(call: Call, answer: Answer) -> str:
    try:
        return urljoin(call.url, answer.headers.get("Location", ""))
    except ValueError:
        return ""


def _page(page: Mapping[str, Any], doing: str) -> Page:
    values, size = page.get("values"), page.get("size")
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise UnexpectedAnswer.of(doing, "a page without a list of values")
    return Page(values, size if isinstance(size, int) else None)
