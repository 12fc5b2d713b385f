#!/usr/bin/env bats
# Private mappings of pfns across fork: which data parent and child see. Row T6 of the mm
# series: before 6.16 fork asked the entry of the first page for the mode of the range, and
# failed if that entry mapped a copy.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load helpers/cow

# $FORK: what fork says then; $KEPT: what list says of the range, and $INVALID_FREES what
# each fork, and the end, frees again where the first has given the range back (FORK_TAKES).
first_copied() { # [FORKS]
	FORK=ok KEPT=LIST1
	[[ $TRACKING != *vm_pat ]] || FORK=ENOMEM
	# shellcheck disable=SC2034 # teardown's
	[[ -z $FORK_TAKES ]] || KEPT=none INVALID_FREES=${1:-0}
}

need_fork() {
	[[ $TRACKING != *vm_pat ]] || skip "fork fails here once the first page was copied (T6)"
}

@test "fork: nothing copied, both see the device, also what it says later" {
	cow fork:c ok c/leaf:m IDLE0 leaf:m DEV0 c/check:m,val=$W0,inc=3 ok \
		word:mmio+0x11000,val=0x71 ok c/read:m,off=0x1000 0x00000071 \
		read:m,off=0x1000 0x00000071 vma:m VMA2 c/vma:m VMA2 \
		list:mmio+$OFF,len=0x4000 LIST2 exit:c ok vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1 \
		munmap:m ok list:mmio+$OFF,len=0x4000 none
	behaviour "a fork's reservation goes with it" ok
}

@test "fork: nothing copied, then the child writes" {
	cow fork:c ok c/write:m,off=0x1004,val=5 ok c/leaf:m,off=0x1000 COPIED \
		c/read:m,off=0x1000 "$W1" c/check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3 ok \
		leaf:m,off=0x1000 DEV1 check:m,val=$W0,inc=3 ok word:mmio+0x11000,val=0x71 ok \
		read:m,off=0x1000 0x00000071 c/read:m,off=0x1000 "$W1" \
		list:mmio+$OFF,len=0x4000 LIST2 exit:c ok leaf:m,off=0x1000 DEV1 vma:m VMA1
}

@test "fork: nothing copied, then the parent writes" {
	cow fork:c ok write:m,off=0x1004,val=5 ok leaf:m,off=0x1000 COPIED \
		check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3 ok \
		c/leaf:m,off=0x1000 IDLE1 c/check:m,val=$W0,inc=3 ok \
		word:mmio+0x11000,val=0x71 ok c/read:m,off=0x1000 0x00000071 \
		read:m,off=0x1000 "$W1" munmap:m ok c/vma:m VMA1 c/read:m,off=0x1000 0x00000071 \
		list:mmio+$OFF,len=0x4000 LIST1 exit:c ok list:mmio+$OFF,len=0x4000 none
}

@test "fork: nothing copied, then both write the same page" {
	cow fork:c ok c/write:m,val=5 ok write:m,val=6 ok "c/$(pfn_of m)" "ok *" \
		"$(pfn_of m)" "ok *" c/read:m 0x00000005 read:m 0x00000006 \
		c/read:m,off=4 0x00001003 read:m,off=4 0x00001003 word:mmio+$OFF 0x0000100300001000 \
		exit:c ok read:m 0x00000006 vma:m VMA1
	assert_not_equal "${lines[9]}" "${lines[10]}"
	behaviour "parent's and child's copies of a page are their own" ok
}

# Shared read-only until somebody writes: who does gets a new page, and who is left
# with the old one keeps it.
@test "T6: fork after a page was copied, then the child writes first" {
	cow write:m,off=0x1000,val=5 ok put:/proc/sys/vm/drop_caches,text=1 ok \
		"$(pfn_of m 0x1000)" "ok *" fork:c ok leaf:m,off=0x1000 SHARED \
		c/leaf:m,off=0x1000 "COPY dirty" c/read:m,off=0x1000 0x00000005 \
		folio:m,off=0x1000 "refs=2 mapcount=2 order=0 page_refs=2 pgmap=none index=0x0 anon" \
		c/write:m,off=0x1000,val=6 ok c/read:m,off=0x1000 0x00000006 \
		read:m,off=0x1000 0x00000005 folio:m,off=0x1000 "refs=1 mapcount=1 *" \
		write:m,off=0x1000,val=7 ok c/read:m,off=0x1000 0x00000006 \
		read:m,off=0x1000 0x00000007 "$(pfn_of m 0x1000)" "ok *" \
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok \
		leaf:m,off=0x1000 COPIED c/leaf:m,off=0x1000 COPIED \
		word:mmio+0x11000 0x00001c0300001c00 list:mmio+$OFF,len=0x4000 LIST2
	assert_equal "${lines[8]}" "${lines[21]}"
}

