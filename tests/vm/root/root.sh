#!/bin/bash
# root.sh [SUITE] [--refresh]: builds the build root of a suite, with its toolchain (and in
# config.sh's SUITE the programs of guests), and refreshes old package lists; with --refresh
# also young ones. Prints nothing on success.
#
# Packages come from this machine's own mirror, or else from mmdebstrap's default. The root has
# nothing of this machine mounted: scripts copy sources in and results out.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/lib.sh"

case ${1:-} in
'' | --*) ;;
*)
	use_root "$1"
	shift
	;;
esac

# The machine's own mirror of the archive whose apt label is $1, if any.
mirror_of() {
	# shellcheck disable=SC2016 # apt's own fields
	apt-get indextargets --format '$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' "Label: $1" 2>/dev/null |
		sed -n 's/^[^|]*|\(https\{0,1\}:.*\)$/\1/p' | sort | uniq -c |
		sort -rn | sed -n '1s/^ *[0-9]* //p'
}

sources() {
	local main security signed
	main=$(mirror_of Debian)
	security=$(mirror_of Debian-Security)
	signed='signed-by=/usr/share/keyrings/debian-archive-keyring.gpg'
	if [ -z "$main" ]; then
		printf '%s\n' "$SUITE"
		return
	fi
	# Mirrors exist that follow the stable suites and leave sid behind. A list
	# past its date is signed all the same, and no worse for a guest's kernel.
	[ "$SUITE" != sid ] || signed+=' check-valid-until=no'
	printf "deb [$signed] $main %s main\n" "$SUITE" ${BESIDE[$SUITE]:+"${BESIDE[$SUITE]}"}
	[ "$SUITE" != sid ] || return 0
	printf "deb [$signed] $main %s main\n" "$SUITE-updates"
	[ -z "$security" ] || printf "deb [$signed] $security %s main\n" "$SUITE-security"
}

build() {
	local new=$ROOT.new
	[ ! -e "$ROOT/etc/pfnmap-test-root" ] || return 0
	rm -rf --one-file-system "$new"
	step "building the root file system ($SUITE; about a minute)" \
		bootstrap "$new"
	rm -rf --one-file-system "$ROOT"
	mv -T "$new" "$ROOT"
}

bootstrap() {
	local list
	list=$(mktemp)
	sources >"$list"
	if [ "$(cat "$list")" = "$SUITE" ]; then
		mmdebstrap "${options[@]}" "$SUITE" "$1" || return
		[ -z "${BESIDE[$SUITE]:-}" ] ||
			sed -n "s/ $SUITE / ${BESIDE[$SUITE]} /p" "$1/etc/apt/sources.list" \
				>"$1/etc/apt/sources.list.d/beside.list"
	else
		mmdebstrap "${options[@]}" '' "$1" - <"$list" || return
	fi
	rm -f "$list"
	[ -x "$1/usr/bin/make" ] || return
	mkdir -p "$1/work" "$1/kernels"
	touch "$1/etc/pfnmap-test-root"
}

# Fetches the lists once a day, so that a run finds the newest kernel, and a second
# run needs no network. A mirror out of reach is no error while there are older
# lists.
refresh() {
	local stamp=$ROOT/var/lib/apt/pfnmap-test-refreshed
	if [ "${1:-}" != --refresh ] && [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then
		return 0
	fi
	cp -L /etc/resolv.conf "$ROOT/etc/resolv.conf" 2>/dev/null || true
	if step "fetching package lists ($SUITE)" in_root apt-get update \
		-o APT::Update::Error-Mode=any -o Acquire::Languages=none \
		-o Acquire::http::Timeout=20 -o Acquire::Retries=2; then
		touch "$stamp"
	elif [ -e "$stamp" ]; then
		say "warning: going by the package lists of $(date -r "$stamp" +%F)"
	else
		die "no package lists: is a Debian mirror in reach?"
	fi
}

declare -n packages=PACKAGES_$SUITE
options=(
	--variant=minbase --architectures=amd64 --components=main
	--include="$(IFS=,; printf '%s' "${packages[*]}")"
	--aptopt='APT::Sandbox::User "root"'
	--aptopt='Acquire::Languages "none"'
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/man/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
)
proxy=$(apt-config dump --format '%v' Acquire::http::Proxy 2>/dev/null || true)
[ -z "$proxy" ] || options+=(--aptopt="Acquire::http::Proxy \"$proxy\"")

with_lock root build
with_lock root refresh "$@"
