#!/usr/bin/env bats
# The driver revokes a device's memory while the device is off, and gives it back when the
# device is on, as VFIO does. Row Z3 of the mm series; zap-race.bats has races.

load helpers/common

SET='set:a,method=vfio_pci_vmf_insert_pfn'

@test "Z3: off: no entry, and SIGBUS for reads and writes; on: the data is there" {
	try a=open "$SET" m=mmap:a,len=0x3000 write:m,val=0x11 write:m,off=0x2000,val=0x33 \
		disable:a leaf:m leaf:m,off=0x2000 read:m write:m,val=1 read:m,off=0x1000 \
		leaf:m enable:a leaf:m read:m read:m,off=0x2000 leaf:m
	line 6 "disable a: ok"
	line 7 "leaf m+0x0: none"
	line 8 "leaf m+0x2000: none"
	line 9 "read m+0x0: SIGBUS"
	line 10 "write m+0x0: SIGBUS"
	line 11 "read m+0x1000: SIGBUS"
	line 12 "leaf m+0x0: none"
	line 13 "enable a: ok"
	line 14 "leaf m+0x0: none"
	line 15 "read m+0x0: 0x00000011"
	line 16 "read m+0x2000: 0x00000033"
	assert_regex "${lines[16]}" '^leaf m\+0x0: pte '
}

@test "Z3: in every region" {
	local region

	for region in ram mmio dax; do
		[[ $region == ram ]] || need_region "$region"
		try a=open "$SET,region=$region,mode=write-back" m=mmap:a,off=0x1000,len=0x1000 \
			write:m,val=0x11 "disable:a,region=$region" read:m "enable:a,region=$region" \
			read:m leaf:m
		line 6 "read m+0x0: SIGBUS"
		line 8 "read m+0x0: 0x00000011"
		assert_regex "${lines[8]}" " $region\+0x1000 "
	done
}

@test "Z3: ten times off and on, what was written in between stays" {
	local i n=4 steps=()

	for i in {1..10}; do
		steps+=("write:m,val=$i" disable:a "write:m,val=99" enable:a read:m)
	done
	try a=open "$SET" m=mmap:a,len=0x1000 "${steps[@]}"
	for i in {1..10}; do
		line $n "write m+0x0: ok"
		line $((n + 2)) "write m+0x0: SIGBUS"
		line $((n + 4)) "read m+0x0: $(printf 0x%08x "$i")"
		n=$((n + 5))
	done
}

# same_mode STEP: what that holds gives the mode, before and after.
same_mode() {
	need_region mmio
	need_pat
	try a=open h=open "$1" "$SET,region=mmio,mode=write-back" m=mmap:a,len=0x1000 write:m,val=1 leaf:m \
		disable:a leaf:m enable:a write:m,val=2 leaf:m
	assert_regex "${lines[6]}" '^leaf m\+0x0: pte write-combining mmio\+0x0 '
	line 9 "leaf m+0x0: none"
	line 12 "${lines[6]}"
}

@test "Z3: the mode is the same after: reserved by this file" { same_mode r=reserve:a,region=mmio,len=0x1000,mode=write-combining; }
@test "Z3: the mode is the same after: reserved by another file" { same_mode r=reserve:h,region=mmio,len=0x1000,mode=write-combining; }
@test "Z3: the mode is the same after: by an io_mapping" { same_mode set:h,region=mmio,method=io_mapping_init_wc; }
@test "Z3: the mode is the same after: by arch_io_reserve_memtype_wc" { same_mode set:h,region=mmio,method=arch_io_reserve_memtype_wc; }

# Another mapping of the same file reserves the mode; turning off zaps that, too.
@test "Z3: the mode is the same after: held by a remap_pfn_range mapping of this file" {
	need_region mmio
	need_pat
	need_memtype
	try a=open set:a,region=mmio,mode=write-combining k=mmap:a,len=0x2000 \
		"$SET,region=mmio,mode=write-back" m=mmap:a,len=0x2000 write:m,val=1 leaf:m list:mmio \
		disable:a leaf:k list:mmio enable:a write:m,val=2 leaf:m munmap:k list:mmio
	assert_regex "${lines[6]}" '^leaf m\+0x0: pte write-combining mmio\+0x0 '
	line 8 "list mmio: 0x0-0x2000 write-combining"
	line 10 "leaf k+0x0: none"
	line 16 "list mmio: none"
	case $TRACKING in
	*ctx)
		line 11 "${lines[7]}"
		line 14 "${lines[6]}"
		;;
	*)
		line 11 "list mmio: none"
		assert_regex "${lines[13]}" '^leaf m\+0x0: pte uncached-minus mmio\+0x0 '
		;;
	esac
	behaviour "a revoked mapping comes back in its mode [f8e97613fed2]" "$(fixed_since_ctx)"
}

