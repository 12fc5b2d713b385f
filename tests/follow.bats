#!/usr/bin/env bats
# What follow_pfnmap_start() answers (FOLLOW): how KVM and VFIO see a mapping that they give
# to a guest or to a device. No CPU touches the mapping for them: they take the entry as it is,
# even where a touch would have healed it, or they call fixup_user_fault() once.

load helpers/common
load helpers/methods
load shared/follow

@test "uapi: FOLLOW refuses unknown flags, and both ways to fix up at once" {
	check <<-END
		a=open
		ioctl:a,nr=18,size=32,u32@4=3	EINVAL
		ioctl:a,nr=18,size=32,u32@4=4	EINVAL
	END
}

@test "uapi: FOLLOW says EFAULT where no VMA is" {
	check <<-END
		a=open
		ioctl:a,nr=18,size=32,u64@16=0				EFAULT
		ioctl:a,nr=18,size=32,u64@16=0xffffffffffffffff		EFAULT
		ioctl:a,nr=18,size=32,u32@4=1,u64@16=0			EFAULT
		ioctl:a,nr=18,size=32,u32@4=2,u64@16=0x800000000000	EFAULT
	END
}

# by_mmap METHOD [OPEN]: a page mapped in mmap is there at once, for FOLLOW, too.
by_mmap() {
	need_region mmio
	need_method "$1"
	follow_level pte
	check <<-END
		a=${2:-open}
		set:a,region=mmio,method=$1
		m=mmap:a,off=0x10000,len=0x2000
		follow:m,off=0x1000		$REPLY mmio+0x11000 writable special
		follow:m,off=0x1000,fixup=write	$REPLY mmio+0x11000 writable special
	END
}

@test "follow: remap_pfn_range is there at once" { by_mmap remap_pfn_range; }
@test "follow: io_remap_pfn_range is there at once" { by_mmap io_remap_pfn_range; }
@test "follow: vm_iomap_memory is there at once" { by_mmap vm_iomap_memory; }
@test "follow: mmap_action_remap is there at once" { by_mmap mmap_action_remap open:prepare; }

# by_fault METHOD: FOLLOW gets EINVAL before anybody has touched the page.
by_fault() {
	local node=''

	need_region mmio
	need_method "$1"
	follow_level pte
	[[ $1 != mmap_* ]] || node=:prepare
	check <<-END
		a=open$node
		set:a,region=mmio,method=$1
		m=mmap:a,off=0x10000,len=0x4000
		follow:m			EINVAL
		read:m				0x*
		follow:m			$REPLY mmio+0x10000 writable special
		follow:m,off=0x1000,fixup=read	$REPLY mmio+0x11000 writable special
		follow:m,off=0x2000,fixup=write	$REPLY mmio+0x12000 writable special
		follow:m,off=0x3000		EINVAL
		follow:m,off=0x1000		$REPLY mmio+0x11000 writable special
	END
}

@test "follow: vmf_insert_pfn: an untouched page is EINVAL, after a touch it is there" {
	by_fault vmf_insert_pfn
}
for method in $(known pfn wc); do
	[[ $method == vmf_insert_pfn ]] ||
		bats_test_function --description "follow: $method: an untouched page is EINVAL" \
			-- by_fault "$method"
done

# large METHOD LEVEL BYTES: the pfn is that of the page asked about, not of the leaf.
large() {
	local leaf told=EINVAL last

	printf -v last 0x%x $(($3 - 0x1000))
	need_method "$1"
	need_room mmio "$3"
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		read:m	0x*
		leaf:m	=leaf p*
	END
	leaf=${SAID[leaf]%% *}
	follow_level "$leaf"
	# Where there is no large leaf, the read has not touched the page that follow: asks about.
	[[ $leaf != "$2" ]] || told="$REPLY mmio+$last writable special"
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		follow:m,off=$last		EINVAL
		read:m				0x*
		leaf:m				$leaf *
		follow:m,off=$last		$told
		zap:m,how=vma,len=$3
		follow:m,off=$last,fixup=write	$REPLY mmio+$last writable special
	END
}

@test "follow: the last page of a 2 MiB leaf has its own pfn" { large vmf_insert_pfn_pmd pmd 0x200000; }
@test "follow: the last page of a 1 GiB leaf has its own pfn" { large vmf_insert_pfn_pud pud 0x40000000; }
@test "follow: the last page of a 2 MiB leaf of the method for 1 GiB" {
	large vmf_insert_pfn_pud pmd 0x200000
}

