# Bring a virtual environment in line with a lock file: `sh engine/venv.sh run` or `... dev` for the
# project's, `... policies` for that of the policy pack, whose needs can't be met beside the others.
# PYTHON names the interpreter to make it with. Quick when nothing changed.
set -eu

lock=$1
python=${PYTHON:-python3}
cd "$(dirname "$0")/.."
if [ "$lock" = policies ]; then
    cd policies
    file=requirements.txt project='' name=policies/.venv
else
    file=requirements/$lock.txt project=pyproject.toml name=.venv
fi
root=$(pwd -P)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# What an installation depends on; where it is the same, nothing is to be done.
fingerprint() { cat "$1" $project | cksum; }

moved() { [ "$(cat .venv/root 2>/dev/null)" != "$root" ]; }

fresh() {
    ! moved && [ -x .venv/bin/python3 ] &&
        [ "$(cat ".venv/installed-$lock" 2>/dev/null)" = "$(fingerprint "$file")" ]
}

check_interpreter() {
    command -v "$python" >/dev/null ||
        fail "there is no $python; install Python 3.10 or newer, or name one: make PYTHON=/path/to/python3"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$python is $("$python" -V 2>&1), wanted is 3.10 or newer; name one: make PYTHON=/path/to/python3"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python comes without venv; on Debian and Ubuntu: apt-get install python3-venv"
}

make_environment() {
    check_interpreter
    say "making $name with $("$python" -V 2>&1)"
    "$python" -m venv --clear .venv
    unlink_lib64
    printf '%s\n' "$root" >.venv/root
}

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input "$@"; }

# A link to a folder ends a copy by `pulumi new`; nothing needs it: lib is on the path as well.
unlink_lib64() { [ ! -L .venv/lib64 ] || rm .venv/lib64; }

unlink_lib64
! fresh || exit 0
if moved || ! pip --version >/dev/null 2>&1; then
    make_environment
fi
say "installing $(grep -c '^[^ #]' "$file") packages of ${name%.venv}$file (about a minute)"
pip install --require-hashes -r "$file"
[ -z "$project" ] || pip install --no-deps --no-build-isolation -e .
fingerprint "$file" >".venv/installed-$lock"
# The lock for development holds the other one, version by version.
[ "$lock" != dev ] || fingerprint requirements/run.txt >.venv/installed-run
