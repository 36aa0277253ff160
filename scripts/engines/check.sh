# check.sh is sourced by the suites. RESULTS is where they write, a file a
# check, beside the table `results` with a line each: ok or no, and the name.

# IN is a standard input without an end: script(1) passes an end on to the
# terminal, where it races with the program.
export IN="$RESULTS/in"
[ -p "$IN" ] || mkfifo "$IN"

# check NAME WANT COMMAND runs a line of shell. It is ok if what it printed,
# its words joined by spaces, matches the extended regular expression. ONLY, if
# set, is one that the names of the checks to run match.
check() {
	if [ -n "${ONLY:-}" ] && ! echo "$1" | grep -Eq -e "$ONLY"; then return 0; fi
	timeout -k 5 "${LIMIT:-300}" sh -c "$3" </dev/null >"$RESULTS/$1" 2>&1 || :
	# containerd 2 says on each call that cgroup v1 will go, nerdctl
	# that a container's end has taken its network, and Podman that a signal came late.
	out=$(grep -vE 'DEPRECATION|failed to inspect|forwarding signal' "$RESULTS/$1")
	# shellcheck disable=SC2046,SC2086
	if (set -f && echo $out) | tr -d '\r' | grep -Eq -e "$2"; then
		echo "ok $1" >>"$RESULTS/results"
	else
		echo "no $1" >>"$RESULTS/results"
		[ -z "${VERBOSE:-}" ] || { echo "  $ENGINE with $NAME: $1: need $2, have:" && tail -n 4 "$RESULTS/$1" | cut -c 1-300 | sed 's/^/    /'; } >&2
	fi
}
