#!/usr/bin/env bats
# Who is asked before an entry of a shared mapping becomes writable: flag mkwrite of SET_MAP
# gives it pfn_mkwrite() and page_mkwrite(), and CALLS counts. With these vm_page_prot is
# read-only, and only here it shows what the `write` of a helper is for: otherwise the
# entry is writable after a read already. A CPU faults again where an entry is not
# writable; GUP and fixup_user_fault() don't have one.

load helpers/common
load helpers/uapi
load helpers/methods

# bats_test_function
bats_require_minimum_version 1.11.0

# The CPU's caches are of no interest here, but for the modes that methods insist on.
map_of() { # METHOD REGION BYTES LEVEL [FLAGS]
	need_method "$1"
	need_room "$2" "$3"
	MAP=("set:a,region=$2,method=$1,level=$4${5:+,flags=$5}" "m=mmap:a,len=$3")
	[[ $2 == mmio ]] || MAP[0]+=,mode=write-back
}

calls() { # LINE FAULT HUGE_FAULT PFN_MKWRITE PAGE_MKWRITE; HUGE_FAULT may be several
	local huge=$3

	# A huge_fault() is asked for 1 GiB first, and may fall back.
	[[ $huge != several ]] || huge='[12]'
	assert_regex "${lines[$1 - 1]}" \
		"^calls a: fault=$2 huge_fault=$huge pfn_mkwrite=$4 page_mkwrite=$5\$"
}

# writable LINE, not_writable LINE: of a leaf
writable() { assert_regex "${lines[$1 - 1]}" "^leaf m\+0x0: p.* writable dirty "; }
not_writable() {
	assert_regex "${lines[$1 - 1]}" "^leaf m\+0x0: p.* young"
	refute_regex "${lines[$1 - 1]}" " (writable|dirty)"
}

@test "uapi: CALLS refuses its reserved field" {
	refused EINVAL "$CALLS" "$CALLS_SIZE" u32@4=1
	settle
}

# plain METHOD REGION BYTES LEVEL: nobody is asked, a read makes it writable.
plain() {
	map_of "$@"
	try a=open "${MAP[@]}" read:m leaf:m calls:a
	assert_regex "${lines[4]}" "^leaf m\+0x0: p.* writable"
	calls 6 0 0 0 0
}

# asked METHOD REGION BYTES LEVEL WHO: a read, a write after it, and a write alone. WHO is
# asked at the write after a read: pfn for pfn_mkwrite(), page for page_mkwrite(), huge for
# huge_fault() once more. A page's helper knows that the fault is a write, and makes the
# entry writable at once; vmf_insert_pfn() does not.
asked() {
	local who=$5

	plain "${@:1:4}"
	map_of "${@:1:4}" mkwrite
	try a=open "${MAP[@]}" read:m leaf:m calls:a write:m,val=1 leaf:m calls:a \
		zap:a,how=mapping write:m,val=2 leaf:m calls:a read:m
	# 6.1 has no large leaves of pfns.
	[[ ${lines[4]} != "leaf m+0x0: pte "* || $who != huge ]] || who=pfn
	not_writable 5
	writable 8
	writable 12
	case $who in
	pfn)
		calls 6 1 "[0-2]" 0 0
		calls 9 0 0 1 0
		calls 13 1 "[0-2]" 1 0
		;;
	page)
		calls 6 1 0 0 0
		calls 9 0 0 0 1
		calls 13 1 0 0 0
		;;
	huge)
		calls 6 0 several 0 0
		calls 9 0 1 0 0
		calls 13 0 several 0 0
		;;
	esac
	line 14 "read m+0x0: 0x00000002"
}

@test "mkwrite: vmf_insert_pfn: a write fault leaves it to pfn_mkwrite" {
	asked vmf_insert_pfn mmio 0x1000 pte pfn
}
@test "mkwrite: vmf_insert_pfn, ram" { asked vmf_insert_pfn ram 0x1000 pte pfn; }
for method in $(known pfn wc); do
	[[ $method == vmf_insert_pfn ]] ||
		bats_test_function --description "mkwrite: $method" \
			-- asked "$method" mmio 0x1000 pte pfn
