#!/usr/bin/env bats
# remap_pfn_range and vmf_insert_pfn in every cache mode: what the page-table entry says,
# what the memtype tree holds meanwhile, and that nothing is left after.

load helpers/common

LEN=16384

# remap MODE: a whole-VMA remap gets the mode that it asks for and reserves it.
remap() {
	need_region mmio
	need_pat
	need_memtype
	try a=open "set:a,region=mmio,mode=$1" "m=mmap:a,off=0x10000,len=$LEN" \
		write:m,off=0x1000,val=0x12345678 read:m,off=0x1000 leaf:m,off=0x1000 \
		vma:m list:mmio lookup:mmio+0x13000 lookup:mmio+0x14000 \
		munmap:m list:mmio
	line 5 "read m+0x1000: 0x12345678"
	line 6 "leaf m+0x1000: pte $1 mmio+0x11000 writable dirty young special"
	case $TRACKING in
	*ctx) line 7 "vma m+0x0: start=m+0x0 end=m+0x4000 mode=$1 tracking=ctx refs=1 range=mmio+0x10000-0x14000" ;;
	*) line 7 "vma m+0x0: start=m+0x0 end=m+0x4000 mode=$1 tracking=vm_pat" ;;
	esac
	line 8 "list mmio: 0x10000-0x14000 $1"
	line 9 "lookup mmio+0x13000: $1 tracked count=1 0x10000-0x14000"
	line 10 "lookup mmio+0x14000: uncached-minus untracked"
	line 11 "munmap m: ok"
	line 12 "list mmio: none"
}

@test "remap_pfn_range: write-back" { remap write-back; }
@test "remap_pfn_range: write-combining" { remap write-combining; }
@test "remap_pfn_range: uncached-minus" { remap uncached-minus; }
@test "remap_pfn_range: uncached" { remap uncached; }
@test "remap_pfn_range: write-through" { remap write-through; }
@test "remap_pfn_range: write-protected" { remap write-protected; }

# The trap: the mode that was asked for is ignored, without an error.
insert_unreserved() {
	need_region mmio
	need_pat
	try a=open "set:a,region=mmio,method=vmf_insert_pfn,mode=$1" \
		"m=mmap:a,off=0x20000,len=$LEN" leaf:m read:m leaf:m vma:m list:mmio
	line 4 "leaf m+0x0: none"
	assert_regex "${lines[5]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x20000 writable (dirty )?young special$'
	line 7 "vma m+0x0: start=m+0x0 end=m+0x4000 mode=$1 tracking=none"
	line 8 "list mmio: none"
}

@test "vmf_insert_pfn: write-back, unreserved, yields uncached-minus" { insert_unreserved write-back; }
@test "vmf_insert_pfn: write-combining, unreserved, yields uncached-minus" { insert_unreserved write-combining; }
@test "vmf_insert_pfn: uncached-minus, unreserved" { insert_unreserved uncached-minus; }
@test "vmf_insert_pfn: uncached, unreserved, yields uncached-minus" { insert_unreserved uncached; }
@test "vmf_insert_pfn: write-through, unreserved, yields uncached-minus" { insert_unreserved write-through; }

insert_reserved() {
	need_region mmio
	need_pat
	need_memtype
	try a=open "r=reserve:a,region=mmio,off=0x20000,len=$LEN,mode=$1" \
		"set:a,region=mmio,method=vmf_insert_pfn,mode=write-back" \
		"m=mmap:a,off=0x20000,len=$LEN" write:m,off=0x3000,val=7 leaf:m,off=0x3000 \
		list:mmio munmap:m list:mmio release:r list:mmio
	line 2 "reserve r: $1"
	assert_regex "${lines[5]}" "^leaf m\+0x3000: pte $1 mmio\+0x23000 writable dirty young special$"
	line 7 "list mmio: 0x20000-0x24000 $1"
	line 9 "list mmio: 0x20000-0x24000 $1"
	line 10 "release r: ok"
	line 11 "list mmio: none"
}

