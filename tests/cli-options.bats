#!/usr/bin/env bats
# pfnmapctl: options that no other file uses.

load helpers/common

@test "options: pin takes ordinary pages in every way, and pfns in none" {
	local how

	# With secretmem the kernel's fast way takes no pages without a mapping: so leave it out.
	for how in slow longterm; do
		run -0 pfnmapctl pin --region ram --method vm_insert_page --how $how --write
		assert_regex "${lines[1]}" "^$how +yes +16384 ok +0x[0-9a-f]+ ram\+0x0 "
	done
	for how in slow fast longterm; do
		run -1 pfnmapctl pin --region ram --method remap_pfn_range --how $how
		assert_output --partial EFAULT
	done
}

@test "options: folio tells references, mapcount and order, and refuses what has no struct page" {
	run -0 --separate-stderr pfnmapctl folio --region ram --method vm_insert_page -j
	assert_equal "$(jq -c '.[0] | [.refs, .mapcount, .order]' <<<"$output")" "[2,1,0]"
	run -1 pfnmapctl folio --region mmio
	assert_output --partial FOLIO
}

@test "options: leaf shows every page of a chunked mapping, and what a partial one lacks" {
	run -0 --separate-stderr pfnmapctl leaf --region ram --chunk 4096 --length 8192 -j
	assert_equal "$(jq '[.[] | select(.level == "pte") | .bytes | tonumber] | add' <<<"$output")" 8192
	run -0 --separate-stderr pfnmapctl leaf --region ram --partial --length 8192 -j
	assert_equal "$(jq -r '.[].level' <<<"$output")" "pte
none"
}

@test "options: map goes by --count, --private, --read-only and --hold" {
	run -0 --separate-stderr pfnmapctl map --region ram --count 3 --private --read-only \
		--hold 0 --level pte --offset 4096 --length 4096 -j
	assert_equal "$(jq -c 'map([.bytes, .touched, .result])' <<<"$output")" \
		'[[4096,1,"ok"],[4096,1,"ok"],[4096,1,"ok"]]'
}

@test "options: atlas shows one method, region and mode alone" {
	run -0 pfnmapctl atlas --method vmf_insert_pfn --region ram --mode write-back
	assert_line --regexp "^vmf_insert_pfn *$"
	assert_line --regexp "^  ram shared "
	run -0 --separate-stderr pfnmapctl atlas --method vmf_insert_pfn --region ram --mode write-back -j
	assert_equal "$(jq -c 'map([.method, .region, .requested]) | unique' <<<"$output")" \
		'[["vmf_insert_pfn","ram","write-back"]]'
	run -4 pfnmapctl atlas --method vm_insert_page --region mmio
}

@test "options: memtype list shows one region or range alone" {
	need_memtype
	need_region mmio
	need_pat
	local start

	start=$(region_field mmio start)
	run -0 pfnmapctl memtype reserve --offset 4k --mode uncached --hold 0
	assert_line --regexp "^mmio +0x1000 +4096 uncached +uncached$"
	run -0 pfnmapctl memtype reserve --mode write-combining -- pfnmapctl memtype list --region mmio
	assert_output --partial write-combining
	run -0 pfnmapctl memtype reserve --mode write-combining -- \
		pfnmapctl memtype list --start "$start" --last "$((start + 4095))"
	assert_output --partial write-combining
	run -0 pfnmapctl memtype list --start "$((start + 4096))" --last "$((start + 8191))"
	assert_output --partial "nothing is reserved there"
}

@test "options: memtype reserve ends with stdin, tells the mode it got, and refuses a missing command" {
	need_memtype
	need_region mmio
	need_pat
	run -0 pfnmapctl memtype reserve --mode uncached <<<"end"
	run -0 pfnmapctl memtype reserve --mode write-combining -- \
		pfnmapctl memtype reserve --mode uncached-minus --hold 0
	assert_output --partial "got write-combining: somebody holds this mode there already"
	run -1 pfnmapctl memtype reserve --mode write-back -- \
		pfnmapctl memtype reserve --mode write-combining --hold 0
	assert_output --partial EBUSY
	run -127 pfnmapctl memtype reserve --mode uncached -- /nonexistent
	assert_output --partial "/nonexistent: No such file or directory (ENOENT): is the path right?"
}
