#!/usr/bin/env bats
# The dax region: ZONE_DEVICE memory, who counts its folios, and how long it stays.

load helpers/common
load helpers/zone-device

GIB=0x40000000

# References of the first folio while N entries map it: devmap takes none.
refs() {
	has_method vmf_insert_page_mkwrite && echo $((1 + $1)) || echo 1
}

mapcount() {
	has_method vmf_insert_page_mkwrite && echo "$1" || echo 0
}

# D11: the folios are as large as the leaves, and tails have no count.
folios() { # LEVEL
	zd_need "$1"
	try a=open "set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1" \
		folio:dax+0x0 "folio:dax+$((${BYTES[$1]} - 0x1000))"
	line 3 "folio dax+0x0: refs=1 mapcount=0 order=${ORDERS[$1]} page_refs=1 pgmap=generic index=0x0 zone-device"
	[[ $1 == pte ]] || assert_regex "${lines[3]}" \
		" refs=1 mapcount=0 order=${ORDERS[$1]} page_refs=0 .* tail$"
}

# Folios are made anew when their size changes, and have no mapping then.
fresh() {
	local other=pmd

	[[ $1 != pmd ]] || other=pte
	zd_need $other
	try a=open "set:a,region=dax,method=${COUNTED[$other]},mode=write-back,level=$other"
	line 2 "set a: ok"
}

@test "D11: folios of 4 KiB" { fresh pte; folios pte; }
@test "D11: folios of 2 MiB" { fresh pmd; folios pmd; }
@test "D11: folios of 1 GiB" { fresh pud; folios pud; }

# D13, D15, D16: a reference and a mapcount for each entry that maps a folio,
# and the baseline when all are gone. Before 6.15 neither.
references() { # LEVEL
	zd_need "$1"
	try a=open b=open "set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1" \
		"set:b,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1" \
		"m=mmap:a,len=${BYTES[$1]}" write:m,val=1 folio:dax+0x0 \
		"n=mmap:b,len=${BYTES[$1]}" read:n folio:dax+0x0 munmap:m folio:dax+0x0 \
		leaf:n munmap:n folio:dax+0x0
	assert_regex "${lines[6]}" "^folio .* refs=$(refs 1) mapcount=$(mapcount 1) .* index=0x0 .*mapping"
	line 9 "read n+0x0: 0x00000001"
	assert_regex "${lines[9]}" "^folio .* refs=$(refs 2) mapcount=$(mapcount 2) "
	assert_regex "${lines[11]}" "^folio .* refs=$(refs 1) mapcount=$(mapcount 1) "
	assert_regex "${lines[12]}" "^leaf n\+0x0: $1 write-back dax\+0x0 "
	assert_regex "${lines[14]}" "^folio .* refs=1 mapcount=0 "
}

@test "D13: references of a page" { references pte; }
@test "D16: references of a 2 MiB folio" { references pmd; }
@test "D15: references of a 1 GiB folio" { references pud; }

# D12: a write fault makes the entry writable and dirty in one go.
@test "D12: a write fault maps writable and dirty at once, a read fault clean" {
	zd_need pte
	try a=open "set:a,region=dax,method=${COUNTED[pte]},mode=write-back" \
		m=mmap:a,len=0x2000 write:m,val=1 leaf:m read:m,off=0x1000 leaf:m,off=0x1000
	assert_regex "${lines[4]}" '^leaf m\+0x0: pte write-back dax\+0x0 writable dirty young'
	assert_regex "${lines[6]}" '^leaf m\+0x1000: pte write-back dax\+0x1000 '
	refute_regex "${lines[6]}" dirty
}

# D14: rmap knows entries of every level: unmap_mapping_range() finds them, and
# takes their references.
reverse() { # LEVEL
	zd_need "$1"
	try a=open "set:a,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1" \
		"m=mmap:a,len=${BYTES[$1]}" write:m,val=5 zap:a,how=mapping leaf:m \
		folio:dax+0x0 read:m leaf:m
	line 6 "leaf m+0x0: none"
	assert_regex "${lines[6]}" '^folio .* refs=1 mapcount=0 '
	line 8 "read m+0x0: 0x00000005"
	assert_regex "${lines[8]}" "^leaf m\+0x0: $1 "
}

