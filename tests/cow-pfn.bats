#!/usr/bin/env bats
# Private mappings of pfns above the last struct page, and of pfns without a struct page
# between others that have one. Rows C1 and C2 of docs/glossary.md: the kernel no longer compares
# a pfn with the last one that has a struct page, so a high pfn is no "bad page map".

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load shared/cow

ram_end() {
	echo $((16#$(target_read /proc/iomem | sed -nE 's/^[0-9a-f]+-([0-9a-f]+) : System RAM$/\1/p' | tail -n 1)))
}

# Behind the last pfn that a zone spans, and so behind every struct page.
pfn_end() {
	target_read /proc/zoneinfo | awk '$1 == "spanned" { spanned = $2 }
		$1 == "start_pfn:" && spanned && $2 + spanned > end { end = $2 + spanned }
		END { print end }'
}

# Firmware puts the BAR below 4 GiB if there is room. If the kernel finds the BAR without an
# address, it assigns one, and prefers high ones.
bar_above_ram() {
	local dev=/sys/bus/pci/devices/${IVSHMEM%/*} bar=${IVSHMEM#*/} start

	start=$(target_read "$dev/resource" | awk -v line="$bar" 'NR == line + 1 { print $1 }')
	((start <= $(ram_end))) || return 0
	# shellcheck disable=SC2016 # expanded there
	target_shell 'printf "\\x0c\\0\\0\\0\\0\\0\\0\\0" |
			dd of="$1/config" bs=1 seek="$2" conv=notrunc status=none
		echo 1 >"$1/remove"
		echo 1 >/sys/bus/pci/rescan' "$dev" $((0x10 + 4 * bar))
}

setup_file() {
	[[ -n ${IVSHMEM:-} ]] || return 0
	rmmod pfnmap_test
	bar_above_ram
	module_load "mmio=pci:$IVSHMEM" dax=off
}

teardown_file() {
	[[ -n ${IVSHMEM:-} ]] || return 0
	rmmod pfnmap_test
	suite_load
}

setup() {
	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	invariants_note
}

@test "C1, C2: the BAR lies above every struct page and all RAM" {
	local start end

	start=$(region_field mmio start)
	((start > $(ram_end)))
	end=$(pfn_end)
	((end > 0 && start / 4096 >= end))
}

@test "C1, C2: above every struct page, a shared mapping works, and nobody pins it" {
	cow <<-END
		n=mmap:a,off=$OFF,len=0x4000
		check:n,val=$W0,inc=3
		write:n,off=0x1000,val=5
		leaf:n,off=0x1000	pte $MODE mmio+0x11000 writable dirty young special
		folio:n,off=0x1000	ENODATA
		p=pin:n,fast		EFAULT
		p=pin:n,slow		EFAULT
		proc:n,file=smaps	rss=0kB *
		proc:n,file=pagemap	present=0 *
		mprotect:n,prot=r
		mprotect:n,prot=rw
		fork:c
		c/read:n,off=0x1000	0x00000005
		c/munmap:n
		exit:c
		munmap:n
		read:m,off=0x1000	0x00000005
	END
}

@test "C1, C2: above every struct page, a write to a private mapping copies" {
	cow <<-END
		leaf:m,off=0x1000		DEV1
		folio:m,off=0x1000		ENODATA
		write:m,off=0x1ffc,val=5
		leaf:m,off=0x1000		COPIED
		folio:m,off=0x1000		refs=* mapcount=1 order=0 *anon
		check:m,off=0x1000,len=0xffc,val=$W1,inc=3
		leaf:m				DEV0
		leaf:m,off=0x2000		DEV2
		check:m,len=0x1000,val=$W0,inc=3
		check:m,off=0x2000,val=$W2,inc=3
		word:mmio+0x11000,val=0x71
		read:m,off=0x1000		$W1
		word:mmio+0x12000,val=0x72
		read:m,off=0x2000		0x00000072
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
	behaviour "pfns above the last struct page are copied on write" ok
}

@test "C1, C2: above every struct page, a private mapping can be forked, changed and walked" {
	local numa_maps=${NO_NUMA:+ENOENT}

	cow <<-END
		write:m,off=0x1000,val=5
		fork:c
		c/leaf:m			IDLE0
		c/read:m,off=0x1000		0x00000005
		c/write:m,off=0x1000,val=6
		c/write:m,off=0x2000,val=7
		c/munmap:m
		exit:c
		proc:m,file=smaps		rss=[04]kB *
		proc:m,file=numa_maps		${numa_maps:-ok *}
		proc:m,off=0x1000,file=pagemap	present=0 *
		core:m				SIGABRT dumped=yes contains=no
		mprotect:m,prot=none
		mprotect:m,prot=rw
		mremap:m,len=0x4000,fixed=0x600000000000
		leaf:m				DEV0
		read:m,off=0x1000		0x00000005
		leaf:m,off=0x2000		DEV2
		madvise:m,advice=dontneed	EINVAL
		list:mmio+$OFF,len=0x4000	LIST1
		munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
	behaviour "pfns above the last struct page are no bad page map" ok
}
