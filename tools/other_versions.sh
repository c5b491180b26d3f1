#!/bin/sh
# Run tests with other versions than the locked ones, in an environment of their own below build/:
#   other_versions.sh lowest-direct [pytest arguments]   the oldest that pyproject.toml allows
#   other_versions.sh highest [pytest arguments]         the newest that it allows
set -eu
cd "$(dirname "$0")/.."
which=$1
shift
place=build/$which
mkdir -p "$place"
.venv/bin/uv pip compile pyproject.toml --resolution "$which" --all-extras --group dev --no-header --no-annotate \
    --no-emit-index-url --quiet --python .venv/bin/python --output-file "$place/requirements.txt" --upgrade
[ -x "$place/venv/bin/python" ] || .venv/bin/uv venv --quiet --python .venv/bin/python "$place/venv"
.venv/bin/uv pip sync --quiet --python "$place/venv/bin/python" --only-binary :all: "$place/requirements.txt"
echo "Testing with $(grep -c == "$place/requirements.txt") packages of $place/requirements.txt"
# The checkout's own package: pytest finds it in src.
"$place/venv/bin/python" -m pytest -n "${JOBS:-2}" --dist loadfile --no-loadscope-reorder -p no:cacheprovider "$@"
