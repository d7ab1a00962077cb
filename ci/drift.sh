#!/bin/sh
# Look whether the live webhooks of a stack are as declared, and tell when they aren't:
#
#   ci/drift.sh STACK [ARGUMENT…]         # arguments of `bitbucket-hooks drift`
#
# Changes no hook and no state. Exits with 0 when they are, with 3 when they aren't, which fails the
# run and so tells whoever watches it; 1 for a mistake of ours, 2 when the remote side failed.
# Variables: docs/pipelines.md.
set -eu
stack=${1-}
[ $# -eq 0 ] || shift
. "$(dirname "$0")/begin.sh"

[ -z "${BITBUCKET_BUILD_NUMBER-}${GITHUB_STEP_SUMMARY-}" ] || set -- --publish "$@"

bitbucket-hooks drift "$stack" --fail "$@"
