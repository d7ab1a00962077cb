"""What Bitbucket posts for each event, told of a repository that is made up.

The forms of `repo:push`, `pullrequest:*` and `issue:*` follow the vendor's page "Event payloads"
as it is commonly known; none could be compared with a live delivery. Those of the other events are
plainer: who did it, where, and what the page says of them beyond that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from attrs import field, frozen

_SITE: Final = "https://bitbucket.org"
_API: Final = "https://api.bitbucket.org/2.0"
_BRANCH: Final = "feature/deliveries"
_MESSAGE: Final = "Ändere nichts: a test delivery\n"  # not ASCII: only the raw body verifies


def payload(event: str, workspace: str, repository: str, at: datetime) -> dict[str, Any]:
    """The payload of an event of the catalogue; the same in every call with the same arguments.

    Raises KeyError for an unknown event.
    """
    return _Estate(workspace, repository, at).payload(event)


def _uuid(*names: str) -> str:
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, '/'.join((_SITE, *names)))}}}"


def _hash(text: str) -> str:
    """What looks like the hash of a commit."""
    return sha256(text.encode()).hexdigest()[:40]


def _links(**hrefs: str) -> dict[str, dict[str, str]]:
    return {name: {"href": href} for name, href in hrefs.items()}


def _content(raw: str) -> dict[str, str]:
    return {
        "type": "rendered",
        "raw": raw,
        "markup": "markdown",
        "html": f"<p>{raw.strip()}</p>",
    }


@frozen
class _Estate:
    """The people and things that payloads tell of."""

    slug: str
    name: str
    at: datetime
    full_name: str = field(init=False)

    @full_name.default
    def _full_name(self) -> str:
        return f"{self.slug}/{self.name}"

    def payload(self, event: str) -> dict[str, Any]:
        actor = self.user("Test Sender")
        if event == "project:updated":
            changes = {"name": {"old": "Platforms", "new": "Platform"}}
            return {"actor": actor, "project": self.project(), "changes": changes}
        told = {"actor": actor, "repository": self.repository()}
        return {**told, **_MORE[event](self)}

    def time(self, minutes: int = 0) -> str:
        return (self.at - timedelta(minutes=minutes)).isoformat(timespec="seconds")

    def site(self, *path: str) -> str:
        return "/".join((_SITE, self.full_name, *path))

    def api(self, *path: str) -> str:
        return "/".join((_API, "repositories", self.full_name, *path))

    def user(self, name: str) -> dict[str, Any]:
        uid = _uuid("user", name)
        return {
            "type": "user",
            "display_name": name,
            "nickname": name.split(maxsplit=1)[0].lower(),
            "account_id": f"557058:{uid.strip('{}')}",
            "uuid": uid,
            "links": _links(
                self=f"{_API}/users/{uid}",
                html=f"{_SITE}/{uid}/",
                avatar=f"{_SITE}/account/{uid}/avatar/",
            ),
        }

    def workspace(self) -> dict[str, Any]:
        return {
            "type": "workspace",
            "slug": self.slug,
            "name": self.slug.title(),
            "uuid": _uuid(self.slug),
            "links": _links(
                self=f"{_API}/workspaces/{self.slug}",
                html=f"{_SITE}/{self.slug}/",
                avatar=f"{_SITE}/workspaces/{self.slug}/avatar/",
            ),
        }

    def project(self) -> dict[str, Any]:
        return {
            "type": "project",
            "key": "PLAT",
            "name": "Platform",
            "uuid": _uuid(self.slug, "PLAT"),
            "links": _links(
                self=f"{_API}/workspaces/{self.slug}/projects/PLAT",
                html=f"{_SITE}/{self.slug}/workspace/projects/PLAT",
                avatar=f"{_SITE}/{self.slug}/workspace/projects/PLAT/avatar/32",
            ),
        }

    def repository(self) -> dict[str, Any]:
        return {
            "type": "repository",
            "full_name": self.full_name,
            "name": self.name,
            "uuid": _uuid(self.full_name),
            "scm": "git",
            "website": None,
            "is_private": True,
            "parent": None,
            "owner": {**self.workspace(), "type": "team", "display_name": self.slug.title()},
            "workspace": self.workspace(),
            "project": self.project(),
            "links": _links(
                self=self.api(), html=self.site(), avatar=f"{_SITE}/{self.full_name}/avatar/"
            ),
        }

    def commit(self, name: str, *, parent: str | None = None) -> dict[str, Any]:
        author = self.user("Test Author")
        parents = [] if parent is None else [_short_commit(self, parent)]
        return {
            **_short_commit(self, name),
            "date": self.time(2),
            "message": _MESSAGE,
            "summary": _content(_MESSAGE),
            "author": {
                "type": "author",
                "raw": "Test Author <author@example.com>",
                "user": author,
            },
            "parents": parents,
        }


def _short_commit(estate: _Estate, name: str) -> dict[str, Any]:
    sha = _hash(f"{estate.full_name} {name}")
    return {
        "type": "commit",
        "hash": sha,
        "links": _links(self=estate.api("commit", sha), html=estate.site("commits", sha)),
    }


def _branch(estate: _Estate, commit: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "branch",
        "name": _BRANCH,
        "target": commit,
        "merge_strategies": ["merge_commit", "squash", "fast_forward"],
        "default_merge_strategy": "merge_commit",
        "links": _links(
            self=estate.api("refs/branches", _BRANCH),
            commits=estate.api("commits", _BRANCH),
            html=estate.site("branch", _BRANCH),
        ),
    }


def _push(estate: _Estate) -> dict[str, Any]:
    new, old = estate.commit("new", parent="old"), estate.commit("old")
    both = f"{new['hash']}..{old['hash']}"
    change = {
        "old": _branch(estate, old),
        "new": _branch(estate, new),
        "created": False,
        "closed": False,
        "forced": False,
        "truncated": False,
        "commits": [new],
        "links": _links(
            html=estate.site("branches/compare", both),
            diff=estate.api("diff", both),
            commits=f"{estate.api('commits')}?include={new['hash']}&exclude={old['hash']}",
        ),
    }
    return {"push": {"changes": [change]}}


def _end(estate: _Estate, branch: str, commit: str) -> dict[str, Any]:
    """One end of a pull request: where it comes from, or where it goes."""
    return {
        "branch": {"name": branch},
        "commit": _short_commit(estate, commit),
        "repository": estate.repository(),
    }


def _participant(estate: _Estate, state: str | None) -> dict[str, Any]:
    return {
        "type": "participant",
        "user": estate.user("Test Sender"),
        "role": "REVIEWER",
        "approved": state == "approved",
        "state": state,
        "participated_on": estate.time() if state else None,
    }


def _pull_request(
    estate: _Estate, state: str = "OPEN", review: str | None = None, comments: int = 0
) -> dict[str, Any]:
    title = _MESSAGE.strip()
    content = _content("Sent by `bitbucket-hooks send`.")
    merged, closed = state == "MERGED", state != "OPEN"
    return {
        "type": "pullrequest",
        "id": 1,
        "title": title,
        "description": content["raw"],
        "summary": content,
        "rendered": {"title": _content(title), "description": content},
        "state": state,
        "draft": False,
        "author": estate.user("Test Author"),
        "source": _end(estate, _BRANCH, "new"),
        "destination": _end(estate, "main", "old"),
        "merge_commit": _short_commit(estate, "merge") if merged else None,
        "participants": [_participant(estate, review)],
        "reviewers": [estate.user("Test Sender")],
        "close_source_branch": True,
        "closed_by": estate.user("Test Sender") if closed else None,
        "reason": "Not this way" if state == "DECLINED" else "",
        "comment_count": comments,
        "task_count": 0,
        "created_on": estate.time(10),
        "updated_on": estate.time(),
        "links": _links(
            self=estate.api("pullrequests/1"),
            html=estate.site("pull-requests/1"),
            commits=estate.api("pullrequests/1/commits"),
            diff=estate.api("pullrequests/1/diff"),
            comments=estate.api("pullrequests/1/comments"),
            approve=estate.api("pullrequests/1/approve"),
            merge=estate.api("pullrequests/1/merge"),
            decline=estate.api("pullrequests/1/decline"),
        ),
    }


def _of_pull_request(**how: Any) -> Callable[[_Estate], dict[str, Any]]:
    return lambda estate: {"pullrequest": _pull_request(estate, **how)}


def _review(key: str, state: str | None) -> Callable[[_Estate], dict[str, Any]]:
    """A review that was given or, without a state, taken back."""
    return lambda estate: {
        "pullrequest": _pull_request(estate, review=state),
        key: {"date": estate.time(), "user": estate.user("Test Sender")},
    }


def _comment(estate: _Estate, kind: str, page: str) -> dict[str, Any]:
    return {
        "type": kind,
        "id": 17,
        "content": _content("Is that so?"),
        "user": estate.user("Test Sender"),
        "deleted": False,
        "created_on": estate.time(5),
        "updated_on": estate.time(),
        "links": _links(
            self=estate.api(page.replace("pull-requests", "pullrequests"), "comments/17"),
            html=f"{estate.site(page)}#comment-17",
        ),
    }


def _pull_request_comment(**more: Any) -> Callable[[_Estate], dict[str, Any]]:
    def told(estate: _Estate) -> dict[str, Any]:
        comment = _comment(estate, "pullrequest_comment", "pull-requests/1")
        inline = {"path": "README.md", "from": None, "to": 10}
        reference = {"type": "pullrequest", "id": 1, "title": _MESSAGE.strip()}
        return {
            "pullrequest": _pull_request(estate, comments=1),
            "comment": {**comment, "inline": inline, "pullrequest": reference, **more},
        }

    return told


def _resolved(estate: _Estate) -> dict[str, Any]:
    resolution = {"type": "comment_resolution", "user": estate.user("Test Sender")}
    return _pull_request_comment(resolution={**resolution, "created_on": estate.time()})(estate)


def _issue(estate: _Estate, state: str = "new") -> dict[str, Any]:
    return {
        "type": "issue",
        "id": 1,
        "title": "A test delivery",
        "content": _content("Sent by `bitbucket-hooks send`."),
        "kind": "bug",
        "priority": "major",
        "state": state,
        "component": None,
        "milestone": None,
        "version": None,
        "votes": 0,
        "watches": 1,
        "reporter": estate.user("Test Author"),
        "assignee": None,
        "repository": estate.repository(),
        "created_on": estate.time(10),
        "updated_on": estate.time(),
        "edited_on": None,
        "links": _links(
            self=estate.api("issues/1"),
            html=estate.site("issues/1"),
            comments=estate.api("issues/1/comments"),
        ),
    }


def _issue_comment(estate: _Estate) -> dict[str, Any]:
    return {"issue": _issue(estate), "comment": _comment(estate, "issue_comment", "issues/1")}


def _issue_updated(estate: _Estate) -> dict[str, Any]:
    comment = _comment(estate, "issue_comment", "issues/1")
    changes = {"status": {"old": "new", "new": "open"}}
    return {"issue": _issue(estate, "open"), "comment": comment, "changes": changes}


def _build_status(state: str) -> Callable[[_Estate], dict[str, Any]]:
    def told(estate: _Estate) -> dict[str, Any]:
        commit = _short_commit(estate, "new")
        status = {
            "type": "build",
            "key": "test-delivery",
            "name": "Test delivery",
            "description": "Sent by bitbucket-hooks send",
            "state": state,
            "url": "https://ci.example.com/builds/1",
            "created_on": estate.time(1),
            "updated_on": estate.time(),
            "links": {
                **_links(commit=commit["links"]["self"]["href"]),
                **_links(self=estate.api("commit", commit["hash"], "statuses/build/test-delivery")),
            },
        }
        return {"commit_status": status}

    return told


def _commit_comment(estate: _Estate) -> dict[str, Any]:
    commit = _short_commit(estate, "new")
    page = f"commits/{commit['hash']}"
    return {"commit": commit, "comment": _comment(estate, "commit_comment", page)}


def _fork(estate: _Estate) -> dict[str, Any]:
    fork = _Estate(estate.slug, f"{estate.name}-fork", estate.at).repository()
    return {"fork": {**fork, "parent": estate.repository()}}


def _renamed(estate: _Estate) -> dict[str, Any]:
    changes = {"name": {"old": f"{estate.name}-old", "new": estate.name}}
    return {"changes": changes}


def _nothing(_: _Estate) -> dict[str, Any]:
    return {}


_MORE: Final[Mapping[str, Callable[[_Estate], dict[str, Any]]]] = {
    "repo:push": _push,
    "repo:fork": _fork,
    "repo:updated": _renamed,
    "repo:transfer": _nothing,
    "repo:created": _nothing,
    "repo:deleted": _nothing,
    "repo:imported": _nothing,
    "repo:commit_comment_created": _commit_comment,
    "repo:commit_status_created": _build_status("INPROGRESS"),
    "repo:commit_status_updated": _build_status("SUCCESSFUL"),
    "pullrequest:created": _of_pull_request(),
    "pullrequest:updated": _of_pull_request(),
    "pullrequest:approved": _review("approval", "approved"),
    "pullrequest:unapproved": _review("approval", None),
    "pullrequest:fulfilled": _of_pull_request(state="MERGED"),
    "pullrequest:rejected": _of_pull_request(state="DECLINED"),
    "pullrequest:push": _of_pull_request(),
    "pullrequest:changes_request_created": _review("changes_request", "changes_requested"),
    "pullrequest:changes_request_removed": _review("changes_request", None),
    "pullrequest:comment_created": _pull_request_comment(),
    "pullrequest:comment_updated": _pull_request_comment(),
    "pullrequest:comment_deleted": _pull_request_comment(deleted=True),
    "pullrequest:comment_resolved": _resolved,
    "pullrequest:comment_reopened": _pull_request_comment(),
    "issue:created": lambda estate: {"issue": _issue(estate)},
    "issue:updated": _issue_updated,
    "issue:comment_created": _issue_comment,
    "pipeline:span_created": _nothing,
}
"""What each event tells beyond who did it and where."""
