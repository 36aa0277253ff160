#!/bin/sh
# stamp.sh prints the build stamp: a hash over everything that can make two
# builds differ. All binaries of one build carry it, and gt-init refuses a plan
# that carries another one.
set -eu
cd "$(dirname "$0")/.."
{
	${GO:-go} version
	cat /usr/include/seccomp.h 2>/dev/null | grep -E 'define[[:space:]]+SCMP_VER_' || true
	# Contents, not commits: a change of the manual alone is the same build.
	if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
		git ls-tree -r HEAD -- cmd lib go.mod go.sum
		git diff HEAD -- cmd lib go.mod go.sum
		git ls-files -o --exclude-standard -- cmd lib | sort | while IFS= read -r f; do
			echo "$f"
			cat "$f"
		done
	else
		find cmd lib go.mod go.sum -type f | sort | xargs cat
	fi
} 2>/dev/null | sha256sum | cut -c1-16
