#!/usr/bin/env bats
# C9: what asks for no other page leaves a huge zero folio's entry as it is: mlock, madvise and
# clear_refs. huge-zero-change.bats has what replaces or moves the entry.

load helpers/common
load shared/huge-zero

@test "C9: mlock, munlock and mlockall leave the entry alone" {
	hole <<-END
		read:m	0x00000000
		folio:m	=counts
		mlock:m
		leaf:m	ZERO
		folio:m	=counts
		munlock:m
		leaf:m	ZERO
		mlock2:m
		munlock:m
		mlockall
		leaf:m	ZERO
		folio:m	=counts
		munmap:m
	END
}

# nr_mlock counts the pages that are locked. Each CPU keeps some of the count to itself until a write
# to stat_refresh.
@test "C9: anonymous: mlock locks no page of the huge zero folio" {
	local locked="put:/proc/sys/vm/stat_refresh,text=1
		get:/proc/vmstat,key=nr_mlock	=locked"

	hz <<-END
		read:z			0x00000000
		folio:z			=counts
		$locked nr_mlock *
		mlock2:z
		leaf:z			ZERO
		$locked
		munlock:z
		leaf:z			ZERO
		$locked
		folio:z			=counts
	END
}

# After the move the new VMA is locked, and the old one is not. By three bugs VmLck still counts
# memory that nobody has mapped any more.
# whole: from 6.15 on the kernel counts twice what moves. Fixed by "mm/mremap: account
#	mm->locked_vm correctly for MREMAP_DONTUNMAP" (7.3, 7.2.8).
# part: the kernel also unlocks the part of the VMA that does not move, and still counts it.
#	Fixed by "mm/mremap: fix locked_vm leak by splitting VMA for MREMAP_DONTUNMAP" (7.3,
#	7.2.11, 6.12.114, 6.1.191).
# self: the same where the new VMA merges with the old one, which nobody has touched. Fixed by
#	"mm/mremap: fix locked_vm leak from MREMAP_DONTUNMAP self-merge" (in the same kernels).
@test "C9: MREMAP_DONTUNMAP of locked huge zero memory leaves VmLck as before, and 0 in the end" {
	local lck=get:/proc/self/status,key=VmLck whole=fixed part=fixed self=fixed at
	local -A kb=()

	hz <<-END
		read:z			0x00000000
		mlock2:z
		leaf:z			ZERO
		n=mremap:z,len=0x200000,dontunmap
		leaf:z			none
		read:n			0x00000000
		$lck			=whole VmLck:*
		munmap:z
		munmap:n
		$lck			=whole_left VmLck:*
	END
	for at in whole whole_left; do kb[$at]=${SAID[$at]//[!0-9]/}; done
	hz <<-END
		w=anon:len=0x400000
		read:w			0x00000000
		read:w,off=0x200000	0x00000000
		mlock2:w
		n=mremap:w,off=0x200000,len=0x200000,dontunmap
		leaf:w			ZERO
		leaf:w,off=0x200000	none
		read:n			0x00000000
		$lck			=part VmLck:*
		munmap:w
		munmap:n
		$lck			=part_left VmLck:*
	END
	for at in part part_left; do kb[$at]=${SAID[$at]//[!0-9]/}; done
	hz <<-END
		s=anon:len=0x400000
		munmap:s,off=0x200000
		mlock2:s,len=0x200000
		n=mremap:s,old=0x200000,len=0x200000,dontunmap,fixed=s+0x200000
		read:n			0x00000000
		read:s			0x00000000
		munmap:s
		$lck			=self_left VmLck:*
	END
	kb[self_left]=${SAID[self_left]//[!0-9]/}
	case "${kb[whole]} ${kb[whole_left]}" in
	"2048 0") ;;
	"4096 2048") whole="bug reproduced" ;;
	*) fail "whole: ${kb[whole]} kB, then ${kb[whole_left]} kB" ;;
	esac
	# With the bug `whole` too, both figures are larger.
	[[ "${kb[part]} ${kb[part_left]}" == "4096 0" ]] || part="bug reproduced"
	[[ ${kb[self_left]} == 0 ]] || self="bug reproduced"
	since 6.15 || assert_equal "$whole" fixed
	if fixed_in 7.3 7.2.11 6.12.114 6.1.191; then
		assert_equal "part ${kb[part]} ${kb[part_left]}" "part 4096 0"
		assert_equal "self ${kb[self_left]}" "self 0"
	fi
	known_bug "MREMAP_DONTUNMAP of locked memory counts it once" "$whole" 7.3 7.2.8
	behaviour "MREMAP_DONTUNMAP of part of locked memory keeps the rest locked" "$part"
	behaviour "MREMAP_DONTUNMAP to behind a locked VMA keeps it locked" "$self"
}