@test "D14: unmap_mapping_range() finds a page" { reverse pte; }
@test "D14: unmap_mapping_range() finds a 2 MiB folio" { reverse pmd; }
@test "D14: unmap_mapping_range() finds a 1 GiB folio" { reverse pud; }

# C4, C5, D15, D16: what happens to a leaf in the life of a VMA is the same at
# both levels. Cuts are at 2 MiB for that, or past them.
life() { # LEVEL
	local size len method
	zd_need "$1"
	size=${BYTES[$1]}
	method=${COUNTED[$1]}
	len=$((size * 2))
	[[ $1 == pmd ]] || len=$size

	try a=open "set:a,region=dax,method=$method,mode=write-back,level=$1" \
		"m=mmap:a,len=$len" write:m,val=3 \
		fork:c c/read:m c/leaf:m c/write:m,off=4,val=4 folio:dax+0x0 exit:c \
		read:m,off=4 folio:dax+0x0 \
		mprotect:m,prot=r leaf:m write:m,val=9 mprotect:m,prot=rw write:m,val=9 leaf:m \
		munmap:m folio:dax+0x0
	assert_regex "${lines[5]}" ': 0x00000003$'
	assert_regex "${lines[6]}" ": $1 write-back dax\+0x0 "
	assert_regex "${lines[8]}" " refs=$(refs 2) mapcount=$(mapcount 2) "
	line 11 "read m+0x4: 0x00000004"
	assert_regex "${lines[11]}" " refs=$(refs 1) mapcount=$(mapcount 1) "
	refute_regex "${lines[13]}" writable
	line 15 "write m+0x0: SIGSEGV"
	line 17 "write m+0x0: ok"
	assert_regex "${lines[17]}" "^leaf m\+0x0: $1 write-back dax\+0x0 writable dirty"
	assert_regex "${lines[19]}" " refs=1 mapcount=0 "
}

@test "C4: the life of a 2 MiB folio's leaf" { life pmd; }
@test "C5: the life of a 1 GiB folio's leaf" {
	# 6.1 takes a 1 GiB leaf for a broken table in mprotect() and clears it
	# (change_pud_range(), mended by the PUD support of 6.12).
	since 6.12 || skip "mprotect() of 1 GiB leaves is broken before 6.12"
	life pud
}

@test "dax: a 2 MiB leaf that is unmapped in part comes back by pages" {
	zd_need pmd
	try a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,off=0x3000,val=6 munmap:m,len=0x1000 \
		leaf:m,off=0x3000 read:m,off=0x3000 leaf:m,off=0x3000 folio:dax+0x0
	line 6 "leaf m+0x3000: none"
	line 7 "read m+0x3000: 0x00000006"
	assert_regex "${lines[7]}" '^leaf m\+0x3000: pte write-back dax\+0x3000 '
	assert_regex "${lines[8]}" " refs=$(refs 1) "
}

@test "dax: a 1 GiB leaf is not cut inside of 2 MiB, and is at its border" {
	zd_need pud
	try a=open "set:a,region=dax,method=${COUNTED[pud]},mode=write-back,level=pud" \
		"m=mmap:a,len=$GIB" write:m,off=0x600000,val=6 munmap:m,len=0x1000 \
		mprotect:m,off=0x5000,len=0x1000,prot=r munmap:m,len=0x200000 \
		leaf:m,off=0x600000 read:m,off=0x600000 leaf:m,off=0x600000 folio:dax+0x0
	line 5 "munmap m: EINVAL"
	line 6 "mprotect m: EINVAL"
	line 7 "munmap m: ok"
	line 8 "leaf m+0x600000: none"
	line 9 "read m+0x600000: 0x00000006"
	assert_regex "${lines[9]}" '^leaf m\+0x600000: pte write-back dax\+0x600000 '
	assert_regex "${lines[10]}" " refs=$(refs 1) "
}

