#!/bin/sh
# The life of a container as two pipelines. Each stage takes the container's
# state from stdin and hands it on; ARCHIVE is a root filesystem in a tar.
#
#   pipeline.sh ARCHIVE BUNDLE COMMAND…
set -eu
archive=$1 bundle=$2
shift 2

# A stage of one's own is any filter of states: this one sets the command.
command_is() {
	state=$(cat)
	jq '.process.args = $ARGS.positional' --args -- "$@" <"$bundle/config.json" >"$bundle/config.new"
	mv "$bundle/config.new" "$bundle/config.json"
	echo "$state"
}

gt-rootfs unpack "$archive" "$bundle" |
	command_is "$@" |
	gt-oci create --stdio=log:"$bundle.log" |
	gt-oci start

# … and for all containers at once.
gt-oci list --format json |
	gt-oci kill -s KILL |
	gt-oci wait -t 10s |
	gt-oci delete