@test "Z3: a mode reserved while it was off is what it comes back with" {
	need_region mmio
	need_pat
	try a=open "$SET,region=mmio" m=mmap:a,len=0x1000 read:m leaf:m disable:a \
		r=reserve:a,region=mmio,len=0x1000,mode=write-combining enable:a read:m leaf:m
	assert_regex "${lines[4]}" '^leaf m\+0x0: pte uncached-minus '
	assert_regex "${lines[9]}" '^leaf m\+0x0: pte write-combining '
}

@test "Z3: other open files are not affected" {
	try a=open b=open "$SET" set:b,method=vfio_pci_vmf_insert_pfn m=mmap:a,len=0x1000 \
		n=mmap:b,len=0x1000 write:n,val=0x22 disable:a leaf:n read:n read:m zap:b,how=mapping \
		read:n
	assert_regex "${lines[8]}" '^leaf n\+0x0: pte '
	line 10 "read n+0x0: 0x00000022"
	line 11 "read m+0x0: SIGBUS"
	line 13 "read n+0x0: 0x00000022"
}

@test "Z3: a child's mappings go and come back with its parent's, whoever says so" {
	try a=open "$SET" m=mmap:a,len=0x1000 write:m,val=0x11 fork:c c/read:m disable:a c/leaf:m c/read:m \
		read:m c/enable:a read:m c/read:m c/disable:a read:m exit:c read:m enable:a read:m
	line 6 "read m+0x0: 0x00000011"
	line 8 "leaf m+0x0: none"
	line 9 "read m+0x0: SIGBUS"
	line 10 "read m+0x0: SIGBUS"
	line 12 "read m+0x0: 0x00000011"
	line 13 "read m+0x0: 0x00000011"
	line 15 "read m+0x0: SIGBUS"
	line 17 "read m+0x0: SIGBUS"
	line 19 "read m+0x0: 0x00000011"
}

@test "Z3: a child forked while it is off has nothing either, until it is on" {
	try a=open "$SET" m=mmap:a,len=0x1000 write:m,val=0x11 disable:a fork:c c/read:m enable:a \
		c/read:m exit:c
	line 7 "read m+0x0: SIGBUS"
	line 9 "read m+0x0: 0x00000011"
}

@test "Z3: mapped while off: mmap succeeds, access is SIGBUS until it is on" {
	try a=open "$SET" disable:a m=mmap:a,len=0x1000 leaf:m read:m enable:a write:m,val=5 read:m
	line 4 "mmap m: ok"
	line 5 "leaf m+0x0: none"
	line 6 "read m+0x0: SIGBUS"
	line 9 "read m+0x0: 0x00000005"
}

@test "Z3: off twice is off, and on once is on; on twice takes nothing" {
	try a=open "$SET" m=mmap:a,len=0x1000 write:m,val=0x11 disable:a disable:a read:m enable:a \
		read:m enable:a leaf:m read:m
	line 6 "disable a: ok"
	line 7 "read m+0x0: SIGBUS"
	line 9 "read m+0x0: 0x00000011"
	line 10 "enable a: ok"
	assert_regex "${lines[10]}" '^leaf m\+0x0: pte '
	line 12 "read m+0x0: 0x00000011"
}

@test "Z3: all mappings of the file go, at whatever offset" {
	try a=open "$SET" m=mmap:a,len=0x1000 n=mmap:a,off=0x8000,len=0x2000 read:m read:n \
		read:n,off=0x1000 disable:a leaf:m leaf:n leaf:n,off=0x1000 read:n enable:a read:n
	line 9 "leaf m+0x0: none"
	line 10 "leaf n+0x0: none"
	line 11 "leaf n+0x1000: none"
	line 12 "read n+0x0: SIGBUS"
	assert_regex "${lines[13]}" '^read n\+0x0: 0x'
}

