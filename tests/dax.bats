#!/usr/bin/env bats
# The dax region: ZONE_DEVICE memory, the counts of its folios, and how long it stays.

load helpers/common
load shared/zone-device

GIB=0x40000000

# References of the first folio while N entries map it: devmap takes none.
refs() {
	entries_count && echo $((1 + $1)) || echo 1
}

mapcount() {
	entries_count && echo "$1" || echo 0
}

# D11: the folios are as large as the leaves, and tails have no count.
folios() { # LEVEL
	local last='refs=1 *'

	zd_need "$1"
	[[ $1 == pte ]] || last="refs=1 mapcount=0 order=${ORDERS[$1]} page_refs=0 * tail"
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1
		folio:dax+0x0				refs=1 mapcount=0 order=${ORDERS[$1]} page_refs=1 pgmap=generic index=0x0 zone-device
		folio:dax+$((${LEAF_BYTES[$1]} - 0x1000))	$last
	END
}

# The module makes folios anew when their size changes. They have no mapping then.
fresh() {
	local other=pmd

	[[ $1 != pmd ]] || other=pte
	zd_need $other
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[$other]},mode=write-back,level=$other
	END
}

@test "D11: folios are as large as the leaves, 4 KiB" { fresh pte; folios pte; }
@test "D11: folios are as large as the leaves, 2 MiB" { fresh pmd; folios pmd; }
@test "D11: folios are as large as the leaves, 1 GiB" { fresh pud; folios pud; }

# A special entry has no page for the kernel: get_user_pages_fast() and smaps pass it by.
@test "D16: the entry of 2 MiB of a counted folio is not special" {
	entries_count || skip "before 6.15 no entry is counted"
	if [[ -n $FOLIOS_SPECIAL ]]; then
		behaviour "the large entry of a counted folio is not special" "bug reproduced"
		return
	fi
	zd pmd <<-END
		m=mmap:a,len=0x200000
		write:m,val=1
		leaf:m			WRITTEN+0x0
		p=pin:m,fast		PIN
		unpin:p
		munmap:m
	END
	behaviour "the large entry of a counted folio is not special" fixed
}

# D13, D15, D16: a reference and a mapcount for each entry that maps a folio,
# and the baseline when all are gone. Before 6.15 neither.
references() { # LEVEL
	zd_need "$1"
	check <<-END
		a=open
		b=open
		set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1
		set:b,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1
		m=mmap:a,len=${LEAF_BYTES[$1]}
		write:m,val=1
		folio:dax+0x0	refs=$(refs 1) mapcount=$(mapcount 1) * index=0x0 *mapping*
		n=mmap:b,len=${LEAF_BYTES[$1]}
		read:n		0x00000001
		folio:dax+0x0	refs=$(refs 2) mapcount=$(mapcount 2) *
		munmap:m
		folio:dax+0x0	refs=$(refs 1) mapcount=$(mapcount 1) *
		leaf:n		$1 write-back dax+0x0 *
		munmap:n
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

@test "D13: each entry of a page is a reference (6.15)" { references pte; }
@test "D16: each entry of a 2 MiB folio is a reference (6.15)" { references pmd; }
@test "D15: each entry of a 1 GiB folio is a reference (6.15)" { references pud; }

# D12: a write fault makes the entry writable and dirty in one go.
@test "D12: a write fault maps writable and dirty at once, a read fault clean" {
	zd_need pte
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pte]},mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=1
		leaf:m			pte write-back dax+0x0 writable dirty young*
		read:m,off=0x1000	0x*
		leaf:m,off=0x1000	pte write-back dax+0x1000 !(*dirty*)
	END
}

# D14: rmap knows entries of every level, so unmap_mapping_range() finds the entries, and drops
# the reference that each has on its folio.
reverse() { # LEVEL
	zd_need "$1"
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1
		m=mmap:a,len=${LEAF_BYTES[$1]}
		write:m,val=5
		zap:a,how=mapping
		leaf:m		none
		folio:dax+0x0	refs=1 mapcount=0 *
		read:m		0x00000005
		leaf:m		$1 *
	END
}

@test "D14: unmap_mapping_range() finds a page" { reverse pte; }
@test "D14: unmap_mapping_range() finds a 2 MiB folio" { reverse pmd; }
@test "D14: unmap_mapping_range() finds a 1 GiB folio" { reverse pud; }

