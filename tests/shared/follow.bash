# shellcheck shell=bash
# Tests of FOLLOW and of /proc/PID/clear_refs.

# follow_level LEVEL: $REPLY is the level as the step prints it. 6.12 to 6.14 do not have to tell
# ("mm: Provide address mask in struct follow_pfnmap_args", 6.15); before, pfns have no large leaves.
follow_level() {
	REPLY=$1
	[[ -z $LARGE_PFNS ]] || since 6.15 || REPLY="@(-|$1)"
}

need_clear_refs() {
	on sh -c 'echo 1 >/proc/self/clear_refs' || skip "no clear_refs: no CONFIG_PROC_PAGE_MONITOR"
}

# A write of 4 to clear_refs makes the VMA's vm_page_prot read-only. So new entries of a
# writable shared mapping are read-only, too. A CPU faults again, and heals the entry.
# fixup_user_fault() comes back after the first fault.
need_soft_dirty() {
	need_region mmio
	on sh -c 'echo 4 >/proc/self/clear_refs' || skip "no clear_refs of 4: no CONFIG_PROC_PAGE_MONITOR"
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x1000
		put:/proc/self/clear_refs,text=4
		read:m	0x*
		leaf:m	=leaf pte *
	END
	[[ ${SAID[leaf]} != *writable* ]] || {
		[[ $MACHINE == x86_64 ]] || skip "no soft-dirty bit on $MACHINE"
		skip "no CONFIG_MEM_SOFT_DIRTY"
	}
}
