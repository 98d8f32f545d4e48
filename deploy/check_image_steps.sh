#!/bin/sh
# The steps of the Dockerfile in a plain directory: install from the locks, build, start, ask for health, stop.
# Shows that the image's recipe works where no container engine is at hand; it says nothing of the base image.
#
#   deploy/check_image_steps.sh [PORT]
set -eu

port=${1:-8049}
cd "$(dirname -- "$0")/.."
stage=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$stage"
}
trap finish EXIT INT TERM

echo "copy what the image build would see"
mkdir "$stage/build" "$stage/state"
git ls-files -z -- deploy service fhir_mapping cds_cards twin_engine demo pyproject.toml README.md LICENSE |
  xargs -0 tar -cf - | tar -xf - -C "$stage/build"
cd "$stage/build"

echo "install from the locks"
deploy/create_environment.sh "$stage/icu-twin" deploy/runtime.lock
deploy/install_project.sh "$stage/icu-twin"

echo "run as the image would: nothing of the checkout in reach, bytecode not written, one writable directory"
cd "$stage/state"
export PYTHONDONTWRITEBYTECODE=1
export ICU_TWIN_AUTH=off
"$stage/icu-twin/bin/icu-twin" --help >/dev/null
"$stage/icu-twin/bin/icu-twin" models --json >/dev/null
"$stage/icu-twin/bin/icu-twin" serve --port "$port" --auth off &
server=$!

for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  if "$stage/icu-twin/bin/python" "$stage/build/deploy/healthcheck.py" "$port"; then
    echo "healthy"
    exit 0
  fi
  sleep 1
done
echo "the service did not become healthy" >&2
exit 1
