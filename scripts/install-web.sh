#!/bin/sh
# install-web.sh unpacks a Chromium without windows, of this host's Debian, below
# PREFIX for `make test-web`. Nothing is installed. It is started as
# PREFIX/bin/chromium.
#
#   PREFIX   where to (default /opt/gophertainer-web)
set -eu
. "$(dirname "$0")/debs.sh"

PREFIX=${PREFIX:-/opt/gophertainer-web}
if "$PREFIX/bin/chromium" --version 2>/dev/null; then
	echo "install-web: already there"
	exit 0
fi
new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$new/bin" "$new/root"
release=$(debs_release)
# Security updates have a suite of their own; the release is the fallback.
debs_fetch "$release" chromium-headless-shell fonts-dejavu-core
for deb in "$debs"/apt/cache/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$new/root" --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*'
done
# Libraries that the host has are the host's: a second libc beside its loader
# does not work.
find "$new/root" -name '*.so*' ! -type d | while read -r lib; do
	if [ -e "${lib#"$new/root"}" ]; then rm "$lib"; fi
done
program=$(find "$new/root/usr/lib/chromium" -name '*headless*shell*' -type f -perm -100 | head -n 1)
[ -n "$program" ] || { echo "install-web: no program in the packages" >&2; exit 1; }
libs=$(find "$new/root" -name '*.so*' -exec dirname {} + | sort -u | sed "s#^$new#$PREFIX#" | paste -sd:)
cat >"$new/root/fonts.conf" <<FONTS
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$PREFIX/root/usr/share/fonts</dir></fontconfig>
FONTS
cat >"$new/bin/chromium" <<RUN
#!/bin/sh
export LD_LIBRARY_PATH='$libs' FONTCONFIG_FILE='$PREFIX/root/fonts.conf'
exec '$PREFIX${program#"$new"}' "\$@"
RUN
chmod 755 "$new/bin/chromium"
debs_swap "$new" "$PREFIX"
"$PREFIX/bin/chromium" --version
