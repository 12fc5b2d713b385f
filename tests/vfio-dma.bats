#!/usr/bin/env bats
# Our mappings given to a device by VFIO (MAP_DMA of a container, type1's or iommufd's): which are
# pinned, which are followed, and which are refused; and what reaches the memory when the mapping
# is zapped or gone. QEMU's device edu does the DMA: it copies a word from ours into a buffer of
# the test's. A test whose name has "natively" maps by iommufd's own ioctls.

load helpers/common
load shared/vfio
load shared/device-dax

setup_file() {
	vfio_begin
	pci_find 0x1234 0x11e8
	export EDU=$REPLY
	[[ -n $EDU ]] || export NO_VFIO=${NO_VFIO-"no device edu of QEMU's"}
	[[ -n ${NO_VFIO-} ]] || device_dax_begin
}

teardown_file() {
	vfio_end
	device_dax_end
}

setup() {
	[[ -z ${NO_VFIO-} ]] || skip "$NO_VFIO"
	invariants_note
	vfio_give "$EDU"
}

# Further words of the step vfio:, for a test that maps by iommufd's own ioctls.
NATIVE=''

# native FUNCTION ARGUMENT...
native() {
	[[ $VFIO == iommufd ]] || skip "no CONFIG_IOMMUFD_VFIO_CONTAINER here"
	NATIVE=,iommufd
	"$@"
}

# Skips a test of pfns that VFIO follows where iommufd has the container.
need_type1() {
	[[ $VFIO == type1 ]] || skip "iommufd has the container, and follows no pfns"
}

clean_up() {
	local bad=0

	vfio_take_back || bad=1
	[[ -z ${DAX_USED-} ]] || device_dax_anew "$DAX_USED" || bad=1
	return $bad
}

# The steps that give the device the buffer n at 1 MiB, and its registers to e. PCI_COMMAND of 6 is
# memory and bus master.
edu_begin() {
	cat <<-END
		n=anon:len=0x1000,plain
		write:n,val=0
		d=vfio:$EDU$NATIVE
		e=mmap:d,len=0x1000
		config:d,at=4,val=6
		dma:d,map=n,iova=0x100000
	END
}

# The same, and before it the mapping m, which the tests give the device at 16 MiB.
dma_begin() { # REGION METHOD LEVEL
	cat <<-END
		a=open
		set:a,region=$1,method=$2,mode=write-back,level=$3
		m=mmap:a,len=${LEAF_BYTES[$3]}
		$(edu_begin)
	END
}

# type1 follows memory without struct pages: it faults in what is not mapped yet, gives the IOMMU
# what the page table says then, and never looks again. iommufd follows nothing.
followed() { # METHOD LEVEL
	local level

	if [[ $VFIO == iommufd ]]; then
		refused mmio "$1" EFAULT "$2"
		return
	fi
	need_room mmio "${LEAF_BYTES[$2]}"
	need_method "$1"
	pfn_level "$2"
	level=$REPLY
	check <<-END
		$(dma_begin mmio "$1" "$2")
		word:mmio+0x800,val=0x11
		dma:d,map=m,iova=0x1000000
		leaf:m				$level * mmio+0x0 writable *
		edu:e,from=0x1000800,to=0x100000
		read:n				0x00000011
		zap:a
		leaf:m				none
		word:mmio+0x800,val=0x22
		edu:e,from=0x1000800,to=0x100000
		read:n				0x00000022
		munmap:m
		word:mmio+0x800,val=0x33
		edu:e,from=0x1000800,to=0x100000
		read:n				0x00000033
		undma:d,iova=0x1000000,len=${LEAF_BYTES[$2]}	${LEAF_BYTES[$2]}
		undma:d,iova=0x100000		0x1000
	END
}

# $REPLY: the references by which a device pins an entry of that level: to a large folio one for
# each page.
pins_of() { # LEVEL
	REPLY=1024
	[[ $1 == pte ]] || REPLY=$((LEAF_BYTES[$1] / 0x1000))
}

# Pages are pinned, so that they stay as long as the device may reach them.
pinned() { # REGION METHOD LEVEL
	local len=${LEAF_BYTES[$3]} pins order=${ORDERS[$3]}

	need_room "$1" "$len"
	need_method "$2"
	pins_of "$3"
	pins=$REPLY
	check <<-END
		$(dma_begin "$@")
		write:m,val=0x11
		dma:d,map=m,iova=0x1000000
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		folio:$1+0x0			refs=$((pins + 2)) mapcount=1 order=$order *
		zap:a,how=mapping
		leaf:m				none
		folio:$1+0x0			refs=$((pins + 1)) mapcount=0 order=$order *
		write:n,val=0x33
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		munmap:m
		folio:$1+0x0			refs=$((pins + 1)) mapcount=0 order=$order *
		word:$1+0x0,val=0x22
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000022
		undma:d,iova=0x1000000,len=$len	$len
		folio:$1+0x0			refs=1 mapcount=0 order=$order *
	END
}

