#!/usr/bin/env bash
# All checks, then all tests. The last line is pytest's own.
set -euo pipefail
cd "$(dirname "$0")/.."
depth=${1:-ordinary}
tools/setup.sh test
tools/check.sh
marks='not nightly'
[ "$depth" = nightly ] && marks=''
export TIDINGS_TEST_DEPTH=$depth
# four workers on two cores, as many tests wait for a browser or a lease; each starts its own servers on free ports.
# Files go in the order of their names: the short ones of tests/unit come last, so that no worker is left with a long one
exec .venv/bin/python -m pytest -q -n "${TIDINGS_TEST_WORKERS:-4}" --dist loadfile --no-loadscope-reorder --durations=25 -m "$marks"
