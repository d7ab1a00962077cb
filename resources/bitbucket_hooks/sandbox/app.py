"""The sandbox as a WSGI application: the way of a request from its route to its answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import attrs
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.sandbox import (
    addresses,
    comments,
    errors,
    faults,
    hooks,
    insights,
    limits,
    listing,
    oauth,
    settings,
    statuses,
)
from bitbucket_hooks.sandbox.calls import IncomingRequest
from bitbucket_hooks.sandbox.errors import ConnectionDropped, Missing, Refusal
from bitbucket_hooks.sandbox.identity import identify
from bitbucket_hooks.sandbox.pages import select_fields
from bitbucket_hooks.sandbox.store import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from bitbucket_hooks.sandbox.identity import Identity
    from bitbucket_hooks.sandbox.settings import FaultKind, SandboxSettings
    from bitbucket_hooks.sandbox.store import Database

PAUSE: Final = "bitbucket_hooks.sandbox.pause"
"""Key of the WSGI environment: a function that waits so many seconds, in place of `time.sleep`."""

_READS: Final = ("GET", "HEAD")
_PUBLIC: Final = (
    addresses.published,
    hooks.subject_types,
    hooks.event_types,
    oauth.access_token,
)


def _rule(path: str, endpoint: Callable[..., Response], *methods: str) -> Rule:
    return Rule(path, endpoint=endpoint, methods=methods or ("GET",))


_REPOSITORY: Final = "/2.0/repositories/<workspace>/<slug>"
_WORKSPACE: Final = "/2.0/workspaces/<workspace>"
_COMMENTS: Final = f"{_REPOSITORY}/pullrequests/<{NUMBER}:number>/comments"
_COMMIT: Final = f"{_REPOSITORY}/commit/<commit>"
_REPORT: Final = f"{_COMMIT}/reports/<report>"
_ROUTES: Final = Map(
    [
        _rule("/2.0/hook_events", hooks.subject_types),
        _rule("/2.0/hook_events/<subject_type>", hooks.event_types),
        _rule("/2.0/user", listing.user),
        _rule(_WORKSPACE, listing.workspace),
        _rule("/2.0/workspaces", listing.workspaces),
        _rule("/2.0/user/workspaces", listing.workspace_accesses),
        _rule("/2.0/repositories", listing.all_repositories),
        _rule("/2.0/repositories/<workspace>", listing.repositories),
        _rule(_REPOSITORY, listing.repository),
        *(
            rule
            for base in (_REPOSITORY, _WORKSPACE)
            for rule in (
                _rule(f"{base}/hooks", hooks.collection, "GET", "POST"),
                _rule(f"{base}/hooks/<uid>", hooks.item, "GET", "PUT", "DELETE"),
            )
        ),
        _rule(_COMMENTS, comments.collection, "GET", "POST"),
        _rule(f"{_COMMENTS}/<{NUMBER}:comment>", comments.item, "GET", "PUT", "DELETE"),
        _rule(f"{_COMMIT}/reports", insights.collection),
        _rule(_REPORT, insights.item, "GET", "PUT", "DELETE"),
        _rule(f"{_REPORT}/annotations", insights.report_annotations, "GET", "POST"),
        _rule(f"{_COMMIT}/statuses", statuses.collection),
        _rule(f"{_COMMIT}/statuses/build", statuses.build, "POST"),
        _rule(f"{_COMMIT}/statuses/build/<key>", statuses.item, "GET", "PUT"),
        _rule("/site/oauth2/access_token", oauth.access_token, "POST"),
        _rule("/ip-ranges", addresses.published),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


@attrs.frozen
class Application:
    """Plays the API over one database. Safe in any number of threads and processes.

    Raises `ConnectionDropped`, at once or amid the body, for a connection that is to break.
    """

    database: Database

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as the WSGI standard says."""
        request = Request(environ)
        with self.database.read() as connection:
            current = settings.load(connection)
            identity = identify(
                connection, request.headers.get("Authorization"), request.remote_addr or "nowhere"
            )
        limited = limits.admit(self.database, current, identity.name)
        fault = None if limited else faults.draw(self.database, current, *_named(request))
        _pause(request, current, fault)
        response = limited or self._answer(request, identity, current, fault)
        if response and fault == "truncated":
            response = _cut_short(response)
        if fault == "drop-after":
            response = None
        if current.log_requests:
            self._log(request, identity, response, fault)
        if response is None:
            raise ConnectionDropped("the sandbox dropped the connection")
        return response(environ, start_response)

    def _answer(
        self,
        request: Request,
        identity: Identity,
        current: SandboxSettings,
        fault: FaultKind | None,
    ) -> Response | None:
        """Carry the request out unless the fault prevents it; no response: the connection drops."""
        if fault in faults.BEFORE:
            return _failure(fault)
        response = self._carry_out(request, identity, current)
        if fault == "empty-list":
            response = _emptied(response)
        if current.scope_headers and identity.is_known:
            response.headers["X-OAuth-Scopes"] = ", ".join(sorted(identity.scopes))
        if limits.are_shown(current, identity):
            with self.database.read() as connection:
                limits.label(connection, current, identity, response)
        return errors.gateway_page(502) if fault == "502-after" else response

    def _carry_out(
        self, request: Request, identity: Identity, current: SandboxSettings
    ) -> Response:
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            if endpoint not in _PUBLIC and not identity.is_known:
                raise errors.unauthenticated()
            if endpoint is not oauth.access_token and identity.kind == "invalid":
                raise errors.unauthenticated()
            reading = request.method in _READS
            with self.database.read() if reading else self.database.write() as connection:
                response: Response = endpoint(
                    IncomingRequest(request, connection, identity, current), **values
                )
        except Refusal as refusal:
            return refusal.response
        except Missing as missing:
            return errors.not_found(missing.answer).response
        except MethodNotAllowed:  # unverified
            return errors.refusal(405, "Method not allowed").response
        except HTTPException:
            return errors.not_found().response
        return _selected(request, response)

    def _log(
        self, request: Request, identity: Identity, response: Response | None, fault: str | None
    ) -> None:
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO requests (at, method, path, query, status, identity, fault)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    time.time(),
                    *_named(request),
                    request.query_string.decode("latin-1"),
                    response.status_code if response else None,
                    identity.name,
                    fault,
                ),
            )


