#!/bin/sh
# engines.sh runs the suite of each engine with gt-oci and with runc, one after
# the other, and prints where they differ. Every engine is installed below
# /opt, and started and stopped by itself, in namespaces, cgroups and
# directories of its own (engines/space.sh).
#
#	engines.sh [ENGINE…]
#
#   GT_BIN=DIR     the binaries                RUNC=FILE   what they are compared with
#   VERBOSE=1      print each check that does not hold
#   KEEP=DIR       keep what the checks printed  ONLY=REGEX  checks of these names
#
# An ENGINE is a file of engines/ with the verbs install, version, start, suite
# and stop. The exit status is 1 if a check holds with runc and not with gt-oci,
# and engines/known does not say why.
set -u
SCRIPTS=$(cd "$(dirname "$0")" && pwd)
all='containerd1 containerd2 cri kubelet docker20 docker28 docker28remap podman4 podman5 podman4user podman5user nerdctl buildah buildkit systemd'
[ "$(id -u)" = 0 ] || { echo "engines: needs root" >&2; exit 1; }
[ $# -gt 0 ] || set -- $all
for e; do
	case " $all " in *" $e "*) ;; *) echo "engines: no $e, need of: $all" >&2; exit 2 ;; esac
done

if [ -z "${RUNC:-}" ]; then
	"$SCRIPTS/install-peers.sh" >/dev/null || exit 1
	RUNC=/opt/gophertainer-peers/bin/runc
fi
bin=${GT_BIN:-$SCRIPTS/../bin}
WORK=$(mktemp -d /var/tmp/gte.XXXXXX)
chmod 711 "$WORK"
end() {
	[ ! -d "${DIR:-}" ] || "$SCRIPTS/engines/$ENGINE" stop || :
	rm -rf "$WORK"
}
trap end EXIT
trap 'exit 130' HUP INT TERM
cp -r "$bin" "$WORK/bin"
cp -r "$SCRIPTS" "$WORK/scripts"
(cd "$SCRIPTS/.." && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$WORK/images" ./scripts/engines/images) || exit 1
"$WORK/images" archive "$WORK/box.tar" localhost/box:latest || exit 1
here=$WORK/scripts/engines # a copy: the suites may be changed meanwhile
export WORK SCRIPTS="$WORK/scripts" GT_BIN="$WORK/bin" VERBOSE="${VERBOSE:-}"
export SHARE="$WORK /opt/gophertainer-peers /opt/gophertainer-engines-go"
[ ! -d /opt/criu ] || SHARE="$SHARE /opt/criu"

# one ENGINE NAME RUNTIME runs a suite from start to stop.
one() {
	export ENGINE=$1 NAME=$2 RUNTIME=$3 DIR="$WORK/$1-$2" RESULTS="$WORK/results/$1/$2"
	mkdir -p "$RESULTS"
	: >"$RESULTS/results"
	begin=$(date +%s)
	if "$SCRIPTS/engines/$1" start >"$RESULTS/start.log" 2>&1; then
		"$SCRIPTS/engines/$1" suite || echo "no suite" >>"$RESULTS/results"
	else
		echo "no start" >>"$RESULTS/results"
		tail -n 5 "$RESULTS/start.log" >&2
	fi
	"$SCRIPTS/engines/$1" stop || echo "no end" >>"$RESULTS/results"
	echo $(($(date +%s) - begin)) >"$RESULTS/seconds"
}

# differ ENGINE prints the checks that hold with one runtime alone, with the
# reason if one is known.
differ() {
	join -t '	' -j 2 -a 1 -a 2 -e none -o 0,1.1,2.1 "$WORK/a" "$WORK/b" | while IFS='	' read -r check ours theirs; do
		[ "$ours" != "$theirs" ] || continue
		why=$(awk -v k="$1 $check: " 'index($0, k) == 1 { print substr($0, length(k) + 1) }' "$here/known")
		printf '  %-60s gt-oci %-5s runc %-5s %s\n' "$check" "$ours" "$theirs" "${why:+($why)}"
		if [ "$theirs" = ok ] && [ -z "$why" ]; then echo "$1 $check" >>"$WORK/defects"; fi
	done
}

table() { sed 's/ /\t/' "$1" | sort -t '	' -k 2; }
count() { grep -c "^$1 " "$2" || :; }

: >"$WORK/defects"
for e; do
	if ! "$here/$e" install >"$WORK/install.log" 2>&1; then
		echo "$e: not to be had here: $(tail -n 1 "$WORK/install.log")"
		continue
	fi
	one "$e" gt-oci "$WORK/bin/gt-oci"
	one "$e" runc "$RUNC"
	ours=$WORK/results/$e/gt-oci theirs=$WORK/results/$e/runc
	printf '%s (%s): gt-oci %s of %s in %s s, runc %s of %s in %s s\n' "$e" "$("$here/$e" version 2>/dev/null | paste -sd, | sed 's/,/, /g')" \
		"$(count ok "$ours/results")" "$(wc -l <"$ours/results")" "$(cat "$ours/seconds")" \
		"$(count ok "$theirs/results")" "$(wc -l <"$theirs/results")" "$(cat "$theirs/seconds")"
	table "$ours/results" >"$WORK/a"
	table "$theirs/results" >"$WORK/b"
	differ "$e"
	[ -z "${KEEP:-}" ] || { mkdir -p "$KEEP" && rm -f "$WORK/results/$e"/*/in && cp -r "$WORK/results/$e" "$KEEP/"; }
done
[ ! -s "$WORK/defects" ]
