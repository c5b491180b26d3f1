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

# Debian keeps the venv module in a package of its own: install it where we may, else say so.
make_venv() {
    "$1" -m venv --clear .venv >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 || true
    fi
    "$1" -m venv --clear .venv && return
    echo "'$1 -m venv' failed. On Debian and Ubuntu it needs: apt-get install python3-venv" >&2
    exit 1
}

# The lines of one package in the lock.
block() {
    awk -v name="$1==" '/^[a-z]/ { on = index($0, name) == 1 } on' requirements.lock
}

# The environment holds absolute paths, so a moved checkout counts as a new one.
locked="$root $(cksum <requirements.lock)"
project="$(cksum <pyproject.toml)"
.venv/bin/python -c '' 2>/dev/null || rm -f "$stamp" # no environment, or its Python is gone
done=$(cat "$stamp" 2>/dev/null || true)
[ "$done" = "$locked $project" ] && exit 0

pip="-m pip --disable-pip-version-check --no-input -qq"
case "$done" in
    "$locked "*) ;; # only pyproject.toml changed: the locked packages stand
    *)
        python=$(find_python)
        echo "Installing the locked packages into .venv ($("$python" --version), about a minute)"
        make_venv "$python"
        # Everything is a wheel but pyspark, which its makers publish as source: that needs setuptools first.
        block setuptools >.venv/build.txt
        .venv/bin/python $pip install --no-deps --require-hashes --only-binary :all: -r .venv/build.txt
        .venv/bin/python $pip install --no-deps --require-hashes --only-binary :all: --no-binary pyspark \
            --no-build-isolation -r requirements.lock
        ;;
esac
# The build backend is one of the locked packages; nothing is fetched here.
.venv/bin/python $pip install --no-deps --no-build-isolation --editable .
# It also copies studies/, which would go stale; a checkout reads its own.
rm -rf .venv/lib/python3*/site-packages/firmtrade
echo "$locked $project" >"$stamp"
