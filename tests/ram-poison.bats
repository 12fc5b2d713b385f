#!/usr/bin/env bats
# Memory failure of a page of the ram region. The kernel does not know whose page of this kind is,
# so it marks the page, and takes no entry away. Ends with the module loaded as it was.

load helpers/common

setup() {
	invariants_note
	need_region ram
	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	[[ -n ${DISPOSABLE:-} ]] || skip "the page is lost until the next boot: DISPOSABLE=1 allows it"
}

# The next load gets pages of the buddy allocator, which drops the page that failed.
clean_up() {
	[[ -z ${BATS_TEST_SKIPPED-} ]] || return 0
	! module_loaded || rmmod pfnmap_test || return
	suite_load
}

# An access of the kernel's own could stop a real machine, whose direct map may lack the page, too.
@test "ram-poison: the module neither reads nor writes a page that failed" {
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x2000
		fill:m,len=0x8,val=0
		write:m,val=0x44
		fill:m,off=0x1000,len=0x8,val=0
		write:m,off=0x1000,val=0x55
		p=pin:m,slow		ok word=0x0000000000000044
		unpin:p
		poison:m		@(ok|EBUSY)
		folio:m			*hwpoison*
		word:ram+0x0		EHWPOISON
		word:ram+0xff8		EHWPOISON
		word:ram+0x0,val=1	EHWPOISON
		word:ram+0x1000		0x0000000000000055
		p=pin:m,slow		ok word=0x0000000000000000
		unpin:p
		p=pin:m,either		ok word=0x0000000000000000
		unpin:p
		read:m			0x00000044
	END
}
