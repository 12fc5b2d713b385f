#!/usr/bin/env bats
# The changes in mm that docs/glossary.md lists as rows T (tracking) and C (the huge zero folio,
# normal pages), each by its row. dax.bats and zone-device-*.bats have rows D, tracking*.bats row
# T4, upstream.bats row T14.

load helpers/common

@test "T1: pgprot_writecombine() replaces the mode that is there" {
	local mode

	need_region mmio
	need_pat
	# Before 6.16 the entry has the bits of both modes, which together mean uncached.
	case $TRACKING in
	*ctx) mode=write-combining ;;
	*) mode=uncached ;;
	esac
	check <<-END
		a=open
		set:a,region=mmio,mode=uncached-minus,flags=pgprot_writecombine
		m=mmap:a,len=0x1000
		leaf:m		pte $mode *
		list:mmio	0x0-0x1000 $mode
		set:a,region=mmio,mode=write-back,flags=pgprot_writecombine
		n=mmap:a,off=0x1000,len=0x1000
		leaf:n		pte write-combining *
	END
	behaviour "pgprot_writecombine() replaces the mode that is there" "$(fixed_since_ctx)"
}

# reserved_mode METHOD LEVEL BYTES LEAF: T2: an inserted leaf has the mode that its first page
# is reserved with.
reserved_mode() {
	need_room mmio "$3"
	need_pat
	need_memtype
	need_method "$1"
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=$3,mode=write-combining	write-combining
		set:a,region=mmio,method=$1,level=$2,mode=write-back
		m=mmap:a,len=$3
		write:m,val=1
		leaf:m							=leaf $4 *
	END
}

@test "T2: a page's mode is the reserved one" {
	reserved_mode vmf_insert_pfn pte 0x1000 "pte write-combining"
}

@test "T2: a 2 MiB leaf's mode is the reserved one" {
	reserved_mode vmf_insert_pfn_pmd pmd 0x200000 "p[mt][de] write-combining"
}

# From 6.4 on vmf_insert_pfn_pud() forgets what it has looked up, until "mm/huge_memory: don't ignore
# queried cachemode in vmf_insert_pfn_pud()".
@test "T2: a 1 GiB leaf's mode is the reserved one, or from 6.12 to 6.16.1 the one asked for" {
	local found="pud @(write-combining|write-back)" told=fixed

	[[ -n $LARGE_PFNS ]] || found="pte write-combining"
	reserved_mode vmf_insert_pfn_pud pud 0x40000000 "$found"
	[[ ${SAID[leaf]} != "pud write-back "* ]] || told="bug reproduced"
	if [[ -n $LARGE_PFNS ]]; then
		known_bug "a 1 GiB leaf has the mode that is reserved" "$told" 6.17 6.16.2
	else
		behaviour "a 1 GiB leaf has the mode that is reserved" "not applicable"
	fi
}

@test "T2: only the first page of a 2 MiB leaf is looked up" {
	need_room mmio 0x200000
	need_pat
	need_memtype
	need_method vmf_insert_pfn_pmd
	need_large_pfns
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x1000,len=0x1000,mode=write-combining	write-combining
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd,mode=write-back
		m=mmap:a,len=0x200000
		write:m,val=1
		leaf:m,off=0x1000							pmd uncached-minus *
	END
}

# T3: memremap_pages() tracks its range, write-back.
@test "T3: ZONE_DEVICE memory is in the tree, write-back, whole" {
	local bytes

	need_region dax
	need_pat
	need_memtype
	printf -v bytes 0x%x "$(region_field dax bytes)"
	check <<-END
		a=open
		list:dax	0x0-$bytes write-back
		lookup:dax+0x0	write-back tracked count=1 0x0-*
	END
}

@test "T3: over ZONE_DEVICE memory write-combining is refused, and write-back is not" {
	need_region dax
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=dax,mode=write-combining
		m=mmap:a,len=0x2000					EINVAL
		r=reserve:a,region=dax,len=0x1000,mode=write-combining	EBUSY
		set:a,region=dax,mode=write-back
		m=mmap:a,len=0x2000
		leaf:m							pte write-back *
		list:dax						*
	END
	assert_line "list dax: 0x0-0x2000 write-back"
	assert_line "list dax: 0x0-$(printf 0x%x "$(region_field dax bytes)") write-back"
}

@test "T7: in RAM nothing is refused, the page's mode is got" {
	local asked

	need_pat
	for asked in "${MODES[@]}"; do
		check <<-END
			a=open
			set:a,region=ram,mode=$asked
			m=mmap:a,len=0x1000
			leaf:m	pte write-back ram+0x0 *
		END
	done
}

