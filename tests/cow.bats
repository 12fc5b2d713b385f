#!/usr/bin/env bats
# A private mapping made by remap_pfn_range: what a write copies, which mapping sees which data,
# and how the rest of the kernel treats a mapping of both pfns and pages. Rows C1, C2 and C11 of
# docs/glossary.md. cow-map.bats has which mappings can be private, and which are never copied;
# fork, changes of the VMA, and reclaim have files of their own.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load shared/cow
load helpers/cpus

teardown_file() {
	cpus_back
}

@test "cow: before a write, every entry is the device's: special, clean, not writable" {
	cow <<-END
		leaf:m			DEV0
		read:m			$W0
		leaf:m			DEV0
		leaf:m,off=0x1000	DEV1
		read:m,off=0x1000	$W1
		leaf:m,off=0x1000	DEV1
		leaf:m,off=0x2000	DEV2
		read:m,off=0x2000	$W2
		leaf:m,off=0x2000	DEV2
		leaf:m,off=0x3000	DEV3
		read:m,off=0x3000	$W3
		leaf:m,off=0x3000	DEV3
		folio:m			ENODATA
		folio:m,off=0x3000	ENODATA
	END
}

@test "cow: the first write copies exactly one page" {
	cow <<-END
		write:m,off=0x1000,val=5
		leaf:m,off=0x1000	COPIED
		read:m,off=0x1000	0x00000005
		leaf:m			DEV0
		leaf:m,off=0x2000	DEV2
		leaf:m,off=0x3000	DEV3
		write:m,off=0x3ffc,val=6
		leaf:m,off=0x3000	COPIED
		read:m,off=0x3ffc	0x00000006
		leaf:m			DEV0
		leaf:m,off=0x2000	DEV2
		leaf:m,off=0x1000	COPIED
	END
	behaviour "a write to a private mapping of pfns copies one page" ok
}

@test "C11: the copy is an anonymous page, the only one without special" {
	cow <<-END
		write:m,off=0x1000,val=5
		folio:m			ENODATA
		folio:m,off=0x2000	ENODATA
		put:/proc/sys/vm/drop_caches,text=1
		leaf:m,off=0x1000	COPIED
		folio:m,off=0x1000	refs=1 mapcount=1 order=0 page_refs=1 pgmap=none index=0x0 anon
		leaf:m			DEV0
		leaf:m,off=0x2000	DEV2
	END
	behaviour "a copy in a private mapping of pfns is an anonymous page" ok
}

@test "cow: the copy has the whole page's data, and the device keeps its own" {
	# Write the last word, so that all the others are copied.
	cow <<-END
		write:m,off=0x1ffc,val=5
		check:m,len=0x1000,val=$W0,inc=3
		check:m,off=0x1000,len=0xffc,val=$W1,inc=3
		read:m,off=0x1ffc	0x00000005
		check:m,off=0x2000,val=$W2,inc=3
		n=mmap:a,off=$OFF,len=0x4000
		check:n,val=$W0,inc=3
	END
	behaviour "a copy has the data of the device's page" ok
}

@test "cow: a write in the middle of a page copies what is before and behind it" {
	cow <<-END
		write:m,off=0x1800,val=5
		check:m,off=0x1000,len=0x800,val=$W1,inc=3
		read:m,off=0x1800	0x00000005
		check:m,off=0x1804,len=0x7fc,val=$((W1 + 0x201 * 3)),inc=3
	END
}

@test "cow: with all pages copied each has its own data, and no entry is the device's" {
	cow <<-END
		write:m,off=0xc,val=1
		write:m,off=0x100c,val=2
		write:m,off=0x200c,val=3
		write:m,off=0x300c,val=4
		leaf:m			COPIED
		leaf:m,off=0x1000	COPIED
		leaf:m,off=0x2000	COPIED
		leaf:m,off=0x3000	COPIED
		read:m,off=0xc		0x00000001
		check:m,off=0x10,len=0xff0,val=$((W0 + 12)),inc=3
		read:m,off=0x100c	0x00000002
		check:m,off=0x1010,len=0xff0,val=$((W1 + 12)),inc=3
		read:m,off=0x200c	0x00000003
		check:m,off=0x2010,len=0xff0,val=$((W2 + 12)),inc=3
		read:m,off=0x300c	0x00000004
		check:m,off=0x3010,len=0xff0,val=$((W3 + 12)),inc=3
		n=mmap:a,off=$OFF,len=0x4000
		check:n,val=$W0,inc=3
	END
}