@test "vmf_insert_pfn: write-back where reserved" { insert_reserved write-back; }
@test "vmf_insert_pfn: write-combining where reserved" { insert_reserved write-combining; }
@test "vmf_insert_pfn: uncached-minus where reserved" { insert_reserved uncached-minus; }
@test "vmf_insert_pfn: uncached where reserved" { insert_reserved uncached; }
@test "vmf_insert_pfn: write-through where reserved" { insert_reserved write-through; }

@test "vmf_insert_pfn: an entry keeps its mode when the reservation goes" {
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,len=8192,mode=write-combining \
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-combining \
		m=mmap:a,len=8192 read:m release:r leaf:m read:m,off=4096 leaf:m,off=4096
	assert_regex "${lines[6]}" '^leaf m\+0x0: pte write-combining '
	assert_regex "${lines[8]}" '^leaf m\+0x1000: pte uncached-minus '
}

@test "remap_pfn_range: part of the VMA reserves nothing and yields uncached-minus" {
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,mode=write-combining,flags=partial \
		"m=mmap:a,len=$LEN" leaf:m leaf:m,off=0x3000 vma:m list:mmio
	assert_regex "${lines[3]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x0 writable .*special$'
	line 5 "leaf m+0x3000: none"
	assert_regex "${lines[5]}" ' mode=write-combining tracking=none$'
	line 7 "list mmio: none"
}

@test "remap_pfn_range: in chunks reserves nothing and yields uncached-minus" {
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,mode=write-combining,flags=chunked,chunk=8192 \
		"m=mmap:a,len=$LEN" leaf:m leaf:m,off=0x3000 vma:m list:mmio
	assert_regex "${lines[3]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x0 '
	assert_regex "${lines[4]}" '^leaf m\+0x3000: pte uncached-minus mmio\+0x3000 '
	assert_regex "${lines[5]}" ' tracking=none$'
	line 7 "list mmio: none"
}

@test "remap_pfn_range: one chunk that covers the VMA is a whole remap" {
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,mode=write-combining,flags=chunked,chunk=0x100000 \
		"m=mmap:a,len=$LEN" list:mmio
	line 4 "list mmio: 0x0-0x4000 write-combining"
}

# The first call's range is zapped before the second, or before 6.16 that would be
# a BUG_ON(). Since then the range stays tracked, and the VMA cannot have two.
@test "remap_pfn_range: twice over one VMA is refused, or on old kernels forgets the first" {
	need_region mmio
	need_pat
	need_memtype
	try a=open set:a,region=mmio,mode=write-combining,flags=twice \
		"m=mmap:a,len=$LEN" list:mmio
	case $TRACKING in
	*ctx)
		line 3 "mmap m: EINVAL"
		line 4 "list mmio: none"
		;;
	*)
		line 3 "mmap m: ok"
		line 4 "list mmio: 0x0-0x4000 write-combining"
		;;
	esac
}

# The address that mmap chooses suits the largest leaf: as far into one as the
# memory is.
@test "mmap chooses addresses that suit the level asked for" {
	need_room mmio 0x400000
	need_method vmf_insert_pfn_pmd
	since 6.12 || skip "no large leaf in a VM_PFNMAP VMA before 6.12"
	try a=open set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd \
		m=mmap:a,off=0x1000,len=0x3ff000 read:m,off=0x1ff000 leaf:m,off=0x1ff000
	assert_regex "${lines[4]}" "^leaf m\+0x1ff000: pmd $NONCACHED mmio\+0x200000 "
}

# Found by the fuzzer: a part of a leaf was zapped, of which kernels before 7.2 warn.
@test "vmf_insert_pfn_pud: a part of a 1 GiB leaf moves, and all faults in again" {
	need_method vmf_insert_pfn_pud
	need_room mmio 0x40000000
	try a=open set:a,region=mmio,method=vmf_insert_pfn_pud,level=pud m=mmap:a,len=0x40000000 \
		write:m,off=0x200000,val=7 \
		n=mremap:m,off=0x200000,old=0x200000,len=0x200000,fixed=0x600000000000 \
		read:n read:m
	line 5 "mremap n: ok"
	line 6 "read n+0x0: 0x00000007"
	assert_regex "${lines[6]}" '^read m\+0x0: 0x'
}

