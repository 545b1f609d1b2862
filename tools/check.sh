#!/usr/bin/env bash
# Everything that reads the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "check: ruff" >&2
.venv/bin/ruff check --quiet .
echo "check: format" >&2
.venv/bin/ruff format --check --quiet .
echo "check: types" >&2
.venv/bin/mypy --no-error-summary
echo "check: import contracts" >&2
.venv/bin/lint-imports --no-cache >.tools/contracts.log || { cat .tools/contracts.log; exit 1; }
