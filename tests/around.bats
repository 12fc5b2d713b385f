#!/usr/bin/env bats
# Faults that insert more than the touched page (flags again, around, around_other), as in
# drivers that look ahead. The inserts meet present entries, of the same page or another one. No
# helper replaces such an entry. vm_insert_page() says EBUSY, and the others say nothing.

load helpers/common
load helpers/methods

hex() { printf -v REPLY 0x%x "$1"; }

# near METHOD REGION FLAG[+by_fault]: maps pages 8 to 23 of a region from the middle of 64 KiB
# on. One touch inserts the pages up to the next 64 KiB. A second one, after a zap of one page,
# meets all the others.
near() {
	local page at value words='' first='' second='' reads='' faults=1 huge=0 place node=''

	need_method "$1"
	# The kernel calls huge_fault() first, once or more for each fault.
	[[ $1 != *_p[mu]d ]] || huge='+([0-9])'
	[[ $1 != mmap_* ]] || node=:prepare
	need_region "$2"
	for page in {0..15}; do
		hex $((page * 0x1000))
		at=$REPLY
		hex $(((page + 8) * 0x1000))
		place=$REPLY
		words+="word:$2+$place,val=$((0x100 + page)) *"$'\n'
		value=$((0x100 + page))
		((page != 5)) || value=$((0x78))
		((page != 6)) || value=$((0x77))
		printf -v value 0x%08x "$value"
		reads+="read:m,off=$at $value"$'\n'
		# The pages before and behind the touched one are of the same 64 KiB.
		if [[ $3 != again* ]] && ((page < 8)) || ((page == 3)); then
			first+="leaf:m,off=$at pte +([a-z-]) $2+$place *"$'\n'
		else
			first+="leaf:m,off=$at none"$'\n'
		fi
		if [[ $3 != again* ]] && ((page < 8)) || ((page == 3 || page == 5 || page == 6)); then
			second+="leaf:m,off=$at pte +([a-z-]) $2+$place *"$'\n'
		else
			second+="leaf:m,off=$at none"$'\n'
		fi
	done
	# With the flag again, page 6 is not there yet when it is written to.
	[[ $3 != again* ]] || faults=2
	# The kernel counts no present entry twice.
	check <<-END
		a=open$node
		$words
		set:a,region=$2,method=$1,mode=write-back,flags=$3
		folio:$2+0xb000		=before
		m=mmap:a,off=0x8000,len=0x10000,fixed=0x600000008000
		read:m,off=0x3000	0x00000103
		calls:a			fault=1 huge_fault=$huge pfn_mkwrite=0 page_mkwrite=0
		$first
		write:m,off=0x6000,val=0x77
		zap:a,how=mapping,off=0xd000,len=0x1000
		leaf:m,off=0x5000	none
		write:m,off=0x5000,val=0x78
		calls:a			fault=$faults huge_fault=$huge pfn_mkwrite=0 page_mkwrite=0
		$second
		$reads
		munmap:m
		folio:$2+0xb000		=after
		word:$2+0xd000		0x??????????????78
		word:$2+0xe000		0x??????????????77
	END
	assert_equal "${SAID[after]% order=*}" "${SAID[before]% order=*}"
}

@test "uapi: SET_MAP refuses faults that insert more, of what maps large leaves or at mmap" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,flags=around+around_other	EINVAL
		set:a,region=mmio,method=remap_pfn_range,flags=around			EINVAL
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=around	EINVAL
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=around+by_fault
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd,flags=again	@(EINVAL|EOPNOTSUPP)
	END
}

@test "around: vmf_insert_pfn of the same page replaces no entry" {
	near vmf_insert_pfn mmio around
}
@test "around: vmf_insert_pfn of another page replaces no entry" {
	near vmf_insert_pfn mmio around_other
}
@test "around: a second vmf_insert_pfn of the touched page replaces no entry" {
	near vmf_insert_pfn mmio again
}
@test "around: vmf_insert_pfn_prot of another page replaces no entry" {
	near vmf_insert_pfn_prot mmio around_other
}
@test "around: vfio_pci_vmf_insert_pfn of the same page replaces no entry" {
	near vfio_pci_vmf_insert_pfn mmio around
}
@test "around: vmf_insert_mixed of the same page of mmio replaces no entry" {
	near vmf_insert_mixed mmio around
}
@test "around: vmf_insert_mixed of another page of mmio replaces no entry" {
	near vmf_insert_mixed mmio around_other
}
@test "around: vmf_insert_mixed of another page of ram replaces no entry" {
	near vmf_insert_mixed ram around_other
}
@test "around: a second vmf_insert_mixed of the touched page of dax replaces no entry" {
	near vmf_insert_mixed dax again
}
@test "around: vm_insert_page of the same page replaces no entry" {
	near vm_insert_page ram around+by_fault
}
@test "around: vm_insert_page of another page replaces no entry" {
	near vm_insert_page ram around_other+by_fault
}
@test "around: a second vm_insert_page of the touched page replaces no entry" {
	near vm_insert_page ram again+by_fault
}
@test "around: vmf_insert_page_mkwrite of the same page replaces no entry" {
	near vmf_insert_page_mkwrite dax around
}
@test "around: vmf_insert_page_mkwrite of another page replaces no entry" {
	near vmf_insert_page_mkwrite dax around_other
}
@test "around: a second vmf_insert_page_mkwrite of the touched page replaces no entry" { near vmf_insert_page_mkwrite dax again; }
@test "around: devmap_pte of another page replaces no entry" { near devmap_pte dax around_other; }
@test "around: a second devmap_pte of the touched page replaces no entry" { near devmap_pte dax again; }
@test "around: find_normal_page of the same page replaces no entry" { near find_normal_page ram around; }
@test "around: find_normal_page of another page replaces no entry" { near find_normal_page ram around_other; }
# The tests above have vmf_insert_pfn. The methods for large leaves map small ones here.
for method in $(known pfn wc large); do
	[[ $method == @(vmf_insert_pfn|vmf_insert_pfn_prot) ]] || bats_test_function \
		--description "around: $method of another page replaces no entry" -- near "$method" mmio around_other
	[[ $method == vmf_insert_pfn ]] || bats_test_function \
		--description "around: a second $method of the touched page replaces no entry" -- near "$method" mmio again
