#!/usr/bin/env bats
# How a huge zero folio's entry changes by a write, fork, mremap, mprotect, munmap of part, a zap
# and I/O. huge-zero.bats has the folio itself, huge-zero-leave.bats what leaves the entry.

load helpers/common
load shared/huge-zero
load helpers/cpus
load helpers/zram

setup_file() {
	zram_begin 8M || true
}

teardown_file() {
	cpus_back
	zram_end
}

@test "C6: a write replaces the huge zero folio by the real folio, in every mapping" {
	hole <<-END
		n=mmap:a,len=0x400000
		read:m			0x00000000
		read:n			0x00000000
		read:n,off=0x200000	0x00000000
		folio:dax+0x0		refs=1 mapcount=0 *
		write:m,off=0x1000,val=5
		leaf:m			pmd write-back dax+0x0 writable dirty young
		leaf:n			none
		read:n,off=0x1000	0x00000005
		leaf:n			pmd write-back dax+0x0*
		folio:dax+0x0		refs=3 mapcount=2 *
		leaf:n,off=0x200000	ZERO
		leaf:m,off=0x200000	none
		munmap:m
		munmap:n
		folio:dax+0x0		refs=1 mapcount=0 *
	END
}

# Before 6.13 the kernel split the entry, and the write got one page (do_huge_zero_wp_pmd()).
@test "C6: anonymous: a write replaces the huge zero folio by a folio of its own" {
	local level=pmd order=9

	since 6.13 || level=pte order=0
	hz <<-END
		read:z			0x00000000
		leaf:z			ZERO
		write:z,val=5
		leaf:z			$level write-back pfn=other writable dirty young
		folio:z			refs=* mapcount=1 order=$order *anon*
		read:z			0x00000005
		read:z,off=0x1000	0x00000000
	END
}

@test "C6: memory that is written to first is no hole" {
	hole <<-END
		write:m,val=5
		leaf:m			pmd write-back dax+0x0 writable dirty young
		read:m			0x00000005
		leaf:m,off=0x200000	none
		read:m,off=0x200000	0x00000000
		leaf:m,off=0x200000	ZERO
	END
}

# No write reaches the kernel's zeroes: they are zero afterwards, for every process.
@test "C6: a read-only mapping stays so, and nobody writes to the zeroes" {
	hole <<-END
		n=mmap:a,len=0x200000,prot=r
		read:n			0x00000000
		leaf:n			ZERO
		write:n,val=1		SIGSEGV
		mprotect:n,prot=rw
		leaf:n			ZERO
		memwrite:m,val=7
		read:n			0x00000007
		read:z			0x00000000
		leaf:z			ZERO
		read:m,off=0x200000	0x00000000
		poke:m,off=0x200000,val=8
		leaf:m,off=0x200000	pmd write-back dax+0x200000 writable dirty*
		read:z			0x00000000
		check:z,len=0x2000,val=0
	END
}

@test "C6: anonymous: a child has the huge zero folio, too, and its write leaves the parent's" {
	hz <<-END
		read:z		0x00000000
		fork:c
		c/leaf:z	pmd write-back pfn=other* huge-zero
		c/write:z,val=3
		leaf:z		ZERO
		read:z		0x00000000
		c/read:z	0x00000003
		exit:c
	END
}

# A child's mm does not keep the folio, so the VMA has VM_DONTCOPY.
@test "C6: a child has no mapping of the huge zero folio" {
	hole <<-END
		read:m		0x00000000
		fork:c
		c/leaf:m	EFAULT
		c/read:m	SIGSEGV
		exit:c
		leaf:m		ZERO
	END
}

@test "C6: mremap moves the huge zero folio's entry" {
	hole <<-END
		read:m	0x00000000
		n=mremap:m,len=0x400000,fixed=0x600000000000
		leaf:n	ZERO
		write:n,val=4
		leaf:n	pmd write-back dax+0x0 writable dirty young
		munmap:n
	END
}

@test "C6: anonymous: mremap moves the huge zero folio's entry" {
	hz <<-END
		read:z	0x00000000
		n=mremap:z,len=0x200000,fixed=0x600000000000
		leaf:n	ZERO
		read:n	0x00000000
		write:n,val=4
		read:n	0x00000004
	END
}

@test "C6: mprotect leaves the entry, and a write after it gets the real folio" {
	hole <<-END
		read:m	0x00000000
		mprotect:m,prot=r
		leaf:m	ZERO
		mprotect:m,prot=none
		read:m	SIGSEGV
		mprotect:m,prot=rw
		leaf:m	ZERO
		read:m	0x00000000
		write:m,val=4
		leaf:m	pmd write-back dax+0x0 writable dirty young
	END
}

# As "cow: what was read on one CPU, and copied on another" (cow.bats): the CPU of the reader
# remembers the entry of the zeroes until the write elsewhere flushes the entry there.
replaced_elsewhere() { # MAP
	local leaf at rows=''

	need_cpus 2
	for leaf in {0..7}; do
		printf -v at 0x%x $((leaf * 0x200000))
		rows+="
			read:$1,off=$at			0x00000000
			leaf:$1,off=$at			ZERO
			vfork/write:$1,off=$at,val=0x22
			read:$1,off=$at			0x00000022"
	done
	hz <<-END
		w=anon:len=0x1000000
		${2-}
		$rows
	END
}

