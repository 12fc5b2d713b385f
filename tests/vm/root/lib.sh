# shellcheck shell=bash disable=SC2034
# The scripts that build in a root, and tests/lint/run.sh, source this file: paths, progress
# messages, locks, and how to run a command in the build root.
set -euo pipefail
# The make that runs a script must not pass its settings to the makes that the script runs.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

ROOT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_DIR=${ROOT_DIR%/root}
# shellcheck source=tests/vm/root/config.sh
. "$ROOT_DIR/config.sh"
TOP=$(cd "$VM_DIR/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pfnmap-test
BUILD=${BUILD_DIR:-$TOP/build}
# The name of a root has the checksum of its recipe. The name of $WORK has that of this
# checkout's path.
use_root() { # SUITE: from here on, the build root is that suite's
	local -n packages=PACKAGES_$1
	SUITE=$1
	ROOT=$CACHE/root-$SUITE-$({
		echo "$SUITE ${packages[*]} ${BESIDE[$SUITE]:-}"
		grep -v '^ *#' "$ROOT_DIR/root.sh"
	} | sha256sum | cut -c1-12)
}
use_root "$SUITE"
# The folder of the kernel's modules for guests, beside the image, by the checksum of their list.
MODULES=modules-$(printf '%s\n' "${GUEST_MODULES[@]}" | sha256sum | cut -c1-12)
WORK=/work/$(printf '%s' "$TOP" | sha256sum | cut -c1-12)

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# step TEXT COMMAND...: runs a slow command, and says when it starts and how long it took. Shows the
# command's output only if the command fails. The caller gets no standard output: a command writes
# its result to a file. errexit does not work in a function that step runs: the function must return
# its failures itself.
step() {
	local text=$1 log start=$SECONDS status=0
	shift
	say "$text ..."
	log=$(mktemp)
	( "$@" ) >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		printf 'error: %s: failed (status %d)\n' "$text" "$status" >&2
		return "$status"
	fi
	rm -f "$log"
	printf '    %s: %d s\n' "$text" $((SECONDS - start)) >&2
}

# with_lock NAME COMMAND...: run the command, while no other run has the lock NAME.
with_lock() {
	local file=$CACHE/$1.lock
	shift
	mkdir -p "$CACHE"
	(
		if ! flock -n 9; then
			say "waiting for another run (${file##*/})"
			flock 9
		fi
		"$@" 9>&-
	) 9>"$file"
}

# in_root COMMAND...: runs a command in the build root with a clean environment. The command has a
# mount of /proc of its own (objtool needs /proc), which ends with it; and one of /dev, too, if
# mmdebstrap could make no devices, as in a container.
in_root() {
	local keep=() name
	for name in http_proxy https_proxy no_proxy; do
		[ -z "${!name:-}" ] || keep+=("$name=${!name}")
	done
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private \
		sh -c 'mount --rbind /proc "$0/proc" &&
			{ [ -c "$0/dev/null" ] || mount --rbind /dev "$0/dev"; } &&
			exec chroot "$0" "$@"' "$ROOT" \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		${keep[@]+"${keep[@]}"} "$@"
}

# sync_tree FROM TO: copies the sources of FROM to TO. Leaves files that are the same, so that a
# build in TO redoes only what changed. If the list of files differs, empties TO first.
sync_tree() {
	local from=$1 to=$2 files file
	[ -d "$from" ] || { echo "no $from"; return 1; }
	files=$(cd "$from" && find -L . -type f ! -name '*.o' ! -name '*.ko' \
		! -name '*.mod' ! -name '*.mod.c' ! -name '*.cmd' ! -name '*.order' \
		! -name 'Module.symvers' ! -path './probes/answers.h*' | sort)
	if [ "$files" != "$(cat "$to/.files" 2>/dev/null)" ]; then
		rm -rf "$to"
		mkdir -p "$to"
		printf '%s\n' "$files" >"$to/.files"
	fi
	while IFS= read -r file; do
		cmp -s "$from/$file" "$to/$file" && continue
		mkdir -p "$to/${file%/*}"
		cp "$from/$file" "$to/$file" || return
		chmod --reference="$from/$file" "$to/$file"
	done <<<"$files"
}
