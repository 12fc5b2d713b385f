#!/usr/bin/env bats
# Faults that insert more than the page that was touched (flags again, around, around_other),
# as those of drivers do that look ahead: they meet entries that are there, of the same page
# or of another one. No helper replaces such an entry, and none makes an error of it.

load helpers/common
load helpers/uapi

hex() { printf -v REPLY 0x%x "$1"; }

# near METHOD REGION FLAG[+by_fault]: pages 8 to 23 of a region are mapped from the middle
# of 64 KiB on. One touch brings those up to the next 64 KiB, and a second one, after a zap
# of one page, meets all the others.
near() {
	local page steps=() reads=() leaves=() at n present

	need_method "$1"
	need_region "$2"
	for page in {0..15}; do
		hex $((page * 0x1000))
		leaves+=("leaf:m,off=$REPLY")
		reads+=("read:m,off=$REPLY")
		hex $(((page + 8) * 0x1000))
		steps+=("word:$2+$REPLY,val=$((0x100 + page))")
	done
	try a=open "${steps[@]}" "set:a,region=$2,method=$1,mode=write-back,flags=$3" \
		folio:"$2"+0xb000 m=mmap:a,off=0x8000,len=0x10000,fixed=0x600000008000 \
		read:m,off=0x3000 calls:a "${leaves[@]}" \
		write:m,off=0x6000,val=0x77 zap:a,how=mapping,off=0xd000,len=0x1000 leaf:m,off=0x5000 \
		write:m,off=0x5000,val=0x78 calls:a "${leaves[@]}" "${reads[@]}" munmap:m \
		folio:"$2"+0xb000 word:"$2"+0xd000 word:"$2"+0xe000
	line 20 "mmap m: ok"
	line 21 "read m+0x3000: 0x00000103"
	line 22 "calls a: fault=1 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0"
	line 41 "leaf m+0x5000: none"
	present=8 n=1
	# Alone, page 6 is not there yet when it is written to.
	[[ $3 != again* ]] || present=0 n=2
	line 43 "calls a: fault=$n huge_fault=0 pfn_mkwrite=0 page_mkwrite=0"
	for page in {0..15}; do
		at=$((page * 0x1000))
		hex $((at + 0x8000))
		for n in 23 44; do
			# What is before the touch, and behind it, is of the same 64 KiB.
			if ((page < present || page == 3 || (page == 5 && n == 44) ||
				(page == 6 && n == 44))); then
				assert_regex "${lines[n + page - 1]}" \
					"^leaf m\+0x[0-9a-f]+: pte [a-z-]+ $2\+$REPLY "
			else
				assert_regex "${lines[n + page - 1]}" "^leaf m\+0x[0-9a-f]+: none$"
			fi
		done
		n=$((0x100 + page))
		((page != 6)) || n=$((0x77))
		((page != 5)) || n=$((0x78))
		printf -v n 0x%08x "$n"
		assert_regex "${lines[59 + page]}" "^read m\+0x[0-9a-f]+: $n\$"
	done
	# Nothing that was met has been counted twice.
	assert_equal "${lines[76]% order=*}" "${lines[18]% order=*}"
	assert_regex "${lines[77]}" ": 0x0{14}78$"
	assert_regex "${lines[78]}" ": 0x0{14}77$"
}

@test "uapi: SET_MAP refuses faults that insert more, of what maps large leaves or at mmap" {
	need_region mmio
	try a=open set:a,region=mmio,method=vmf_insert_pfn,flags=around+around_other \
		set:a,region=mmio,method=remap_pfn_range,flags=around \
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=around \
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=around+by_fault \
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd,flags=again
	line 2 "set a: EINVAL"
	line 3 "set a: EINVAL"
	line 4 "set a: EINVAL"
	line 5 "set a: ok"
	assert_regex "${lines[5]}" "^set a: (EINVAL|EOPNOTSUPP)$"
}

