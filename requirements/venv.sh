#!/usr/bin/env bash
# Make the virtual environment; on a bare Debian its module is a package of its own.
set -euo pipefail
python=$1 folder=$2
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Python's venv module is missing: install the package python3-venv, then run make again." >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends python3-venv >/dev/null
fi
"$python" -m venv "$folder"
