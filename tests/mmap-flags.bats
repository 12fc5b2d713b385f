#!/usr/bin/env bats
# Further flags of mmap(), mprotect() and mremap(), which a driver never sees, and what they do
# to its mapping.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/private

# $UNTOUCHED: the entry of a page that nobody has touched.
untouched() {
	UNTOUCHED="p[tmu][ed] *"
	! by_fault || UNTOUCHED=none
}

flag_ignored() {
	untouched
	WANT=(ok "$UNTOUCHED" "0x*" "p[tmu][ed] *")
}

@test "mmap: MAP_SHARED_VALIDATE is as MAP_SHARED" {
	MAP=flags=shared_validate each_method flag_ignored leaf:m read:m leaf:m
}

# A driver names the flags that it knows; ours knows none.
no_such_flag() {
	WANT=(EOPNOTSUPP)
}

@test "mmap: MAP_SYNC is refused with MAP_SHARED_VALIDATE" {
	MAP=flags=shared_validate+sync each_method no_such_flag
}

@test "mmap: MAP_SYNC is swallowed with MAP_SHARED" {
	MAP=flags=sync each_method flag_ignored leaf:m read:m leaf:m
}

@test "mmap: MAP_SYNC is swallowed with MAP_PRIVATE, too" {
	MAP=flags=sync each_private flag_ignored leaf:m read:m leaf:m
}

@test "mmap: MAP_NORESERVE, MAP_STACK, MAP_DENYWRITE and MAP_EXECUTABLE are swallowed" {
	MAP=flags=noreserve+stack+denywrite+executable each_method flag_ignored leaf:m read:m leaf:m
}

not_of_files() {
	WANT=(EINVAL)
}

# MAP_DROPPABLE (6.11) is 8: it takes the place of MAP_SHARED or MAP_PRIVATE.
@test "mmap: MAP_HUGETLB, MAP_GROWSDOWN and MAP_DROPPABLE are refused" {
	MAP=flags=8 each_method not_of_files
	MAP=flags=hugetlb each_method not_of_files
	MAP=flags=growsdown each_method not_of_files
	MAP=flags=growsdown,private each_method not_of_files
}

# mm_populate() leaves VMAs of pfns out, and does not mind an entry without a page.
populated() {
	untouched
	[[ $KIND == pfns ]] || UNTOUCHED="p[tmu][ed] *"
	WANT=(ok "$UNTOUCHED" "0x*")
}

@test "mmap: MAP_POPULATE faults all in but pfns" {
	MAP=flags=populate each_method populated leaf:m read:m
}

# The kernel never locks our mappings (VM_SPECIAL), but populates them as if it did.
@test "mmap: MAP_LOCKED faults all in but pfns, and locks nothing" {
	MAP=flags=locked each_method populated leaf:m read:m
	check <<-END
		a=open
		m=mmap:a,len=0x1000,flags=locked
		proc:m,file=smaps	* vmflags=!(*lo*)
	END
}

# The kernel populates a private mapping that can be written to as if by writes: so it copies.
populated_private() {
	local entry='pte * pfn=other writable*'

	[[ $KIND != pfns ]] || entry='pte !(*pfn=other*)'
	WANT=(ok "$entry" "$entry" "0x*")
}

@test "mmap: MAP_POPULATE and MAP_LOCKED of a private mapping copy all but pfns" {
	MAP=flags=populate each_private populated_private leaf:m leaf:m,off=0x3000 read:m
	MAP=flags=locked each_private populated_private leaf:m leaf:m,off=0x3000 read:m
}

# MAP_32BIT leaves 1 GiB to choose from: there a PUD leaf fits only by chance.
below_2g() {
	WANT=(ok "0x80000000 - 0x*" "0x*")
	[[ $LEVEL != pud ]] || WANT=("@(ok|ENOMEM)" "@(0x80000000 - 0x*|not mapped)" \
		"@(0x*|not mapped)")
}

@test "mmap: MAP_32BIT maps below 2 GiB" {
	[[ $MACHINE == x86_64 ]] || skip "no MAP_32BIT on $MACHINE"
	MAP=flags=32bit each_method below_2g where:m,of=0x80000000 read:m
}

at_hint() {
	WANT=(ok "w + 0x0" "0x*")
}

elsewhere() {
	WANT=(ok "w [+-] 0x[1-9a-f]*" "0x*")
}

@test "mmap: a mapping goes where the hint says, if that place is free" {
	BEFORE=("w=anon:len=0x80000000,prot=none" munmap:w)
	MAP=hint=w each_method at_hint where:m,of=w read:m
}

@test "mmap: a hint is passed over where something is mapped" {
	BEFORE=("w=anon:len=0x40000000,prot=none")
	MAP=hint=w each_method elsewhere where:m,of=w read:m
}

there_already() {
	WANT=(EEXIST)
}

@test "mmap: MAP_FIXED_NOREPLACE takes a free place, and no other" {
	BEFORE=("w=anon:len=0x80000000,prot=none" munmap:w)
	MAP=hint=w,flags=fixed_noreplace each_method at_hint where:m,of=w read:m
	BEFORE=("w=anon:len=0x40000000,prot=none")
	MAP=hint=w,flags=fixed_noreplace each_method there_already
}

none_then_all() {
	WANT=(ok "*" SIGSEGV ok "0x*" "p[tmu][ed] *")
}

@test "mmap: PROT_NONE gives no access, and mprotect gives it later" {
	MAP=prot=none each_method none_then_all leaf:m read:m mprotect:m,prot=rw read:m leaf:m
}