# fixup_user_fault() is ENOMEM where vmf_insert_pfn() meets a large leaf (the finding
# small-beside-large). A driver that goes by the leaf's whole range never gets there.
@test "follow: fixup of the pages beside a 2 MiB leaf gives small entries, whichever comes first" {
	local large

	need_method vmf_insert_pfn_pmd
	need_room mmio 0x600000
	need_large_pfns
	follow_level pmd
	large=$REPLY
	follow_level pte
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,off=0x1ff000,len=0x202000
		follow:m,off=0x3000,fixup=write		$large mmio+0x202000 writable special
		follow:m,fixup=write			$REPLY mmio+0x1ff000 writable special
		follow:m,off=0x201000,fixup=write	$REPLY mmio+0x400000 writable special
		leaf:m,off=0x200000			pmd * mmio+0x3ff000 *
		zap:a,how=mapping
		follow:m,fixup=read			$REPLY mmio+0x1ff000 writable special
		follow:m,off=0x201000,fixup=read	$REPLY mmio+0x400000 writable special
		follow:m,off=0x200000,fixup=write	$large mmio+0x3ff000 writable special
		leaf:m					pte *
		leaf:m,off=0x1000			pmd *
		leaf:m,off=0x201000			pte *
	END
}

@test "follow: fixup of the pages beside a 1 GiB leaf gives small entries, in VMAs that touch it" {
	local at large

	need_method vmf_insert_pfn_pud
	need_room mmio 0x40000000
	need_large_pfns
	at=$((0x600000000000 + $(region_field mmio start) % 0x40000000))
	follow_level pud
	large=$REPLY
	follow_level pte
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pud,level=pud
		l=mmap:a,off=0x3000,len=0x1000,fixed=$((at - 0x1000))
		m=mmap:a,len=0x40000000,fixed=$at
		n=mmap:a,off=0x5000,len=0x1000,fixed=$((at + 0x40000000))
		follow:l,fixup=write			$REPLY mmio+0x3000 writable special
		follow:m,off=0x3ffff000,fixup=write	$large mmio+0x3ffff000 writable special
		follow:n,fixup=write			$REPLY mmio+0x5000 writable special
		follow:m				$large mmio+0x0 writable special
		leaf:l					pte *
		leaf:m					pud *
		leaf:n					pte *
	END
}

# inside LEVEL SMALL BYTES LAST: where the range of a large leaf has a small entry, its last page
# gets an entry of level SMALL. A leaf that is there stays, if no new one may come.
inside() {
	local large

	need_method "vmf_insert_pfn_$1"
	need_room mmio "$3"
	need_large_pfns
	follow_level "$1"
	large=$REPLY
	follow_level "$2"
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_$1,level=$1
		m=mmap:a,len=$3
		n=mmap:a,len=$3
		madvise:m,advice=nohugepage
		follow:m,fixup=write		* mmio+0x0 writable special
		leaf:m				pte *
		madvise:m,advice=hugepage
		follow:m,off=$4,fixup=write	$REPLY mmio+$4 writable special
		leaf:m				pte *
		leaf:m,off=$4			$2 *
		follow:n,off=$4,fixup=write	$large mmio+$4 writable special
		madvise:n,advice=nohugepage
		follow:n,fixup=write		$large mmio+0x0 writable special
		leaf:n				$1 *
	END
}

@test "follow: a page gets a small entry where its 2 MiB have small entries" {
	inside pmd pte 0x200000 0x1ff000
}
@test "follow: a page gets a 2 MiB leaf where its 1 GiB has small entries" {
	inside pud pmd 0x40000000 0x3ffff000
}

# no_pfns METHOD REGION BYTES [LEVEL]: KVM and VFIO get such pages by GUP. follow_pfnmap_start()
# refuses them.
no_pfns() {
	need_method "$1"
	need_room "$2" "$3"
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back${4:+,level=$4}
		m=mmap:a,len=$3
		follow:m		EINVAL
		read:m			0x*
		follow:m		EINVAL
		follow:m,fixup=write	EINVAL
	END
}

