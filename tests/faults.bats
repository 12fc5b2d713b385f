#!/usr/bin/env bats
# The kernel's fault injection: on the way of each operation, every allocation that may fail, and
# every copy from and to user space, fails once. Whatever the operation answers, it leaves
# nothing behind, and the next one works.
#
# The fault hits the thread of the step alone (/proc/self/fail-nth). The tests do not look for
# memory that nobody frees: the runner asks kmemleak at the end of the run (vm/host/pool.py).

load helpers/common
load shared/faults
load helpers/methods

export SOURCE=nth
ALONE=fixed=0x100000000000

setup_file() {
	time_limit 3600
	injection_on
}

teardown_file() {
	injection_off
}

setup() {
	injection_need
	invariants_note
	also z=open
}

@test "faults: an open that fails leaves nothing, nor does close of a file that holds all" {
	walk open "$FAULTS|ENFILE" '!a=open' '?close:a'
	! has_method mmap_action_remap ||
		walk "open prepare" "$FAULTS|ENFILE" '!a=open:prepare' '?close:a'
	walk close "" a=open r=reserve:a,region=mmio,mode=write-combining \
		set:a,region=mmio,method=arch_io_reserve_memtype_wc,mode=write-combining \
		set:a,region=ram,method=vm_insert_page,mode=write-back m=mmap:a,len=0x4000 \
		p=pin:m munmap:m '!close:a' list:mmio folio:ram+0x0
	walked
}

@test "faults: ioctls that look leave nothing when they fail" {
	also a=open set:a,region=mmio,mode=write-back m=mmap:a,len=0x4000 read:m
	walk GET_INFO "$FAULTS" '!info:'
	walk DESCRIBE "$FAULTS" '!describe:ram'
	walk LEAF "$FAULTS" '!leaf:m'
	walk VMA "$FAULTS" '!vma:m'
	walk MEMTYPE_LOOKUP "$FAULTS" '!lookup:mmio'
	walk MEMTYPE_LIST "$FAULTS" '!list:mmio'
	walk WORD "$FAULTS" '!word:mmio+0x10000'
	walk FOLIO "$FAULTS" '!folio:ram+0x0'
	walk WAIT_IDLE "$FAULTS" '!idle:dax+0x0'
	walked
}

@test "faults: ioctls that hold, and let go, leave nothing when they fail" {
	also a=open b=open set:a,region=ram,method=vm_insert_page,mode=write-back \
		set:b,region=mmio,method=vfio_pci_vmf_insert_pfn,mode=write-back \
		m=mmap:a,len=0x4000 n=mmap:b,len=0x4000
	walk MEMTYPE_RESERVE "$FAULTS|EBUSY" '!r=reserve:a,region=mmio,mode=write-combining' \
		'?release:r' list:mmio
	walk MEMTYPE_RELEASE "$FAULTS" r=reserve:a,region=mmio,mode=write-combining \
		'!release:r' '?release:r' list:mmio
	walk PIN "$FAULTS" '!p=pin:m,len=0x4000,longterm' '?unpin:p' folio:ram+0x0
	walk "PIN either" "$FAULTS" '!p=pin:m,len=0x4000,either' '?unpin:p' folio:ram+0x0
	walk UNPIN "$FAULTS" p=pin:m,len=0x4000 '!unpin:p' '?unpin:p' folio:ram+0x0
	walk "ZAP VMA" "$FAULTS" read:n '!zap:n' read:n
	walk "ZAP MAPPING" "$FAULTS" read:n '!zap:b' read:n
	walk SET_ENABLED "$FAULTS" read:n '!disable:b,region=mmio' enable:b,region=mmio read:n
	walked
}

