"""The pages as a WSGI application: from a path to what shows it, past the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.sandbox.delivering import Deliverer
from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.schema import NUMBER
from bitbucket_hooks.sandbox.web import hookform, hooklist, layout, overview, paths, requests
from bitbucket_hooks.sandbox.web.guard import Guard
from bitbucket_hooks.sandbox.web.markup import tag, text
from bitbucket_hooks.sandbox.web.style import SCRIPT, STYLE
from bitbucket_hooks.sandbox.web.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from bitbucket_hooks.sandbox.store import Database

_REPOSITORY: Final = "/<workspace>/<slug>"
_HOOKS: Final = f"{_REPOSITORY}/admin/webhooks"
_REQUEST: Final = f"{_HOOKS}/<uid>/requests/<{NUMBER}:number>"
_STOPPING_SECONDS: Final = 1.0
_OTHER_NAME: Final = (
    "This page is for the machine that it runs on: open it as http://127.0.0.1 with its port.\n"
)
_FORGED: Final = "This form did not come from this page, or the sandbox was started anew since."


def _rule(path: str, endpoint: Callable[..., Response], *methods: str) -> Rule:
    return Rule(path, endpoint=endpoint, methods=methods or ("GET",))


def _style(_: Visit) -> Response:
    return Response(STYLE, mimetype="text/css")


def _script(_: Visit) -> Response:
    return Response(SCRIPT, mimetype="text/javascript")


def _to_hooks(visit: Visit, workspace: str, slug: str) -> Response:
    return redirect(paths.hooks(visit.repository(workspace, slug)))


_ROUTES: Final = Map(
    [
        _rule("/", overview.show),
        _rule(paths.STYLE, _style),
        _rule(paths.SCRIPT, _script),
        _rule(_REPOSITORY, _to_hooks),
        _rule(f"{_REPOSITORY}/trigger", hooklist.trigger, "POST"),
        _rule(f"{_REPOSITORY}/events/<name>", requests.event),
        _rule(_HOOKS, hooklist.show),
        _rule(f"{_HOOKS}/new", hookform.add, "GET", "POST"),
        _rule(f"{_HOOKS}/<uid>/edit", hookform.edit, "GET", "POST"),
        _rule(f"{_HOOKS}/<uid>/delete", hookform.delete, "GET", "POST"),
        _rule(f"{_HOOKS}/<uid>/requests", requests.history, "GET", "POST"),
        _rule(_REQUEST, requests.details),
        _rule(f"{_REQUEST}/resend", requests.resend, "POST"),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


class Pages:
    """Shows and changes one sandbox, for whoever sits at this machine."""

    def __init__(self, database: Database, origin: str, port: int) -> None:
        self._database = database
        self._guard = Guard(origin, port)
        self._deliverer = Deliverer(database)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as the WSGI standard says."""
        request = Request(environ)
        if not self._guard.is_asked(request):
            other = Response(_OTHER_NAME, 421, mimetype="text/plain")
            return other(environ, start_response)
        session = self._guard.session(request)
        response = self._answer(request, self._guard.token(session))
        self._guard.seal(response, session)
        return response(environ, start_response)

    def close(self) -> None:
        """Wait a moment for what is on its way."""
        self._deliverer.wait(_STOPPING_SECONDS)

    def _answer(self, request: Request, token: str) -> Response:
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            sends = request.method == "POST"
            if sends and not self._guard.allows(request):
                return overview.refused(_FORGED)
            with self._database.write() if sends else self._database.read() as connection:
                visit = Visit(request, connection, token, self._deliverer)
                response: Response = endpoint(visit, **values)
        except SandboxUnusable:
            raise
        except SandboxError as error:
            return overview.missing(f"{error}.")
        except HTTPException as error:
            told = tag("p", text(error.description or ""))
            return layout.page(error.name, told, status=error.code or 500)
        for run in visit.starting:
            self._deliverer.start(run)
        return response
