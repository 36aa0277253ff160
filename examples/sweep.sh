#!/bin/sh
# Removes the containers that have stopped and prints their states. list says
# what there is, jq chooses, delete takes any number of states.
set -eu
gt-oci list --format json | jq -c '.[] | select(.status == "stopped")' >"${TMPDIR:-/tmp}/stopped.$$"
trap 'rm -f "${TMPDIR:-/tmp}/stopped.$$"' EXIT
# No state is an error, so that a pipeline whose first stage broke breaks too.
if [ -s "${TMPDIR:-/tmp}/stopped.$$" ]; then
	gt-oci delete <"${TMPDIR:-/tmp}/stopped.$$"
fi
