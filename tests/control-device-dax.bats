#!/usr/bin/env bats
# Controls: device-dax, the kernel's own way to map such memory as the dax region is,
# runs the suites of it.

load helpers/common
load helpers/control

# bats_test_function
bats_require_minimum_version 1.11.0

control device-dax . zone-device-refs
control device-dax 'pin (slow|either,longterm,write|fast),|outlives|read-only|many pages|vmsplice|process_vm' zone-device-pin

load helpers/device-dax

setup_file() {
	device_dax_begin
}

teardown_file() {
	device_dax_end
}
