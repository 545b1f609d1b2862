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
# three workers on two cores, as many tests wait for a browser or a lease; each starts its own servers on free ports
exec .venv/bin/python -m pytest -q -n "${TIDINGS_TEST_WORKERS:-3}" --dist loadfile --durations=25 -m "$marks"
