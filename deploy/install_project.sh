#!/bin/sh
# Build the project in the current directory with the pinned setuptools, install it into an environment that
# create_environment.sh made, and take the installers out again: what runs needs none of them.
#
#   deploy/install_project.sh DIRECTORY
set -eu

environment=$1
export PYTHONPATH="$environment/bootstrap"
"$environment/bin/python" -m pip install --quiet --no-deps --no-build-isolation --no-index .
"$environment/bin/python" -m pip uninstall --quiet --yes setuptools pip
unset PYTHONPATH
rm -rf "$environment/bootstrap" "$environment/bin/pip"*
"$environment/bin/python" -m compileall -q "$environment/lib"