@test "T10: after io_mapping_init_wc() faults map write-combining" {
	local bytes

	need_region mmio
	need_pat
	need_memtype
	printf -v bytes 0x%x "$(region_field mmio bytes)"
	check <<-END
		a=open
		set:a,region=mmio,method=io_mapping_init_wc,mode=write-back
		list:mmio	0x0-$bytes write-combining
		m=mmap:a,len=0x2000
		write:m,val=1
		leaf:m		pte write-combining mmio+0x0 writable dirty *
		vma:m		* mode=write-back tracking=none
		list:mmio	0x0-$bytes write-combining
		munmap:m
		close:a
		b=open
		list:mmio	none
	END
}

@test "T10: an io_mapping's reservation lasts as long as what is mapped by it" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,method=io_mapping_init_wc,mode=write-combining
		m=mmap:a,len=0x2000
		close:a
		b=open
		read:m,off=0x1000	0x*
		leaf:m,off=0x1000,via=b	pte write-combining *
		list:mmio		0x0-0x* write-combining
		munmap:m
		list:mmio		none
	END
}

@test "T10: io_mapping_init_wc() is refused where part is held write-back" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x5000,len=0x1000,mode=write-back			write-back
		set:a,region=mmio,method=io_mapping_init_wc,mode=write-combining		EBUSY
		list:mmio									0x5000-0x6000 write-back
		set:a,region=mmio,method=arch_io_reserve_memtype_wc,mode=write-combining	EBUSY
		list:mmio									0x5000-0x6000 write-back
	END
}

@test "T10: after arch_io_reserve_memtype_wc() faults map write-combining" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,method=arch_io_reserve_memtype_wc,mode=uncached
		m=mmap:a,len=0x2000
		write:m,val=1
		leaf:m		pte write-combining *
		munmap:m
		close:a
		b=open
		list:mmio	none
	END
}

@test "T10: a file holds what a method reserved until close, by whatever method it maps then" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,method=arch_io_reserve_memtype_wc,mode=uncached
		set:a,region=mmio,method=vmf_insert_pfn,mode=uncached
		m=mmap:a,len=0x2000
		write:m,val=1
		leaf:m		pte write-combining *
		munmap:m
		close:a
		b=open
		list:mmio	none
		set:b,region=mmio,method=vmf_insert_pfn,mode=uncached
		m=mmap:b,len=0x2000
		write:m,val=1
		leaf:m		pte uncached-minus *
	END
}

# Nothing selects CONFIG_IO_MAPPING in these kernels, and the option has no
# prompt: no pattern can call the function. If this test fails, write a pattern.
@test "T11: no kernel has io_mapping_map_user()" {
	run ! has_symbol io_mapping_map_user
}

# C3: a present entry stays, and a write fault upgrades it.
upgrade() { # METHOD LEVEL BYTES
	local leaf

	need_room mmio "$3"
	need_method "$1"
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		read:m	0x*
		leaf:m	=leaf p*
	END
	# Its level, mode and page.
	leaf=$(cut -d' ' -f1-3 <<<"${SAID[leaf]}")
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		read:m	0x*
		leaf:m	$leaf *
		mprotect:m,prot=r
		leaf:m	$leaf !(*writable*)
		mprotect:m,prot=rw
		leaf:m	$leaf *
		write:m,val=1
		leaf:m	$leaf writable dirty *
		read:m	0x00000001
	END
}

@test "C3: a write upgrades a present entry, which keeps level, mode and pfn: pte" { upgrade vmf_insert_pfn pte 0x1000; }
@test "C3: a write upgrades a present entry, which keeps level, mode and pfn: pmd" { upgrade vmf_insert_pfn_pmd pmd 0x200000; }
@test "C3: a write upgrades a present entry, which keeps level, mode and pfn: pud" { upgrade vmf_insert_pfn_pud pud 0x40000000; }

@test "C3: a present huge zero entry is replaced by another pfn on write, not in place" {
	need_region dax
	need_method huge_zero_folio
	check <<-END
		a=open
		set:a,region=dax,method=huge_zero_folio,level=pmd,mode=write-back
		m=mmap:a,len=0x200000
		read:m		0x*
		leaf:m		pmd write-back pfn=other young special huge-zero
		write:m,off=8,val=1
		leaf:m		pmd write-back dax+0x0 writable dirty young
		read:m,off=8	0x00000001
		b=open
		set:b,region=dax,method=huge_zero_folio,level=pmd,mode=write-back
		n=mmap:b,len=0x200000
		read:n,off=8	0x00000000
		leaf:n		* huge-zero
	END
}

