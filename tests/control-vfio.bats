#!/usr/bin/env bats
# Controls: a BAR that vfio-pci maps: level, mode and tracking, what a disabled device does to
# the mapping, and who decides its cache mode.

load helpers/common
load shared/pfn-control
load shared/vfio

setup_file() {
	vfio_begin
}

teardown_file() {
	vfio_end
}

# shellcheck disable=SC2034 # TERMS are for check
setup() {
	local resource

	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	invariants_note
	DEVICE=${IVSHMEM%/*} INDEX=${IVSHMEM#*/}
	vfio_give "$DEVICE"
	vfio_bar "$INDEX"
	OFF=$REPLY
	resource=$(target_read "/sys/bus/pci/devices/$DEVICE/resource" | sed -n "$((INDEX + 1))p")
	read -r AT _ <<<"$resource"
	TERMS[UC]="uncached-minus pfn=other"
	TERMS[ENTRY]="UC writable dirty young special"
}

clean_up() {
	vfio_take_back
}

# Since 6.12 pfns have large leaves, and vfio-pci a huge_fault().
large() {
	[[ -n $LARGE_PFNS ]] && has_thp
}

@test "vfio: a BAR maps shared, where the device says, and not past its end" {
	check <<-END
		ask=open
		d=vfio:$DEVICE
		bar:d,index=$INDEX		size=0x4000000 offset=$OFF mmap
		m=mmap:d,off=$OFF,len=0x4000,private		EINVAL
		m=mmap:d,off=$OFF,len=0x4001000			EINVAL
		m=mmap:d,off=$((OFF + 0x3fff000)),len=0x1000
		read:m				0x*
		leaf:m,off=0x0			pte UC *
	END
}

# The upper half of a 64-bit BAR is no BAR; 6 is the ROM, 7 the configuration space, 8 VGA, and 9 is
# no region at all.
@test "vfio: nothing but a BAR maps, and not a page behind its end" {
	local index rows=''

	for index in $((INDEX + 1)) 6 7 8 9; do
		vfio_bar "$index"
		rows+=$'\n'"m=mmap:d,off=$REPLY,len=0x1000 EINVAL"
	done
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$((OFF + 0x3fff000)),len=0x2000	EINVAL
		m=mmap:d,off=$((OFF + 0x4000000)),len=0x1000	EINVAL
		$rows
	END
}

# Two mappings begin at different offsets, and each reads what the other one has written.
@test "vfio: a page is where the offset says, whatever leaf maps it" {
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x600000,fixed=0x600000000000
		n=mmap:d,off=$((OFF + 0x203000)),len=0x3000
		write:m,val=1
		write:m,off=0x203000,val=2
		write:m,off=0x204000,val=3
		read:n			0x00000002
		read:n,off=0x1000	0x00000003
		write:n,off=0x2000,val=4
		read:m,off=0x205000	0x00000004
		read:m,off=0x203000	0x00000002
		read:m			0x00000001
	END
}

# The driver has ioremap()ed the BAR, which reserves it; vmf_insert_pfn() looks the mode up.
@test "vfio: a page comes by fault, in the mode that the tree has for the BAR" {
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x4000
		lookup:$AT		uncached-minus tracked count=1 *
		leaf:m			none
		write:m,off=0x1000,val=7
		leaf:m,off=0x1000	pte ENTRY
		lookup:$AT		uncached-minus tracked count=* *
		munmap:m
		lookup:$AT		uncached-minus tracked count=1 *
		close:d
		lookup:$AT		* untracked
	END
}

@test "vfio: nobody can pin a page of a BAR, and follow_pfnmap_start() finds it" {
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x4000
		write:m,val=7
		p=pin:m,slow		EFAULT
		p=pin:m,fast		EFAULT
		p=pin:m,slow,longterm	EFAULT
		follow:m		* pfn=other writable special
	END
}

@test "vfio: 2 MiB leaves come where address and BAR are aligned alike, else pages" {
	# Where pages come, only the one that was written is sure to be there.
	local level=pte first=0x200000 second=0x1ff000

	! large || level=pmd first=0x201000 second=0x201000
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x600000,fixed=0x600000000000
		write:m,off=0x200000,val=7
		leaf:m,off=$first		$level UC *
		munmap:m
		m=mmap:d,off=$OFF,len=0x600000,fixed=0x600000001000
		write:m,off=0x201000,val=7
		leaf:m,off=0x201000		pte ENTRY
		munmap:m
		m=mmap:d,off=$((OFF + 0x1000)),len=0x600000,fixed=0x600000001000
		write:m,off=0x1ff000,val=7
		leaf:m,off=$second		$level UC *
		write:m,val=7
		leaf:m				pte ENTRY
	END
}

# Before "vfio/pci: Align huge faults to order" the driver asks whether the touched address begins
# 2 MiB (vfio_pci_core.c:1663, 6.14).
@test "vfio: a touch inside of 2 MiB maps them, too" {
	local told=fixed

	need_large_pfns
	need_large_leaves
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x200000,fixed=0x600000000000
		write:m,off=0x5000,val=7
		leaf:m,off=0x5000		=leaf @(pte|pmd) ENTRY
	END
	[[ ${SAID[leaf]} == pmd* ]] || told="bug reproduced"
	known_bug "vfio-pci: a touch inside of 2 MiB maps them" "$told" 6.17 6.12.118
}