@test "cow: the copy does not see what the device says later, and its neighbours do" {
	cow <<-END
		write:m,off=0x1000,val=5
		word:mmio+0x10000,val=0x70
		word:mmio+0x11000,val=0x71
		word:mmio+0x11008,val=0x72
		word:mmio+0x12000,val=0x73
		read:m			0x00000070
		read:m,off=0x1000	0x00000005
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		read:m,off=0x2000	0x00000073
		word:mmio+0x11000	0x0000000000000071
		word:mmio+0x11008	0x0000000000000072
	END
	behaviour "a copy does not see what the device says later" ok
}

@test "cow: a copy takes what the device says at the time of the write" {
	cow <<-END
		read:m,off=0x1000	$W1
		word:mmio+0x11000,val=0x0000007200000071
		write:m,off=0x1008,val=5
		read:m,off=0x1000	0x00000071
		read:m,off=0x1004	0x00000072
	END
}

@test "cow: a second write does not copy again" {
	cow <<-END
		write:m,off=0x1000,val=5
		leaf:m,off=0x1000,pfn	=copy pfn=0x*
		write:m,off=0x1ffc,val=6
		fill:m,off=0x1000,len=0x1000,val=7
		leaf:m,off=0x1000,pfn	=copy
		check:m,off=0x1000,len=0x1000,val=7
	END
}

@test "cow: two private mappings of a page copy it each for itself" {
	cow <<-END
		o=mmap:a,off=$OFF,len=0x4000,private
		write:m,val=5
		leaf:m				COPIED
		leaf:o				DEV0
		read:o				$W0
		write:o,val=6
		leaf:o				COPIED
		leaf:m,pfn			=copy pfn=0x*
		leaf:o,pfn			!=copy pfn=0x*
		read:m				0x00000005
		read:o				0x00000006
		word:mmio+0x10000		0x0000100300001000
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1, LIST1
		munmap:o
		read:m				0x00000005
	END
}

@test "cow: a shared mapping's write is seen until the page is copied" {
	cow <<-END
		n=mmap:a,off=$OFF,len=0x4000
		write:n,off=0x1000,val=7
		read:m,off=0x1000	0x00000007
		write:m,off=0x1000,val=5
		write:n,off=0x1000,val=8
		read:m,off=0x1000	0x00000005
		read:n,off=0x1000	0x00000008
		leaf:n,off=0x1000	pte $MODE mmio+0x11000 writable dirty young special
	END
}