@test "follow: a page of vmf_insert_mixed is never followed" { no_pfns vmf_insert_mixed mmio 0x1000; }
@test "follow: a page of vm_insert_page is never followed" { no_pfns vm_insert_page ram 0x1000; }
@test "follow: a page of vmf_insert_page_mkwrite is never followed" {
	no_pfns vmf_insert_page_mkwrite dax 0x1000
}
@test "follow: a folio of vmf_insert_folio_pmd is never followed" {
	no_pfns vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "follow: a folio of vmf_insert_folio_pud is never followed" {
	no_pfns vmf_insert_folio_pud dax 0x40000000 pud
}
@test "follow: a page of find_normal_page is never followed" { no_pfns find_normal_page ram 0x1000; }

@test "follow: fixup_user_fault() is EFAULT where a touch is SIGBUS" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vfio_pci_vmf_insert_pfn
		m=mmap:a,len=0x1000
		disable:a,region=mmio
		follow:m		EINVAL
		follow:m,fixup=read	EFAULT
		enable:a,region=mmio
		follow:m,fixup=read	* mmio+0x0 writable special
	END
}

@test "follow: a read-only mapping is not writable, and is EFAULT for a write" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x1000,prot=r
		follow:m,fixup=read	* mmio+0x0 special
		follow:m,fixup=write	EFAULT
	END
}

# A copy is an ordinary page. FOLLOW finds it all the same, for the VMA is one of pfns.
@test "follow: a private mapping is not writable, until fixup_user_fault() copies the page" {
	need_region ram
	follow_level pte
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		word:ram+0x0,val=0x11	*
		m=mmap:a,len=0x1000,private
		follow:m		$REPLY ram+0x0 special
		follow:m,fixup=read	$REPLY ram+0x0 special
		follow:m,fixup=write	$REPLY pfn=other writable
		read:m			0x00000011
		word:ram+0x0,val=0x22	*
		read:m			0x00000011
		follow:m		$REPLY pfn=other writable
	END
}

@test "follow: vmf_insert_pfn: after clear_refs a write fault leaves an entry that is not writable" {
	need_soft_dirty
	follow_level pte
	# A present entry stays as it was.
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x4000
		read:m				0x*
		put:/proc/self/clear_refs,text=4
		follow:m			$REPLY mmio+0x0 writable special
		follow:m,off=0x1000,fixup=write	$REPLY mmio+0x1000 special
		follow:m,off=0x1000,fixup=write	$REPLY mmio+0x1000 writable special
		write:m,off=0x2000,val=1
		follow:m,off=0x2000		$REPLY mmio+0x2000 writable special
		read:m,off=0x3000		0x*
		follow:m,off=0x3000		$REPLY mmio+0x3000 special
	END
}

# cleared METHOD REGION BYTES LEVEL AFTER: what clear_refs of 4 does to a present entry.
cleared() {
	need_method "$1"
	need_room "$2" "$3"
	need_soft_dirty
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$4
		m=mmap:a,len=$3
		write:m,val=0x77
		leaf:m	=before * writable dirty *
		put:/proc/self/clear_refs,text=4
		leaf:m	$5
		read:m	0x00000077
		write:m,val=0x78
		leaf:m	* writable dirty *
		read:m	0x00000078
	END
}

stays() {
	cleared "$@" "=before"
}

loses_write() {
	cleared "$@" "$4 !(*writable*) young*"
}

