#!/usr/bin/env bats
# modprobe of the module that dkms has built and installed. tests/packaging/dkms.bats tests the
# build and the installation.

load helpers/common

setup_file() {
	[[ -n ${DKMS:-} ]] || skip "this kernel's module was not built by dkms"
	rmmod pfnmap_test
}

teardown_file() {
	module_loaded || suite_load
}

clean_up() {
	[[ -z ${DKMS:-} ]] || ! module_loaded || rmmod pfnmap_test
}

installed() {
	echo "/lib/modules/$RELEASE/updates/dkms/pfnmap_test.ko"
}

@test "dkms: modprobe loads what dkms installed, and it works" {
	# shellcheck disable=SC2046 # words
	run -0 modprobe --verbose pfnmap_test $(suite_params)
	assert_output --partial "insmod $(installed)"
	check <<-END
		a=open
		m=mmap:a,len=4096
		write:m,val=0x1234
		read:m	0x00001234
	END
}

@test "dkms: pfnmapctl load finds what dkms installed" {
	run -0 on env -u PFNMAP_TEST_KO strace -e trace=openat pfnmapctl load
	assert_output --partial "\"$(installed)\""
	run -0 pfnmapctl info
}
