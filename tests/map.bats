#!/usr/bin/env bats
# remap_pfn_range and vmf_insert_pfn in every cache mode: what the page-table entry says,
# what the memtype tree holds meanwhile, and that nothing is left after.

load helpers/common

LEN=16384

# remap MODE: a remap of a whole VMA gets the mode that it asks for, and reserves it.
remap() {
	local tracked=vm_pat

	need_region mmio
	need_pat
	need_memtype
	[[ $TRACKING != *ctx ]] || tracked="ctx refs=1 range=mmio+0x10000-0x14000"
	check <<-END
		a=open
		set:a,region=mmio,mode=$1
		m=mmap:a,off=0x10000,len=$LEN
		write:m,off=0x1000,val=0x12345678
		read:m,off=0x1000	0x12345678
		leaf:m,off=0x1000	pte $1 mmio+0x11000 writable dirty young special
		vma:m			start=m+0x0 end=m+0x4000 mode=$1 tracking=$tracked
		list:mmio		0x10000-0x14000 $1
		lookup:mmio+0x13000	$1 tracked count=1 0x10000-0x14000
		lookup:mmio+0x14000	uncached-minus untracked
		munmap:m
		list:mmio		none
	END
}

@test "remap_pfn_range: write-back is got, and reserved until munmap" { remap write-back; }
@test "remap_pfn_range: write-combining is got, and reserved until munmap" {
	remap write-combining
}
@test "remap_pfn_range: uncached-minus is got, and reserved until munmap" { remap uncached-minus; }
@test "remap_pfn_range: uncached is got, and reserved until munmap" { remap uncached; }
@test "remap_pfn_range: write-through is got, and reserved until munmap" { remap write-through; }
@test "remap_pfn_range: write-protected is got, and reserved until munmap" {
	remap write-protected
}

# The trap: the helper ignores the requested mode, without an error.
insert_unreserved() {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,mode=$1
		m=mmap:a,off=0x20000,len=$LEN
		leaf:m		none
		read:m		0x*
		leaf:m		pte uncached-minus mmio+0x20000 writable ?(dirty )young special
		vma:m		start=m+0x0 end=m+0x4000 mode=$1 tracking=none
		list:mmio	none
	END
}

@test "vmf_insert_pfn: write-back, unreserved, yields uncached-minus" { insert_unreserved write-back; }
@test "vmf_insert_pfn: write-combining, unreserved, yields uncached-minus" { insert_unreserved write-combining; }
@test "vmf_insert_pfn: uncached-minus, unreserved, yields uncached-minus" {
	insert_unreserved uncached-minus
}
@test "vmf_insert_pfn: uncached, unreserved, yields uncached-minus" { insert_unreserved uncached; }
@test "vmf_insert_pfn: write-through, unreserved, yields uncached-minus" { insert_unreserved write-through; }

insert_reserved() {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x20000,len=$LEN,mode=$1	$1
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,off=0x20000,len=$LEN
		write:m,off=0x3000,val=7
		leaf:m,off=0x3000					pte $1 mmio+0x23000 writable dirty young special
		list:mmio						0x20000-0x24000 $1
		munmap:m
		list:mmio						0x20000-0x24000 $1
		release:r
		list:mmio						none
	END
}

@test "vmf_insert_pfn: write-back is got where it is reserved" { insert_reserved write-back; }
@test "vmf_insert_pfn: write-combining is got where it is reserved" {
	insert_reserved write-combining
}
@test "vmf_insert_pfn: uncached-minus is got where it is reserved" {
	insert_reserved uncached-minus
}
@test "vmf_insert_pfn: uncached is got where it is reserved" { insert_reserved uncached; }
@test "vmf_insert_pfn: write-through is got where it is reserved" { insert_reserved write-through; }

@test "vmf_insert_pfn: an entry keeps its mode when the reservation goes" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=8192,mode=write-combining	write-combining
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-combining
		m=mmap:a,len=8192
		read:m							0x*
		release:r
		leaf:m							pte write-combining *
		read:m,off=4096						0x*
		leaf:m,off=4096						pte uncached-minus *
	END
}

@test "remap_pfn_range: part of the VMA reserves nothing and yields uncached-minus" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining,flags=partial
		m=mmap:a,len=$LEN
		leaf:m			pte uncached-minus mmio+0x0 writable *special
		leaf:m,off=0x3000	none
		vma:m			* mode=write-combining tracking=none
		list:mmio		none
	END
}

@test "remap_pfn_range: in chunks reserves nothing and yields uncached-minus" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining,flags=chunked,chunk=8192
		m=mmap:a,len=$LEN
		leaf:m			pte uncached-minus mmio+0x0 *
		leaf:m,off=0x3000	pte uncached-minus mmio+0x3000 *
		vma:m			* tracking=none
		list:mmio		none
	END
}

