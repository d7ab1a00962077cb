#!/bin/sh
# Bring the webhooks of a stack in line with their declarations, drift included:
#
#   ci/deploy.sh STACK [ARGUMENT…]        # arguments of `bitbucket-hooks up`
#
# With `--reviewed FILE`, of `ci/preview.sh STACK --refresh --save FILE`, it applies what was reviewed or
# nothing. Exits with 0 when all is done, 3 when it isn't what was reviewed, 1 for a mistake of ours
# and 2 when the remote side failed; then run it again. Variables: docs/pipelines.md.
set -eu
stack=${1-}
[ $# -eq 0 ] || shift
. "$(dirname "$0")/begin.sh"

told=
if [ -n "${GITHUB_STEP_SUMMARY-}" ]; then
    told=$(mktemp)
    trap 'rm -f "$told"' EXIT
    set -- --markdown "$told" "$@"
fi
code=0
bitbucket-hooks up "$stack" --refresh --yes "$@" || code=$?
[ -z "$told" ] || cat "$told" >>"$GITHUB_STEP_SUMMARY"
exit "$code"