@test "around: vmf_insert_pfn, the same page" { near vmf_insert_pfn mmio around; }
@test "around: vmf_insert_pfn, another page" { near vmf_insert_pfn mmio around_other; }
@test "around: vmf_insert_pfn, again" { near vmf_insert_pfn mmio again; }
@test "around: vmf_insert_pfn_prot, another page" { near vmf_insert_pfn_prot mmio around_other; }
@test "around: vfio_pci_vmf_insert_pfn, the same page" { near vfio_pci_vmf_insert_pfn mmio around; }
@test "around: vmf_insert_mixed, mmio, the same page" { near vmf_insert_mixed mmio around; }
@test "around: vmf_insert_mixed, mmio, another page" { near vmf_insert_mixed mmio around_other; }
@test "around: vmf_insert_mixed, ram, another page" { near vmf_insert_mixed ram around_other; }
@test "around: vmf_insert_mixed, dax, again" { near vmf_insert_mixed dax again; }
@test "around: vm_insert_page, the same page" { near vm_insert_page ram around+by_fault; }
@test "around: vm_insert_page, another page" { near vm_insert_page ram around_other+by_fault; }
@test "around: vm_insert_page, again" { near vm_insert_page ram again+by_fault; }
@test "around: vmf_insert_page_mkwrite, the same page" { near vmf_insert_page_mkwrite dax around; }
@test "around: vmf_insert_page_mkwrite, another page" {
	near vmf_insert_page_mkwrite dax around_other
}
@test "around: vmf_insert_page_mkwrite, again" { near vmf_insert_page_mkwrite dax again; }
@test "around: devmap_pte, another page" { near devmap_pte dax around_other; }
@test "around: find_normal_page, the same page" { near find_normal_page ram around; }

# The second insert of a write fault is a write, too: it makes a read-only entry writable
# where it is of the same page.
@test "around: vmf_insert_page_mkwrite upgrades the entries of the same page for a write" {
	need_method vmf_insert_page_mkwrite
	need_region dax
	try a=open set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back,flags=around+mkwrite \
		m=mmap:a,len=0x10000,fixed=0x600000000000 read:m leaf:m,off=0x1000 \
		zap:a,how=mapping,off=0x2000,len=0x1000 write:m,off=0x2000,val=1 leaf:m,off=0x1000 \
		calls:a
	refute_regex "${lines[4]}" " writable"
	assert_regex "${lines[7]}" "^leaf m\+0x1000: pte write-back dax\+0x1000 writable"
	line 9 "calls a: fault=2 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0"
}

# io METHOD REGION BYTES LEVEL WHAT: counted pages in a VMA of VM_IO. GUP refuses that, but
# for the fast way, which does not look at the VMA. In turn KVM and VFIO may follow it.
io() {
	need_method "$1"
	need_room "$2" "$3"
	try a=open "set:a,region=$2,method=$1,mode=write-back,level=$4,flags=io" "m=mmap:a,len=$3" \
		write:m,val=1 p=pin:m,slow q=pin:m,slow,longterm follow:m \
		madvise:m,len=0x1000,advice=populate_read proc:m,file=smaps munmap:m
	line 5 "pin p: EFAULT"
	line 6 "pin q: EFAULT"
	assert_regex "${lines[6]}" "^follow m\+0x0: ($4|-) $2\+0x0 writable( special)?$"
	assert_regex "${lines[7]}" "^madvise m.*: E(INVAL|FAULT)$"
	assert_regex "${lines[8]}" "vmflags=.* io( |$)"
	line 10 "munmap m: ok"
}

@test "io: vm_insert_page can't be pinned in a VMA of VM_IO, and is followed" {
	io vm_insert_page ram 0x1000 pte
}
@test "io: vm_insert_pages" { io vm_insert_pages ram 0x1000 pte; }
@test "io: vmf_insert_mixed" { io vmf_insert_mixed ram 0x1000 pte; }
@test "io: vmf_insert_page_mkwrite" { io vmf_insert_page_mkwrite dax 0x1000 pte; }
@test "io: vmf_insert_folio_pmd" { io vmf_insert_folio_pmd dax 0x200000 pmd; }
@test "io: find_normal_page" { io find_normal_page ram 0x1000 pte; }

@test "io: GUP-fast does not look at the VMA, and takes counted pages of VM_IO" {
	need_method vmf_insert_page_mkwrite
	need_region dax
	try a=open set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back,flags=io \
		m=mmap:a,len=0x1000 write:m,val=1 p=pin:m,fast q=pin:m,either
	assert_regex "${lines[4]}" "^pin p: ok "
	assert_regex "${lines[5]}" "^pin q: ok "
}