@test "Z3: closed while off: SIGBUS until munmap, which leaves nothing" {
	need_region mmio
	try a=open "$SET,region=mmio" m=mmap:a,len=0x1000 write:m,val=0x11 disable:a close:a read:m \
		b=open set:b,region=mmio,method=vfio_pci_vmf_insert_pfn n=mmap:b,len=0x1000 read:n \
		munmap:m read:m list:mmio
	line 7 "read m+0x0: SIGBUS"
	line 11 "read n+0x0: 0x00000011"
	line 13 "read m+0x0: SIGSEGV"
	[[ $MACHINE != x86_64 ]] || line 14 "list mmio: none"
}

@test "Z3: regions are turned off one by one" {
	need_region mmio
	try a=open "$SET,region=mmio" m=mmap:a,len=0x1000 write:m,val=0x11 \
		"$SET,region=ram,mode=write-back" n=mmap:a,len=0x1000 write:n,val=0x22 \
		disable:a,region=ram read:m read:n disable:a,region=mmio enable:a,region=ram \
		read:m read:n enable:a,region=mmio read:m
	line 9 "read m+0x0: 0x00000011"
	line 10 "read n+0x0: SIGBUS"
	line 13 "read m+0x0: SIGBUS"
	line 14 "read n+0x0: 0x00000022"
	line 16 "read m+0x0: 0x00000011"
}

@test "Z3: other methods don't ask: faults bring them back at once, remap_pfn_range never" {
	try a=open set:a,method=vmf_insert_pfn m=mmap:a,len=0x1000 write:m,val=0x11 \
		set:a,method=remap_pfn_range n=mmap:a,len=0x1000 disable:a leaf:m read:m read:n \
		enable:a read:n
	line 8 "leaf m+0x0: none"
	line 9 "read m+0x0: 0x00000011"
	line 10 "read n+0x0: SIGBUS"
	line 12 "read n+0x0: SIGBUS"
}

@test "Z3: a mapping that is moved, or unmapped in part, while it is off" {
	try a=open "$SET" m=mmap:a,len=0x3000 write:m,off=0x1000,val=0x11 disable:a \
		munmap:m,len=0x1000 n=mremap:m,off=0x1000,old=0x2000,len=0x2000,fixed=0x600000000000 \
		read:n enable:a read:n read:m leaf:n
	line 7 "mremap n: ok"
	line 8 "read n+0x0: SIGBUS"
	line 10 "read n+0x0: 0x00000011"
	line 11 "read m+0x0: SIGSEGV"
	assert_regex "${lines[11]}" '\+0x1000 '
}

@test "Z3: private mappings are refused by the pattern, and private copies of others stay" {
	need_region dax
	try a=open "$SET" m=mmap:a,len=0x1000,private set:a,region=dax,method=vmf_insert_mixed,mode=write-back \
		n=mmap:a,len=0x1000,private write:n,val=0x77 disable:a,region=dax read:n leaf:n
	line 3 "mmap m: EINVAL"
	line 8 "read n+0x0: 0x00000077"
	assert_regex "${lines[8]}" ' pfn=other writable'
}

@test "Z3: folios of the dax region are not the file's, and stay mapped" {
	need_region dax
	need_method vmf_insert_page_mkwrite
	try a=open set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back m=mmap:a,len=0x1000 \
		write:m,val=0x11 disable:a,region=dax leaf:m read:m
	assert_regex "${lines[5]}" '^leaf m\+0x0: pte write-back dax\+0x0 '
	line 7 "read m+0x0: 0x00000011"
}

@test "Z3: what is refused turns nothing off, and zaps nothing" {
	try a=open "$SET,region=ram,mode=write-back" m=mmap:a,len=0x1000 read:m \
		ioctl:a,nr=15,size=16,u32@4=2,u32@12=1 ioctl:a,nr=15,size=24,u32@4=2,u32@20=1 leaf:m \
		zap:m,how=vma read:m
	line 5 "ioctl a 15: EINVAL"
	line 6 "ioctl a 15: E2BIG"
	assert_regex "${lines[6]}" '^leaf m\+0x0: pte write-back ram\+0x0 '
	assert_regex "${lines[8]}" '^read m\+0x0: 0x'
}