done
@test "mkwrite: vmf_insert_mixed, mmio" { asked vmf_insert_mixed mmio 0x1000 pte pfn; }
@test "mkwrite: vmf_insert_mixed, ram" { asked vmf_insert_mixed ram 0x1000 pte pfn; }
@test "mkwrite: vmf_insert_mixed, dax" { asked vmf_insert_mixed dax 0x1000 pte pfn; }
@test "mkwrite: devmap_pte" { asked devmap_pte dax 0x1000 pte pfn; }
@test "mkwrite: vmf_insert_page_mkwrite: a write fault asks nobody, a write after a read page_mkwrite" {
	asked vmf_insert_page_mkwrite dax 0x1000 pte page
}
@test "mkwrite: vmf_insert_pfn_pmd: huge_fault is called again, for the write" {
	asked vmf_insert_pfn_pmd mmio 0x200000 pmd huge
}
@test "mkwrite: vmf_insert_pfn_pud" { asked vmf_insert_pfn_pud mmio 0x40000000 pud huge; }
@test "mkwrite: vmf_insert_folio_pmd" { asked vmf_insert_folio_pmd dax 0x200000 pmd huge; }
@test "mkwrite: vmf_insert_folio_pud" { asked vmf_insert_folio_pud dax 0x40000000 pud huge; }
@test "mkwrite: devmap_pmd" { asked devmap_pmd dax 0x200000 pmd huge; }
@test "mkwrite: devmap_pud" { asked devmap_pud dax 0x40000000 pud huge; }

# What the hook finds is a normal page, until a zap: then it is a pfn.
@test "mkwrite: find_normal_page: page_mkwrite(), and after a zap pfn_mkwrite()" {
	map_of find_normal_page ram 0x1000 pte mkwrite
	try a=open "${MAP[@]}" read:m leaf:m calls:a write:m,val=1 leaf:m calls:a \
		zap:a,how=mapping write:m,val=2 leaf:m calls:a
	not_writable 5
	calls 6 1 0 0 0
	writable 8
	calls 9 0 0 0 1
	writable 12
	calls 13 1 0 1 0
}

# at_once METHOD REGION: mapped in mmap, where vm_page_prot is writable still.
at_once() {
	map_of "$1" "$2" 0x1000 pte mkwrite
	try a=open "${MAP[@]}" leaf:m write:m,val=1 leaf:m calls:a
	assert_regex "${lines[3]}" "^leaf m\+0x0: pte .* writable"
	writable 6
	calls 7 0 0 0 0
}

@test "mkwrite: remap_pfn_range maps in mmap: nobody is asked" { at_once remap_pfn_range mmio; }
@test "mkwrite: io_remap_pfn_range maps in mmap: nobody is asked" {
	at_once io_remap_pfn_range mmio
}
@test "mkwrite: vm_insert_page maps in mmap: nobody is asked" { at_once vm_insert_page ram; }
@test "mkwrite: vm_insert_pages maps in mmap: nobody is asked" { at_once vm_insert_pages ram; }

# pinned METHOD REGION BYTES LEVEL WHO: GUP for write, after nothing and after a read.
# Nobody but the helper makes the entry writable that GUP wants.
pinned() {
	map_of "${@:1:4}" mkwrite
	try a=open "${MAP[@]}" p=pin:m,slow,write leaf:m calls:a unpin:p \
		zap:a,how=mapping read:m q=pin:m,fast,write leaf:m calls:a \
		q=pin:m,slow,write leaf:m calls:a unpin:q
	assert_regex "${lines[3]}" "^pin p: ok "
	writable 5
	line 10 "pin q: EFAULT"
	not_writable 11
	assert_regex "${lines[12]}" "^pin q: ok "
	writable 14
	case $5 in
	page)
		calls 6 1 0 0 0
		calls 15 0 0 0 1
		;;
	huge)
		calls 6 0 several 0 0
		calls 15 0 1 0 0
		;;
	esac
}