one_of_them() {
	WANT=(ok EINVAL EINVAL EINVAL)
}

# PROT_GROWSDOWN and PROT_GROWSUP are for stacks; there is no bit 6.
@test "mprotect: PROT_GROWSDOWN, PROT_GROWSUP and both are refused" {
	each_method one_of_them mprotect:m,prot=0x1000001 mprotect:m,prot=0x2000001 \
		mprotect:m,prot=0x3000001
}

no_flag() {
	WANT=(ok EINVAL EINVAL "0x*")
}

@test "mremap: flags that there are not are refused, and MREMAP_FIXED alone" {
	each_method no_flag "mremap:m,len=0x1000,flags=8" "mremap:m,len=0x1000,flags=2" read:m
}

# The kernel charges a private mapping that can be written to, which takes over the charge of the
# mapping that it replaces. From 6.12 on, before "mm/vma: don't leak the commit charge on mmap
# failure" (7.3.4, 6.12.118), the charge of the replaced mapping stays if mmap() fails.
@test "mmap: a private mapping that fails is not committed, nor is what it was to replace" {
	local commit=get:/proc/meminfo,key=Committed_AS before told

	need_region ram
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		$commit						=before Committed_AS:*
		m=mmap:a,len=0x10000000,private			EINVAL
		$commit						=failed Committed_AS:*
		n=anon:len=0x10000000,plain
		$commit						=there Committed_AS:*
		m=mmap:a,len=0x10000000,private,fixed=n		EINVAL
		read:n						SIGSEGV
		$commit						=after Committed_AS:*
	END
	committed before
	before=$REPLY
	committed failed
	((REPLY < before + 128)) || fail "mmap() that failed: $before MiB, then $REPLY"
	committed there
	((REPLY >= before + 128)) || fail "256 MiB more: $before MiB, then $REPLY"
	committed after
	told=fixed
	((REPLY < before + 128)) || told="bug reproduced"
	since 6.12 || assert_equal "$told" fixed
	known_bug "mmap() that fails leaves nothing committed of what it replaced" "$told" \
		7.4 7.3.4 6.12.118
}

# From 6.15 on, before "mm/mremap: populate calculated fields in vrm state correctly" (7.3.4), the
# kernel charges the part that was cut off a second time, as if the mapping grew by that part.
@test "mremap: a private mapping that shrinks and moves is charged nothing" {
	local commit=get:/proc/meminfo,key=Committed_AS before told=fixed at rows=''

	need_room ram 0x200000
	need_method vm_insert_page
	for ((at = 0; at < 128; at++)); do
		rows+="m$at=mmap:a,len=0x200000,private,fixed=0x600000000000"$'\n'
		rows+="n$at=mremap:m$at,len=0x1000,fixed=0x600010000000"$'\n'
		rows+="munmap:n$at"$'\n'
	done
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		$commit		=before Committed_AS:*
		$rows
		$commit		=after Committed_AS:*
	END
	committed before
	before=$REPLY
	committed after
	((REPLY < before + 128)) || told="bug reproduced"
	since 6.15 || assert_equal "$told" fixed
	known_bug "mremap() that shrinks and moves commits no memory" "$told" 7.4 7.3.4
}

no_advice() {
	WANT=(ok EINVAL EINVAL "0x*")
}

@test "madvise: advice that there is not is refused" {
	each_method no_advice madvise:m,advice=99 madvise:m,advice=200 read:m
}

# madvise() goes through the VMAs one by one, goes on behind a gap, and stops at a VMA that refuses.
@test "madvise: goes on behind a gap, and no further than a mapping that refuses" {
	need_room ram 0x5000
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x5000,fixed=0x600000000000
		munmap:m,off=0x1000,len=0x1000
		madvise:m,len=0x3000,advice=dontneed	ENOMEM
		leaf:m			none
		leaf:m,off=0x2000	none
		leaf:m,off=0x3000	pte * ram+0x3000 *
		leaf:m,off=0x4000	pte * ram+0x4000 *
		n=mmap:a,len=0x4000,fixed=0x600000010000
		set:a,region=ram,method=remap_pfn_range,mode=write-back
		o=mmap:a,len=0x1000,fixed=n+0x2000
		madvise:n,off=0x1000,advice=dontneed	EINVAL
		leaf:n			pte * ram+0x0 *
		leaf:n,off=0x1000	none
		leaf:o			pte * ram+0x0 *
		leaf:n,off=0x3000	pte * ram+0x3000 *
	END
}

# A fault may map a large leaf if the driver has huge_fault(), and if the VMA has room for one.
eligible() { # METHOD REGION LEVEL LEN WANT
	need_method "$1"
	need_room "$2" "$4"
	need_large_leaves
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$3
		m=mmap:a,len=$4
		madvise:m,advice=hugepage
		eligible:m	$5
	END
}

@test "smaps: THPeligible of a VMA that faults may map by 2 MiB of pfns" {
	need_large_pfns
	eligible vmf_insert_pfn_pmd mmio pmd 0x200000 1
	eligible vmf_insert_pfn_pmd mmio pmd 0x1ff000 0
}
@test "smaps: no THPeligible of a VMA whose driver has no huge_fault()" {
	eligible vmf_insert_pfn mmio pte 0x200000 0
}
# The kernel tells of khugepaged here, which leaves DAX alone.
@test "smaps: no THPeligible of a VMA of DAX, which faults map by folios of 2 MiB" {
	eligible vmf_insert_folio_pmd dax pmd 0x200000 0
}