@test "dax: private mappings are refused" {
	local level

	for level in pte pmd pud; do
		has_method "${COUNTED[$level]}" || continue
		(($(region_field dax bytes) >= ${BYTES[$level]})) || continue
		try a=open "set:a,region=dax,method=${COUNTED[$level]},mode=write-back,level=$level" \
			"m=mmap:a,len=${BYTES[$level]},private"
		line 3 "mmap m: EINVAL"
	done
}

@test "dax: two files map one size of folios; the other size is EBUSY till they go" {
	zd_need pmd
	try a=open b=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=7 \
		"set:b,region=dax,method=${COUNTED[pte]},mode=write-back" munmap:m \
		"set:b,region=dax,method=${COUNTED[pte]},mode=write-back" n=mmap:b,len=0x1000 \
		read:n leaf:n o=mmap:a,len=0x200000 munmap:n
	line 6 "set b: EBUSY"
	line 8 "set b: ok"
	line 10 "read n+0x0: 0x00000007"
	assert_regex "${lines[10]}" '^leaf n\+0x0: pte '
	line 12 "mmap o: EBUSY"
}

@test "dax: a pinned page keeps the size too" {
	zd_need pmd
	try a=open b=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=7 p=pin:m,slow munmap:m folio:dax+0x0 \
		"set:b,region=dax,method=${COUNTED[pte]},mode=write-back" unpin:p \
		"set:b,region=dax,method=${COUNTED[pte]},mode=write-back"
	assert_regex "${lines[5]}" '^pin p: ok word=0x[0-9a-f]{8}00000007$'
	refute_regex "${lines[7]}" ' refs=1 '
	line 9 "set b: EBUSY"
	line 11 "set b: ok"
}

@test "dax: one open file maps pages and pfns side by side" {
	zd_need pmd
	need_method vmf_insert_pfn_pmd
	try a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=8 \
		set:a,region=dax,method=vmf_insert_pfn_pmd,mode=write-back,level=pmd \
		n=mmap:a,len=0x200000 read:n leaf:n munmap:n read:m munmap:m folio:dax+0x0
	line 7 "read n+0x0: 0x00000008"
	assert_regex "${lines[7]}" '^leaf n\+0x0: p[mt][de] write-back dax\+0x0 .*special'
	line 10 "read m+0x0: 0x00000008"
	assert_regex "${lines[11]}" ' refs=1 mapcount=0 '
}

@test "dax: unload is refused while mapped, the file closed" {
	zd_need pmd
	beside a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=1 close:a await
	run rmmod pfnmap_test
	beside_end
	assert_failure
	module_loaded
}

# A pipe holds the page, unknown to us, when mapping and file are gone.
@test "dax: unload is refused while a page is pinned by a stranger, and its data stays" {
	local i refs

	zd_need pte
	refs=$(module_refs)
	beside a=open "set:a,region=dax,method=${COUNTED[pte]},mode=write-back" \
		m=mmap:a,len=0x1000 write:m,val=0x77 h=splice:m munmap:m close:a await unsplice:h
	run rmmod pfnmap_test
	assert_failure
	module_loaded
	beside_end
	line 5 "splice h: ok"
	line 8 "unsplice h: 0x00000077"

	# Given up soon after the last stranger, and not before.
	for ((i = 0; i < 50; i++)); do
		[[ $(module_refs) != "$refs" ]] || break
		sleep 0.1
	done
}

@test "dax: zap by mapping reaches the folios of every open file, and their pfns' of none" {
	zd_need pte
	try a=open b=open c=open \
		"set:a,region=dax,method=${COUNTED[pte]},mode=write-back" \
		"set:b,region=dax,method=${COUNTED[pte]},mode=write-back" \
		set:c,region=dax,method=vmf_insert_pfn,mode=write-back \
		l=mmap:a,len=0x1000 m=mmap:b,len=0x1000 n=mmap:c,len=0x1000 read:l read:m read:n \
		zap:a,how=mapping leaf:l leaf:m leaf:n
	line 14 "leaf l+0x0: none"
	line 15 "leaf m+0x0: none"
	assert_regex "${lines[15]}" '^leaf n\+0x0: pte '
}
