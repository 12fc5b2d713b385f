#!/usr/bin/env bats
# Pins of the dax region's folios: suites/zone-device-pin.bash, and what only our own driver
# shows. Rows D2 to D7, D23 and D24 of the mm series. zone-device-idle.bats has how long WAIT_IDLE
# waits, zone-device-pfns.bats what GUP refuses of pfns.

load helpers/common
load helpers/zone-device
load helpers/disk

# bats_test_function
bats_require_minimum_version 1.11.0

setup_file() {
	disk_begin
}

teardown_file() {
	disk_end
}

load suites/zone-device-pin

@test "D13: io_uring registers no memory of files before 6.5" {
	! since 6.5 || skip "this kernel does"
	zd pte <<-END
		m=mmap:a,len=0x1000
		read:m		0x????????
		u=ring:m	EOPNOTSUPP
		look		BY1
		munmap:m
		look		BY0
	END
}

# A ring holds the pages. Mapping and file are gone, and our module knows nothing of the ring.
@test "dax: unload is refused while io_uring has a fixed buffer, and its data stays" {
	local refs

	need_disk
	need_ring
	need_large_leaves
	need_room dax 0x200000
	refs=$(module_refs)
	beside "f=file:$DISK,direct" a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 fill:m,len=0x1000,val=0x31 u=ring:m munmap:m close:a await \
		ringwrite:u,file=f ringend:u m=anon:len=0x1000 pread:f,to=m \
		check:m,len=0x1000,val=0x31
	run rmmod pfnmap_test
	assert_failure
	module_loaded
	beside_end
	assert_line "ringwrite u: ok"
	assert_line "check m: ok"
	refs_back "$refs"
}

@test "dax: unload is refused while our own pin is held, and not when the file is closed" {
	need_room dax 0x200000
	beside a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		m=mmap:a,len=0x200000 write:m,val=1 p=pin:m,slow,longterm munmap:m await close:a \
		b=open folio:dax+0x0
	run rmmod pfnmap_test
	assert_failure
	module_loaded
	beside_end
	assert_regex "${output##*$'\n'}" "^folio .* refs=1 mapcount=0 "
}
