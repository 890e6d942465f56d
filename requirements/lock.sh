#!/usr/bin/env bash
# Write the hashed requirements from pyproject.toml; no registry's address gets into them.
set -euo pipefail
compile() {
  .venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
    --python-version 3.11 "$@"
}
compile --extra postgres --group build --group test --group lint pyproject.toml \
  -o requirements/test.txt
compile --extra postgres --group build pyproject.toml -c requirements/test.txt \
  -o requirements/run.txt