# Our own ZONE_DEVICE folios. type1 would never unpin them, and nobody could unload our module.
pinned_counted() { # LEVEL
	[[ $VFIO == iommufd ]] || skip "type1 keeps such pages: findings, vfio-keeps-zone-device"
	entries_count || skip "before 6.15 an entry of such a folio is not counted"
	pinned dax "${COUNTED[$1]}" "$1"
}

# The kernel never lets go of a ZONE_DEVICE page that it has pinned for a device: all such pages
# are PageReserved, and put_pfn() takes that for memory that it did not pin
# (is_invalid_reserved_pfn(), drivers/vfio/vfio_iommu_type1.c). So the test gives pages of
# device-dax. It does not go by the kernel's version: in the end either all references of the pins
# are there, or none is. Until undma neither a zap nor munmap() takes the pages from the device.
lent() { # LEVEL
	local len=${LEAF_BYTES[$1]} pins refs=1 maps=0 left

	need_device_dax
	# An entry's reference.
	! entries_count || refs=2 maps=1
	pins_of "$1"
	pins=$REPLY
	need_device_dax "$len"
	DAX_USED=$len
	check <<-END
		a=file:$DAX
		ask=open
		m=mmap:a,len=$len
		$(edu_begin)
		write:m,val=0x11
		folio:m				refs=$refs mapcount=$maps order=${ORDERS[$1]} *
		dma:d,map=m,iova=0x1000000
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		folio:m				refs=$((refs + pins)) mapcount=$maps order=${ORDERS[$1]} *
		madvise:m,advice=dontneed
		leaf:m				none
		write:n,val=0x33
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		read:m				0x00000011
		folio:m				refs=$((refs + pins)) mapcount=$maps order=${ORDERS[$1]} *
		munmap:m
		write:n,val=0x22
		edu:e,from=0x100000,to=0x1000000
		o=mmap:a,len=$len
		read:o				0x00000022
		undma:d,iova=0x1000000,len=$len	$len
		folio:o				=left refs=@($refs|$((refs + pins))) mapcount=$maps order=${ORDERS[$1]} *
	END
	case ${SAID[left]} in
	"refs=$refs "*) left=fixed ;;
	*) left="bug reproduced" ;;
	esac
	behaviour "VFIO lets go of ZONE_DEVICE pages that it pinned" "$left"
}

refused() { # REGION METHOD ERRNO [LEVEL]
	local level=${4:-pte}

	need_room "$1" "${LEAF_BYTES[$level]}"
	need_method "$2"
	check <<-END
		$(dma_begin "$1" "$2" "$level")
		write:m,val=0x11
		dma:d,map=m,iova=0x1000000	$3
		undma:d,iova=0x100000		0x1000
	END
}

dma_test() { # DESCRIPTION FUNCTION ARGUMENT...
	bats_test_function --description "vfio-dma: $1" -- "${@:2}"
}

for method in remap_pfn_range vmf_insert_pfn vfio_pci_vmf_insert_pfn; do
	dma_test "$method is followed, and a zap does not reach the device, or iommufd refuses" \
		followed $method pte
done
for level in pmd pud; do
	method=vmf_insert_pfn_$level
	dma_test "$method is followed, and a zap does not reach the device, or iommufd refuses" \
		followed $method $level
done
for how in "" native; do
	for level in pte pmd pud; do
		[[ $how == native ]] ||
			dma_test "pages of device-dax are pinned, and given back or kept for ever, $level" \
				lent $level
		dma_test "counted folios are pinned till the device can't reach them, $level${how:+, ${how}ly}" \
			$how pinned_counted $level
	done
	dma_test "pages of vm_insert_page are pinned till the device can't reach them${how:+, ${how}ly}" \
		$how pinned ram vm_insert_page pte
	dma_test "vmf_insert_mixed is refused: neither a page nor VM_PFNMAP${how:+, ${how}ly}" \
		$how refused mmio vmf_insert_mixed EEXIST
	dma_test "remap_pfn_range of ordinary pages is refused${how:+, ${how}ly}" \
		$how refused ram remap_pfn_range EFAULT
done
for level in pte pmd pud; do
	method=vmf_insert_pfn
	[[ $level == pte ]] || method+=_$level
	dma_test "$method is refused: pfns, natively" native refused mmio $method EFAULT $level
done
unset how method level

