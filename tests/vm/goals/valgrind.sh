#!/bin/bash
# valgrind.sh: runs the programs under valgrind's memcheck, as far as they need no device:
# pfnmapctl without a device and with wrong usage, and steps of pfnmap-try on memory of its own. The
# programs run on this machine: in an emulated one each run would take ten seconds.
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../root/lib.sh"
# shellcheck source=tests/shared/commands.bash
. "$TOP/tests/shared/commands.bash"

readonly FOUND=99
runs=0 failed=0

under_valgrind() { # PROGRAM ARG...
	in_root timeout 120 valgrind -q --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --trace-children=no \
		--error-exitcode="$FOUND" "$WORK/programs-valgrind/bin/$1" "${@:2}"
}

pfnmapctl() { under_valgrind pfnmapctl "$@"; }

# quiet STATUS PROGRAM ARG...: asserts that the program exits with STATUS, and valgrind reports
# nothing.
quiet() {
	local want=$1 status=0 log
	shift
	log=$(under_valgrind "$@" 2>&1 </dev/null) || status=$?
	runs=$((runs + 1))
	if [ "$status" -ne "$want" ] || grep -qE '^==[0-9]+==' <<<"$log"; then
		printf '%s: exit %d, not %d\n%s\n' "$*" "$status" "$want" "$log"
		failed=1
	fi
}

ctl() {
	local command
	while read -r command; do
		# shellcheck disable=SC2086 # words
		set -- pfnmapctl $command
		quiet 0 "$@" --help
		quiet 2 "$@" --nonsense
		case $command in
		load) quiet 1 "$@" /nonexistent parameter=value ;;
		# The module might be loaded on this machine.
		unload) ;;
		"memtype lookup") quiet 4 "$@" --device /nonexistent 0x1000 ;;
		explain) quiet 4 "$@" --device /nonexistent 1 0x1000 ;;
		"memtype reserve") quiet 4 "$@" --device /nonexistent --mode write-back ;;
		*) quiet 4 "$@" --device /nonexistent ;;
		esac
	done < <(commands)
	quiet 2 pfnmapctl
	quiet 2 pfnmapctl memtype nonsense
}

try() {
	quiet 0 pfnmap-try m=anon:len=64k fill:m,len=64k,val=1,inc=1 check:m,len=64k,val=1,inc=1 \
		mprotect:m,off=4k,len=4k,prot=r write:m,off=4k,val=1 madvise:m,len=8k,advice=dontneed \
		mincore:m read:m,off=4k mremap:m,len=128k,maymove munmap:m
	quiet 0 pfnmap-try m=anon:len=8k fork:c c/write:m,val=7 c/read:m read:m fork:d,of=c d/read:m \
		exit:d exit:c
	quiet 2 pfnmap-try nonsense
	quiet 2 pfnmap-try
}

all() {
	ctl
	try
	[ "$failed" -eq 0 ] || return
	[ "$runs" -gt 20 ]
}
PROGRAMS=valgrind "$ROOT_DIR/build.sh" userspace
step "the programs under valgrind" all
