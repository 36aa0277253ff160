#!/bin/sh
# install-criu.sh puts a CRIU that starts on recent kernels below PREFIX:
# Debian 12's 3.17 aborts there with "Unexpected rt vDSO area bounds". It
# brings its own libraries and loader; the host's are not touched.
#
#   PREFIX  where to                    (default /opt/criu)
#   SUITES  Debian's suites, in turn    (default "forky trixie")
#   LINK    symlink to it, or empty     (default /usr/local/sbin/criu)
set -eu
umask 022
. "$(dirname "$0")/debs.sh"

PREFIX=${PREFIX:-/opt/criu}
SUITES=${SUITES:-forky trixie}
LINK=${LINK-/usr/local/sbin/criu}
[ "$(id -u)" = 0 ] || { echo "install-criu: needs root" >&2; exit 1; }

finish() {
	if [ -n "$LINK" ]; then
		mkdir -p "$(dirname "$LINK")"
		ln -sfn "$PREFIX/bin/criu" "$LINK"
	fi
	"$PREFIX/bin/criu" --version | head -n 1
	exit 0
}
if [ -x "$PREFIX/bin/criu" ] && "$PREFIX/bin/criu" check >/dev/null 2>&1; then
	finish
fi

new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM

for suite in $SUITES; do
	rm -rf "$new"
	mkdir -p "$new/bin" "$new/root"
	debs_fetch "$suite" criu && debs_unpack "$new/root" || continue
	ld=$(cd "$new/root" && find usr/lib lib -name 'ld-linux*.so.*' -type f 2>/dev/null | head -n 1)
	# A library path as argument, unlike one in the environment, does not
	# reach the programs that CRIU starts: ip, nft, tar, action scripts.
	cat >"$new/bin/criu" <<-WRAPPER
		#!/bin/sh
		r=$PREFIX/root
		exec "\$r/$ld" --argv0 criu --inhibit-cache --library-path "\$r/${ld%/*}" "\$r/usr/sbin/criu" "\$@"
	WRAPPER
	chmod 755 "$new/bin/criu"
	debs_swap "$new" "$PREFIX"
	# Another version's answers about this kernel.
	rm -f /run/criu.kdat /run/criu.kdat.tmp
	if "$PREFIX/bin/criu" check >"$debs/check" 2>&1; then
		finish
	fi
	echo "install-criu: CRIU of $suite does not work on this kernel:" >&2
	tail -n 3 "$debs/check" >&2
done
echo "install-criu: no suite of $SUITES has a CRIU that works here" >&2
exit 1