# GUP refuses the VMA, and VFIO follows VM_PFNMAP alone.
@test "vfio-dma: counted pages in a VMA of VM_IO are refused" {
	need_region ram
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=io
		m=mmap:a,len=0x1000
		write:m,val=0x11
		$(edu_begin)
		dma:d,map=m,iova=0x1000000	EFAULT
		undma:d,iova=0x100000		0x1000
		folio:ram+0x0			refs=2 mapcount=1 *
	END
}

@test "vfio-dma: a device that is disabled is refused, and reached when it is enabled again" {
	need_region mmio
	need_type1
	check <<-END
		$(dma_begin mmio vfio_pci_vmf_insert_pfn pte)
		disable:a,region=mmio
		dma:d,map=m,iova=0x1000000	EFAULT
		enable:a,region=mmio
		dma:d,map=m,iova=0x1000000
		disable:a,region=mmio
		leaf:m				none
		edu:e,from=0x100000,to=0x1000000
		enable:a,region=mmio
		undma:d,iova=0x1000000		0x1000
	END
}

@test "vfio-dma: what the process may not write, the device may not either" {
	need_region mmio
	need_type1
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x1000,prot=r
		word:mmio+0x0,val=0x11
		read:m				0x00000011
		$(edu_begin)
		dma:d,map=m,iova=0x1000000	EFAULT
		dma:d,map=m,iova=0x1000000,prot=r
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		write:n,val=0x22
		edu:e,from=0x100000,to=0x1000000
		read:m				0x00000011
		undma:d,iova=0x1000000		0x1000
	END
}

# The device's entry is there, and not writable. A copy is an ordinary page, which VFIO does not
# take unless it can pin the page.
@test "vfio-dma: a private mapping: followed to be read, until the page is a copy" {
	local dma=dma:d,map=m,off=0x1000,len=0x1000,iova=0x1000000

	need_region mmio
	need_type1
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range,mode=write-back
		word:mmio+0x1000,val=0x11
		m=mmap:a,len=0x2000,private
		$(edu_begin)
		$dma				EFAULT
		leaf:m,off=0x1000		pte * mmio+0x1000 *
		$dma,prot=r
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		undma:d,iova=0x1000000		0x1000
		write:m,off=0x1000,val=0x22
		$dma				EFAULT
		$dma,prot=r			EFAULT
		word:mmio+0x1000		0x0000000000000011
	END
}

# One MAP_DMA goes over two mappings, from the last pages of a leaf of the first one. Behind this
# leaf the process has other pages of the device than the device itself has there.
@test "vfio-dma: behind the end of a leaf the device reaches what the next mapping has" {
	need_room mmio 0x800000
	need_method vmf_insert_pfn_pmd
	need_type1
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,mode=write-back,level=pmd
		m=mmap:a,len=0x400000,fixed=0x600000000000
		o=mmap:a,off=0x600000,len=0x200000,fixed=m+0x200000
		word:mmio+0x1ff000,val=0x11
		word:mmio+0x200000,val=0x22
		word:mmio+0x600000,val=0x33
		word:mmio+0x601000,val=0x44
		$(edu_begin)
		dma:d,map=m,off=0x1fe000,len=0x4000,iova=0x1000000
		edu:e,from=0x1001000,to=0x100000
		read:n				0x00000011
		edu:e,from=0x1002000,to=0x100000
		read:n				0x00000033
		edu:e,from=0x1003000,to=0x100000
		read:n				0x00000044
		undma:d,iova=0x1000000,len=0x4000	0x4000
	END
}

@test "vfio-dma: the device reaches nothing any more once it is unmapped" {
	local what=(mmio vmf_insert_pfn)

	[[ $VFIO == type1 ]] || what=(ram vm_insert_page)
	need_region "${what[0]}"
	check <<-END
		$(dma_begin "${what[@]}" pte)
		write:m,val=0x11
		dma:d,map=m,iova=0x1000000
		edu:e,from=0x1000000,to=0x100000
		read:n				0x00000011
		undma:d,iova=0x1000000,len=0x1000	0x1000
		write:n,val=0x44
		edu:e,from=0x100000,to=0x1000000
		read:m				0x00000011
	END
}

@test "vfio-dma: the BAR of another device by vfio is followed, too" {
	local other=${IVSHMEM%/*} off

	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	need_type1
	vfio_bar "${IVSHMEM#*/}"
	off=$REPLY
	vfio_take_back
	vfio_give "$EDU" "$other"
	check <<-END
		ask=open
		b=vfio:$other
		m=mmap:b,off=$off,len=0x200000
		write:m,val=0x55
		$(edu_begin)
		dma:d,map=m,iova=0x1000000
		edu:e,from=0x1000000,to=0x100000
		read:n					0x00000055
		undma:d,iova=0x1000000,len=0x200000	0x200000
	END
}
