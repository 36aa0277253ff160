#!/bin/sh
# Waits for the next event of a kind and prints it: create, start, exec, kill,
# delete, oom, …
#
#   watch.sh KIND [ID]
set -eu
kind=$1
shift
from=$(date -u +%Y-%m-%dT%H:%M:%S)
gt-oci events --follow "$@" |
	jq -nc --arg kind "$kind" --arg from "$from" 'first(inputs | select(.type == $kind and .time >= $from))'
