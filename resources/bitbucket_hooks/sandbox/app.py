"""The sandbox's API: the way of a request from its route to its response."""

from __future__ import annotations

import io
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

import attrs
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.sandbox import (
    comments,
    errors,
    faults,
    hooks,
    insights,
    listing,
    settings,
)
from bitbucket_hooks.sandbox.calls import IncomingRequest, select_fields
from bitbucket_hooks.sandbox.errors import Missing, Refusal
from bitbucket_hooks.sandbox.identity import Identity, identify
from bitbucket_hooks.sandbox.settings import FaultKind, SandboxSettings
from bitbucket_hooks.sandbox.store import NUMBER

_READS: Final = ("GET", "HEAD")
_PUBLIC: Final = (
    listing.address_ranges,
    hooks.subject_types,
    hooks.event_types,
    listing.access_token,
)


def rule(path: str, endpoint: Callable[..., Response], *methods: str) -> Rule:
    """Route a path to a function, by default for GET alone."""
    return Rule(path, endpoint=endpoint, methods=methods or ("GET",))


_REPOSITORY: Final = "/2.0/repositories/<workspace>/<slug>"
_WORKSPACE: Final = "/2.0/workspaces/<workspace>"
_COMMENTS: Final = f"{_REPOSITORY}/pullrequests/<{NUMBER}:number>/comments"
_COMMIT: Final = f"{_REPOSITORY}/commit/<commit>"
_REPORT: Final = f"{_COMMIT}/reports/<report>"
_ROUTES: Final = Map(
    [
        rule("/2.0/hook_events", hooks.subject_types),
        rule("/2.0/hook_events/<subject_type>", hooks.event_types),
        rule("/2.0/user", listing.user),
        rule(_WORKSPACE, listing.workspace),
        rule("/2.0/workspaces", listing.workspaces),
        rule("/2.0/user/workspaces", listing.workspace_accesses),
        rule("/2.0/repositories", listing.all_repositories),
        rule("/2.0/repositories/<workspace>", listing.repositories),
        rule(_REPOSITORY, listing.repository),
        *(
            route
            for base in (_REPOSITORY, _WORKSPACE)
            for route in (
                rule(f"{base}/hooks", hooks.collection, "GET", "POST"),
                rule(f"{base}/hooks/<uid>", hooks.item, "GET", "PUT", "DELETE"),
            )
        ),
        rule(_COMMENTS, comments.collection, "GET", "POST"),
        rule(f"{_COMMENTS}/<{NUMBER}:comment>", comments.item, "GET", "PUT", "DELETE"),
        rule(f"{_COMMIT}/<any(reports, statuses):kind>", insights.collection),
        rule(_REPORT, insights.report, "GET", "PUT", "DELETE"),
        rule(f"{_REPORT}/annotations", insights.report_annotations, "GET", "POST"),
        rule(f"{_COMMIT}/statuses/build", insights.build, "POST"),
        rule(f"{_COMMIT}/statuses/build/<key>", insights.status, "GET", "PUT"),
        rule("/site/oauth2/access_token", listing.access_token, "POST"),
        rule("/ip-ranges", listing.address_ranges),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


@attrs.frozen
class Application:
    """Plays the API over one database. Safe in any number of threads and processes."""

    database: Database

    def respond(
        self, request: Request, pause: Callable[[float], object] = time.sleep
    ) -> Response | None:
        """Answer a request; `pause` waits for so many seconds.

        The connection is to break without a response, and amid a body that is shorter than its
        `Content-Length`.
        """
        with self.database.reading() as connection:
            current = settings.load(connection)
            identity = identify(
                connection, request.headers.get("Authorization"), request.remote_addr or "nowhere"
            )
        response = faults.admit(self.database, current, identity.name)
        fault = None
        if not response:
            fault = faults.draw(self.database, current, request.method, request.path)
        if milliseconds := current.latency_ms + (current.slow_ms if fault == "slow" else 0):
            pause(milliseconds / 1000)
        response = response or self._answer(request, identity, current, fault)
        if current.log_requests:
            self._log(request, identity, response, fault)
        return response

    def _answer(
        self,
        request: Request,
        identity: Identity,
        current: SandboxSettings,
        fault: FaultKind | None,
    ) -> Response | None:
        """Carry the request out unless the fault prevents it."""
        if fault in faults.BEFORE:
            return _failure(fault)
        response = self._carry_out(request, identity, current)
        body = response.get_json(silent=True) if fault == "empty-list" else None
        if isinstance(body, dict) and "values" in body:
            response.set_data(json.dumps({"pagelen": body["pagelen"], "size": 0, "values": []}))
        if current.scope_headers and identity.is_known:
            response.headers["X-OAuth-Scopes"] = ", ".join(sorted(identity.scopes))
        faults.label(self.database, current, identity, response)
        if fault == "502-after":
            return errors.gateway_page(502)
        if fault == "truncated":
            return _cut_short(response)
        return None if fault == "drop-after" else response

    def _carry_out(
        self, request: Request, identity: Identity, current: SandboxSettings
    ) -> Response:
        reading = request.method in _READS
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            if endpoint not in _PUBLIC and not identity.is_known:
                raise errors.unauthenticated()
            if endpoint is not listing.access_token and identity.kind == "invalid":
                raise errors.unauthenticated()
            with self.database.reading() if reading else self.database.writing() as connection:
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
        fields = request.args.get("fields")
        if fields and reading:
            response.set_data(json.dumps(select_fields(response.get_json(), fields)))
        return response

    def _log(
        self, request: Request, identity: Identity, response: Response | None, fault: str | None
    ) -> None:
        query = request.query_string.decode("latin-1")
        status = response.status_code if response else None
        with self.database.writing() as connection:
            connection.execute(
                "INSERT INTO requests (at, method, path, query, status, identity, fault)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (time.time(), request.method, request.path, query, status, identity.name, fault),
            )


def _failure(fault: FaultKind | None) -> Response | None:
    if fault == "500":  # with the id that the vendor's support asks for (seen)
        return errors.refusal(500, "Something went wrong", id=secrets.token_hex(16)).response
    if fault == "html":
        return errors.gateway_page(200)
    return None if fault == "drop-before" else errors.gateway_page(int(fault or 0))


def _cut_short(response: Response) -> Response | None:
    """Announce the whole body and give half; an answer without a body drops instead."""
    body = response.get_data()
    if not body:
        return None
    return Response([body[: len(body) // 2]], response.status_code, response.headers)


def incoming(
    method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, address: str
) -> Request:
    """Make a request of its parts; `target` is what stands on the request line."""
    parts = urlsplit(target)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    for name, value in headers:
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    # The body is here as a whole, however it was sent.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.setdefault("HTTP_HOST", parts.netloc)
    # Whoever needs the server's name takes it from the Host header.
    return Request({**environ, "SERVER_NAME": "sandbox.invalid", "SERVER_PORT": "80"})