# C4, C5: one code for PMD and PUD: whatever happens to a leaf of pfns, both behave alike. The
# cuts are at 2 MiB, where both leaves can be cut.
leaf_life() { # METHOD LEVEL BYTES
	need_room mmio "$3"
	need_method "$1"
	need_large_pfns
	# A zap of part of a leaf takes the whole leaf.
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		write:m,val=3
		leaf:m		$2 $NONCACHED mmio+0x0 writable dirty young special*
		fork:c
		c/read:m	0x00000003
		c/leaf:m	$2 $NONCACHED mmio+0x0 *
		c/write:m,off=4,val=4
		exit:c
		read:m,off=4	0x00000004
		zap:m,how=vma,len=0x1000
		leaf:m		none
		read:m		0x*
		leaf:m		$2 *
		zap:a,how=mapping
		leaf:m		none
		read:m		0x*
		leaf:m		$2 *
		munmap:m
	END
}

@test "C4: a 2 MiB leaf of pfns survives fork, and comes back after a zap" { leaf_life vmf_insert_pfn_pmd pmd 0x200000; }
@test "C5: a 1 GiB leaf of pfns survives fork, and comes back after a zap" { leaf_life vmf_insert_pfn_pud pud 0x40000000; }

# C4, C5: a fault that does not fit a leaf falls back.
@test "C4: a VMA that begins or ends inside of 2 MiB has small leaves there" {
	need_room mmio 0x600000
	need_method vmf_insert_pfn_pmd
	need_large_pfns
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,off=0x1ff000,len=0x202000
		read:m			0x*
		read:m,off=0x1000	0x*
		read:m,off=0x201000	0x*
		leaf:m			pte $NONCACHED mmio+0x1ff000 *
		leaf:m,off=0x1000	pmd $NONCACHED mmio+0x200000 *
		leaf:m,off=0x201000	pte $NONCACHED mmio+0x400000 *
	END
}

@test "C5: a VMA of less than 1 GiB has 2 MiB leaves, and small ones at its ends" {
	need_room mmio 0x40000000
	need_method vmf_insert_pfn_pud
	need_large_pfns
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pud,level=pud
		m=mmap:a,len=0x3fe01000
		read:m			0x*
		read:m,off=0x3fe00000	0x*
		leaf:m			pmd *
		leaf:m,off=0x3fe00000	pte *
		set:a,region=mmio,method=vmf_insert_pfn_pud,level=pmd
		n=mmap:a,len=0x40000000
		read:n			0x*
		leaf:n			pmd *
	END
}

@test "C4: memory that is not as far into 2 MiB as the address is has small leaves" {
	need_room mmio 0x600000
	need_method vmf_insert_pfn_pmd
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,len=0x400000
		n=mmap:a,off=0x1000,len=0x400000,fixed=m
		read:n			0x*
		leaf:n			pte $NONCACHED mmio+0x1000 *
		read:n,off=0x200000	0x*
		leaf:n,off=0x200000	pte $NONCACHED mmio+0x201000 *
	END
}

# After the advice the kernel does not call huge_fault() (vma_thp_disabled()). The advice is for its
# VMA alone.
advised() { # METHOD REGION LEVEL BYTES
	need_method "$1"
	need_room "$2" "$4"
	[[ $2 != mmio ]] || need_large_pfns
	need_large_leaves
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back,level=$3
		m=mmap:a,len=$4
		n=mmap:a,len=$4
		madvise:m,advice=nohugepage
		read:m			0x*
		leaf:m			pte *
		read:n			0x*
		leaf:n			$3 *
		madvise:n,advice=nohugepage
		leaf:n			$3 *
		zap:a,how=mapping
		madvise:m,advice=hugepage
		write:n,val=1
		leaf:n			pte *
		read:m			0x00000001
	END
}

@test "C4: MADV_NOHUGEPAGE: faults are by pages, and a 2 MiB leaf of pfns stays" {
	advised vmf_insert_pfn_pmd mmio pmd 0x200000
}
@test "C5: MADV_NOHUGEPAGE: faults are by pages, and a 1 GiB leaf of pfns stays" {
	advised vmf_insert_pfn_pud mmio pud 0x40000000
}
@test "C4: MADV_NOHUGEPAGE: faults are by pages, and a 2 MiB leaf of a folio stays" {
	advised vmf_insert_folio_pmd dax pmd 0x200000
}

