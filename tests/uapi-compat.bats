#!/usr/bin/env bats
# Old programs on new modules, and new programs on old ones: pfnmap-uapi-1 is built with
# the first version of module/uapi/pfnmap_test.h, and pfnmap_test_grown.ko with one
# where each ioctl's struct has a field more.

load helpers/common

grown_load() {
	local ko=${PFNMAP_TEST_KO%.ko}_grown.ko

	[[ -n ${PFNMAP_TEST_KO:-} ]] || skip "no PFNMAP_TEST_KO"
	target_has "$ko" || skip "no module with grown structs"
	rmmod pfnmap_test
	GROWN=1
	PFNMAP_TEST_KO=$ko suite_load
}

clean_up() {
	[[ -n ${GROWN:-} ]] || return 0
	rmmod pfnmap_test && suite_load
}

# The module has answered all that the old program asks, or lacks what the program asks about.
old_program() {
	run -0 pfnmap-uapi-1
	assert_line "1..5"
	assert_equal "$(grep -c '^ok ' <<<"$output")" 5
	assert_line "ok 3 - mapping"
}

@test "uapi: a program of the first version runs on today's module" {
	old_program
}

@test "uapi: a program of the first version runs on a module whose structs have grown" {
	grown_load
	old_program
}

# A module does not know a field that is newer than itself: it takes only zero there.
@test "uapi: today's program runs on a module whose structs have grown" {
	grown_load
	check <<-END
		a=open
		ioctl:a,nr=0,size=48,u64@40=1
		ioctl:a,nr=0,size=56,u64@48=1	E2BIG
		ioctl:a,nr=0,size=56
		ioctl:a,nr=0,size=39		EINVAL
		set:a,region=ram,mode=write-back
		m=mmap:a,len=4096
		write:m,val=5
		read:m				0x00000005
		leaf:m				*
		vma:m				*
		zap:m,how=vma,len=4096
		munmap:m
	END
}
