#!/usr/bin/env bats
# pfnmapctl explain of device-dax: the kernel's own driver for ZONE_DEVICE memory.

load helpers/common
load helpers/zone-device
load helpers/explain
load helpers/device-dax

setup_file() {
	disk_begin
	device_dax_begin
}

teardown_file() {
	device_dax_end
	disk_end
}

dax() { # LEVEL BYTES TOUCH...
	zd_need "$1"
	# shellcheck disable=SC2034 # helpers/explain.bash goes by it
	BEFORE=(ask=open "f=file:$DAX")
	comes_true "$2" "mmap:f,len=$2" "${@:3}"
	says question ibv_reg_mr ok
	says use "KVM and VFIO" EINVAL "neither VM_PFNMAP nor VM_IO"
}

@test "explain: device-dax, a page: each answer comes true" { dax pte 0x4000 write:M,val=1; }
@test "explain: device-dax, untouched: each answer comes true" { dax pte 0x4000; }
@test "explain: device-dax, 2 MiB: each answer comes true" { dax pmd 0x200000 write:M,val=1; }