# The setting is about compaction and collapse, which memory without pages does not know. Before
# "mm/huge_memory: bypass THP tuneables for huge pfnmap mappings" (7.3, 7.2.8, 6.12.115) the kernel
# does not call huge_fault() where the setting denies anonymous memory a huge page.
switched_off() { # METHOD LEVEL BYTES
	local file=/sys/kernel/mm/transparent_hugepage/enabled setting told=fixed was

	need_method "$1"
	need_room mmio "$3"
	need_large_pfns
	need_large_leaves
	was=$(target_read $file | grep -o '\[.*\]' | tr -d '[]')
	for setting in never madvise; do
		target_write $file "$setting"
		try a=open "set:a,region=mmio,method=$1,mode=write-back,level=$2" \
			"m=mmap:a,len=$3" write:m,val=5 read:m leaf:m ||
			{ target_write $file "$was"; return 1; }
		target_write $file "$was"
		assert_line --regexp "^read m.*: 0x00000005$"
		case ${lines[-1]} in
		"leaf m"*": $2 "*) ;;
		"leaf m"*": pte "*) told="bug reproduced" ;;
		*) fail "$setting: ${lines[-1]}" ;;
		esac
	done
	known_bug "transparent_hugepage=never: a ${2^^} of pfns all the same" "$told" 7.3 7.2.8 6.12.115
}

@test "C4: transparent_hugepage=never: a fault gives a 2 MiB leaf of pfns all the same" {
	switched_off vmf_insert_pfn_pmd pmd 0x200000
}
@test "C5: transparent_hugepage=never: a fault gives a 1 GiB leaf of pfns all the same" {
	switched_off vmf_insert_pfn_pud pud 0x40000000
}

# C10, C13: one verdict at the three levels says whether an entry's page is normal. A
# special entry's never is, for GUP, smaps and zap.
verdict() { # METHOD LEVEL BYTES
	need_room mmio "$3"
	need_method "$1"
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		write:m,val=1
		leaf:m			*special*
		p=pin:m,slow		EFAULT
		q=pin:m,fast		EFAULT
		proc:m,file=smaps	rss=0kB pss=0kB *
		munmap:m
	END
}

@test "C10: a special pte has no normal page" { verdict vmf_insert_pfn pte 0x1000; }
@test "C10: a special pmd has no normal page" { verdict vmf_insert_pfn_pmd pmd 0x200000; }
@test "C10, C13: a special pud has no normal page" { verdict vmf_insert_pfn_pud pud 0x40000000; }

# C13: GUP pins a normal pud by the slow and the fast way. smaps splits the pud, which takes the
# entry and its reference away. A zap does the same.
@test "C13: a pud that maps a folio is pinned, walked by smaps, and zapped" {
	need_room dax 0x40000000
	need_method vmf_insert_folio_pud
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_folio_pud,level=pud,mode=write-back
		m=mmap:a,len=0x40000000
		write:m,val=1
		p=pin:m,slow		ok word=0x????????00000001
		q=pin:m,fast		ok word=0x????????00000001
		unpin:p
		unpin:q
		proc:m,file=smaps	rss=0kB pss=0kB *
		leaf:m			none
		folio:dax+0x0		refs=1 mapcount=0 *
		read:m			0x00000001
		leaf:m			pud *
		zap:a,how=mapping
		leaf:m			none
		folio:dax+0x0		refs=1 mapcount=0 *
		munmap:m
	END
}

# C14: a special pte whose page the hook finds: normal to GUP and smaps, not to GUP-fast, which
# has no VMA to ask. A zap must not drop a reference that the entry never took: our
# hook finds no page by then, and the counts show if it does.
@test "C14: a special entry with a page is pinned and in Rss, and a zap drops no reference" {
	need_method find_normal_page
	check <<-END
		a=open
		set:a,region=ram,method=find_normal_page,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=0x42
		leaf:m			pte write-back ram+0x0 *special
		folio:ram+0x0		refs=1 mapcount=0 *
		p=pin:m,slow		ok word=0x????????00000042
		q=pin:m,fast		EFAULT
		unpin:p
		proc:m,file=smaps	rss=4kB *
		zap:a,how=mapping
		leaf:m			none
		folio:ram+0x0		refs=1 mapcount=0 *
		write:m,val=1
		r=pin:m,slow		EEXIST
		munmap:m
		folio:ram+0x0		refs=1 mapcount=0 *
	END
}
