#!/bin/sh
# install.sh BIN PREFIX TOOL…           installs the tools and their manuals, all or none
# install.sh --remove PREFIX TOOL…      removes them
#
# Everything is first copied beside its destination, on the same filesystem, so
# that the second half is renames only. If one rename is refused, those that
# were done are undone.
set -eu
umask 022
cd "$(dirname "$0")/.."

files() { # PREFIX TOOL… -> lines "source destination mode"
	p=$1
	shift
	for t; do
		echo "$bin/$t $p/bin/$t 755"
		for m in docs/man/"$t".[1-8]; do
			[ -e "$m" ] && echo "$m $p/share/man/man${m##*.}/${m##*/} 644"
		done
	done
	return 0
}

if [ "$1" = --remove ]; then
	prefix=$2
	shift 2
	bin=
	files "$prefix" "$@" | while read -r _ dst _; do rm -f "$dst"; done
	exit 0
fi

bin=$1 prefix=$2
shift 2
[ $# -gt 0 ] || { echo "install: nothing to install" >&2; exit 1; }
list=$(mktemp)
files "$prefix" "$@" >"$list"

undo() {
	trap - EXIT HUP INT TERM
	while read -r _ dst _; do
		rm -f "$dst.gt-new"
		[ ! -e "$dst.gt-old" ] || mv -f "$dst.gt-old" "$dst"
		if [ -e "$dst.gt-none" ]; then rm -f "$dst" "$dst.gt-none"; fi
	done <"$list"
	rm -f "$list"
	echo "install: nothing was changed below $prefix" >&2
	exit 1
}
trap undo EXIT HUP INT TERM

while read -r src dst mode; do
	mkdir -p "${dst%/*}"
	cp "$src" "$dst.gt-new"
	chmod "$mode" "$dst.gt-new"
done <"$list"
while read -r _ dst _; do
	if [ -d "$dst" ]; then
		echo "install: $dst is a directory, need a file or nothing" >&2
		exit 1
	elif [ -e "$dst" ]; then
		ln -f "$dst" "$dst.gt-old"
	else
		: >"$dst.gt-none"
	fi
	mv -f "$dst.gt-new" "$dst"
done <"$list"

trap - EXIT HUP INT TERM
while read -r _ dst _; do rm -f "$dst.gt-old" "$dst.gt-none"; done <"$list"
rm -f "$list"
echo "installed below $prefix: $*"