@test "C6: zeroes that were read on one CPU, and replaced on another, are read as what replaced them" {
	need_room dax 0x1000000
	need_method huge_zero_folio
	replaced_elsewhere m "set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
		m=mmap:a,len=0x1000000"
}

@test "C6: anonymous: zeroes that were read on one CPU, and replaced on another, are no zeroes" {
	replaced_elsewhere w
}

# The entry goes whole. Our method has no hole by pages, so the rest faults in as memory.
@test "C6: munmap of part takes the entry away, and what is left faults in by pages" {
	hole <<-END
		read:z			0x00000000
		folio:z			=counts
		read:m			0x00000000
		munmap:m,len=0x1000
		leaf:m,off=0x1000	none
		read:m,off=0x1000	0x????????
		leaf:m,off=0x1000	pte write-back dax+0x1000*
		folio:z			=counts
		folio:dax+0x0		refs=2 mapcount=1 *
		munmap:m,off=0x1000,len=0x3ff000
		folio:dax+0x0		refs=1 mapcount=0 *
	END
}

# A private mapping may not write to what it maps, also where the VMA may write again.
@test "C6: anonymous: mprotect leaves the entry, and makes no zeroes writable" {
	hz <<-END
		y=anon:len=0x200000
		read:y			0x00000000
		read:z			0x00000000
		mprotect:z,prot=r
		leaf:z			ZERO
		write:z,val=4		SIGSEGV
		mprotect:z,prot=rw
		leaf:z			ZERO
		write:z,val=4
		read:z			0x00000004
		leaf:y			ZERO
		read:y			0x00000000
	END
}

@test "C6: anonymous: munmap of part splits it into zero pages" {
	hz <<-END
		read:z			0x00000000
		folio:z			*
		munmap:z,off=0x1000,len=0x1000
		leaf:z			SMALL*
		leaf:z,off=0x1ff000	SMALL*
		read:z			0x00000000
		proc:z,file=smaps	$NOTHING
		write:z,val=1
		proc:z,file=smaps	rss=4kB pss=4kB anon=4kB *
		read:z,off=0x2000	0x00000000
	END
}

@test "C6: mprotect of part takes the entry away" {
	hole <<-END
		read:m				0x00000000
		mprotect:m,off=0x100000,len=0x100000,prot=r
		leaf:m				none
		read:m,off=0x100000		0x????????
		leaf:m,off=0x100000		pte write-back dax+0x100000*
		write:m,off=0x100000,val=1	SIGSEGV
		write:m,val=1
		munmap:m
		folio:dax+0x0			refs=1 mapcount=0 *
	END
}

@test "C6: an entry that was zapped comes back" {
	hole <<-END
		read:z			0x00000000
		folio:z			=counts
		read:m			0x00000000
		zap:a,how=mapping
		leaf:m			none
		read:m			0x00000000
		leaf:m			ZERO
		madvise:m,advice=dontneed
		leaf:m			none
		read:m			0x00000000
		leaf:m			ZERO
		madvise:m,len=0x1000,advice=dontneed
		leaf:m			none
		read:m,off=0x1000	0x00000000
		leaf:m			ZERO
		munmap:m
		folio:z			=counts
		folio:dax+0x0		refs=1 mapcount=0 *
	END
}

@test "C6: anonymous: an entry that was zapped comes back" {
	hz <<-END
		read:z	0x00000000
		folio:z	=counts
		madvise:z,advice=dontneed
		leaf:z	none
		read:z	0x00000000
		leaf:z	ZERO
		folio:z	=counts
	END
}

@test "C6: MADV_POPULATE_WRITE replaces the huge zero folio" {
	hole <<-END
		read:m		0x00000000
		leaf:m		ZERO
		madvise:m,len=0x200000,advice=populate_write
		leaf:m		pmd write-back dax+0x0 writable*
		read:m		0x????????
		munmap:m
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

@test "C6: O_DIRECT writes zeroes from a hole, and reading into one fills it" {
	need_zram
	hole <<-END
		f=file:$ZRAM,direct
		read:m		0x00000000
		fill:z,len=0x1000,val=9
		pwrite:f,from=z
		pwrite:f,from=m,at=0x1000
		leaf:m		ZERO
		pread:f,to=z,at=0x1000
		check:z,len=0x1000,val=0
		pread:f,to=m
		check:m,len=0x1000,val=9
		leaf:m		pmd write-back dax+0x0 writable dirty*
		munmap:m
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

@test "C6: a pipe that has a page of a hole keeps zeroes" {
	hole <<-END
		read:z		0x00000000
		folio:z		=counts
		read:m		0x00000000
		s=splice:m,off=0x5000
		write:m,off=0x5000,val=7
		munmap:m
		unsplice:s	0x00000000
		folio:z		=counts
	END
}

@test "C6: process_vm_readv(), /proc/PID/mem and ptrace read zeroes, and leave the entry" {
	hole <<-END
		vmread:m		0x00000000
		leaf:m			*huge-zero
		memread:m,off=0x1000	0x00000000
		peek:m,off=0x1ffffc	0x00000000
		leaf:m			*huge-zero
		vmwrite:m,val=6
		leaf:m			pmd write-back dax+0x0 writable dirty*
		read:m			0x00000006
	END
}