@test "remap_pfn_range: a part takes the one mode that is reserved there" {
	need_region mmio
	need_pat
	try a=open "r=reserve:a,region=mmio,len=$LEN,mode=write-combining" \
		set:a,region=mmio,mode=write-back,flags=partial "m=mmap:a,len=$LEN" leaf:m
	assert_regex "${lines[4]}" '^leaf m\+0x0: pte write-combining '
}

@test "remap_pfn_range: a part is refused where two modes are reserved" {
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,len=4096,mode=write-combining \
		set:a,region=mmio,mode=write-back,flags=partial "m=mmap:a,len=$LEN"
	line 4 "mmap m: EINVAL"
}

@test "remap_pfn_range: nothing is left of a one-page VMA's part" {
	try a=open set:a,flags=partial m=mmap:a,len=4096
	line 3 "mmap m: EINVAL"
}

# Which of two modes yields is is_new_memtype_allowed()'s to say.
refuses() { # HELD ASKED
	need_region mmio
	need_pat
	try a=open b=open "set:a,region=mmio,mode=$1" "set:b,region=mmio,mode=$2" \
		"m=mmap:a,len=$LEN" fill:m,val=0x5a "n=mmap:b,len=$LEN" leaf:m check:m,val=0x5a list:mmio
	line 7 "mmap n: EINVAL"
	assert_regex "${lines[7]}" "^leaf m\+0x0: pte $1 "
	assert_regex "${lines[8]}" '^check m.*: ok$'
	line 10 "list mmio: 0x0-0x4000 $1"
	line 11 ""
	run -0 log
	assert_output --regexp "map pfn expected mapping type $2 for \[mem .*\], got $1"
}

yields() { # HELD ASKED
	need_region mmio
	need_pat
	try a=open b=open "set:a,region=mmio,mode=$1" "set:b,region=mmio,mode=$2" \
		"m=mmap:a,len=$LEN" fill:m,val=0x5a "n=mmap:b,len=$LEN" leaf:m check:n,val=0x5a leaf:n list:mmio
	line 7 "mmap n: ok"
	assert_regex "${lines[7]}" "^leaf m\+0x0: pte $1 "
	assert_regex "${lines[8]}" '^check n.*: ok$'
	assert_regex "${lines[9]}" "^leaf n\+0x0: pte $1 "
	line 11 "list mmio: 0x0-0x4000 $1"
	line 12 "list mmio: 0x0-0x4000 $1"
}

@test "conflict: write-combining is refused over write-back, the first unharmed" { refuses write-back write-combining; }
@test "conflict: uncached-minus is refused over write-back" { refuses write-back uncached-minus; }
@test "conflict: write-through is refused over write-back" { refuses write-back write-through; }
@test "conflict: write-through is refused over write-combining" { refuses write-combining write-through; }
@test "conflict: uncached over write-back silently becomes write-back" { yields write-back uncached; }
@test "conflict: write-back over write-combining silently becomes write-combining" { yields write-combining write-back; }
@test "conflict: write-back over uncached-minus silently becomes uncached-minus" { yields uncached-minus write-back; }
@test "conflict: uncached-minus over write-combining silently becomes write-combining" { yields write-combining uncached-minus; }

@test "conflict: a refused overlap at either end, or inside" {
	need_region mmio
	need_pat
	try a=open b=open set:a,region=mmio,mode=write-back \
		set:b,region=mmio,mode=write-combining m=mmap:a,off=0x4000,len=0x4000 \
		n=mmap:b,off=0x1000,len=0x4000 n=mmap:b,off=0x7000,len=0x4000 \
		n=mmap:b,off=0x5000,len=0x1000 n=mmap:b,off=0,len=0x10000 list:mmio
	local i

	for i in 6 7 8 9; do line $i "mmap n: EINVAL"; done
	line 10 "list mmio: 0x4000-0x8000 write-back"
}