# PCI_COMMAND is at 4; bit 1 is PCI_COMMAND_MEMORY. On 6.1 a child was seen to keep its pages, until
# "vfio/pci: Use unmap_mapping_range()" (6.11).
@test "vfio: memory turned off takes the pages away, SIGBUS till it is on again, data stays" {
	local told

	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x4000
		write:m,val=7
		fork:c
		c/read:m		0x00000007
		config:d,at=4		0x???[2367]
		config:d,at=4,val=0
		leaf:m			none
		c/leaf:m		=leaf *
		read:m			SIGBUS
		c/read:m		=read *
		follow:m,fixup=read	EFAULT
		config:d,at=4,val=2
		read:m			0x00000007
		leaf:m			pte UC *
		c/read:m		0x00000007
		exit:c
	END
	case "${SAID[leaf]}, ${SAID[read]}" in
	"none, SIGBUS") told=fixed ;;
	"pte uncached-minus "*", 0x"*) told="bug reproduced" ;;
	*) fail "the child: ${SAID[leaf]}, ${SAID[read]}" ;;
	esac
	known_bug "vfio-pci: memory turned off takes a child's pages, too" "$told" 6.12
}

@test "vfio: memory turned off takes a 2 MiB leaf away, and it comes back as one" {
	need_large_pfns
	need_large_leaves
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x400000,fixed=0x600000000000
		write:m,val=8
		write:m,off=0x5000,val=9
		leaf:m			pmd ENTRY
		config:d,at=4,val=0
		leaf:m			none
		config:d,at=4,val=2
		read:m			0x00000008
		read:m,off=0x5000	0x00000009
		leaf:m			pmd UC *
	END
}

# VFIO_DEVICE_FEATURE is ioctl 117 of ';', SET is bit 17; 3 is LOW_POWER_ENTRY, 5 is LOW_POWER_EXIT.
# The device's memory stays enabled meanwhile.
@test "vfio: low power takes the pages away, SIGBUS till it ends, data stays" {
	local feature=ioctl:d,nr=117,type=0x3b,size=8

	check <<-END
		ask=open
		d=vfio:$DEVICE
		$feature,u32@4=0x20003	=answer
	END
	[[ ${SAID[answer]} != ENOTTY ]] || skip "no VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY (6.1)"
	check <<-END
		ask=open
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x4000
		write:m,val=7
		$feature,u32@4=0x20003
		leaf:m			none
		read:m			SIGBUS
		follow:m,fixup=read	EFAULT
		leaf:m			none
		$feature,u32@4=0x20003	EINVAL
		$feature,u32@4=0x20005
		read:m			0x00000007
		leaf:m			pte UC *
	END
}

# As resourceN and /dev/mem are compared with ours in control-pfn.bats. What the tree has for the BAR
# is another matter: vfio-pci's ioremap() holds all of it.
# shellcheck disable=SC2034 # for as_ours
vfio_as_ours() { # WHAT STEP...
	since 6.12 || skip "before 6.12 vfio-pci maps all of a VMA at its first fault"
	WHO=vfio-pci FILE='' OPEN=vfio:$DEVICE OFFSET=$OFF START=$AT
	HELPER=vfio_pci_vmf_insert_pfn MODE=uncached-minus
	as_ours "$@"
}

@test "vfio: level, mode and rights of a mapping are as ours" {
	vfio_as_ours "mode, level, tracking" m=mmap:a,off=OFF,len=0x4000 leaf:m vma:m \
		write:m,off=0x3000,val=9 read:m,off=0x3000 leaf:m,off=0x3000 leaf:m \
		proc:m,file=pagemap munmap:m
}

@test "vfio: a child, and a parent that unmaps, are as ours" {
	vfio_as_ours "fork" m=mmap:a,off=OFF,len=0x4000 write:m,val=1 fork:c vma:m c/vma:m c/leaf:m \
		c/read:m c/leaf:m,off=0x1000 munmap:m c/read:m exit:c
}

@test "vfio: mprotect of a page, munmap of the head, and mremap are as ours" {
	vfio_as_ours "mprotect" m=mmap:a,off=OFF,len=0x4000 write:m,val=1 write:m,off=0x1000,val=2 \
		mprotect:m,off=0x1000,len=0x1000,prot=r vma:m vma:m,off=0x1000 leaf:m,off=0x1000 \
		write:m,off=0x1000,val=3 mprotect:m,off=0x1000,len=0x1000,prot=rw \
		write:m,off=0x1000,val=4 leaf:m,off=0x1000 munmap:m,len=0x1000 \
		read:m,off=0x1000 munmap:m,off=0x1000,len=0x3000
	vfio_as_ours "mremap" m=mmap:a,off=OFF,len=0x4000 write:m,val=3 mremap:m,len=0x8000,maymove \
		n=mremap:m,len=0x4000,fixed=0x600000000000 leaf:n vma:n read:n munmap:n
}

