# Sourced by the other scripts, with the stack's name in $stack: gets what they all need.
# It leaves the project set up, `bitbucket-hooks` on PATH, the stack's variables exported and, in a
# pipeline, a report to keep among the arguments.

cd "$(dirname "$0")/.."

case $stack in
'' | -* | *[!A-Za-z0-9_.-]*)
    echo "usage: $0 STACK [ARGUMENT…], with the name of a stack such as staging" >&2
    exit 1
    ;;
esac

# NAME__STACK is the NAME of that stack, unless NAME is set: one list of variables for the previews
# of several stacks. A deployment on Bitbucket has variables of its own, and is to use no other's.
if [ -z "${BITBUCKET_DEPLOYMENT_ENVIRONMENT-}" ]; then
    suffix=__$(printf %s "$stack" | tr 'a-z.-' 'A-Z__')
    for name in $(awk 'BEGIN { for (name in ENVIRON) print name }' | grep "^[A-Z_][A-Z0-9_]*$suffix\$"); do
        eval "[ -n \"\${${name%"$suffix"}-}\" ] || export ${name%"$suffix"}=\"\$$name\""
    done
fi

if [ -n "${CI-}" ]; then
    # A secret that isn't there reaches a step on GitHub as an empty variable, which for the engine
    # and for ./activate isn't the same as none.
    for name in PULUMI_BACKEND_URL PULUMI_ACCESS_TOKEN PULUMI_CONFIG_PASSPHRASE; do
        eval "[ -n \"\${$name-}\" ] || unset $name"
    done
    # The state on a build machine's disk is gone after the run, and with it which hooks are ours.
    if [ -z "${PULUMI_BACKEND_URL-}${PULUMI_ACCESS_TOKEN-}" ]; then
        echo "$0: in a pipeline the state needs a place that stays: set PULUMI_BACKEND_URL, such as s3://BUCKET (docs/pipelines.md)" >&2
        exit 1
    fi
fi

# An image has nothing to set up.
if [ -f activate ]; then
    make -s setup # nothing to do where it was done
    . ./activate
fi
# A project that has no scripts of its own: of the action's or the pipe's user.
[ -z "${BITBUCKET_HOOKS_PROJECT-}" ] || cd "$BITBUCKET_HOOKS_PROJECT"

# What `bitbucket-hooks history --reports` reads, for the step's artifacts; an argument of this kind goes first.
if [ -n "${CI-}" ]; then
    mkdir -p reports
    set -- --json-file "reports/$stack-$(basename "$0" .sh)-$(date -u +%Y%m%dT%H%M%SZ).json" "$@"
fi
