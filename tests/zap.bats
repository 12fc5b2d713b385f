#!/usr/bin/env bats
# Entries zapped while the VMA stays.

load helpers/common

# zap_case METHOD HOW: zap the second page of three.
zap_case() {
	local how=zap:m,how=vma,off=0x1000,len=0x1000

	[[ $2 == vma ]] || how=zap:a,how=mapping,off=0x1000,len=0x1000
	try a=open "set:a,method=$1" m=mmap:a,len=0x3000 \
		read:m read:m,off=0x1000 read:m,off=0x2000 "$how" \
		leaf:m leaf:m,off=0x1000 leaf:m,off=0x2000 read:m,off=0x1000
	assert_regex "${lines[6]}" '^zap [am].*: ok$'
	assert_regex "${lines[7]}" '^leaf m\+0x0: pte '
	line 9 "leaf m+0x1000: none"
	assert_regex "${lines[9]}" '^leaf m\+0x2000: pte '
	if [[ $1 == remap_pfn_range ]]; then
		line 11 "read m+0x1000: SIGBUS"
	else
		assert_regex "${lines[10]}" '^read m\+0x1000: 0x'
	fi
}

# Before 6.16 a zap frees the whole reservation (fixed by the rewrite of PFNMAP
# tracking): no other place of a test says so.
after_zap() {
	case $TRACKING in
	*ctx) echo "0x0-0x3000 write-combining" ;;
	*) echo none ;;
	esac
}

@test "zap: remap_pfn_range by VMA" { zap_case remap_pfn_range vma; }
@test "zap: remap_pfn_range by mapping" { zap_case remap_pfn_range mapping; }
@test "zap: vmf_insert_pfn by VMA, refaults" { zap_case vmf_insert_pfn vma; }
@test "zap: vmf_insert_pfn by mapping, refaults" { zap_case vmf_insert_pfn mapping; }

@test "zap: the reservation lives as long as the VMA, or on old kernels till the zap" {
	need_region mmio
	need_pat
	need_memtype
	try a=open set:a,region=mmio,mode=write-combining m=mmap:a,len=0x3000 \
		zap:m,how=vma,off=0x1000,len=0x1000 list:mmio munmap:m list:mmio
	line 5 "list mmio: $(after_zap)"
	line 7 "list mmio: none"
	behaviour "a zap keeps the whole reservation" "$(fixed_since_ctx)"
}

@test "zap: by mapping to the end takes all of this file's and none of another's" {
	try a=open b=open set:a,method=vmf_insert_pfn set:b,method=vmf_insert_pfn \
		m=mmap:a,len=0x2000 n=mmap:b,len=0x2000 read:m read:m,off=0x1000 read:n \
		zap:a,how=mapping,off=0,len=0 leaf:m leaf:m,off=0x1000 leaf:n
	line 11 "leaf m+0x0: none"
	line 12 "leaf m+0x1000: none"
	assert_regex "${lines[12]}" '^leaf n\+0x0: pte '
}

@test "zap: by mapping reaches another process's mapping of the same file" {
	try a=open set:a,method=vmf_insert_pfn m=mmap:a,len=0x1000 fork:c c/read:m c/leaf:m \
		zap:a,how=mapping,off=0,len=0x1000 c/leaf:m exit:c
	assert_regex "${lines[5]}" 'leaf m\+0x0: pte '
	assert_regex "${lines[7]}" 'leaf m\+0x0: none'
}

@test "zap: a mode reserved meanwhile is what a refault gets" {
	need_region mmio
	need_pat
	try a=open set:a,region=mmio,method=vmf_insert_pfn m=mmap:a,len=4096 read:m leaf:m \
		r=reserve:a,region=mmio,len=4096,mode=write-combining leaf:m \
		zap:m,how=vma,len=4096 read:m leaf:m
	assert_regex "${lines[4]}" '^leaf m\+0x0: pte uncached-minus '
	assert_regex "${lines[6]}" '^leaf m\+0x0: pte uncached-minus '
	assert_regex "${lines[9]}" '^leaf m\+0x0: pte write-combining '
}
