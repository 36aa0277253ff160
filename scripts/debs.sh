# debs.sh is sourced. It fetches packages of any Debian suite, with all they
# depend on, through an apt of its own: own sources, lists, cache and an empty
# package database. The host's are not touched.

debs_begin() {
	debs=$(mktemp -d "${TMPDIR:-/var/tmp}/debs.XXXXXX")
	debs_keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
	debs_mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -v security | head -n 1)
	if [ -z "$debs_mirror" ]; then
		# The lists were never fetched; ask for what they would be.
		debs_mirror=$(apt-get update --print-uris 2>/dev/null |
			sed -nE "s#^'(.*)/dists/[^/']+/.*#\1#p" | grep debian | grep -v security | head -n 1)
	fi
	[ -n "$debs_mirror" ] || { echo "debs: no Debian mirror in this host's apt sources" >&2; return 1; }
}

debs_end() { rm -rf "$debs"; }

# The suite this host runs.
debs_release() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# debs_fetch SUITE PACKAGE… downloads them and their dependencies.
debs_fetch() {
	suite=$1
	shift
	rm -rf "$debs/apt"
	mkdir -p "$debs/apt/lists/partial" "$debs/apt/cache/archives/partial" "$debs/apt/none"
	: >"$debs/apt/status"
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\nSigned-By: %s\n' \
		"$debs_mirror" "$suite" "$(dpkg --print-architecture)" "$debs_keyring" >"$debs/apt/suite.sources"
	debs_apt update && debs_apt -y --no-install-recommends --download-only install "$@" >/dev/null
}

# A mirror may stand still: signatures are checked, their age is not.
debs_apt() {
	apt-get -qq \
		-o Dir::Etc::SourceList="$debs/apt/suite.sources" \
		-o Dir::Etc::SourceParts="$debs/apt/none" \
		-o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts="$debs/apt/none" \
		-o Dir::State="$debs/apt" \
		-o Dir::State::Lists="$debs/apt/lists" \
		-o Dir::State::Status="$debs/apt/status" \
		-o Dir::Cache="$debs/apt/cache" \
		-o Acquire::Languages=none \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::Retries=3 \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User=root \
		-o APT::Keep-Downloaded-Packages=true "$@" </dev/null
}

# debs_unpack DIR unpacks what was fetched, without what no program reads.
debs_unpack() {
	for deb in "$debs"/apt/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$1" --exclude='./usr/share/*' --exclude='./usr/include/*' \
			--exclude='./etc/*' --exclude='*/gconv/*' --exclude='*.a' || return 1
	done
}

# debs_swap NEW DIR puts NEW in the place of DIR as a whole.
debs_swap() {
	mkdir -p "$(dirname "$2")"
	if [ -e "$2" ]; then
		mv "$2" "$2.old.$$"
	fi
	mv "$1" "$2"
	rm -rf "$2.old.$$"
}