@test "mkwrite: GUP for write: vmf_insert_page_mkwrite" {
	pinned vmf_insert_page_mkwrite dax 0x1000 pte page
}
@test "mkwrite: GUP for write: vmf_insert_folio_pmd" {
	pinned vmf_insert_folio_pmd dax 0x200000 pmd huge
}
@test "mkwrite: GUP for write: vmf_insert_folio_pud" {
	pinned vmf_insert_folio_pud dax 0x40000000 pud huge
}

# populated METHOD REGION BYTES LEVEL: MADV_POPULATE_WRITE, after nothing and after a read.
populated() {
	local after

	for after in '' read:m; do
		map_of "$@" mkwrite
		# shellcheck disable=SC2086 # or none
		try a=open "${MAP[@]}" $after "madvise:m,len=0x1000,advice=populate_write" leaf:m
		assert_regex "${lines[-2]}" "^madvise m.*: ok$"
		writable ${#lines[@]}
	done
}

@test "mkwrite: populate for write: vmf_insert_page_mkwrite" {
	populated vmf_insert_page_mkwrite dax 0x1000 pte
}
@test "mkwrite: populate for write: vmf_insert_folio_pmd" {
	populated vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "mkwrite: populate for write: vmf_insert_folio_pud" {
	populated vmf_insert_folio_pud dax 0x40000000 pud
}
@test "mkwrite: populate for write: vmf_insert_mixed" { populated vmf_insert_mixed dax 0x1000 pte; }

# followed METHOD REGION BYTES LEVEL: as KVM looks.
@test "mkwrite: follow: vmf_insert_pfn: after one fixup for write it is not writable" {
	map_of vmf_insert_pfn mmio 0x1000 pte mkwrite
	try a=open "${MAP[@]}" follow:m,fixup=write calls:a follow:m,fixup=write calls:a
	assert_regex "${lines[3]}" " mmio\+0x0 special$"
	calls 5 1 0 0 0
	assert_regex "${lines[5]}" " mmio\+0x0 writable special$"
	calls 7 0 0 1 0
}

# follow_large METHOD BYTES LEVEL: these are given the write of the fault.
follow_large() {
	map_of "$1" mmio "$2" "$3" mkwrite
	has_symbol follow_pfnmap_start || skip "this kernel has no large leaves of pfns"
	try a=open "${MAP[@]}" follow:m,fixup=read follow:m,fixup=write zap:a,how=mapping \
		follow:m,fixup=write
	assert_regex "${lines[3]}" " mmio\+0x0 special$"
	assert_regex "${lines[4]}" " mmio\+0x0 writable special$"
	assert_regex "${lines[6]}" " mmio\+0x0 writable special$"
}

@test "mkwrite: follow: vmf_insert_pfn_pmd: after one fixup for write it is writable" {
	need_large_leaves
	follow_large vmf_insert_pfn_pmd 0x200000 pmd
}
@test "mkwrite: follow: vmf_insert_pfn_pud: after one fixup for write it is writable" {
	need_large_leaves
	follow_large vmf_insert_pfn_pud 0x40000000 pud
}

# normal FROM...: pages that are there after a step that takes no entry of theirs.
normal() {
	need_method find_normal_page
	try a=open set:a,region=ram,method=find_normal_page,mode=write-back m=mmap:a,len=0x4000 \
		fill:m,len=0x4000,val=7 "$@"
}

@test "find_normal_page: pages are there after clear_refs" {
	normal put:/proc/self/clear_refs,text=4 p=pin:m,slow,len=0x4000 unpin:p munmap:m folio:ram+0x0
	assert_regex "${lines[5]}" "^pin p: ok "
	assert_regex "${lines[8]}" " refs=1 mapcount=0 "
}

@test "find_normal_page: pages are there after munmap and zap of others" {
	normal munmap:m,off=0x3000,len=0x1000 zap:m,how=mapping \
		read:m p=pin:m,slow unpin:p
	assert_regex "${lines[4]}" "^munmap m.*: ok$"
}
