"""Brings a finished report to people: where they review, without ever failing over its size.

Per stack: the one comment on a pull request, a Code Insights report with annotations, a build
status, and GitHub's job summary. What a target can't take for want of a token or a scope is in the
result, with its remedy; the others are served all the same, and the caller decides what that means
for its exit code.
"""
