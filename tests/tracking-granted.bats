#!/usr/bin/env bats
# A mapping that got another mode than it asked for, and fork. Before 6.16 (VM_PAT) the copy
# reserves its range anew, and takes no other mode than the one it asks for: it asks for that
# of the parent's entries, so that it gets it. Since then it shares the parent's range.

load helpers/common

setup_file() {
	need_pat
	need_memtype
}

# granted MODE REGION STEP...: m is mapped in MODE by the last of the steps; a child has it so, too.
granted() {
	local mode=$1 region=$2 n

	shift 2
	n=$#
	try "$@" leaf:m fork:c c/leaf:m c/read:m leaf:m exit:c munmap:m "list:$region"
	assert_equal "${lines[n - 1]}" "mmap m: ok"
	assert_regex "${lines[n]}" "^leaf m\+0x0: pte $mode $region\+0x0 "
	assert_equal "${lines[n + 1]}" "fork c: ok"
	# Entries of pfns are copied, or fault in again.
	assert_regex "${lines[n + 2]}" "^leaf m\+0x0: (none|pte $mode $region\+0x0 .*)$"
	assert_regex "${lines[n + 3]}" "^read m\+0x0: 0x"
	assert_regex "${lines[n + 4]}" "^leaf m\+0x0: pte $mode $region\+0x0 "
	assert_equal "${lines[n + 5]}" "exit c: ok"
}

@test "fork: of dax memory that was asked for uncached, and is write-back" {
	need_region dax
	granted write-back dax a=open set:a,region=dax,mode=uncached m=mmap:a,len=0x2000
	assert_regex "${lines[-1]}" "^list dax: .* write-back$"
}

@test "fork: of a mapping that got a held mode, whose holder has let go" {
	need_region mmio
	try a=open b=open set:a,region=mmio,mode=write-back \
		r=reserve:b,region=mmio,len=0x2000,mode=write-combining m=mmap:a,len=0x2000 release:r \
		leaf:m fork:c c/leaf:m c/read:m exit:c munmap:m list:mmio
	line 5 "mmap m: ok"
	assert_regex "${lines[6]}" "^leaf m\+0x0: pte write-combining mmio\+0x0 "
	line 8 "fork c: ok"
	assert_regex "${lines[8]}" "^leaf m\+0x0: pte write-combining mmio\+0x0 "
	assert_regex "${lines[9]}" "^read m\+0x0: 0x"
	line 13 "list mmio: none"
}

@test "fork: of a mapping that got a held mode, while it is held" {
	need_region mmio
	granted write-combining mmio b=open a=open set:a,region=mmio,mode=write-back \
		r=reserve:b,region=mmio,len=0x2000,mode=write-combining m=mmap:a,len=0x2000
	line 13 "list mmio: 0x0-0x2000 write-combining"
}
