#!/bin/sh
# One step of a CI pipeline, contained: a command of this machine, over a
# throw-away copy of its root, with the current directory, limits, and none of
# the secrets. The exit code is the command's.
#
#   step.sh COMMAND…
set -eu
exec gt-run --mem 512 --pids 256 --no-new-privs --rm -- "$@"