@test "T6: fork after a page was copied, then the parent writes first" {
	cow write:m,off=0x1000,val=5 ok fork:c ok write:m,off=0x1000,val=6 ok \
		c/read:m,off=0x1000 0x00000005 c/leaf:m,off=0x1000 "COPY dirty*" \
		c/write:m,off=0x1000,val=7 ok read:m,off=0x1000 0x00000006 \
		c/read:m,off=0x1000 0x00000007 leaf:m,off=0x1000 COPIED \
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok exit:c ok \
		read:m,off=0x1000 0x00000006 leaf:m DEV0 vma:m VMA1
}

@test "T6: fork after the last page was copied" {
	cow write:m,off=0x3000,val=5 ok fork:c ok c/read:m,off=0x3000 0x00000005 \
		c/leaf:m,off=0x2000 IDLE2 vma:m VMA2 list:mmio+$OFF,len=0x4000 LIST2 exit:c ok \
		list:mmio+$OFF,len=0x4000 LIST1
}

@test "T6: fork after the first page was copied works, or on old kernels fails" {
	local steps

	first_copied 1
	# Where it fails, nothing else has changed.
	steps=("write:m,val=5" ok fork:c "$FORK")
	if [[ $FORK == ok ]]; then
		steps+=(leaf:m SHARED vma:m VMA2 c/vma:m VMA2 "list:mmio+$OFF,len=0x4000" LIST2
			c/read:m 0x00000005 "c/write:m,val=6" ok c/leaf:m COPIED read:m 0x00000005
			"write:m,val=7" ok c/read:m 0x00000006
			"c/check:m,off=4,len=0xffc,val=$((W0 + 3)),inc=3" ok "c/leaf:m,off=0x1000" IDLE1 exit:c ok)
		behaviour "fork works after the first page of a private mapping was copied" fixed
	else
		behaviour "fork works after the first page of a private mapping was copied" \
			"bug reproduced"
	fi
	cow "${steps[@]}" leaf:m "COPY *" vma:m VMA1 list:mmio+$OFF,len=0x4000 "$KEPT" \
		read:m "0x0000000[57]" check:m,off=4,len=0xffc,val=$((W0 + 3)),inc=3 ok \
		leaf:m,off=0x1000 DEV1 munmap:m ok list:mmio+$OFF,len=0x4000 none
}

@test "T6: each fork after the first page was copied, and none once it is unmapped" {
	first_copied 2
	# With none of them made there is one reservation, with them, since 6.16, too.
	cow write:m,val=5 ok fork:c "$FORK" list:mmio+$OFF,len=0x4000 "$KEPT" fork:d "$FORK" \
		list:mmio+$OFF,len=0x4000 "$KEPT" read:m 0x00000005 munmap:m ok fork:e ok
}

@test "T6: fork after all pages were copied" {
	need_fork
	cow write:m,val=1 ok write:m,off=0x1000,val=2 ok write:m,off=0x2000,val=3 ok \
		write:m,off=0x3000,val=4 ok fork:c ok c/read:m 0x00000001 \
		c/read:m,off=0x1000 0x00000002 c/read:m,off=0x2000 0x00000003 \
		c/read:m,off=0x3000 0x00000004 fill:m,val=9 ok c/read:m,off=0x1000 0x00000002 \
		c/check:m,off=0x3004,val=$((W3 + 3)),inc=3 ok c/fill:m,val=8 ok check:m,val=9 ok \
		c/check:m,val=8 ok vma:m VMA2 list:mmio+$OFF,len=0x4000 LIST2
}

# It is the forking process's own first page that counts.
@test "T6: a first page copied by the child alone" {
	first_copied
	cow fork:c ok c/write:m,val=5 ok c/fork:g "$FORK" fork:d ok \
		d/leaf:m IDLE0 d/read:m "$W0" c/read:m 0x00000005 exit:d ok
}

@test "T6: a first page copied by the parent, after a fork" {
	first_copied
	cow fork:c ok write:m,val=5 ok c/fork:g ok c/g/leaf:m IDLE0 c/g/read:m "$W0" \
		list:mmio+$OFF,len=0x4000 LIST3 c/exit:g ok fork:d "$FORK" c/read:m "$W0" exit:c ok
}

@test "fork: a grandchild has what was copied when it was made" {
	cow write:m,off=0x1000,val=5 ok fork:c ok c/write:m,off=0x2000,val=6 ok c/fork:g ok \
		c/g/read:m,off=0x1000 0x00000005 c/g/read:m,off=0x2000 0x00000006 \
		c/g/leaf:m,off=0x3000 IDLE3 write:m,off=0x1000,val=7 ok c/write:m,off=0x1000,val=8 ok \
		c/g/write:m,off=0x1004,val=9 ok c/g/read:m,off=0x1000 0x00000005 \
		read:m,off=0x1000 0x00000007 read:m,off=0x1004 0x00001c03 \
		read:m,off=0x2000 "$W2" list:mmio+$OFF,len=0x4000 LIST3 c/exit:g ok \
		list:mmio+$OFF,len=0x4000 LIST2 c/read:m,off=0x1000 0x00000008 exit:c ok \
		list:mmio+$OFF,len=0x4000 LIST1 read:m,off=0x1000 0x00000007
}

