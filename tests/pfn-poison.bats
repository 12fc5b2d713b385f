#!/usr/bin/env bats
# Memory failure of memory without struct pages: after register_pfn_address_space() the kernel
# finds the processes that map it by a callback of the driver. In mainline only nvgrace-gpu uses
# this, and it needs its own machine.

load helpers/common

EARLY_KILL=/proc/sys/vm/memory_failure_early_kill

setup() {
	invariants_note
	need_region mmio
	need_method pfn_address_space
}

# As check, while processes that a failure concerns hear of it at once, touched or not.
check_early_kill() {
	local before

	before=$(target_read "$EARLY_KILL")
	target_write "$EARLY_KILL" 1
	run check
	target_write "$EARLY_KILL" "$before"
	assert_success
}

# Memory that the module carved has lost its struct pages; a range reserved at boot never had any.
@test "poison: who maps the pfn gets SIGBUS with the address and one page's size" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x3000
		write:m,off=0x1000,val=7
		poison:m,off=0x1000,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x1000 lsb=12
	END
}

# The kernel takes no entry away, and does not remember the failure: both are left to the driver.
@test "poison: the entry and its data stay, and a second failure is told again" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=7
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		leaf:m		pte * mmio+0x0 writable dirty young special
		read:m		0x00000007
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		munmap:m
	END
}

# A VMA begins behind the pfn, one ends before the pfn, and one is of another method on the
# same file. The kernel calls the callback for each, and only the VMA that maps the pfn counts.
@test "poison: VMAs of the file that do not reach the pfn are passed over" {
	check <<-END
		a=open
		o=mmap:a,len=0x4000
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		k=mmap:a,off=0x0,len=0x1000
		l=mmap:a,off=0x2000,len=0x1000
		m=mmap:a,off=0x1000,len=0x1000
		read:k		0x*
		read:l		0x*
		read:m		0x*
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		leaf:k		pte * mmio+0x0 *
		leaf:l		pte * mmio+0x2000 *
		leaf:m		pte * mmio+0x1000 *
	END
}

# The kernel forces a signal for each mapping. It does not queue a SIGBUS while another one is
# pending, so the process sees one or two, and the test can't tell which mapping's comes first.
@test "poison: a process that maps the pfn twice gets SIGBUS" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x1000
		n=mmap:a,len=0x1000
		read:m		0x*
		read:n		0x*
		poison:m,hard	ok SIGBUS=[12] code=BUS_MCEERR_AR *
	END
}

@test "poison: the address is right when the VMA has lost its head, and when it has moved" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x4000
		read:m,off=0x2000	0x*
		munmap:m,len=0x1000
		poison:m,off=0x2000,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x2000 lsb=12
		n=mremap:m,off=0x2000,old=0x2000,len=0x2000,fixed=0x600000000000
		read:n			0x*
		read:n,off=0x1000	0x*
		poison:n,hard		ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		poison:n,off=0x1000,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x1000 lsb=12
	END
}

@test "poison: another process that maps the pfn is left alone unless it asked" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=7
		fork:c
		c/read:m	0x00000007
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		c/read:m	0x00000007
		exit:c
	END
}

# The other process has not even touched the page.
@test "poison: with memory_failure_early_kill the other process dies of SIGBUS, too" {
	check_early_kill <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x1000
		fork:c
		write:m,val=7
		poison:m,hard			ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		exit:c				SIGBUS
	END
}

# PR_MCE_KILL of a process goes before the system's setting. Each has its own mapping of the page,
# and its own address.
@test "poison: another process that asked by PR_MCE_KILL gets SIGBUS with its own address" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		fork:c
		m=mmap:a,len=0x1000
		c/n=mmap:a,len=0x3000
		c/munmap:n,len=0x1000
		c/o=mmap:a,len=0x1000,fixed=n+0x2000
		c/mce:early
		c/catch
		write:m,val=7
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		c/caught:n	ok SIGBUS=1 code=BUS_MCEERR_AO addr=+0x2000 lsb=12
		c/read:o	0x00000007
		exit:c
	END
}

@test "poison: a process that declined by PR_MCE_KILL is left alone, memory_failure_early_kill or not" {
	check_early_kill <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x1000
		fork:c
		c/mce:late
		c/catch
		write:m,val=7
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		c/caught:m	none
		c/read:m	0x00000007
		exit:c
	END
}

@test "poison: a process that maps only other pfns is left alone" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		fork:c
		m=mmap:a,len=0x1000
		c/n=mmap:a,off=0x1000,len=0x1000
		c/write:n,val=9
		write:m,val=7
		poison:m,hard	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
		c/read:n	0x00000009
		exit:c
	END
}

# No driver is registered for these pfns, and the kernel has no other way to find who maps them.
@test "poison: of a mapping by vmf_insert_pfn alone the kernel finds nobody" {
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=7
		poison:m,hard	EBUSY
		read:m		0x00000007
	END
}

@test "poison: one address_space for a pfn: a second file is EBUSY until the first is closed" {
	check <<-END
		a=open
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		b=open
		set:b,region=mmio,method=pfn_address_space,mode=write-back	EBUSY
		set:a,region=mmio,method=pfn_address_space,mode=write-combining
		m=mmap:a,len=0x1000
		close:a
		set:b,region=mmio,method=pfn_address_space,mode=write-back	EBUSY
		munmap:m
		set:b,region=mmio,method=pfn_address_space,mode=write-back
		n=mmap:b,len=0x1000
		read:n								0x*
		poison:n,hard							ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=12
	END
}

# The kernel counts a failure of RAM, in HardwareCorrupted, and never puts that page to use again.
# It must not take these pfns for RAM: carved memory is given back at unload.
poisoned_in() { # MMIO
	rmmod pfnmap_test
	module_load "mmio=$1" dax=off
	run check <<-END
		a=open
		get:/proc/meminfo,key=HardwareCorrupted		=counted *
		set:a,region=mmio,method=pfn_address_space,mode=write-back
		m=mmap:a,len=0x2000
		write:m,off=0x1000,val=7
		poison:m,off=0x1000,hard			ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x1000 lsb=12
		leaf:m,off=0x1000				pte * mmio+0x1000 *
		read:m,off=0x1000				0x00000007
		get:/proc/meminfo,key=HardwareCorrupted		=counted
	END
	rmmod pfnmap_test
	suite_load
	assert_success
}

@test "poison: memory that was RAM till the module took it has no struct pages any more" {
	local ram now

	need_carving
	ram=$(meminfo MemTotal)
	poisoned_in auto
	now=$(meminfo MemTotal)
	((now >= ram)) || fail "MemTotal was $ram kB, is $now kB"
}

@test "poison: who maps a PCI device's BAR is found by the same callback" {
	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	poisoned_in "pci:$IVSHMEM"
}
