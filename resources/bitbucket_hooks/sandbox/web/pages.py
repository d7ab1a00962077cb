"""The way of a request to one of the sandbox's pages: checks it, and routes its path to a view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.html.render import static
from bitbucket_hooks.sandbox.app import rule
from bitbucket_hooks.sandbox.delivering import Deliverer
from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.store import NUMBER
from bitbucket_hooks.sandbox.web import paths, views
from bitbucket_hooks.sandbox.web.guard import Guard
from bitbucket_hooks.sandbox.web.views import Visit, page

_WORKSPACE: Final = "/<workspace>"
_REPOSITORY: Final = f"{_WORKSPACE}/<slug>"
_STOPPING_SECONDS: Final = 1.0
_OTHER_NAME: Final = (
    "This page is for the machine that it runs on: open it as http://127.0.0.1 with its port.\n"
)
_FORGED: Final = (
    "This form did not come from this page, or the sandbox was started anew since. "
    "Open the page again and repeat what you did."
)


def _static(mimetype: str, *names: str) -> Response:
    return Response(static(*names), mimetype=mimetype)


def _rules(subject: str) -> Iterator[Rule]:
    """The pages of a repository or a workspace."""
    hooks = f"{subject}/admin/webhooks"
    request = f"{hooks}/<uid>/requests/<{NUMBER}:number>"
    yield rule(subject, lambda _, subject: redirect(paths.hooks(subject)))
    yield rule(f"{subject}/events/<name>", views.event)
    yield rule(hooks, views.hooks)
    yield rule(f"{hooks}/new", views.add, "GET", "POST")
    yield rule(f"{hooks}/<uid>/active", views.switch, "POST")
    yield rule(f"{hooks}/<uid>/edit", views.edit, "GET", "POST")
    yield rule(f"{hooks}/<uid>/delete", views.delete, "GET", "POST")
    yield rule(f"{hooks}/<uid>/requests", views.requests, "GET", "POST")
    yield rule(request, views.request)
    yield rule(f"{request}/resend", views.resend, "POST")


_ROUTES: Final = Map(
    [
        rule("/", views.repositories),
        rule(paths.STYLE, lambda _: _static("text/css", "base.css", "sandbox.css")),
        rule(paths.SCRIPT, lambda _: _static("text/javascript", "sandbox.js")),
        rule(f"{_REPOSITORY}/trigger", views.trigger, "POST"),
        *_rules(_WORKSPACE),
        *_rules(_REPOSITORY),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


class Pages:
    """Shows and changes one sandbox, for the person at this machine."""

    def __init__(self, database: Database, origin: str, port: int) -> None:
        self._database = database
        self._guard = Guard(origin, port)
        self._deliverer = Deliverer(database)

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if not self._guard.is_asked(request):
            return Response(_OTHER_NAME, 421, mimetype="text/plain")
        session = self._guard.session(request)
        response = self._answer(request, self._guard.token(session))
        self._guard.seal(response, session)
        return response

    def close(self) -> None:
        """Wait a moment for deliveries that are not finished."""
        self._deliverer.wait(_STOPPING_SECONDS)

    def _answer(self, request: Request, token: str) -> Response:
        try:
            endpoint, found = _ROUTES.bind_to_environ(request.environ).match()
            values = dict(found)
            sends = request.method == "POST"
            if sends and not self._guard.allows(request):
                return page("message", status=403, title="Not done", message=_FORGED)
            with self._database.writing() if sends else self._database.reading() as connection:
                visit = Visit(request, connection, token, self._deliverer)
                if workspace := values.pop("workspace", None):
                    values["subject"] = visit.subject(workspace, values.pop("slug", None))
                response: Response = endpoint(visit, **values)
        except SandboxUnusable:
            raise
        except SandboxError as error:
            return page("message", status=404, title="Not found", message=f"{error}.")
        except HTTPException as error:
            status, message = error.code or 500, error.description or ""
            return page("message", status=status, title=error.name, message=message)
        for run in visit.starting:
            self._deliverer.start(run)
        return response