def _named(request: Request) -> tuple[str, str]:
    return request.method, request.path


def _pause(request: Request, current: SandboxSettings, fault: FaultKind | None) -> None:
    milliseconds = current.latency_ms + (current.slow_ms if fault == "slow" else 0)
    if milliseconds:
        pause: Callable[[float], Any] = request.environ.get(PAUSE, time.sleep)
        pause(milliseconds / 1000)


def _failure(fault: FaultKind | None) -> Response | None:
    if fault == "500":
        return errors.server_error()
    if fault == "html":
        return errors.gateway_page(200)
    return None if fault == "drop-before" else errors.gateway_page(int(fault or 0))


def _emptied(response: Response) -> Response:
    body = response.get_json(silent=True)
    if isinstance(body, dict) and "values" in body:
        response.set_data(json.dumps({"pagelen": body["pagelen"], "size": 0, "values": []}))
    return response


def _selected(request: Request, response: Response) -> Response:
    fields = request.args.get("fields")
    if fields and request.method in _READS:
        response.set_data(json.dumps(select_fields(response.get_json(), fields)))
    return response


def _cut_short(response: Response) -> Response | None:
    """Announce the whole body and give half; an answer without a body drops instead."""
    body = response.get_data()
    if not body:
        return None
    return Response(_half(body), response.status_code, response.headers)


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionDropped("the sandbox dropped the connection amid the body")