# C4, C5, D15, D16: what happens to a leaf in the life of a VMA is the same at
# both levels. So the cuts are at 2 MiB, or past them.
life() { # LEVEL
	local size len method
	zd_need "$1"
	size=${LEAF_BYTES[$1]}
	method=${COUNTED[$1]}
	len=$((size * 2))
	[[ $1 == pmd ]] || len=$size

	check <<-END
		a=open
		set:a,region=dax,method=$method,mode=write-back,level=$1
		m=mmap:a,len=$len
		write:m,val=3
		fork:c
		c/read:m	0x00000003
		c/leaf:m	$1 write-back dax+0x0 *
		c/write:m,off=4,val=4
		folio:dax+0x0	refs=$(refs 2) mapcount=$(mapcount 2) *
		exit:c
		read:m,off=4	0x00000004
		folio:dax+0x0	refs=$(refs 1) mapcount=$(mapcount 1) *
		mprotect:m,prot=r
		leaf:m		!(*writable*)
		write:m,val=9	SIGSEGV
		mprotect:m,prot=rw
		write:m,val=9
		leaf:m		$1 write-back dax+0x0 writable dirty*
		munmap:m
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

@test "C4: a 2 MiB leaf of a folio survives fork and mprotect" { life pmd; }
@test "C5: a 1 GiB leaf of a folio survives fork and mprotect" {
	# 6.1 takes a 1 GiB leaf for a broken table in mprotect() and clears it
	# (change_pud_range(), mended by the PUD support of 6.12).
	since 6.12 || skip "mprotect() of 1 GiB leaves is broken before 6.12"
	life pud
}

@test "dax: a 2 MiB leaf that is unmapped in part comes back by pages" {
	zd_need pmd
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		write:m,off=0x3000,val=6
		munmap:m,len=0x1000
		leaf:m,off=0x3000	none
		read:m,off=0x3000	0x00000006
		leaf:m,off=0x3000	pte write-back dax+0x3000 *
		folio:dax+0x0		refs=$(refs 1) *
	END
}

@test "dax: a 1 GiB leaf is not cut inside of 2 MiB, and is at its border" {
	zd_need pud
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pud]},mode=write-back,level=pud
		m=mmap:a,len=$GIB
		write:m,off=0x600000,val=6
		munmap:m,len=0x1000			EINVAL
		mprotect:m,off=0x5000,len=0x1000,prot=r	EINVAL
		munmap:m,len=0x200000
		leaf:m,off=0x600000			none
		read:m,off=0x600000			0x00000006
		leaf:m,off=0x600000			pte write-back dax+0x600000 *
		folio:dax+0x0				refs=$(refs 1) *
	END
}

@test "dax: private mappings are refused" {
	local level

	for level in pte pmd pud; do
		has_method "${COUNTED[$level]}" || continue
		(($(region_field dax bytes) >= ${LEAF_BYTES[$level]})) || continue
		check <<-END
			a=open
			set:a,region=dax,method=${COUNTED[$level]},mode=write-back,level=$level
			m=mmap:a,len=${LEAF_BYTES[$level]},private	EINVAL
		END
	done
}

@test "dax: two files map one size of folios; another size is EBUSY till both unmap" {
	zd_need pmd
	check <<-END
		a=open
		b=open
		set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		write:m,val=7
		set:b,region=dax,method=${COUNTED[pte]},mode=write-back	EBUSY
		munmap:m
		set:b,region=dax,method=${COUNTED[pte]},mode=write-back
		n=mmap:b,len=0x1000
		read:n							0x00000007
		leaf:n							pte *
		o=mmap:a,len=0x200000					EBUSY
		munmap:n
	END
}

@test "dax: a pinned page keeps the size of folios, too" {
	zd_need pmd
	check <<-END
		a=open
		b=open
		set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		write:m,val=7
		p=pin:m,slow						ok word=0x????????00000007
		munmap:m
		folio:dax+0x0						!(refs=1 *)
		set:b,region=dax,method=${COUNTED[pte]},mode=write-back	EBUSY
		unpin:p
		set:b,region=dax,method=${COUNTED[pte]},mode=write-back
	END
}

@test "dax: one open file maps pages and pfns side by side" {
	zd_need pmd
	need_method vmf_insert_pfn_pmd
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		write:m,val=8
		set:a,region=dax,method=vmf_insert_pfn_pmd,mode=write-back,level=pmd
		n=mmap:a,len=0x200000
		read:n		0x00000008
		leaf:n		p[mt][de] write-back dax+0x0 *special*
		munmap:n
		read:m		0x00000008
		munmap:m
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

@test "dax: unload is refused while folios are mapped, with the file closed" {
	zd_need pmd
	beside a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=1 close:a await
	run rmmod pfnmap_test
	beside_end
	assert_failure
	module_loaded
}

# A pipe holds the page when mapping and file are gone, and the module does not know of it.
@test "dax: unload is refused while a page is pinned by a stranger, and its data stays" {
	local refs

	zd_need pte
	refs=$(module_refs)
	check_rows <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pte]},mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=0x77
		h=splice:m
		munmap:m
		close:a
		await
		unsplice:h	0x00000077
	END
	beside "${CHECK_STEPS[@]}"
	run rmmod pfnmap_test
	assert_failure
	module_loaded
	beside_end
	check_lines

	# The module puts its own reference soon after the last other holder has, and not before.
	refs_back "$refs"
}

@test "dax: zap by mapping reaches the folios of every open file, and no pfns" {
	zd_need pte
	check <<-END
		a=open
		b=open
		c=open
		set:a,region=dax,method=${COUNTED[pte]},mode=write-back
		set:b,region=dax,method=${COUNTED[pte]},mode=write-back
		set:c,region=dax,method=vmf_insert_pfn,mode=write-back
		l=mmap:a,len=0x1000
		m=mmap:b,len=0x1000
		n=mmap:c,len=0x1000
		read:l	0x*
		read:m	0x*
		read:n	0x*
		zap:a,how=mapping
		leaf:l	none
		leaf:m	none
		leaf:n	pte *
	END
}
