#!/usr/bin/env bats
# pfnmapctl explain of the kernel's own drivers: device-dax for ZONE_DEVICE memory, vfio-pci for
# a BAR.

load helpers/common
load shared/explain
load shared/device-dax
load shared/vfio

setup_file() {
	zram_begin 8M || true
	device_dax_begin
	vfio_begin
}

teardown_file() {
	vfio_end
	device_dax_end
	zram_end
}

clean_up() {
	vfio_take_back
}

dax() { # LEVEL BYTES TOUCH...
	need_device_dax "${LEAF_BYTES[$1]}"
	# shellcheck disable=SC2034 # shared/explain.bash goes by it
	BEFORE=(ask=open "f=file:$DAX")
	comes_true "$2" "mmap:f,len=$2" "${@:3}"
	says question ibv_reg_mr ok
	says use "KVM and VFIO" EINVAL "neither VM_PFNMAP nor VM_IO"
}

@test "explain: device-dax, a page: each answer comes true" { dax pte 0x4000 write:M,val=1; }
@test "explain: device-dax, untouched: each answer comes true" { dax pte 0x4000; }
@test "explain: device-dax, 2 MiB: each answer comes true" { dax pmd 0x200000 write:M,val=1; }

# bar BYTES TOUCH...: a BAR of the device that IVSHMEM names. vfio-pci has the device meanwhile.
bar() {
	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	# aac6db75a9fc, "vfio/pci: Use unmap_mapping_range()", maps by vmf_insert_pfn().
	(($# == 1)) || since 6.10 || skip "vfio-pci remaps in fault() here, which the kernel warns of"
	need_pat
	need_memtype
	vfio_give "${IVSHMEM%/*}"
	vfio_bar "${IVSHMEM#*/}"
	# shellcheck disable=SC2034 # shared/explain.bash goes by it
	BEFORE=(ask=open "d=vfio:${IVSHMEM%/*}")
	comes_true "$1" "mmap:d,off=$REPLY,len=$1" "${@:2}"
	says question ibv_reg_mr EFAULT
	says use pin EFAULT "^The VMA has VM_IO or VM_PFNMAP"
}

@test "explain: vfio-pci, a page: each answer comes true" {
	bar 0x4000 write:M,val=1
	says use mode uncached-minus
	held_by uncached-minus "the kernel, by ioremap"
	says use "KVM and VFIO" ok
}
@test "explain: vfio-pci, untouched: each answer comes true" {
	bar 0x4000
	says use mode - "Nothing is present"
	says use "KVM and VFIO" EINVAL "fixup_user_fault"
}
@test "explain: vfio-pci, 2 MiB: each answer comes true" { bar 0x200000 write:M,val=1; }