@test "remap_pfn_range: one chunk that covers the VMA is a whole remap" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining,flags=chunked,chunk=0x100000
		m=mmap:a,len=$LEN
		list:mmio	0x0-0x4000 write-combining
	END
}

# The driver zaps the range of the first call before the second, which would BUG_ON() before
# 6.16. Since 6.16 the range stays tracked, and the VMA cannot have two ranges.
@test "remap_pfn_range: twice over one VMA is refused, or on old kernels forgets the first" {
	local second=ok held='0x0-0x4000 write-combining'

	need_region mmio
	need_pat
	need_memtype
	[[ $TRACKING != *ctx ]] || second=EINVAL held=none
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining,flags=twice
		m=mmap:a,len=$LEN	$second
		list:mmio		$held
	END
}

# The address that mmap chooses suits the largest leaf: address and memory are equally far
# into a leaf.
@test "mmap chooses addresses that suit the level asked for" {
	need_room mmio 0x400000
	need_method vmf_insert_pfn_pmd
	need_large_pfns
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,off=0x1000,len=0x3ff000
		read:m,off=0x1ff000	0x*
		leaf:m,off=0x1ff000	pmd $NONCACHED mmio+0x200000 *
	END
}

# Found by the fuzzer: our driver zapped a part of a leaf, of which kernels before 6.19 warn.
@test "vmf_insert_pfn_pud: a part of a 1 GiB leaf moves, and all faults in again" {
	need_method vmf_insert_pfn_pud
	need_room mmio 0x40000000
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pud,level=pud
		m=mmap:a,len=0x40000000
		write:m,off=0x200000,val=7
		n=mremap:m,off=0x200000,old=0x200000,len=0x200000,fixed=0x600000000000
		read:n	0x00000007
		read:m	0x*
	END
}

@test "remap_pfn_range: a part takes the one mode that is reserved there" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=$LEN,mode=write-combining	write-combining
		set:a,region=mmio,mode=write-back,flags=partial
		m=mmap:a,len=$LEN
		leaf:m							pte write-combining *
	END
}

@test "remap_pfn_range: a part is refused where two modes are reserved" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
		set:a,region=mmio,mode=write-back,flags=partial
		m=mmap:a,len=$LEN					EINVAL
	END
}

@test "remap_pfn_range: a part of a one-page VMA is refused" {
	check <<-END
		a=open
		set:a,flags=partial
		m=mmap:a,len=4096	EINVAL
	END
}

@test "ram: remap_pfn_range takes the page's mode, whatever was asked" {
	need_pat
	check <<-END
		a=open
		set:a,region=ram,mode=write-combining
		m=mmap:a,len=8192
		write:m,val=9
		leaf:m		pte write-back ram+0x0 writable dirty young special
		lookup:ram+0x0	write-back ram
	END
}

@test "ram: vmf_insert_pfn takes the page's mode, whatever was asked" {
	need_pat
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn,mode=write-combining
		m=mmap:a,len=8192
		write:m,val=9
		leaf:m	pte write-back ram+0x0 writable dirty young special
	END
}

@test "ram: both methods show the same memory" {
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		m=mmap:a,len=8192
		set:a,region=ram,method=vmf_insert_pfn,mode=write-back
		n=mmap:a,len=8192
		write:m,off=0x1ffc,val=0xfeedface
		read:n,off=0x1ffc	0xfeedface
	END
}

@test "private: vmf_insert_pfn is refused in mmap, also read-only" {
	check <<-END
		a=open
		set:a,method=vmf_insert_pfn
		m=mmap:a,len=4096,private		EINVAL
		m=mmap:a,len=4096,private,prot=r	EINVAL
	END
}

@test "private: remap_pfn_range maps, and a write copies the page" {
	need_copied_kept
	need_region mmio
	need_pat
	# The copy is RAM, and still gets vm_page_prot's cache bits.
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=8192,private
		read:m		0x*
		leaf:m		pte write-combining mmio+0x0 young special
		write:m,val=5
		leaf:m		pte write-combining pfn=other writable dirty young
		leaf:m,off=4096	pte write-combining mmio+0x1000 ?(young )special
		read:m		0x00000005
	END
}

@test "private: remap_pfn_range of part of a VMA is refused" {
	check <<-END
		a=open
		set:a,flags=partial
		m=mmap:a,len=8192,private	EINVAL
		set:a,flags=chunked,chunk=4096
		m=mmap:a,len=8192,private	EINVAL
	END
}

@test "bounds: the region's last page maps, and none behind it" {
	local region bytes

	for region in mmio ram; do
		bytes=$(region_field $region bytes)
		[[ $bytes != 0 ]] || continue
		check <<-END
			a=open
			set:a,region=$region
			m=mmap:a,off=$((bytes - 4096)),len=4096
			read:m						0x*
			n=mmap:a,off=$((bytes - 4096)),len=8192		EINVAL
			n=mmap:a,off=$bytes,len=4096			EINVAL
			n=mmap:a,off=0x7ffffffffffff000,len=4096	@(EINVAL|EOVERFLOW)
			set:a,region=$region,method=vmf_insert_pfn
			n=mmap:a,off=$bytes,len=4096			EINVAL
		END
	done
}

