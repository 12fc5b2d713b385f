#!/usr/bin/env bats
# vm_map_pages(), vm_map_pages_zero() and vm_iomap_memory(): what each makes of vm_pgoff.

load helpers/common

# offset METHOD START FIRST [FLAG]: maps three pages from file offset START on. They begin with
# page FIRST of the region.
offset() {
	local last

	need_method "$1"
	printf -v last 0x%x $(($3 + 0x2000))
	check <<-END
		a=open
		word:ram+0x0,val=0x100		*
		word:ram+0x3000,val=0x103	*
		set:a,region=ram,method=$1,mode=write-back${4:+,flags=$4}
		m=mmap:a,off=$2,len=0x3000
		leaf:m				pte write-back ram+$3 *
		read:m				0x0000010$((${3} / 0x1000))
		leaf:m,off=0x2000		pte write-back ram+$last *
	END
}

@test "map-pages: vm_insert_pages goes by the offset" { offset vm_insert_pages 0x3000 0x3000; }
@test "map-pages: vm_map_pages goes by the offset" { offset vm_map_pages 0x3000 0x3000; }
@test "map-pages: vm_map_pages_zero begins with the first page whatever the offset" {
	offset vm_map_pages_zero 0x3000 0x0
}
@test "map-pages: vm_map_pages_zero takes a vm_pgoff that is no offset in the buffer" {
	offset vm_map_pages_zero 0x0 0x0 moved
	offset vm_map_pages_zero 0x3000 0x0 moved
}
@test "map-pages: vm_map_pages is ENXIO where vm_pgoff is no offset in the buffer" {
	check <<-END
		a=open
		set:a,region=ram,method=vm_map_pages,mode=write-back,flags=moved
		m=mmap:a,len=0x1000		ENXIO
		m=mmap:a,off=0x1000,len=0x1000	ENXIO
	END
}
# As if a DRM driver passed its VMA on with the offset by which the driver has found the buffer.
@test "map-pages: vm_iomap_memory is EINVAL where vm_pgoff is no offset in the memory" {
	local held=none

	need_region mmio
	[[ $MACHINE == x86_64 ]] || held=EOPNOTSUPP
	check <<-END
		a=open
		set:a,region=mmio,method=vm_iomap_memory
		m=mmap:a,off=0x3000,len=0x2000
		leaf:m				pte * mmio+0x3000 *
		munmap:m
		set:a,region=mmio,method=vm_iomap_memory,flags=moved
		m=mmap:a,len=0x1000		EINVAL
		m=mmap:a,off=0x3000,len=0x2000	EINVAL
		list:mmio			$held
	END
}
@test "map-pages: a page is pinned and counted as vm_insert_page's" {
	for method in vm_map_pages vm_map_pages_zero; do
		check <<-END
			a=open
			set:a,region=ram,method=$method,mode=write-back
			folio:ram+0x0	refs=1 mapcount=0 *
			m=mmap:a,len=0x2000
			folio:ram+0x0	refs=2 mapcount=1 *
			p=pin:m,slow	ok *
			unpin:p
			munmap:m
			folio:ram+0x0	refs=1 mapcount=0 *
		END
	done
}