# If the memtype tree gets no memory, remap_pfn_range() says EINVAL, and io_mapping_create_wc()
# nothing at all. The mappings lie where there are no page tables yet.
@test "faults: every method: SET_MAP, mmap, page fault, private write leave nothing when they fail" {
	local name region level flags bytes node

	while read -r name region level flags bytes; do
		left "$region"
		node=
		[[ $flags != *prepare* ]] || node=:prepare
		walk "SET_MAP $name" "$FAULTS|EBUSY" "a=open$node" \
			"!set:a,region=$region,method=$name,level=$level,mode=write-back" close:a "${REPLY[@]}"
		with_file "$name" "$region" "$level" "$flags"
		walk "mmap $name" "$FAULTS|EINVAL" "!m=mmap:a,len=$bytes,$ALONE" '?munmap:m' "${REPLY[@]}"
		[[ ,$flags, != *,fault,* ]] || walk "fault $name" SIGBUS \
			"m=mmap:a,len=$bytes,$ALONE" '!write:m' read:m munmap:m "${REPLY[@]}"
		[[ $flags != *cow* ]] || walk "private write $name" SIGBUS \
			"m=mmap:a,len=$bytes,private,$ALONE" '!write:m' read:m munmap:m "${REPLY[@]}"
		also close:a
	done < <(method_rows)
	((${#LABELS[@]} > 5)) || fail "no methods"
	walked
}

# forked METHOD REGION LEVEL FLAGS BYTES [private]: a fork with a mapping in which one page was
# written. Most of the points are in the program's own mappings.
forked() {
	left "$2"
	with_file "$1" "$2" "$3" "$4"
	walk "fork $1${6:+ $6}" ENOMEM "m=mmap:a,len=$5${6:+,$6}" write:m '!fork:' munmap:m \
		"${REPLY[@]}"
	also close:a
}

# change METHOD REGION LEVEL FLAGS BYTES: changes a mapping in which one page was written.
change() {
	local page=$(($5 / 4))

	left "$2"
	with_file "$1" "$2" "$3" "$4"
	walk "munmap of a part $1" ENOMEM "m=mmap:a,len=$5" write:m \
		"!munmap:m,off=$page,len=$page" '?munmap:m' "${REPLY[@]}"
	walk "mprotect of a part $1" ENOMEM "m=mmap:a,len=$5" write:m \
		"!mprotect:m,off=$page,len=$page,prot=r" munmap:m "${REPLY[@]}"
	walk "munmap $1" ENOMEM "m=mmap:a,len=$5" write:m '!munmap:m' '?munmap:m' \
		"${REPLY[@]}"
	walk "mremap $1" ENOMEM "m=mmap:a,len=$5" write:m "!n=mremap:m,len=$5,$ALONE" \
		'?munmap:n' '?munmap:m' "${REPLY[@]}"
	also close:a
}

@test "faults: munmap, mprotect, mremap of ranges, folios, pages leave nothing when they fail" {
	change remap_pfn_range mmio pte - 16384
	! has_method vmf_insert_page_mkwrite ||
		change vmf_insert_page_mkwrite dax pte - 16384
	! has_method vmf_insert_folio_pmd ||
		change vmf_insert_folio_pmd dax pmd - 2097152
	change vm_insert_page ram pte - 16384
	walked
}

@test "faults: a fork that fails leaves nothing of a tracked mapping" {
	forked remap_pfn_range mmio pte - 16384
	walked
}

@test "faults: a fork that fails leaves nothing of a private mapping that was written to" {
	forked remap_pfn_range mmio pte - 16384 private
	walked
}

# The same of every method. This takes long, so it is for runs that nobody waits for.
@test "every fault: munmap, mprotect, mremap of every method leave nothing when they fail" {
	local name region level flags bytes

	while read -r name region level flags bytes; do
		change "$name" "$region" "$level" "$flags" "$bytes"
	done < <(method_rows)
	((${#LABELS[@]} > 5)) || fail "no methods"
	walked
}

@test "every fault: a fork that fails leaves nothing of every method, shared and private" {
	local name region level flags bytes

	while read -r name region level flags bytes; do
		forked "$name" "$region" "$level" "$flags" "$bytes"
		[[ $flags != *cow* ]] ||
			forked "$name" "$region" "$level" "$flags" "$bytes" private
	done < <(method_rows)
	((${#LABELS[@]} > 5)) || fail "no methods"
	walked
}
