#!/usr/bin/env bats
# /proc/kpageflags and /proc/kpagecount: what the kernel tells of a physical page. pagemap tells
# which page a mapping has; it tells of no page where the VMA is of pfns, so the rows of the ram
# region name the page.

load helpers/common
load shared/huge-zero

setup() {
	target_has /proc/kpageflags || skip "no CONFIG_PROC_PAGE_MONITOR"
	state_kept || invariants_note
}

# From 6.10 to 7.1 every anonymous page is KSM's ("fs/proc: fix KPF_KSM reported for all anonymous
# pages").
anonymous() { # ROW
	local told=fixed

	[[ ${SAID[$1]} != *ksm* ]] || told="bug reproduced"
	known_bug "kpageflags: no anonymous page but KSM's has KPF_KSM" "$told" 7.2
}

@test "kpage: a page is counted by each mapping that has the page, and by none that has the pfn" {
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		kpage:ram+0x1000	count=0 flags=none
		m=mmap:a,len=0x2000
		kpage:ram+0x1000	count=1 flags=mmap
		kpage:m,off=0x1000	count=1 flags=mmap
		n=mmap:a,len=0x2000
		kpage:ram+0x1000	count=2 flags=mmap
		fork:c
		c/read:m,off=0x1000	0x*
		c/read:n,off=0x1000	0x*
		kpage:ram+0x1000	count=4 flags=mmap
		exit:c
		b=open
		set:b,region=ram,method=vmf_insert_pfn,mode=write-back
		p=mmap:b,len=0x2000
		read:p,off=0x1000	0x*
		kpage:p,off=0x1000	ENOENT
		kpage:ram+0x1000	count=2 flags=mmap
		munmap:m
		munmap:n
		kpage:ram+0x1000	count=0 flags=none
		read:p,off=0x1000	0x*
	END
}

# pagemap skips a VMA of VM_PFNMAP with its copies, so this one is of VM_MIXEDMAP.
@test "kpage: a copy is an anonymous page of its own, and the page that was copied counts nothing" {
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x2000,private
		kpage:ram+0x0		count=1 flags=mmap
		write:m,val=1
		kpage:m			=said count=1 flags=anon+?(ksm+)mmap+swapbacked
		kpage:ram+0x0		count=0 flags=none
		kpage:ram+0x1000	count=1 flags=mmap
		fork:c
		kpage:m			count=2 flags=anon+?(ksm+)mmap+swapbacked
		exit:c
		kpage:m			count=1 flags=anon+?(ksm+)mmap+swapbacked
	END
	anonymous said
}

@test "kpage: the zero page is nobody's, and has no count" {
	check <<-END
		a=open
		z=anon:len=0x2000,plain
		kpage:z			ENOENT
		read:z			0x00000000
		read:z,off=0x1000	0x00000000
		kpage:z			count=0 flags=zero_page
		write:z,val=1
		kpage:z			=said count=1 flags=anon+?(ksm+)mmap+swapbacked
		kpage:z,off=0x1000	count=0 flags=zero_page
	END
	anonymous said
}

# A folio that is "large_rmappable" would be a THP alone.
@test "kpage: every page of the huge zero folio is a zero page, of a THP, and has no count" {
	hole <<-END
		read:m				0x00000000
		kpage:m				count=0 flags=compound_head+thp+zero_page
		kpage:m,off=0x1000		count=0 flags=compound_tail+thp+zero_page
		kpage:m,off=0x1ff000		count=0 flags=compound_tail+thp+zero_page
		n=mmap:a,len=0x400000
		read:n,off=0x200000		0x00000000
		kpage:n,off=0x200000		count=0 flags=compound_head+thp+zero_page
	END
}

@test "kpage: anonymous: every page of the huge zero folio is a zero page, of a THP" {
	hz <<-END
		read:z			0x00000000
		kpage:z			count=0 flags=compound_head+thp+zero_page
		kpage:z,off=0x1ff000	count=0 flags=compound_tail+thp+zero_page
		write:z,val=1
		kpage:z			=said count=1 flags=anon+?(compound_head+)?(ksm+)mmap+swapbacked?(+thp)
	END
	anonymous said
}

# No page of ZONE_DEVICE memory is online. Since "fs/proc/page: Refactoring to reduce code
# duplication" (2025) such a page has no flag at all.
@test "kpage: memory that is not the kernel's is KPF_NOPAGE, and counted by no mapping" {
	local told=fixed
	local method=vmf_insert_page_mkwrite

	need_region dax
	has_method $method || method=vmf_insert_pfn
	check <<-END
		a=open
		kpage:dax+0x0		=said count=0 flags=@(nopage|none)
		set:a,region=dax,method=$method,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=1
		kpage:dax+0x0		=said
	END
	[[ ${SAID[said]} == *nopage* ]] || told="bug reproduced"
	behaviour "kpageflags: a page that is not online has KPF_NOPAGE" "$told"
}
