#!/usr/bin/env bats
# mbind() looks for pages that are on another node than the new policy wants. MPOL_LOCAL, the policy
# of the step, names no node. So with MPOL_MF_STRICT mbind() is EIO if the kernel finds any page, on
# a machine of one node, too. The kernel can't move a driver's pfns, a device's pages or the huge
# zero folio, so mbind() must not find them. mbind() also walks VMAs with VM_PFNMAP, which other
# walks leave out.

load helpers/common
load helpers/methods
load shared/huge-zero
load shared/zone-device

need_mbind() {
	run_on pfnmap-try a=open m=anon:len=0x1000 mbind:m
	[[ $output != *ENOSYS ]] || skip "no CONFIG_NUMA"
}

# $REPLY: what the row named `said` shows.
told() {
	case ${SAID[said]} in
	ok) REPLY=fixed ;;
	EIO) REPLY="bug reproduced" ;;
	esac
}

@test "mbind: a small entry of a pfn is on no node, and an anonymous page is" {
	need_mbind
	need_method vmf_insert_pfn
	need_region ram
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=0x77
		leaf:m			=before *
		mbind:m,strict
		mbind:m,strict,move
		leaf:m			=before
		read:m			0x00000077
		n=anon:len=0x1000
		write:n,val=1
		mbind:n,strict		EIO
	END
}

@test "mbind: a small entry of a device's page is on no node" {
	need_mbind
	zd pte <<-END
		m=mmap:a,len=0x1000
		write:m,val=1
		mbind:m,strict
		mbind:m,strict,move
		leaf:m			WRITTEN+0x0
		look			BY1
	END
}

# Before "mm/mempolicy: use vm_normal_folio_pmd() in queue_folios_pmd()" (7.3.4, 6.12.118) mbind()
# took the memory behind the pfn for a page, and crashed if that had no struct page. So the test
# maps RAM, which has struct pages.
@test "mbind: a 2 MiB leaf of pfns is on no node" {
	need_mbind
	need_large_leaves
	need_large_pfns
	need_method vmf_insert_pfn_pmd
	need_room ram 0x200000
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn_pmd,mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		write:m,val=0x77
		leaf:m			=before pmd *
		mbind:m,strict		=said @(ok|EIO)
		mbind:m,strict,move	=said
		leaf:m			=before
		read:m			0x00000077
	END
	told
	known_bug "mbind: a 2 MiB leaf of pfns is on no node" "$REPLY" 7.4 7.3.4 6.12.118
}

# Fixed by "mm/mempolicy: skip zone device folios when queueing folios" (7.3.4). Entries of devmap,
# before 6.15, are no normal pages: for them the fix of the test above, which 6.12.118 has, is
# enough.
@test "mbind: a 2 MiB leaf of a device's folio is on no node" {
	need_mbind
	need_large_leaves
	zd pmd <<-END
		m=mmap:a,len=0x200000
		write:m,val=1
		leaf:m			WRITTEN+0x0
		mbind:m,strict		=said @(ok|EIO)
		mbind:m,strict,move	=said
		leaf:m			WRITTEN+0x0
		look			BY1
		munmap:m
		look			BY0
	END
	told
	entries_count || ! fixed_in 7.4 6.12.118 || assert_equal "$REPLY" fixed
	known_bug "mbind: a 2 MiB leaf of a device's folio is on no node" "$REPLY" 7.4 7.3.4
}

@test "mbind: the huge zero folio is on no node: file" {
	need_mbind
	hole <<-END
		read:m			0x00000000
		mbind:m,strict
		mbind:m,strict,move
		leaf:m			ZERO
	END
}

@test "mbind: the huge zero folio is on no node: anonymous" {
	need_mbind
	hz <<-END
		read:z			0x00000000
		mbind:z,strict
		leaf:z			ZERO
		write:z,val=1
		mbind:z,strict		EIO
	END
}

# move_pages() tells the node of a page that the kernel finds behind the entry. It moves none of a
# VMA of pfns or of DAX, and has nothing to do from node 0 to node 0. Before "mm/migrate: convert
# do_pages_stat_array() from follow_page() to folio_walk" (6.12) a special entry was EFAULT.
# shellcheck disable=SC2034 # each_method reads WANT
on_a_node() {
	local special=ENOENT

	since 6.12 || special=EFAULT
	case $KIND in
	counted) WANT=(ok ok "node *" "node *" 0x00000007) ;;
	special) WANT=(ok ok "$special" "$special" 0x00000007) ;;
	pfns) WANT=(ok ok "$special" EFAULT 0x00000007) ;;
	*) WANT=(ok ok ENOENT EFAULT 0x00000007) ;;
	esac
}

@test "move_pages: finds counted pages alone, and moves none" {
	need_mbind
	run_on pfnmap-try a=open m=anon:len=0x1000 movepages:m
	[[ $output != *ENOSYS* ]] || skip "no CONFIG_NUMA_MIGRATION"
	each_method on_a_node write:m,val=7 movepages:m movepages:m,node=0 read:m
}

# The kernel finds the huge zero folio, and tells EFAULT, as of the zero page.
@test "move_pages: the huge zero folio is on no node: file" {
	need_mbind
	hole <<-END
		read:m			0x00000000
		movepages:m		EFAULT
		movepages:m,node=0	EFAULT
		leaf:m			ZERO
	END
}

@test "move_pages: the huge zero folio is on no node: anonymous" {
	need_mbind
	hz <<-END
		read:z			0x00000000
		folio:z			=counts
		movepages:z		EFAULT
		movepages:z,node=0	EFAULT
		leaf:z			ZERO
		folio:z			=counts
		write:z,val=1
		movepages:z		node *
	END
}

# A copy is a page as any other, and could be moved. But the kernel moves nothing of a VMA of pfns
# (vma_migratable()), and so finds a page that is in the wrong place, and stays there.
@test "mbind: a copy in a private mapping of pfns is not moved, and an anonymous page is" {
	need_mbind
	need_method remap_pfn_range
	need_region ram
	check <<-END
		a=open
		set:a,region=ram,method=remap_pfn_range,mode=write-back
		m=mmap:a,len=0x2000,private
		mbind:m,strict
		write:m,val=0x77
		leaf:m			=before pte *
		mbind:m,strict		EIO
		mbind:m,strict,move	EIO
		leaf:m			=before
		read:m			0x00000077
		n=anon:len=0x1000
		write:n,val=1
		mbind:n,strict		EIO
		mbind:n,strict,move
		read:n			0x00000001
	END
}