@test "clear_refs: an entry of vmf_insert_pfn stays as it is" { stays vmf_insert_pfn mmio 0x1000 pte; }
@test "clear_refs: an entry of remap_pfn_range stays as it is" {
	stays remap_pfn_range mmio 0x1000 pte
}
@test "clear_refs: a 2 MiB leaf of pfns stays as it is" {
	stays vmf_insert_pfn_pmd mmio 0x200000 pmd
}
@test "clear_refs: a 1 GiB leaf of pfns stays as it is" {
	stays vmf_insert_pfn_pud mmio 0x40000000 pud
}
@test "clear_refs: an entry of vmf_insert_mixed is not writable any more" {
	loses_write vmf_insert_mixed mmio 0x1000 pte
}
@test "clear_refs: an entry of vm_insert_page is not writable any more" {
	loses_write vm_insert_page ram 0x1000 pte
}
@test "clear_refs: an entry of vmf_insert_page_mkwrite is not writable any more" {
	loses_write vmf_insert_page_mkwrite dax 0x1000 pte
}
@test "clear_refs: a 2 MiB leaf of a folio is not writable any more" {
	loses_write vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "clear_refs: a 1 GiB leaf of a folio is gone, and faults in again" {
	cleared vmf_insert_folio_pud dax 0x40000000 pud none
}

# aged METHOD REGION BYTES LEVEL AFTER: what a write to clear_refs does to an entry that was used. 1
# is for all pages, and 3 for pages of files; 2 is for anonymous pages, and leaves the entry alone.
# The processor may remember the entry, so the test does not touch the page afterwards.
aged() {
	local which

	need_method "$1"
	need_room "$2" "$3"
	need_clear_refs
	for which in 1 3; do
		check <<-END
			a=open
			set:a,region=$2,method=$1,mode=write-back,level=$4
			m=mmap:a,len=$3
			write:m,val=0x77
			leaf:m				=before * writable dirty young*
			put:/proc/self/clear_refs,text=2
			leaf:m				=before
			put:/proc/self/clear_refs,text=$which
			leaf:m				$5
		END
	done
}

stays_young() {
	aged "$@" "=before"
}

gets_old() {
	aged "$@" "$4 * writable dirty"
}

@test "clear_refs: an entry of vmf_insert_pfn stays young" { stays_young vmf_insert_pfn mmio 0x1000 pte; }
@test "clear_refs: an entry of vmf_insert_mixed stays young" {
	stays_young vmf_insert_mixed mmio 0x1000 pte
}
@test "clear_refs: a 2 MiB leaf of pfns stays young" {
	stays_young vmf_insert_pfn_pmd mmio 0x200000 pmd
}
@test "clear_refs: an entry of vm_insert_page gets old" { gets_old vm_insert_page ram 0x1000 pte; }
@test "clear_refs: an entry of vmf_insert_page_mkwrite gets old" {
	gets_old vmf_insert_page_mkwrite dax 0x1000 pte
}
@test "clear_refs: a 2 MiB leaf of a folio gets old" {
	gets_old vmf_insert_folio_pmd dax 0x200000 pmd
}

@test "clear_refs: a copy in a private mapping of pfns stays young" {
	need_copied_kept
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,len=0x1000,private
		write:m,val=0x77
		leaf:m				=before pte * pfn=other writable dirty young
		put:/proc/self/clear_refs,text=1
		leaf:m				=before
	END
}

# soft_dirty METHOD REGION BYTES LEVEL
soft_dirty() {
	local last

	need_method "$1"
	need_room "$2" "$3"
	need_soft_dirty
	printf -v last 0x%x $(($3 - 0x1000))
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$4
		m=mmap:a,len=$3
		write:m,val=1
		write:m,off=$last,val=1
		put:/proc/self/clear_refs,text=4
		read:m			0x00000001
		soft_dirty:m		0
		soft_dirty:m,off=$last	0
		write:m,off=$last,val=2
		leaf:m,off=$last	$4 *
		soft_dirty:m		$5
		soft_dirty:m,off=$last	1
	END
}
@test "clear_refs: pagemap says which pages were written since: vm_insert_page" {
	soft_dirty vm_insert_page ram 0x2000 pte 0
}
@test "clear_refs: pagemap says which pages were written since: vmf_insert_page_mkwrite" {
	soft_dirty vmf_insert_page_mkwrite dax 0x2000 pte 0
}
@test "clear_refs: pagemap says all of a 2 MiB leaf was written since: vmf_insert_folio_pmd" {
	soft_dirty vmf_insert_folio_pmd dax 0x200000 pmd 1
}

# The kernel counts a page that moves as written. Else a program that copies pages by these bits
# would miss the page at its new place.
moved_soft_dirty() { # METHOD REGION BYTES LEVEL
	local last

	need_method "$1"
	need_room "$2" "$3"
	need_soft_dirty
	printf -v last 0x%x $(($3 - 0x1000))
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$4
		m=mmap:a,len=$3
		write:m,val=1
		read:m,off=$last	0x*
		put:/proc/self/clear_refs,text=4
		read:m			0x00000001
		soft_dirty:m		0
		mremap:m,len=$3,fixed=0x600000000000
		leaf:m			$4 *
		soft_dirty:m		1
		soft_dirty:m,off=$last	1
		read:m			0x00000001
		put:/proc/self/clear_refs,text=4
		soft_dirty:m		0
	END
}
@test "clear_refs: pagemap says that what mremap moved was written: vm_insert_page" {
	moved_soft_dirty vm_insert_page ram 0x2000 pte
}
@test "clear_refs: pagemap says that what mremap moved was written: vmf_insert_folio_pmd" {
	moved_soft_dirty vmf_insert_folio_pmd dax 0x200000 pmd
}
