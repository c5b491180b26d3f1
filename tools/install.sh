#!/bin/sh
# Put the locked environment and firmtrade itself (editable) into .venv; do nothing when that is done.
# Needs Python 3.11 or later with its venv module. Set PYTHON to choose the interpreter.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
stamp=.venv/.installed

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "firmtrade needs Python 3.11 or later and found none. Install it, or name it: make install PYTHON=/path/to/python3" >&2
    exit 1
}

# The environment holds absolute paths, so a moved checkout counts as a new one.
locked="$root $(cksum <requirements.lock)"
project="$(cksum <pyproject.toml)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$locked $project" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

pip="-m pip --disable-pip-version-check --no-input -qq"
case "$(cat "$stamp" 2>/dev/null)" in
    "$locked "*) ;; # only pyproject.toml changed: the locked packages stand
    *)
        python=$(find_python)
        echo "Installing the locked packages into .venv ($("$python" --version), about a minute)"
        if ! "$python" -m venv --clear .venv; then
            echo "'$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        fi
        .venv/bin/python $pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock
        ;;
esac
# The build backend is one of the locked packages; nothing is fetched here.
.venv/bin/python $pip install --no-deps --no-build-isolation --editable .
echo "$locked $project" >"$stamp"
