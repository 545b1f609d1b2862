#!/usr/bin/env bash
# Resolve pyproject.toml anew. The locks hold hashes and no index hosts: see docs/adr/0004.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --upgrade --quiet)
.venv/bin/uv pip compile "${options[@]}" pyproject.toml -o requirements.lock
.venv/bin/uv pip compile "${options[@]}" pyproject.toml --group dev -o requirements-dev.lock
echo "lock: wrote requirements.lock and requirements-dev.lock; 'make test' installs them." >&2