@test "fork: the child leaves first, and the copy is the parent's alone again" {
	cow write:m,off=0x1000,val=5 ok put:/proc/sys/vm/drop_caches,text=1 ok \
		"$(pfn_of m 0x1000)" "ok *" fork:c ok exit:c ok leaf:m,off=0x1000 SHARED \
		folio:m,off=0x1000 "refs=1 mapcount=1 *" write:m,off=0x1000,val=6 ok \
		"$(pfn_of m 0x1000)" "ok *" leaf:m,off=0x1000 COPIED read:m,off=0x1004 0x00001c03
	assert_equal "${lines[8]}" "${lines[14]}"
}

@test "fork: the parent unmaps first, and the child keeps copy and range" {
	cow write:m,off=0x1000,val=5 ok fork:c ok munmap:m ok c/read:m,off=0x1000 0x00000005 \
		c/leaf:m IDLE0 c/vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1 \
		c/write:m,off=0x1000,val=6 ok c/read:m,off=0x1000 0x00000006 \
		c/munmap:m ok list:mmio+$OFF,len=0x4000 none
}

@test "fork: a killed child takes nothing with it" {
	cow write:m,off=0x1000,val=5 ok fork:c ok c/write:m,off=0x1000,val=6 ok \
		c/write:m,off=0x2000,val=6 ok list:mmio+$OFF,len=0x4000 LIST2 kill:c SIGKILL \
		list:mmio+$OFF,len=0x4000 LIST1 vma:m VMA1 read:m,off=0x1000 0x00000005 \
		leaf:m,off=0x2000 DEV2 write:m,off=0x1000,val=7 ok read:m,off=0x1000 0x00000007
}

@test "fork: MADV_DONTFORK leaves copies and range to the parent, first page or not" {
	cow write:m,val=5 ok madvise:m,advice=dontfork ok fork:c ok c/read:m SIGSEGV \
		c/leaf:m EFAULT vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1 read:m 0x00000005 \
		leaf:m COPIED exit:c ok vma:m VMA1
}

# Where a page is pinned for DMA the parent must keep it: the child gets a copy of
# its own at once.
@test "fork: a pinned copy stays the parent's" {
	need_fast_gup
	cow write:m,off=0x1000,val=5 ok put:/proc/sys/vm/drop_caches,text=1 ok \
		p=pin:m,off=0x1000,either,write "ok word=0x00001c0300000005" \
		"$(pfn_of m 0x1000)" "ok *" fork:c ok leaf:m,off=0x1000 COPIED \
		folio:m,off=0x1000 "refs=1025 mapcount=1 *" c/leaf:m,off=0x1000 "COPY writable dirty*" \
		"c/$(pfn_of m 0x1000)" "ok *" c/read:m,off=0x1000 0x00000005 \
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok \
		write:m,off=0x1000,val=6 ok "$(pfn_of m 0x1000)" "ok *" \
		c/read:m,off=0x1000 0x00000005 q=pin:m,off=0x1000,fast "ok word=0x00001c0300000006" \
		unpin:p ok unpin:q ok exit:c ok
	assert_equal "${lines[9]}" "${lines[18]}"
	assert_not_equal "${lines[9]}" "${lines[14]}"
	behaviour "a pinned copy in a private mapping of pfns is not shared by fork" ok
}

# A mere reference does not: as with any anonymous page, who writes first loses it.
@test "fork: a copy with a reference is shared, and the first to write gets another" {
	need_fast_gup
	cow write:m,off=0x1000,val=5 ok put:/proc/sys/vm/drop_caches,text=1 ok \
		s=splice:m,off=0x1000 ok "$(pfn_of m 0x1000)" "ok *" fork:c ok \
		folio:m,off=0x1000 "refs=3 mapcount=2 *" write:m,off=0x1000,val=6 ok \
		"$(pfn_of m 0x1000)" "ok *" c/read:m,off=0x1000 0x00000005 unsplice:s 0x00000005 \
		read:m,off=0x1000 0x00000006
	assert_not_equal "${lines[9]}" "${lines[13]}"
}

@test "fork: read-only and inaccessible copies" {
	cow write:m,off=0x1000,val=5 ok mprotect:m,prot=r ok fork:c ok \
		c/read:m,off=0x1000 0x00000005 c/write:m,off=0x1000,val=6 SIGSEGV \
		c/mprotect:m,prot=rw ok c/write:m,off=0x1000,val=6 ok read:m,off=0x1000 0x00000005 \
		exit:c ok mprotect:m,prot=none ok fork:d ok d/read:m,off=0x1000 SIGSEGV \
		d/mprotect:m,prot=rw ok d/read:m,off=0x1000 0x00000005 \
		d/write:m,off=0x1000,val=7 ok exit:d ok mprotect:m,prot=rw ok \
		read:m,off=0x1000 0x00000005 vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1
}
