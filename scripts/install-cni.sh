#!/bin/sh
# install-cni.sh builds cnitool, the caller of CNI plugins that CNI's authors
# test with, below /opt/gophertainer-cni. The scenarios of gt-net as a plugin
# use it.
set -eu
PREFIX=${PREFIX:-/opt/gophertainer-cni}
if [ -x "$PREFIX/bin/cnitool" ]; then
	echo "install-cni: already in $PREFIX"
	exit 0
fi
mkdir -p "$PREFIX/bin"
cd /
GOBIN=$PREFIX/bin GOWORK=off GOFLAGS=-mod=mod "${GO:-go}" install github.com/containernetworking/cni/cnitool@v1.3.1
echo "install-cni: cnitool in $PREFIX/bin"