@test "bounds: a mapping can't grow" {
	local method

	for method in remap_pfn_range vmf_insert_pfn; do
		check <<-END
			a=open
			set:a,method=$method
			m=mmap:a,len=8192
			mremap:m,len=12288,maymove	EFAULT
			mremap:m,old=0,len=8192,maymove	EFAULT
			munmap:m
		END
	done
}

@test "vmf_insert_pfn: a mapping that was moved faults the right pages" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,off=0x8000,len=8192
		mremap:m,len=4096
		mremap:m,len=4096,maymove
		read:m	0x*
		leaf:m	pte $NONCACHED mmio+0x8000 *
	END
}

@test "a read-only file maps shared and readable, and not writable" {
	check <<-END
		a=open:ro
		m=mmap:a,len=4096,prot=r
		read:m				0x*
		write:m,val=1			SIGSEGV
		n=mmap:a,len=4096,prot=rw	EACCES
	END
}

@test "without SET_MAP a file maps mmio by remap_pfn_range, uncached-minus" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		m=mmap:a,len=8192
		leaf:m		pte uncached-minus mmio+0x0 *
		list:mmio	0x0-0x2000 uncached-minus
	END
}

@test "SET_MAP changes later mappings only" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining,method=vmf_insert_pfn
		m=mmap:a,len=4096
		set:a,region=ram,mode=write-back
		read:m	0x*
		leaf:m	pte uncached-minus mmio+0x0 *
		n=mmap:a,len=4096
		leaf:n	pte write-back ram+0x0 *
	END
}

@test "a killed process leaves no reservation" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		fork:c
		c/b=open
		c/set:b,region=mmio,mode=write-combining
		c/m=mmap:b,len=4096
		c/r=reserve:b,region=mmio,off=0x8000,len=4096,mode=write-through	write-through
		list:mmio								0x0-0x1000 write-combining, 0x8000-0x9000 write-through
		kill:c									SIGKILL
		list:mmio								none
	END
}

@test "closing the file keeps the mapping and drops the reservations" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=4096
		r=reserve:b,region=mmio,off=0x8000,len=4096,mode=write-through	write-through
		close:b
		list:mmio							0x0-0x1000 write-combining
		close:a
		read:m								0x*
	END
}

@test "mmap: more than an address space has room for is ENOMEM" {
	need_room mmio 0x200000
	need_method vmf_insert_pfn_pmd
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,len=0xffffffff00000	ENOMEM
	END
}

# inherited METHOD REGION MODE SPECIAL: fork() copies the entry, so the child takes no fault for it.
# fork() has to clear the bits that tell what the parent did. On UML the child's read leaves the
# entry idle.
inherited() {
	need_region "$2"
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=$3
		m=mmap:a,len=0x2000
		write:m,val=7
		leaf:m		pte $3 $2+0x0 writable dirty young$4
		fork:c
		c/leaf:m	pte $3 $2+0x0 writable$4
		leaf:m		pte $3 $2+0x0 writable dirty young$4
		c/read:m	0x00000007
		c/leaf:m	pte $3 $2+0x0 writable?( young)$4
		exit:c
	END
}

@test "fork: a shared entry is clean and idle in the child: remap_pfn_range" {
	inherited remap_pfn_range mmio "$NONCACHED" " special"
}
@test "fork: a shared entry is clean and idle in the child: vm_insert_page" {
	inherited vm_insert_page ram write-back ""
}

# fork() copies the large leaf of a VM_PFNMAP VMA, too. The child's leaf is idle. Of a large leaf the
# kernel leaves it dirty, which it clears of small entries.
inherited_large() { # METHOD LEVEL BYTES
	need_room mmio "$3"
	need_method "$1"
	need_large_pfns
	check <<-END
		a=open
		set:a,region=mmio,method=$1,level=$2
		m=mmap:a,len=$3
		write:m,val=7
		leaf:m		$2 $NONCACHED mmio+0x0 writable dirty young special*
		fork:c
		c/leaf:m	$2 $NONCACHED mmio+0x0 writable dirty special*
		leaf:m		$2 $NONCACHED mmio+0x0 writable dirty young special*
		c/read:m	0x00000007
		exit:c
	END
}

@test "fork: a 2 MiB leaf of pfns is idle in the child" {
	inherited_large vmf_insert_pfn_pmd pmd 0x200000
}
@test "fork: a 1 GiB leaf of pfns is idle in the child" {
	inherited_large vmf_insert_pfn_pud pud 0x40000000
}
