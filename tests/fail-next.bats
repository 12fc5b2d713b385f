#!/usr/bin/env bats
# FAIL_NEXT: each request for memory that the module itself makes fails once, on any kernel.

load helpers/common
load shared/faults
load shared/zone-device
load helpers/methods

export SOURCE=fail

setup() {
	invariants_note
	also z=open
}

@test "fail-next: an open that fails leaves nothing, of both nodes" {
	walk open "$FAULTS" '!a=open' '?close:a'
	! has_method mmap_action_remap || walk "open prepare" "$FAULTS" '!a=open:prepare' '?close:a'
	walked
}

# A page fault makes no request of the module's own.
@test "fail-next: every method: a SET_MAP or an mmap that fails leaves nothing" {
	local name region level flags bytes node

	while read -r name region level flags bytes; do
		left "$region"
		node=
		[[ $flags != *prepare* ]] || node=:prepare
		walk "SET_MAP $name" "$FAULTS" "a=open$node" \
			"!set:a,region=$region,method=$name,level=$level,mode=write-back" close:a "${REPLY[@]}"
		with_file "$name" "$region" "$level" "$flags"
		walk "mmap $name" "$FAULTS" "!m=mmap:a,len=$bytes" '?munmap:m' "${REPLY[@]}"
		also close:a
	done < <(method_rows)
	((${#LABELS[@]} > 5)) || fail "no methods"
	walked
}

@test "fail-next: folios that can't be made anew are as they were" {
	need_region dax
	has_method vmf_insert_folio_pmd || skip "this kernel has no folios to ask for"
	also a=open set:a,region=dax,method=vmf_insert_folio_pmd,level=pmd,mode=write-back
	walk "SET_MAP other folios" "$FAULTS" \
		set:a,region=dax,method=vmf_insert_folio_pmd,level=pmd,mode=write-back \
		'!set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back' \
		set:a,region=dax,method=vmf_insert_folio_pmd,level=pmd,mode=write-back \
		folio:dax+0x0
	walked
}

@test "fail-next: MEMTYPE_RESERVE, MEMREMAP_PAGES, MEMTYPE_LIST and WORD that fail leave nothing" {
	need_region mmio
	need_memtype
	also a=open
	walk MEMTYPE_RESERVE "$FAULTS" '!r=reserve:a,region=mmio,mode=write-combining' \
		'?release:r' list:mmio
	walk MEMREMAP_PAGES "$FAULTS" '!r=memremap:a,region=mmio' '?release:r' list:mmio
	walk WORD "$FAULTS" '!word:mmio+0x0'
	walk MEMTYPE_LIST "$FAULTS" m=mmap:a,len=0x4000 '!list:mmio' munmap:m
	walked
}

@test "fail-next: a MEMTYPE_RESERVE of ram that fails leaves the pages' modes" {
	need_reservations
	need_memtype
	need_pat
	also a=open
	walk MEMTYPE_RESERVE "$FAULTS" '!r=reserve:a,region=ram,len=0x3000,mode=write-combining' \
		'?release:r' lookup:ram+0x0 lookup:ram+0x2000
	walked
}

@test "fail-next: a PIN that fails leaves no reference" {
	also a=open set:a,region=ram,method=vm_insert_page,mode=write-back m=mmap:a,len=0x4000
	walk PIN "$FAULTS" '!p=pin:m,len=0x4000,longterm' '?unpin:p' folio:ram+0x0
	walked
}

# An io_uring holds the page, and the module does not know of it. The module can't start the
# thread that would wait for the page.
@test "fail-next: without a thread the module stays until another file is closed" {
	local refs

	need_room dax 0x200000
	need_method vmf_insert_folio_pmd
	refs=$(module_refs)
	beside z=open a=open set:a,region=dax,method=vmf_insert_folio_pmd,mode=write-back,level=pmd \
		m=mmap:a,len=0x200000 write:m,val=1 u=ring:m munmap:m ioctl:z,nr=17,size=16,u32@4=1 \
		close:a 'ioctl:z,nr=17,size=16,u32@12=?' ringend:u await
	sleep 0.5
	assert_equal "$(module_refs)" $((refs + 2))
	beside_end
	assert_line "ioctl z 17: ok u32@12=0x1"
	refs_back "$refs"
}

@test "fail-next: what is armed is one thread's, and ends with the file" {
	check <<-END
		a=open
		b=open
		ioctl:a,nr=17,size=16,u32@4=1
		c=open					ENOMEM
		d=open
		ioctl:a,nr=17,size=16,u32@8=?,u32@12=?	ok u32@8=0x3 u32@12=0x1
		c=open
		ioctl:a,nr=17,size=16,u32@4=1
		fork:f
		f/e=open
		exit:f
		close:a
		c=open
		ioctl:b,nr=17,size=16,u32@8=?,u32@12=?	ok u32@8=0x0 u32@12=0x0
	END
}

# fails FIRST LAST: $REPLY is the steps by which child c fails these requests of its next call,
# each by a file of its own. A call that makes folios anew asks for a mapping first, then for the
# new folios, then up to ten times for the old ones.
fails() {
	local n

	REPLY=()
	for ((n = $1; n <= $2; n++)); do
		REPLY+=("c/ioctl:z$n,nr=17,size=16,u32@4=$n")
	done
}

# Threads wait for the module's lock while another one makes the folios anew, and can make neither
# these nor the old ones.
@test "fail-next: where dax has lost its pages, who has waited for them finds no region" {
	need_room dax 0x200000
	need_method "${COUNTED[pmd]}"
	fails 2 12
	try z{2..12}=open a=open b=open \
		"set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		fork:c fork:d fork:e "${REPLY[@]}" \
		"c&/set:a,region=dax,method=${COUNTED[pte]},mode=write-back" sleep:300 \
		'd&/word:dax+0x0' "e&/set:b,region=dax,method=${COUNTED[pte]},mode=write-back" \
		join:c join:d join:e word:dax+0x0
	rmmod pfnmap_test
	suite_load
	assert_line "set a: ENOMEM"
	assert_line "set b: ENXIO"
	assert_equal "$(grep -c '^word dax+0x0: ENXIO$' <<<"$output")" 2
	run -0 log
	assert_line --partial "dax: the pages are lost"
}

# For half a second there are no folios, and their page map holds no mode.
@test "fail-next: while dax has no pages, its mode is held all the same" {
	need_pat
	need_memtype
	need_room dax 0x200000
	need_method "${COUNTED[pmd]}"
	fails 2 7
	try z{2..7}=open a=open b=open \
		"set:a,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd" \
		set:b,region=dax,mode=write-through fork:c "${REPLY[@]}" \
		"c&/set:a,region=dax,method=${COUNTED[pte]},mode=write-back" sleep:200 \
		m=mmap:b,len=0x1000 join:c folio:dax+0x0
	assert_line "set a: ENOMEM"
	assert_line "mmap m: EINVAL"
	assert_line --partial "folio dax+0x0: refs=1 mapcount=0 order=9"
}
