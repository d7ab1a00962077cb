#!/bin/sh
# Tell what a deployment would do to the webhooks of a stack, here and where people review:
#
#   ci/preview.sh STACK [ARGUMENT…]       # arguments of `bitbucket-hooks preview`
#
# It asks Bitbucket about what the change touches, not about every hook: `--refresh` does that, and
# belongs to a review that `ci/deploy.sh` is to keep to, which looks at every hook too.
#
# It changes nothing but the comment, report and status in Bitbucket or the summary in GitHub.
# Exits with 0 whether something changes or not, with 1 when the declarations are wrong or too much
# would be deleted, with 2 when the remote side failed. Variables: docs/pipelines.md.
set -eu
stack=${1-}
[ $# -eq 0 ] || shift
. "$(dirname "$0")/begin.sh"

# Bitbucket's comments unfold nothing, so every name is in a page among the step's artifacts.
[ -z "${BITBUCKET_BUILD_NUMBER-}" ] || set -- --html "webhooks-$stack.html" "$@"
# At a desk there is nowhere to publish.
[ -z "${BITBUCKET_BUILD_NUMBER-}${GITHUB_STEP_SUMMARY-}" ] || set -- --publish "$@"

code=0
bitbucket-hooks preview "$stack" "$@" || code=$?
[ "$code" -ne 3 ] || code=0 # changes are what a preview is for
exit "$code"
