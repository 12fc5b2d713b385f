#!/usr/bin/env bats
# Private mappings by every method, in every cache mode and over every kind of memory: those
# that a write copies, those that are read-only, and those that mmap refuses.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load helpers/cow
load helpers/methods

# bats_test_function
bats_require_minimum_version 1.11.0

MODES="write-back write-combining uncached-minus uncached write-through write-protected"

# By what the list says of their family; one case asks the module, too.
COPIES=$(known remap mixed page)
REFUSES=$(known pfn wc large folio devmap zero hook)

# The copy is RAM, and still gets the mode of vm_page_prot.
mode_case() {
	MODE=$1
	cow leaf:m DEV0 write:m,off=0x1004,val=5 ok leaf:m,off=0x1000 COPIED leaf:m DEV0 \
		leaf:m,off=0x2000 DEV2 read:m,off=0x1000 "$W1" read:m,off=0x1004 0x00000005 \
		check:m,off=0x1008,val=$((W1 + 6)),inc=3 ok list:mmio+$OFF,len=0x4000 LIST1 vma:m VMA1
}

for mode in $MODES; do
	bats_test_function --description "cow: a copy in $mode" -- mode_case "$mode"
done

setup_file() {
	# A line for each method: its name, regions, levels and flags.
	INFO=$(info_json | jq -r '.[] | select(.kind == "method") |
		"\(.name) \(.regions) \(.levels) \(.flags)"')
	export INFO
}

info() { # METHOD
	REPLY=${INFO#*"$1 "}
	read -r regions levels flags <<<"${REPLY%%$'\n'*}"
}

hex() { printf 0x%x "$1"; }

# A private mapping by METHOD, of whatever it maps. What has a struct page to it is
# no special entry, and by fault there is none yet.
copies() { # METHOD
	local region regions levels flags node='' special=' special' mode at=$((OFF))

	need_method "$1"
	info "$1"
	assert_regex ",$flags," ,cow,
	# It begins with the first page, whatever the offset.
	[[ $1 != vm_map_pages_zero ]] || at=0
	[[ ,$flags, != *,prepare,* ]] || node=:prepare
	kind "$1"
	[[ $KIND != counted ]] || special=''
	for region in ${regions//,/ }; do
		need_region "$region"
		mode=write-back
		# Nobody has reserved a mode.
		[[ $KIND,$region,$PAT != special,mmio,on ]] || mode=uncached-minus
		try "b=open" "set:b,region=$region,mode=write-back" n=mmap:b,off=$at,len=0x3000 \
			fill:n,val=$W0,inc=3 munmap:n "a=open$node" \
			"set:a,region=$region,method=$1,mode=write-back" \
			m=mmap:a,off=$at,len=0x3000,private read:m,off=0x1000 leaf:m,off=0x1000 \
			write:m,off=0x1ffc,val=5 leaf:m,off=0x1000 \
			check:m,off=0x1000,len=0xffc,val=$W1,inc=3 folio:m,off=0x1000 \
			read:m leaf:m read:m,off=0x2000 leaf:m,off=0x2000 \
			munmap:m n=mmap:b,off=$at,len=0x3000 check:n,val=$W0,inc=3
		line 8 "mmap m: ok"
		line 9 "read m+0x1000: $W1"
		line 10 "leaf m+0x1000: pte $mode $region+$(hex $((at + 0x1000))) young$special"
		line 11 "write m+0x1ffc: ok"
		line 12 "leaf m+0x1000: pte write-back pfn=other writable dirty young"
		line 13 "check m: ok"
		assert_regex "${lines[13]}" ' mapcount=1 order=0 .* anon$'
		line 15 "read m+0x0: $W0"
		line 16 "leaf m+0x0: pte $mode $region+$(hex $((at + 0x0000))) young$special"
		line 17 "read m+0x2000: $W2"
		line 18 "leaf m+0x2000: pte $mode $region+$(hex $((at + 0x2000))) young$special"
		line 21 "check n: ok"
	done
}

# In mmap, where it is still an errno: by fault it would be a BUG_ON().
refuses() { # METHOD
	local regions levels flags region level len

	need_method "$1"
	info "$1"
	assert [ "${flags/cow/}" = "$flags" ]
	region=${regions%%,*}
	level=${levels##*,}
	leaf_bytes "$level"
	len=$REPLY
	need_room "$region" $((len))
	try a=open "set:a,region=$region,method=$1,level=$level,mode=write-back" \
		"m=mmap:a,len=$len,private" "m=mmap:a,len=$len,private,prot=r" \
		"m=mmap:a,len=$len,prot=r" read:m
	line 2 "set a: ok"
	line 3 "mmap m: EINVAL"
	line 4 "mmap m: EINVAL"
	line 5 "mmap m: ok"
	assert_regex "${lines[5]}" ': 0x'
}

for method in $COPIES; do
	bats_test_function --description "cow: $method: copies" -- copies "$method"
done
for method in $REFUSES; do
	bats_test_function --description "cow: $method: refuses private" -- refuses "$method"
done

# words LIST: sorted, one a line.
words() {
	# shellcheck disable=SC2086
	printf '%s\n' $1 | sort
}

@test "cow: every method says truly whether it copies" {
	assert_equal "$(words "$COPIES $REFUSES")" "$(awk '{ print $1 }' <<<"$INFO" | sort)"
	# One that this kernel does not have says nothing.
	assert_equal "$(words "$COPIES" | grep -xF -f <(words "$METHODS"))" \
		"$(awk '$NF ~ /cow/ { print $1 }' <<<"$INFO" | sort)"
}

@test "cow: over ram and dax, whose pages have struct pages, they stay special" {
	local MODE=write-back

	# shellcheck disable=SC2034 # for cow
	for REGION in ram dax; do
		cow folio:m "refs=1 mapcount=0 *" leaf:m,off=0x1000 DEV1 \
			write:m,off=0x1004,val=5 ok leaf:m,off=0x1000 COPIED leaf:m DEV0 \
			check:m,off=0x1008,val=$((W1 + 6)),inc=3 ok folio:m "refs=1 mapcount=0 *" \
			folio:m,off=0x1000 "refs=* mapcount=1 *anon" p=pin:m,fast EFAULT
	done
}

# The other case is in cow-pfn.bats.
@test "C1, C2: over a hole in RAM, pfns below the last struct page" {
	local end start

	need_region mmio
	end=$((16#$(iomem | sed -nE 's/^[0-9a-f]+-([0-9a-f]+) : System RAM$/\1/p' | tail -n 1)))
	start=$(region_field mmio start)
	((start < end)) || skip "mmio is not below the end of RAM here"
	cow folio:m ENODATA leaf:m DEV0 write:m,off=0x1ffc,val=5 ok leaf:m,off=0x1000 COPIED \
		leaf:m DEV0 check:m,off=0x1000,len=0xffc,val=$W1,inc=3 ok \
		folio:m,off=0x1000 "refs=* mapcount=1 *anon" munmap:m ok
}

@test "cow: a write without a read before" {
	need_copied_kept
	need_region mmio
	need_pat
	try a=open "set:a,region=mmio,mode=$MODE" word:mmio+0x10008,val=0x77 \
		m=mmap:a,off=0x10000,len=0x1000,private write:m,val=5 leaf:m read:m,off=8
	line 6 "leaf m+0x0: pte $MODE pfn=other writable dirty young"
	line 7 "read m+0x8: 0x00000077"
}

@test "cow: part of a private mapping is refused, and nothing left reserved" {
	local flags

	need_region mmio
	need_pat
	for flags in partial chunked,chunk=0x1000 chunked,chunk=0x3000; do
		try a=open "set:a,region=mmio,mode=$MODE,flags=$flags" \
			m=mmap:a,off=$OFF,len=0x4000,private list:mmio+$OFF,len=0x4000 \
			m=mmap:a,off=$OFF,len=0x4000,private,prot=r list:mmio+$OFF,len=0x4000 \
			m=mmap:a,off=$OFF,len=0x4000
		line 3 "mmap m: EINVAL"
		line 4 "list mmio+$OFF: none"
		line 5 "mmap m: EINVAL"
		line 6 "list mmio+$OFF: none"
		line 7 "mmap m: ok"
	done
	behaviour "part of a private mapping of pfns is refused" ok
}

@test "cow: a conflicting mode is refused, and nothing of it left" {
	need_pat
	cow b=open ok set:b,region=mmio,mode=write-back ok \
		r=mmap:b,off=$OFF,len=0x1000,private ok leaf:r "pte $MODE *" write:r,val=5 ok \
		leaf:r "pte write-back pfn=other writable dirty young" munmap:r ok \
		set:b,region=mmio,mode=write-through ok r=mmap:b,off=$OFF,len=0x1000,private EINVAL \
		list:mmio+$OFF,len=0x4000 LIST1 vma:m VMA1
}

@test "cow: mapped read-only it can be made writable, and then copies" {
	PROT=r cow write:m,val=5 SIGSEGV leaf:m DEV0 mprotect:m,prot=rw ok leaf:m DEV0 \
		write:m,val=5 ok leaf:m COPIED leaf:m,off=0x1000 DEV1 read:m,off=4 0x00001003 \
		mprotect:m,prot=r ok leaf:m "COPY dirty young" write:m,val=6 SIGSEGV \
		read:m 0x00000005 word:mmio+$OFF 0x0000100300001000 vma:m VMA1
}

@test "cow: a private mapping of a read-only file is writable, and copies" {
	need_copied_kept
	need_region mmio
	need_pat
	try a=open:ro "set:a,region=mmio,mode=$MODE" word:mmio+0x10008,val=0x77 \
		m=mmap:a,off=0x10000,len=0x1000,private write:m,val=5 leaf:m read:m,off=8 \
		n=mmap:a,off=0x10000,len=0x1000,private,prot=r mprotect:n,prot=rw write:n,val=6 \
		leaf:n read:n,off=8 o=mmap:a,off=0x10000,len=0x1000,prot=r mprotect:o,prot=rw
	line 5 "write m+0x0: ok"
	line 6 "leaf m+0x0: pte $MODE pfn=other writable dirty young"
	line 7 "read m+0x8: 0x00000077"
	line 9 "mprotect n: ok"
	line 11 "leaf n+0x0: pte $MODE pfn=other writable dirty young"
	line 12 "read n+0x8: 0x00000077"
	line 14 "mprotect o: EACCES"
}

@test "cow: mapped with no access at all, and then some" {
	PROT=none cow read:m SIGSEGV leaf:m "pte $MODE mmio+$OFF *" mprotect:m,prot=rw ok \
		read:m "$W0" write:m,off=0x1004,val=5 ok leaf:m,off=0x1000 COPIED \
		read:m,off=0x1000 "$W1" leaf:m DEV0
}

# no_maywrite STEP...: through a file whose mappings are read-only for ever
no_maywrite() {
	need_region mmio
	need_pat
	try a=open "set:a,region=mmio,mode=$MODE,flags=no_maywrite${FLAGS:-}" "$@"
}

@test "cow: without VM_MAYWRITE nobody can write, and nothing is ever copied" {
	no_maywrite m=mmap:a,off=$OFF,len=0x4000,private m=mmap:a,off=$OFF,len=0x4000 \
		list:mmio+$OFF,len=0x4000 m=mmap:a,off=$OFF,len=0x4000,private,prot=r leaf:m \
		mprotect:m,prot=rw write:m,val=5 memwrite:m,val=5 p=pin:m,fast,write leaf:m \
		list:mmio+$OFF,len=0x4000 proc:m,file=maps word:mmio+$OFF,val=0x77 read:m
	line 3 "mmap m: EACCES"
	line 4 "mmap m: EACCES"
	line 5 "list mmio+$OFF: none"
	line 6 "mmap m: ok"
	line 7 "leaf m+0x0: pte $MODE mmio+$OFF young special"
	line 8 "mprotect m: EACCES"
	line 9 "write m+0x0: SIGSEGV"
	line 10 "memwrite m+0x0: EIO"
	line 11 "pin p: EFAULT"
	line 12 "leaf m+0x0: pte $MODE mmio+$OFF young special"
	line 13 "list mmio+$OFF: 0x0-0x4000 $MODE"
	# Not the pfn.
	line 14 "maps m+0x0: r--p offset=$OFF name=pfnmap_test"
	line 16 "read m+0x0: 0x00000077"
}

@test "cow: without VM_MAYWRITE part of a private mapping does" {
	FLAGS=+partial no_maywrite m=mmap:a,off=$OFF,len=0x4000,private,prot=r leaf:m,off=0x2000 \
		leaf:m,off=0x3000 list:mmio+$OFF,len=0x4000 proc:m,file=maps
	line 3 "mmap m: ok"
	line 4 "leaf m+0x2000: pte uncached-minus mmio+0x12000 young special"
	line 5 "leaf m+0x3000: none"
	line 6 "list mmio+$OFF: none"
	line 7 "maps m+0x0: r--p offset=$OFF name=pfnmap_test"
	FLAGS=+chunked,chunk=0x1000 no_maywrite m=mmap:a,off=$OFF,len=0x4000,private,prot=r \
		leaf:m,off=0x3000 mprotect:m,prot=rw proc:m,file=maps
	line 3 "mmap m: ok"
	line 4 "leaf m+0x3000: pte uncached-minus mmio+0x13000 young special"
	line 5 "mprotect m: EACCES"
	line 6 "maps m+0x0: r--p offset=$OFF name=pfnmap_test"
}

@test "cow: without VM_MAYWRITE a shared mapping is read-only too, and fork works" {
	no_maywrite m=mmap:a,off=$OFF,len=0x4000,prot=r n=mmap:a,off=$OFF,len=0x4000,private,prot=r \
		mprotect:m,prot=rw word:mmio+$OFF,val=0x78 fork:c c/read:m c/read:n \
		c/mprotect:n,prot=rw exit:c
	line 5 "mprotect m: EACCES"
	line 8 "read m+0x0: 0x00000078"
	line 9 "read n+0x0: 0x00000078"
	line 10 "mprotect n: EACCES"
}
