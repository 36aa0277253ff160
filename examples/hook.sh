#!/bin/sh
# Makes a bundle that cleans up after itself under any OCI runtime: a hook is a
# program that gets the container's state on stdin, which is what gt-rootfs
# takes. When the runtime deletes the container, the overlay is unmounted.
#
#   hook.sh IMAGE|ARCHIVE BUNDLE RUNTIME ID [COMMAND…]
set -eu
source=$1 bundle=$2 runtime=$3 id=$4
shift 4
gt-rootfs unpack --driver overlay "$source" "$bundle" >"$bundle.state"
jq --arg tool "$(command -v gt-rootfs)" '
	.hooks.poststop += [{path: $tool, args: ["gt-rootfs", "umount"]}]
	| if $ARGS.positional == [] then . else .process.args = $ARGS.positional end' \
	--args -- "$@" <"$bundle/config.json" >"$bundle/config.new"
mv "$bundle/config.new" "$bundle/config.json"
exec "$runtime" run --bundle "$bundle" "$id"
