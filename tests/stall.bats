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

	try "$@"
	REPLY=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# The mmap has 262144 calls of remap_pfn_range() to go.
@test "stall: who is killed in an mmap of many chunks ends before the last chunk" {
	local all chunked=(a=open "set:a,region=mmio,flags=chunked,chunk=0x1000")

	need_room mmio 0x40000000
	took "${chunked[@]}" fork:c c/m=mmap:a,len=0x40000000
	all=$REPLY
	((all > 200)) || skip "the mmap takes $all ms here: too short to be killed in"
	# A busy machine may be late once or twice.
	for _ in 1 2 3; do
		took "${chunked[@]}" fork:c 'c&/m=mmap:a,len=0x40000000' sleep:50 kill:c
		assert_line "kill c: SIGKILL"
		((REPLY >= all / 2)) || return 0
	done
	fail "mmap takes $all ms, and with a kill in it $REPLY ms"
}

# No memory is at these addresses. Only the last 2 MiB get pages, so the kernel refuses pages of all,
# but the module sees this last.
@test "stall: who is killed in a MEMREMAP_PAGES of much memory ends before all was looked at" {
	local around=100000 walk=100000 killed=100000
	local last=p=memremap:a,off=0x7fffe00000,len=0x200000 whole=q=memremap:a,len=0x8000000000

	[[ -n ${DISPOSABLE:-} ]] || skip "claims addresses that may be a device's: DISPOSABLE=1 allows it"
	need_region dax
	rmmod pfnmap_test
	module_load mmio=512G@0x2000000000 dax=off || {
		suite_load
		skip "these addresses are taken, or the CPU has none as high"
	}
	# Other work of this machine makes times longer, and none shorter: so take the shortest.
	for _ in {1..10}; do
		took a=open "$last" fork:c sleep:10 kill:c
		((around < REPLY)) || around=$REPLY
		took a=open "$last" "$whole"
		assert_line "memremap p: ok"
		assert_line "memremap q: EBUSY"
		((walk < REPLY)) || walk=$REPLY
		took a=open "$last" fork:c "c&/$whole" sleep:10 kill:c
		assert_line "kill c: SIGKILL"
		((killed < REPLY)) || killed=$REPLY
	done
	((walk -= around)) || true
	((killed -= around)) || true
	rmmod pfnmap_test
	suite_load
	((walk > 60)) || skip "MEMREMAP_PAGES takes $walk ms here: too short to be killed in"
	echo "# MEMREMAP_PAGES takes $walk ms, and with a kill in it $killed ms" >&3
	# Who is not looked after ends with the walk, whose first 10 ms go by before the kill.
	((killed < walk * 3 / 4)) || fail "MEMREMAP_PAGES takes $walk ms, and with a kill in it $killed ms"
}
