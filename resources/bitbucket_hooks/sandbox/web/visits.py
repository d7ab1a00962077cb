"""One request to a page: finds the webhooks that it names, and renders the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.html.render import render
from bitbucket_hooks.sandbox import hookstore, tenants
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.tenants import StoredRepository
from bitbucket_hooks.sandbox.web import paths

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.delivering import Deliverer, EventRun
    from bitbucket_hooks.sandbox.web.paths import Subject
    from bitbucket_hooks.sandbox.webhook import StoredHook


@attrs.frozen
class Visit:
    """What a page needs to answer. The connection may write when a form was sent."""

    request: Request
    connection: sqlite3.Connection
    token: str
    """What the page's forms hold."""
    deliverer: Deliverer
    starting: list[EventRun] = attrs.field(factory=list)
    """What is sent as soon as the transaction is over."""

    @property
    def sends(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    def subject(self, workspace: str, slug: str | None) -> Subject:
        """Find a repository, or without a slug a workspace. Raises `SandboxError`."""
        if slug:
            return tenants.repository(self.connection, f"{workspace}/{slug}")
        return tenants.workspace(self.connection, workspace)

    def hooks(self, subject: Subject) -> list[StoredHook]:
        """Give the hooks that a page shows: a repository's own, then its workspace's."""
        uuids = _shown_on(subject)
        return [hook for uuid in uuids for hook in hookstore.current(self.connection, uuid)]

    def hook(self, subject: Subject, uid: str) -> StoredHook:
        """Find one of these hooks. Raises `SandboxError`."""
        found = hookstore.find(self.connection, uid)
        if found.subject not in _shown_on(subject):
            raise SandboxError(
                f'there is no webhook "{uid}" of {subject.full_name}; go back to its list'
            )
        return found

    def own_hook(self, subject: Subject, uid: str) -> StoredHook:
        """Find one of these hooks that may be changed on the page. Raises `SandboxError`."""
        found = self.hook(subject, uid)
        if not may_change(subject, found):
            raise SandboxError(
                "this webhook is read-only here; change it where it belongs, with "
                "`bitbucket-hooks sandbox change-hook`"
            )
        return found


def _shown_on(subject: Subject) -> tuple[str, ...]:
    above = [subject.workspace] if isinstance(subject, StoredRepository) else []
    return (subject.uuid, *above)


def may_change(subject: Subject, hook: StoredHook) -> bool:
    """Whether a page may change a hook; it only shows those of others and of apps."""
    return hook.subject == subject.uuid and not hook.read_only


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page of the sandbox."""
    html = render(f"sandbox/{template}.html", paths=paths, **values)
    return Response(html, status, mimetype="text/html")