# Before 6.2 smaps did not walk mappings of pfns at all.
@test "cow: smaps counts copies, and nothing of the device's" {
	local none="rss=0kB pss=0kB anon=0kB private_dirty=0kB shared_dirty=0kB *" one two

	one=${none//=0kB/=4kB} two=${none//=0kB/=8kB}
	one=${one/shared_dirty=4/shared_dirty=0} two=${two/shared_dirty=8/shared_dirty=0}
	if since 6.2; then
		behaviour "smaps counts copies in a private mapping of pfns (6.2)" fixed
	else
		one=$none two=$none
		behaviour "smaps counts copies in a private mapping of pfns (6.2)" "bug reproduced"
	fi
	cow <<-END
		proc:m,file=smaps	$none
		read:m			$W0
		proc:m,file=smaps	$none
		write:m,off=0x1000,val=5
		proc:m,file=smaps	$one
		write:m,off=0x1004,val=6
		proc:m,file=smaps	$one
		write:m,off=0x3000,val=5
		proc:m,file=smaps	$two
	END
}

@test "smaps: pfns of RAM, which have struct pages, are in nobody's Rss" {
	local method

	for method in remap_pfn_range vmf_insert_pfn vmf_insert_mixed; do
		check <<-END
			a=open
			set:a,region=ram,method=$method,mode=write-back
			m=mmap:a,len=0x2000
			write:m,val=5
			proc:m,file=smaps	rss=0kB pss=0kB *
		END
	done
}

@test "cow: pagemap and PAGEMAP_SCAN see a hole, also where there is a copy" {
	local hole="present=0 file=0 exclusive=0 pfn=0" scan=none

	since 6.7 || scan=ENOTTY
	cow <<-END
		proc:m,file=pagemap		$hole
		proc:m,off=0x1000,file=pagemap	$hole
		scan:m				$scan
		write:m,off=0x1000,val=5
		leaf:m,off=0x1000		COPIED
		proc:m,file=pagemap		$hole
		proc:m,off=0x1000,file=pagemap	$hole
		scan:m				$scan
	END
}

@test "cow: vm_pgoff is the pfn, and so the offset that maps shows" {
	local start pfn

	start=$(region_field "$REGION" start)
	printf -v pfn 0x%x $(((start + OFF) / 4096))
	cow <<-END
		proc:m,file=maps				rw-p offset=$(printf 0x%x $((start + OFF))) name=pfnmap_test
		vma:m,pgoff					pgoff=$pfn
		write:m,val=5
		vma:m,pgoff					pgoff=$pfn
		n=mmap:a,off=$OFF,len=0x4000
		proc:n,file=maps				rw-s offset=$OFF name=pfnmap_test
		vma:n,pgoff					pgoff=0x10
		o=mmap:a,off=$OFF,len=0x1000,private
		vma:o,pgoff					pgoff=$pfn
	END
	behaviour "vm_pgoff of a private mapping of pfns is the pfn" ok
}

@test "cow: PAT holds the range and the mode, before, between and after copies" {
	cow <<-END
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		read:m				$W0
		vma:m				VMA1
		write:m,off=0x1000,val=5
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		write:m,val=5
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		write:m,off=0x2000,val=5
		write:m,off=0x3000,val=5
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
}

# The slow way looks at the VMA, and finds VM_PFNMAP. The fast way looks at entries.
@test "cow: pin_user_pages() is EFAULT, before a copy and after" {
	cow <<-END
		p=pin:m,slow		EFAULT
		p=pin:m,slow,longterm	EFAULT
		p=pin:m,slow,write	EFAULT
		write:m,val=5
		p=pin:m,slow		EFAULT
		p=pin:m,slow,longterm	EFAULT
		p=pin:m,slow,write	EFAULT
		leaf:m			COPIED
		read:m			0x00000005
	END
}

@test "cow: the fast way is EFAULT for the device's pages, and takes a copy" {
	need_fast_gup
	cow <<-END
		p=pin:m,fast				EFAULT
		p=pin:m,off=0x1000,fast,write		EFAULT
		write:m,off=0x1004,val=5
		put:/proc/sys/vm/drop_caches,text=1
		p=pin:m,off=0x1000,fast			ok word=0x0000000500001c00
		q=pin:m,off=0x1000,fast,write		ok word=0x0000000500001c00
		folio:m,off=0x1000			refs=3 mapcount=1 *
		p=pin:m,fast				EFAULT
		r=pin:m,off=0x1000,len=0x2000,fast	EFAULT
		r=pin:m,len=0x2000,fast			EFAULT
		folio:m,off=0x1000			refs=3 mapcount=1 *
		unpin:q
		folio:m,off=0x1000			refs=2 mapcount=1 *
		munmap:m
	END
	behaviour "get_user_pages_fast() takes a copy in a mapping of pfns, pin_user_pages() does not" ok
}

# Drivers call this function. It tries the fast way, and then the slow way, which fails here.
@test "cow: pin_user_pages_fast() pins a copy, also for long, and no page of the device" {
	need_fast_gup
	cow <<-END
		p=pin:m,either					EFAULT
		p=pin:m,either,longterm,write			EFAULT
		write:m,off=0x1004,val=5
		put:/proc/sys/vm/drop_caches,text=1
		p=pin:m,off=0x1000,either,write			ok word=0x0000000500001c00
		folio:m,off=0x1000				refs=1025 mapcount=1 *
		q=pin:m,off=0x1000,either,longterm,write	ok word=0x0000000500001c00
		folio:m,off=0x1000				refs=2049 mapcount=1 *
		r=pin:m,len=0x2000,either			EFAULT
		folio:m,off=0x1000				refs=2049 mapcount=1 *
		unpin:p
		unpin:q
		folio:m,off=0x1000				refs=1 mapcount=1 *
		leaf:m,off=0x1000				COPIED
	END
}

@test "cow: a copy that the kernel holds outlives the mapping" {
	need_fast_gup
	cow <<-END
		write:m,off=0x1000,val=5
		s=splice:m,off=0x1000
		write:m,off=0x1000,val=6
		munmap:m
		unsplice:s		0x00000006
		word:mmio+0x11000	0x00001c0300001c00
	END
}

# The first three look at the VMA, and fail. vmsplice goes the fast way, and gets the page itself.
@test "cow: ptrace, /proc/PID/mem and process_vm_readv() reach no copy, vmsplice does" {
	need_fast_gup
	cow <<-END
		vmread:m,off=0x1000		EFAULT
		memread:m,off=0x1000		EIO
		peek:m,off=0x1000		EIO
		vmsplice:m,off=0x1000		EFAULT
		write:m,off=0x1000,val=5
		vmread:m,off=0x1000		EFAULT
		memread:m,off=0x1000		EIO
		peek:m,off=0x1000		EIO
		vmwrite:m,off=0x1000,val=6	EFAULT
		memwrite:m,off=0x1000,val=6	EIO
		poke:m,off=0x1000,val=6		EIO
		vmsplice:m,off=0x1000		0x00000005
		vmsplice:m			EFAULT
		memwrite:m,val=6		EIO
		leaf:m				DEV0
		read:m,off=0x1000		0x00000005
	END
}

# Advice for a mapping with a copy in it, and for the copy alone: whether the kernel refuses it
# or takes it, no data changes.
@test "cow: no advice of madvise() changes an entry or data" {
	local advice rows='' failure=EFAULT huge=ok

	has_thp || huge=EINVAL
	target_has /proc/sys/vm/memory_failure_recovery || failure=EINVAL
	# MADV_REMOVE first asks whether the mapping is shared. A page that can't be pinned
	# can't be poisoned either.
	for advice in dontneed=EINVAL dontneed_locked=EINVAL free=EINVAL cold=EINVAL \
		pageout=EINVAL populate_read=EINVAL populate_write=EINVAL collapse=EINVAL \
		wipeonfork=EINVAL dofork=EINVAL dodump=EINVAL guard_install=EINVAL \
		guard_remove=EINVAL remove=EACCES; do
		rows+="
			madvise:m,advice=${advice%=*}				${advice#*=}
			madvise:m,off=0x1000,len=0x1000,advice=${advice%=*}	${advice#*=}"
	done
	for advice in normal random sequential willneed keeponfork mergeable unmergeable \
		dontdump dontfork hugepage="$huge" nohugepage="$huge" hwpoison=$failure \
		soft_offline=$failure; do
		[[ $advice == *=* ]] || advice+="=ok"
		rows+=$'\n'"madvise:m,advice=${advice%=*} ${advice#*=}"
	done
	cow <<-END
		write:m,off=0x1000,val=5
		$rows
		leaf:m				DEV0
		leaf:m,off=0x1000		COPIED
		read:m,off=0x1000		0x00000005
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		check:m,len=0x1000,val=$W0,inc=3
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
	END
	behaviour "no madvise() takes a copy or a pfn out of a private mapping" ok
}

# The kernel locks none of the mapping, and counts none as locked.
@test "cow: mlock says yes and locks nothing" {
	cow <<-END
		write:m,off=0x1000,val=5
		mlock:m
		proc:m,file=smaps		*vmflags=rd wr mr mw me pf io de*
		get:/proc/self/status,key=VmLck	VmLck:*	       0 kB
		leaf:m				DEV0
		leaf:m,off=0x1000		COPIED
		munlock:m
		read:m,off=0x1000		0x00000005
	END
	refute_line --partial Locked
}

# Not dumped: VM_DONTDUMP.
@test "cow: a core dump has no copy in it" {
	cow <<-END
		write:m,off=0x1000,val=5
		core:m			SIGABRT dumped=yes contains=no
		leaf:m,off=0x1000	SHARED
		read:m,off=0x1000	0x00000005
	END
}

# The child of vfork() runs in the same memory, and most likely on another CPU, while the parent
# stands still. The parent's CPU remembers the entry of the device's page until the fault that
# copies the page flushes the entry there. By chance a CPU may have forgotten one entry, but hardly
# eight.
@test "cow: what was read on one CPU, and copied on another, is read as the copy" {
	local page at rows=''

	need_copied_kept
	need_cpus 2
	need_region mmio
	for page in {0..7}; do
		printf -v at 0x%x $((page * 0x1000))
		rows+="
			word:mmio+$at,val=0x11		*
			read:m,off=$at			0x00000011
			vfork/write:m,off=$at,val=0x22
			read:m,off=$at			0x00000022"
	done
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,len=0x8000,private
		$rows
	END
}
