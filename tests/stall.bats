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
