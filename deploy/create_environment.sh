#!/bin/sh
# Create a virtual environment that holds exactly what the given lock files pin, every file checked against its hash.
#
#   deploy/create_environment.sh DIRECTORY LOCK...
#
# uv (itself pinned by hash in bootstrap.lock) installs; where it cannot be had, pip does the same, more slowly.
# PYTHON names the interpreter; without it the first one found that is at least 3.11 is taken.
set -eu

environment=$1
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

recent_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
    if recent_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "No Python of at least 3.11 was found; name one with PYTHON=/path/to/python3.11" >&2
  exit 1
}

if ! recent_enough "$environment/bin/python"; then
  python=$(find_python)
  if ! "$python" -m venv --clear "$environment"; then
    echo "$python cannot make virtual environments; install its venv module (python3-venv on Debian)" >&2
    exit 1
  fi
fi
inside=$environment/bin/python
if ! "$inside" -m pip --version >/dev/null 2>&1; then
  "$inside" -m ensurepip --default-pip >/dev/null
fi

uv=$environment/bootstrap/bin/uv
if [ ! -x "$uv" ]; then
  "$inside" -m pip install --quiet --require-hashes --target "$environment/bootstrap" -r "$here/bootstrap.lock" ||
    echo "uv could not be installed; pip takes over" >&2
fi

for lock in "$@"; do
  if [ -x "$uv" ] && "$uv" pip install --quiet --python "$inside" --require-hashes -r "$lock"; then
    continue
  fi
  "$inside" -m pip install --quiet --require-hashes -r "$lock"
done
