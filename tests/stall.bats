#!/usr/bin/env bats
# Stalls: a process that holds its own locks for long does not keep others from the module.

load helpers/common
load helpers/cpus

teardown_file() {
	cpus_back
}

# All files share the module's mutex. close() takes it, too.
@test "stall: who waits for a process's mmap lock keeps no other process waiting" {
	local held waited

	need_cpus 2
	need_room mmio 0x40000000
	check <<-END
		a=open
		set:a,region=mmio,flags=chunked,chunk=0x1000
		stall:a,len=0x40000000	=times ok held=* waited=*
	END
	IFS=' =' read -r _ _ held _ waited <<<"${SAID[times]}"
	((waited < held / 2)) || fail "mmap took $held us, and the other waited $waited us"
}

# took STEP...: sets $REPLY to the milliseconds that a program with these steps takes.
took() {
	local begin=${EPOCHREALTIME/./}

	try a=open set:a,region=mmio,flags=chunked,chunk=0x1000 "$@"
	REPLY=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# The mmap has 262144 calls of remap_pfn_range() to go.
@test "stall: who is killed in an mmap of many chunks ends before the last chunk" {
	local all

	need_room mmio 0x40000000
	took fork:c c/m=mmap:a,len=0x40000000
	all=$REPLY
	((all > 200)) || skip "the mmap takes $all ms here: too short to be killed in"
	# A busy machine may be late once or twice.
	for _ in 1 2 3; do
		took fork:c 'c&/m=mmap:a,len=0x40000000' sleep:50 kill:c
		assert_line "kill c: SIGKILL"
		((REPLY >= all / 2)) || return 0
	done
	fail "mmap takes $all ms, and with a kill in it $REPLY ms"
}
