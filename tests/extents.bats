#!/usr/bin/env bats
# Several buffers in one VMA: the way that works, extents_vmf_insert_pfn. The wrong ways are
# the flag chunked (map.bats), and the finding buffers-move-vma.

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
