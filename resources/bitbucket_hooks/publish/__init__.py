"""Brings a finished report to people: where they review, without ever failing over its size.

`publish(report, find_place(), settings, notify)` serves, per stack: the one comment on a pull
request, a Code Insights report with annotations, a build status, and GitHub's job summary. What a
target can't take for want of a token or a scope is in the result, with its remedy; the others are
served all the same, and the caller decides what that means for its exit code.
"""

from bitbucket_hooks.publish.place import PublishContext, Target, find_place
from bitbucket_hooks.publish.publishing import TargetResult, publish
from bitbucket_hooks.publish.report import Annotation, Published, Severity

__all__ = [
    "Annotation",
    "PublishContext",
    "Published",
    "Severity",
    "Target",
    "TargetResult",
    "find_place",
    "publish",
]