@test "conflict: ranges that only touch do not conflict" {
	need_region mmio
	need_pat
	try a=open b=open set:a,region=mmio,mode=write-combining \
		set:b,region=mmio,mode=write-back m=mmap:a,off=0x4000,len=0x4000 \
		n=mmap:b,off=0,len=0x4000 o=mmap:b,off=0x8000,len=0x4000 list:mmio
	line 8 "list mmio: 0x0-0x4000 write-back"
	line 9 "list mmio: 0x4000-0x8000 write-combining"
	line 10 "list mmio: 0x8000-0xc000 write-back"
}

@test "conflict: a reservation refuses a mapping, and the other way round" {
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,len=4096,mode=write-back \
		set:a,region=mmio,mode=write-combining m=mmap:a,len=4096 release:r \
		set:a,region=mmio,mode=write-back m=mmap:a,len=4096 \
		s=reserve:a,region=mmio,len=4096,mode=write-combining list:mmio munmap:m \
		s=reserve:a,region=mmio,len=4096,mode=write-combining
	line 4 "mmap m: EINVAL"
	line 7 "mmap m: ok"
	line 8 "reserve s: EBUSY"
	line 9 "list mmio: 0x0-0x1000 write-back"
	line 11 "reserve s: write-combining"
}

@test "ram: remap_pfn_range takes the page's mode, whatever was asked" {
	need_pat
	try a=open set:a,region=ram,mode=write-combining m=mmap:a,len=8192 \
		write:m,val=9 leaf:m lookup:ram+0x0
	line 5 "leaf m+0x0: pte write-back ram+0x0 writable dirty young special"
	line 6 "lookup ram+0x0: write-back ram"
}

@test "ram: vmf_insert_pfn takes the page's mode, whatever was asked" {
	need_pat
	try a=open set:a,region=ram,method=vmf_insert_pfn,mode=write-combining \
		m=mmap:a,len=8192 write:m,val=9 leaf:m
	line 5 "leaf m+0x0: pte write-back ram+0x0 writable dirty young special"
}

@test "ram: both methods show the same memory" {
	try a=open set:a,region=ram,mode=write-back m=mmap:a,len=8192 \
		set:a,region=ram,method=vmf_insert_pfn,mode=write-back n=mmap:a,len=8192 \
		write:m,off=0x1ffc,val=0xfeedface read:n,off=0x1ffc
	line 7 "read n+0x1ffc: 0xfeedface"
}

@test "private: vmf_insert_pfn is refused in mmap, also read-only" {
	try a=open set:a,method=vmf_insert_pfn m=mmap:a,len=4096,private \
		m=mmap:a,len=4096,private,prot=r
	line 3 "mmap m: EINVAL"
	line 4 "mmap m: EINVAL"
}

@test "private: remap_pfn_range maps, and a write copies the page" {
	need_copied_kept
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,mode=write-combining m=mmap:a,len=8192,private \
		read:m leaf:m write:m,val=5 leaf:m leaf:m,off=4096 read:m
	assert_regex "${lines[4]}" '^leaf m\+0x0: pte write-combining mmio\+0x0 young special$'
	line 6 "write m+0x0: ok"
	# The copy is RAM, and still gets vm_page_prot's cache bits.
	line 7 "leaf m+0x0: pte write-combining pfn=other writable dirty young"
	assert_regex "${lines[7]}" '^leaf m\+0x1000: pte write-combining mmio\+0x1000 (young )?special$'
	line 9 "read m+0x0: 0x00000005"
}

@test "private: remap_pfn_range of part of a VMA is refused" {
	try a=open set:a,flags=partial m=mmap:a,len=8192,private \
		set:a,flags=chunked,chunk=4096 m=mmap:a,len=8192,private
	line 3 "mmap m: EINVAL"
	line 5 "mmap m: EINVAL"
}

