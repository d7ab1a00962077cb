#!/bin/sh
# What the action and the pipe start, by variables: RUN is preview, deploy or drift, STACK the stack's
# name, ARGUMENTS more for the command. BITBUCKET_HOOKS_PROJECT is the project's folder; a pipe has
# PROJECT instead, in its clone.
set -eu
case ${RUN-} in
preview | deploy | drift) ;;
*)
    echo "$0: RUN is preview, deploy or drift, not '${RUN-}'" >&2
    exit 1
    ;;
esac
export BITBUCKET_HOOKS_PROJECT="${BITBUCKET_HOOKS_PROJECT-${BITBUCKET_CLONE_DIR-.}/${PROJECT-.}}"
# shellcheck disable=SC2086 # they are several words
exec "$(dirname "$0")/$RUN.sh" "${STACK-}" ${ARGUMENTS-}
