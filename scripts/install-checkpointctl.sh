#!/bin/sh
# install-checkpointctl.sh builds checkpointctl, which reads the checkpoints of
# Podman and CRI-O, below /opt/gophertainer-engines-go. A scenario of gt-ckpt
# has it read ours.
set -eu
PREFIX=${PREFIX:-/opt/gophertainer-engines-go}
if [ -x "$PREFIX/bin/checkpointctl" ]; then
	echo "install-checkpointctl: already in $PREFIX"
	exit 0
fi
mkdir -p "$PREFIX/bin"
cd /
CGO_ENABLED=0 GOBIN=$PREFIX/bin GOWORK=off GOFLAGS=-mod=mod "${GO:-go}" install -trimpath -ldflags '-s -w' \
	github.com/checkpoint-restore/checkpointctl@v1.4.0
echo "install-checkpointctl: checkpointctl in $PREFIX/bin"
