#!/usr/bin/env bats
# Several buffers in one VMA: the ways that work, extents_vmf_insert_pfn by fault, and a
# remap_pfn_range() of each buffer that is reserved before. The wrong ways are the flag chunked
# over memory that nobody reserved (map.bats), and the flag narrowed (tracking-fail.bats).

load helpers/common

@test "extents: each of several buffers in one VMA has the mode that it is reserved with" {
	local quarter at

	need_region mmio
	need_pat
	need_memtype
	quarter=$(($(region_field mmio bytes) / 4))
	at=$((quarter - 0x1000))
	printf -v at 0x%x "$at"
	printf -v quarter 0x%x "$quarter"
	check <<-END
		a=open
		set:a,region=mmio,method=extents_vmf_insert_pfn
		list:mmio		0x0-$quarter write-combining, *, *, * write-combining
		m=mmap:a,off=$at,len=0x2000
		read:m			0x*
		read:m,off=0x1000	0x*
		leaf:m			pte write-combining mmio+$at *
		leaf:m,off=0x1000	pte write-combining mmio+$quarter *
	END
}

@test "extents: what is reserved goes with the open file, and an extent that is held is EBUSY" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		b=open
		r=reserve:b,region=mmio,off=0x1000,len=0x1000,mode=write-back	write-back
		a=open
		set:a,region=mmio,method=extents_vmf_insert_pfn			EBUSY
		list:mmio							0x1000-0x2000 write-back
		release:r
		set:a,region=mmio,method=extents_vmf_insert_pfn
		close:a
		list:mmio							none
	END
}

# A call over part of the VMA looks the mode up, and reserves nothing: so no change of the VMA
# takes the driver's reservations away.
@test "extents: by mmap: each of several buffers that are reserved before is mapped in its mode" {
	local held="0x10000-0x12000 write-combining, 0x12000-0x14000 uncached"

	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x10000,len=0x2000,mode=write-combining	write-combining
		s=reserve:a,region=mmio,off=0x12000,len=0x2000,mode=uncached	uncached
		set:a,region=mmio,mode=write-back,flags=chunked,chunk=0x2000
		m=mmap:a,off=0x10000,len=0x4000
		vma:m			* tracking=none
		leaf:m			pte write-combining mmio+0x10000 *
		leaf:m,off=0x1000	pte write-combining mmio+0x11000 *
		leaf:m,off=0x2000	pte uncached mmio+0x12000 *
		leaf:m,off=0x3000	pte uncached mmio+0x13000 *
		list:mmio		$held
		fork:c
		c/leaf:m,off=0x3000	pte uncached mmio+0x13000 *
		exit:c
		zap:m,how=vma,len=0x1000
		munmap:m,off=0x1000,len=0x1000
		list:mmio		$held
		munmap:m
		list:mmio		$held
		release:r
		release:s
		list:mmio		none
	END
}

# No call may go over the end of a buffer.
@test "extents: by mmap: a call over two buffers that are reserved in two modes is EINVAL" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x10000,len=0x2000,mode=write-combining	write-combining
		s=reserve:a,region=mmio,off=0x12000,len=0x2000,mode=uncached	uncached
		set:a,region=mmio,mode=write-back,flags=chunked,chunk=0x3000
		m=mmap:a,off=0x10000,len=0x4000		EINVAL
		list:mmio				0x10000-0x12000 write-combining, 0x12000-0x14000 uncached
	END
}
