#!/usr/bin/env bats
# Pins of the dax region's folios: suites/zone-device-pin.bash, and what only our own driver
# shows. Rows D2 to D7, D23 and D24 of docs/glossary.md. zone-device-idle.bats has how long
# WAIT_IDLE waits, zone-device-pfns.bats what GUP refuses of pfns.

load helpers/common
load shared/zone-device
load helpers/zram

setup_file() {
	zram_begin 8M || true
}

teardown_file() {
	zram_end
}

load suites/zone-device-pin

# /proc/vmstat counts the pages that are pinned, and those that are unpinned. The test takes the
# difference at each step: the fast way may pin pages and give them back, and counts both. Each CPU
# keeps some of the counts to itself until a write to stat_refresh.
counted() { # LEVEL
	local i n len stat held=''

	stat=("put:/proc/sys/vm/stat_refresh,text=1" "get:/proc/vmstat,key=nr_foll_pin_acquired"
		"get:/proc/vmstat,key=nr_foll_pin_released")
	zd_need "$1"
	len=${LEAF_BYTES[$1]}
	[[ $1 != pte ]] || len=0x10000
	zd_open "$1" a
	try "${REPLY[@]}" "m=mmap:a,len=$len" fill:m,len=0x10000,val=1 "${stat[@]}" \
		p=pin:m,slow,len=0x10000 "${stat[@]}" q=pin:m,either,len=0x8000 "${stat[@]}" \
		r=pin:m,either,longterm,write,len=0x10000 "${stat[@]}" f=pin:m,fast,len=0x10000 \
		"${stat[@]}" unpin:p "${stat[@]}" unpin:f unpin:r "${stat[@]}" unpin:q "${stat[@]}"
	mapfile -t n < <(sed -nE 's/^get vmstat: nr_foll_pin_.* ([0-9]+)$/\1/p' <<<"$output")
	for ((i = 0; i < ${#n[@]}; i += 2)); do
		held+=" $((n[i] - n[i + 1] - n[0] + n[1]))"
	done
	assert_equal "$held" " 0 16 24 40 40 24 8 0"
}
zd_register "vmstat counts each pinned page, however it was pinned, until it is unpinned" counted

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

	need_zram
	need_ring
	need_large_leaves
	need_room dax 0x200000
	refs=$(module_refs)
	beside "f=file:$ZRAM,direct" a=open "set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
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

@test "dax: unload is refused while our own pin is held, and close gives the pin back" {
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