# 2^32 pages are 0 as an int: "mm/mlock: use a long for the page count in mlock_fixup()" (7.3.4,
# 6.12.117).
@test "C9: mlock counts 16 TiB with the huge zero folio in them" {
	local map=m=mmap:a,len=0x100000000000,flags=anonymous+noreserve,private,prot=r
	local lck=get:/proc/self/status,key=VmLck kib told

	check <<-END
		a=open
		$map	=mapped *
	END
	[[ ${SAID[mapped]} == ok ]] || skip "no room for 16 TiB: ${SAID[mapped]}"
	check <<-END
		a=open
		$map
		read:m,off=0x80000000000	0x00000000
		mlock2:m
		$lck				=locked VmLck:*
		read:m,off=0x80000000000	0x00000000
		munmap:m
	END
	kib=${SAID[locked]//[!0-9]/}
	case $kib in
	17179869184) told=fixed ;;
	0) told="bug reproduced" ;;
	*) fail "VmLck: $kib kB" ;;
	esac
	known_bug "mlock() counts 16 TiB" "$told" 7.4 7.3.4 6.12.117
}

@test "C9: anonymous: madvise leaves the entry alone" {
	hz <<-END
		read:z				0x00000000
		folio:z				=counts
		madvise:z,advice=cold
		leaf:z				ZERO
		madvise:z,advice=pageout
		leaf:z				ZERO
		madvise:z,advice=free
		leaf:z				ZERO
		madvise:z,off=0x1000,len=0x1000,advice=cold
		leaf:z				ZERO
		madvise:z,off=0x1000,len=0x1000,advice=free
		leaf:z				ZERO
		madvise:z,advice=populate_read
		madvise:z,advice=mergeable	@(ok|EINVAL)
		madvise:z,advice=unmergeable	@(ok|EINVAL)
		leaf:z				ZERO
		folio:z				=counts
		read:z				0x00000000
	END
}

@test "C9: madvise leaves the entry alone" {
	hole <<-END
		read:m				0x00000000
		madvise:m,advice=cold
		leaf:m				ZERO
		madvise:m,advice=pageout
		leaf:m				ZERO
		madvise:m,off=0x1000,len=0x1000,advice=cold
		madvise:m,off=0x1000,len=0x1000,advice=pageout
		leaf:m				ZERO
		madvise:m,advice=populate_read
		leaf:m				ZERO
		madvise:m,advice=collapse	EINVAL
		read:m				0x00000000
		leaf:m				ZERO
	END
}

# told_young: what the rows named `before` and `after` say of a write to clear_refs between them.
# Before "proc/task_mmu: handle special PMDs in clear_refs and pagemap" (7.3.4) clear_refs took the
# folio for a normal one, and made its entry old.
told_young() { # WHOSE
	local told=fixed

	if [[ ${SAID[after]} != "${SAID[before]}" ]]; then
		told="bug reproduced"
		assert_equal "${SAID[after]}" "${SAID[before]/ young/}"
	fi
	known_bug "clear_refs leaves the huge zero folio's entry young: $1" "$told" 7.4 7.3.4
}

@test "C9: clear_refs of 1 leaves the entry as it is: file" {
	on sh -c 'echo 1 >/proc/self/clear_refs' || skip "no clear_refs: no CONFIG_PROC_PAGE_MONITOR"
	hole <<-END
		read:m					0x00000000
		leaf:m					=before ZERO
		put:/proc/self/clear_refs,text=1
		leaf:m					=after *
	END
	told_young file
}

@test "C9: clear_refs of 1 leaves the entry as it is: anonymous" {
	on sh -c 'echo 1 >/proc/self/clear_refs' || skip "no clear_refs: no CONFIG_PROC_PAGE_MONITOR"
	hz <<-END
		read:z					0x00000000
		leaf:z					=before ZERO
		put:/proc/self/clear_refs,text=1
		leaf:z					=after *
	END
	told_young anonymous
}