done
unset method

# The second insert of a write fault is a write, too: it makes a present read-only entry
# writable if the entry is of the same page.
@test "around: vmf_insert_page_mkwrite upgrades the entries of the same page for a write" {
	need_method vmf_insert_page_mkwrite
	need_region dax
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back,flags=around+mkwrite
		m=mmap:a,len=0x10000,fixed=0x600000000000
		read:m			0x*
		leaf:m,off=0x1000	pte !(*writable*)
		zap:a,how=mapping,off=0x2000,len=0x1000
		write:m,off=0x2000,val=1
		leaf:m,off=0x1000	pte write-back dax+0x1000 writable*
		calls:a			fault=2 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0
	END
}

# leaves METHOD REGION FLAGS WHO: a helper that does not know of the write leaves the neighbours
# read-only. The kernel asks WHO, pfn or page, for the page that is written to, and for no other.
leaves() {
	local asked='pfn_mkwrite=1 page_mkwrite=0'

	need_method "$1"
	need_region "$2"
	[[ $4 == pfn ]] || asked='pfn_mkwrite=0 page_mkwrite=1'
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,flags=$3+mkwrite
		m=mmap:a,len=0x10000,fixed=0x600000000000
		read:m			0x*
		leaf:m,off=0x1000	pte !(*writable*)
		zap:a,how=mapping,off=0x2000,len=0x1000
		write:m,off=0x2000,val=1
		leaf:m,off=0x1000	pte !(*writable*)
		leaf:m,off=0x2000	pte * $2+0x2000 writable dirty*
		calls:a			fault=2 huge_fault=0 $asked
	END
}

@test "around: vmf_insert_pfn upgrades no entry for a write" { leaves vmf_insert_pfn mmio around pfn; }
@test "around: vmf_insert_mixed upgrades no entry for a write" {
	leaves vmf_insert_mixed dax around pfn
}
@test "around: vm_insert_page upgrades no entry for a write" {
	leaves vm_insert_page ram around+by_fault page
}

# io METHOD REGION BYTES LEVEL WHAT: counted pages in a VMA of VM_IO. GUP refuses the VMA, but
# for the fast way, which does not look at it. KVM and VFIO, in turn, may follow the mapping.
io() {
	need_method "$1"
	need_room "$2" "$3"
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$4,flags=io
		m=mmap:a,len=$3
		write:m,val=1
		p=pin:m,slow					EFAULT
		q=pin:m,slow,longterm				EFAULT
		follow:m					@($4|-) $2+0x0 writable?( special)
		madvise:m,len=0x1000,advice=populate_read	E@(INVAL|FAULT)
		proc:m,file=smaps				*vmflags=* io**
		munmap:m
	END
}

@test "io: vm_insert_page can't be pinned in a VMA of VM_IO, and is followed" {
	io vm_insert_page ram 0x1000 pte
}
@test "io: vm_insert_pages can't be pinned in a VMA of VM_IO, and is followed" {
	io vm_insert_pages ram 0x1000 pte
}
@test "io: vmf_insert_mixed can't be pinned in a VMA of VM_IO, and is followed" {
	io vmf_insert_mixed ram 0x1000 pte
}
@test "io: vmf_insert_page_mkwrite can't be pinned in a VMA of VM_IO, and is followed" {
	io vmf_insert_page_mkwrite dax 0x1000 pte
}
@test "io: vmf_insert_folio_pmd can't be pinned in a VMA of VM_IO, and is followed" {
	io vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "io: find_normal_page can't be pinned in a VMA of VM_IO, and is followed" {
	io find_normal_page ram 0x1000 pte
}

@test "io: GUP-fast does not look at the VMA, and takes counted pages of VM_IO" {
	need_method vmf_insert_page_mkwrite
	need_region dax
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back,flags=io
		m=mmap:a,len=0x1000
		write:m,val=1
		p=pin:m,fast	ok *
		q=pin:m,either	ok *
	END
}