@test "vfio: what GUP, madvise and mlock refuse is as ours" {
	vfio_as_ours "nobody can pin" "${PINNED[@]}"
	vfio_as_ours "madvise and mlock" "${ADVISED[@]}"
}

# The first holder of the range decides. When the driver takes the BAR, the kernel zaps all mappings
# of it. But a mapping by remap_pfn_range() holds the mode until the unmap (before 6.16: until the
# zap). The driver's ioremap() gets this mode, and does not say so. Without CONFIG_IO_STRICT_DEVMEM
# the kernel zaps nothing, and resourceN_wc maps as before.
@test "vfio: a BAR that is mapped by resourceN_wc before is write-combining through vfio, too" {
	local wc=/sys/bus/pci/devices/$DEVICE/resource${INDEX}_wc mode=uncached-minus

	target_has "$wc" || skip "no $wc"
	need_pat
	[[ $TRACKING != *ctx ]] || mode=write-combining
	check <<-END
		ask=open
		w=file:$wc
		n=mmap:w,len=0x4000000
		read:n			0x*
		d=vfio:$DEVICE
		m=mmap:d,off=$OFF,len=0x4000
		write:m,val=7
		leaf:m			=leaf pte *
		read:n			=read *
		o=mmap:w,len=0x4000	=mapped *
	END
	case "${SAID[read]} ${SAID[mapped]}" in
	"SIGBUS EINVAL") assert_regex "${SAID[leaf]}" "^pte $mode " ;;
	"0x00000007 ok")
		! on grep -qx CONFIG_IO_STRICT_DEVMEM=y "/boot/config-$RELEASE" 2>/dev/null ||
			fail "the driver has the BAR, and resourceN_wc maps as before"
		skip "no CONFIG_IO_STRICT_DEVMEM: nothing is zapped"
		;;
	*) fail "read: ${SAID[read]}, mmap: ${SAID[mapped]}" ;;
	esac
}

# If VFIO set pgprot_writecombine() and mapped by vmf_insert_pfn*(), as our pattern can: the
# helper takes the mode of the tree, and the ioremap() holds uncached-minus. A reservation as
# write-combining after the ioremap() changes nothing, and does not fail.
wc_alone() { # METHOD LEVEL
	local level=$2 mode=uncached-minus

	need_method "$1"
	need_room mmio "${LEAF_BYTES[$2]}"
	need_pat
	need_memtype
	large || level=pte
	# Kernels without the fix of T2 may look up no mode for a 1 GiB leaf.
	[[ $level != pud ]] || fixed_in 6.17 6.16.2 || mode="@(uncached-minus|write-combining)"
	check <<-END
		a=open
		set:a,region=mmio,method=$1,mode=write-combining,level=$2
		m=mmap:a,len=${LEAF_BYTES[$2]}
		read:m								0x*
		leaf:m								$level $mode mmio+0x0 *
		munmap:m
		r=reserve:a,region=mmio,len=${LEAF_BYTES[$2]},mode=uncached-minus	uncached-minus
		w=reserve:a,region=mmio,len=${LEAF_BYTES[$2]},mode=write-combining	uncached-minus
		m=mmap:a,len=${LEAF_BYTES[$2]}
		read:m								0x*
		leaf:m								$level $mode mmio+0x0 *
		release:w
		release:r
		munmap:m
		w=reserve:a,region=mmio,len=${LEAF_BYTES[$2]},mode=write-combining	write-combining
		m=mmap:a,len=${LEAF_BYTES[$2]}
		read:m								0x*
		leaf:m								$level write-combining mmio+0x0 *
	END
}
@test "vfio: write-combining in vm_page_prot alone comes out uncached-minus, 4 KiB" {
	wc_alone vfio_pci_vmf_insert_pfn pte
}
@test "vfio: write-combining in vm_page_prot alone comes out uncached-minus, 2 MiB" {
	wc_alone vmf_insert_pfn_pmd pmd
}
@test "vfio: write-combining in vm_page_prot alone comes out uncached-minus, 1 GiB" {
	wc_alone vmf_insert_pfn_pud pud
}

@test "vfio: a BAR goes out as a dma-buf, which nobody can map" {
	check <<-END
		ask=open
		d=vfio:$DEVICE
		b=dmabuf:d,index=$INDEX,len=0x200000	=exported *
	END
	[[ ${SAID[exported]} != ENOTTY ]] ||
		skip "no VFIO_DEVICE_FEATURE_DMA_BUF (6.19, CONFIG_VFIO_PCI_DMABUF)"
	check <<-END
		ask=open
		d=vfio:$DEVICE
		b=dmabuf:d,index=$INDEX,len=0x200000
		m=mmap:b,len=0x1000			EINVAL
		close:b
		b=dmabuf:d,index=$INDEX,len=0x800	EINVAL
		b=dmabuf:d,index=$INDEX,len=0x4001000	EINVAL
	END
}