@test "bounds: the region's last page maps, and none behind it" {
	local region bytes

	for region in mmio ram; do
		bytes=$(region_field $region bytes)
		[[ $bytes != 0 ]] || continue
		try a=open set:a,region=$region "m=mmap:a,off=$((bytes - 4096)),len=4096" read:m \
			"n=mmap:a,off=$((bytes - 4096)),len=8192" "n=mmap:a,off=$bytes,len=4096" \
			"n=mmap:a,off=0x7ffffffffffff000,len=4096" \
			set:a,region=$region,method=vmf_insert_pfn "n=mmap:a,off=$bytes,len=4096"
		line 3 "mmap m: ok"
		assert_regex "${lines[3]}" '^read m\+0x0: 0x'
		line 5 "mmap n: EINVAL"
		line 6 "mmap n: EINVAL"
		assert_regex "${lines[6]}" '^mmap n: (EINVAL|EOVERFLOW)$'
		line 9 "mmap n: EINVAL"
	done
}

@test "bounds: a mapping can't grow" {
	local method

	for method in remap_pfn_range vmf_insert_pfn; do
		try a=open set:a,method=$method m=mmap:a,len=8192 mremap:m,len=12288,maymove \
			mremap:m,old=0,len=8192,maymove munmap:m
		line 4 "mremap m: EFAULT"
		line 5 "mremap m: EFAULT"
	done
}

@test "vmf_insert_pfn: a mapping that was moved faults the right pages" {
	need_region mmio
	try a=open set:a,region=mmio,method=vmf_insert_pfn m=mmap:a,off=0x8000,len=8192 \
		mremap:m,len=4096 mremap:m,len=4096,maymove read:m leaf:m
	assert_regex "${lines[6]}" "^leaf m\+0x0: pte $NONCACHED mmio\+0x8000 "
}

@test "a read-only file maps shared and readable, and not writable" {
	try a=open:ro m=mmap:a,len=4096,prot=r read:m write:m,val=1 n=mmap:a,len=4096,prot=rw
	assert_regex "${lines[2]}" '^read m\+0x0: 0x'
	line 4 "write m+0x0: SIGSEGV"
	line 5 "mmap n: EACCES"
}

@test "without SET_MAP: mmio by remap_pfn_range, uncached-minus" {
	need_region mmio
	need_pat
	try a=open m=mmap:a,len=8192 leaf:m list:mmio
	assert_regex "${lines[2]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x0 '
	line 4 "list mmio: 0x0-0x2000 uncached-minus"
}

@test "SET_MAP changes later mappings only" {
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,mode=write-combining,method=vmf_insert_pfn m=mmap:a,len=4096 \
		set:a,region=ram,mode=write-back read:m leaf:m n=mmap:a,len=4096 leaf:n
	assert_regex "${lines[5]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x0 '
	assert_regex "${lines[7]}" '^leaf n\+0x0: pte write-back ram\+0x0 '
}

@test "a killed process leaves no reservation" {
	need_region mmio
	need_pat
	try a=open fork:c c/b=open c/set:b,region=mmio,mode=write-combining c/m=mmap:b,len=4096 \
		c/r=reserve:b,region=mmio,off=0x8000,len=4096,mode=write-through list:mmio kill:c \
		list:mmio
	assert_line "list mmio: 0x0-0x1000 write-combining"
	assert_line "list mmio: 0x8000-0x9000 write-through"
	assert_equal "${lines[-1]}" "list mmio: none"
}

@test "closing the file keeps the mapping and drops the reservations" {
	need_region mmio
	need_pat
	try a=open b=open set:a,region=mmio,mode=write-combining m=mmap:a,len=4096 \
		r=reserve:b,region=mmio,off=0x8000,len=4096,mode=write-through close:b list:mmio \
		close:a read:m
	line 7 "list mmio: 0x0-0x1000 write-combining"
	line 8 "close a: ok"
	assert_regex "${lines[8]}" '^read m\+0x0: 0x'
}

@test "mmap: of more than an address space has room for" {
	need_room mmio 0x200000
	need_method vmf_insert_pfn_pmd
	try a=open set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd \
		m=mmap:a,len=0xffffffff00000
	line 3 "mmap m: ENOMEM"
}
