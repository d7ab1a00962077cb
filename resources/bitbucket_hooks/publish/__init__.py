"""Brings a finished report to people: where they review, without ever failing over its size.

One call does it all, as far as the place allows:

    place = find_place(pull_request=12, repository="acme/infra", commit="…40 digits…")
    result = publish(Published(project, stack, title, summary, passed, render), place,
                     settings, notify)

`find_place()` without arguments reads Bitbucket Pipelines' and GitHub Actions' variables. Four
targets: the one comment of a stack on a pull request, a Code Insights report with annotations, a
build status, and GitHub's job summary. What a target can't take for want of a token or a scope is
in the result, with its remedy; the others are served all the same, and the caller decides what
that means for its exit code. Markdown comes from `render(limit)`, which folds to a number of
characters as it knows best; what is still too long is cut at the end of a line.
"""

from bitbucket_hooks.publish.place import PublishContext, Target, find_place
from bitbucket_hooks.publish.publishing import PublishResult, TargetResult, publish
from bitbucket_hooks.publish.report import Annotation, Published, ReportFigure, Severity

__all__ = [
    "Annotation",
    "PublishContext",
    "PublishResult",
    "Published",
    "ReportFigure",
    "Severity",
    "Target",
    "TargetResult",
    "find_place",
    "publish",
]
