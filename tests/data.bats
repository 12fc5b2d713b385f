#!/usr/bin/env bats
# Data written through one mapping is read through every other mapping of the same memory,
# and by the kernel. The step `word` has 8 bytes; other steps write 4 of them.

load helpers/common

# methods_of REGION [prepare]: prints the methods that map a region on this device, or on the
# prepare device.
methods_of() {
	info_json | jq -r --arg region "$1" --arg prepare "${2:-}" '
		.[] | select(.kind == "method" and .available and
			(.regions | split(",") | index($region)) and
			((.flags | split(",") | index("prepare") != null) == ($prepare != "")))
		| .name'
}

# all REGION MODE METHOD...: maps 4 pages by all methods at once, each by a file of its own. A
# word is written through each mapping. Then all words are read through each, and by the kernel.
all() {
	local region=$1 mode=$2 steps=() method node i j n
	shift 2

	i=0
	for method; do
		node=
		[[ $method != mmap_* ]] || node=:prepare
		steps+=("f$i=open$node" "set:f$i,region=$region,method=$method,mode=$mode"
			"m$i=mmap:f$i,len=0x4000")
		i=$((i + 1))
	done
	n=$i
	for ((j = 0; j < n; j++)); do
		steps+=("word:$region+$((0x1000 + j * 8)),val=0,via=f0")
	done
	for ((i = 0; i < n; i++)); do
		steps+=("write:m$i,off=$((0x1000 + i * 8)),val=$((0x5000 + i))")
	done
	for ((i = 0; i < n; i++)); do
		for ((j = 0; j < n; j++)); do
			steps+=("read:m$i,off=$((0x1000 + j * 8))")
		done
	done
	for ((j = 0; j < n; j++)); do
		steps+=("word:$region+$((0x1000 + j * 8)),via=f0")
	done
	# All mappings read what the kernel writes.
	steps+=("word:$region+0x1000,val=0x77,via=f0")
	for ((i = 0; i < n; i++)); do
		steps+=("read:m$i,off=0x1000")
	done

	try "${steps[@]}"
	refute_output --partial ": E"
	refute_output --partial SIG
	for ((j = 0; j < n; j++)); do
		assert_equal "$(grep -c "^read .*: $(printf 0x%08x $((0x5000 + j)))\$" <<<"$output")" "$n"
		assert_equal "$(grep -c "^word .*: $(printf 0x%016x $((0x5000 + j)))\$" <<<"$output")" 1
	done
	assert_equal "$(grep -c '^read .*: 0x00000077$' <<<"$output")" "$n"
}

@test "data: mmio that every method maps at once is the same memory" {
	local methods

	need_region mmio
	# Methods that reserve write-combining go well with others that ask for this mode.
	mapfile -t methods < <(methods_of mmio && methods_of mmio prepare)
	((${#methods[@]} >= 9))
	all mmio write-combining "${methods[@]}"
}

@test "data: ram that every method maps at once is the same memory" {
	local methods

	mapfile -t methods < <(methods_of ram && methods_of ram prepare)
	((${#methods[@]} >= 7))
	all ram write-back "${methods[@]}"
}

@test "data: dax that pfns and pages map at once is the same memory" {
	local methods=() method levels least=6
	has_thp || least=4

	need_region dax
	for method in $(methods_of dax && methods_of dax prepare); do
		info_of method "$method"
		read -r _ _ _ _ levels _ <<<"$REPLY"
		[[ $levels == pte* ]] || continue
		methods+=("$method")
	done
	((${#methods[@]} >= least))
	all dax write-back "${methods[@]}"
}

# The memory can't have folios of two sizes at once: so map it by one size after another.
@test "data: dax keeps its data while leaves of one size follow another" {
	local level method size value=0x100

	need_region dax
	need_large_leaves
	try a=open word:dax+0x2008,val=0x100
	for method in vmf_insert_folio_pmd vmf_insert_folio_pud devmap_pmd devmap_pud; do
		has_method "$method" || continue
		level=${method##*_}
		size=${LEAF_BYTES[$level]}
		(($(region_field dax bytes) >= size)) || continue
		check <<-END
			a=open
			set:a,region=dax,method=$method,level=$level,mode=write-back
			m=mmap:a,len=$size
			read:m,off=0x2008	$(printf 0x%08x "$value")
			write:m,off=0x2008,val=$((value + 1))
			word:dax+0x2008		$(printf 0x%016x $((value + 1)))
		END
		value=$((value + 1))
	done
	((value > 0x100))
}

@test "data: a 2 MiB leaf of pfns shows the same pages as small ones" {
	need_room mmio 0x400000
	need_method vmf_insert_pfn_pmd
	check <<-END
		a=open
		word:mmio+0x3ff010,val=0	*
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,off=0x200000,len=0x200000
		set:a,region=mmio,method=vmf_insert_pfn
		n=mmap:a,off=0x3ff000,len=0x1000
		write:m,off=0x1ff010,val=0x99
		read:n,off=0x10			0x00000099
		word:mmio+0x3ff010		0x0000000000000099
	END
}

@test "data: a 1 GiB leaf of pfns shows the same pages as small ones" {
	need_room mmio 0x40000000
	need_method vmf_insert_pfn_pud
	check <<-END
		a=open
		word:mmio+0x3ffff010,val=0	*
		set:a,region=mmio,method=vmf_insert_pfn_pud,level=pud
		m=mmap:a,len=0x40000000
		set:a,region=mmio,method=vmf_insert_pfn
		n=mmap:a,off=0x3ffff000,len=0x1000
		write:m,off=0x3ffff010,val=0x98
		read:n,off=0x10			0x00000098
		word:mmio+0x3ffff010		0x0000000000000098
	END
}

@test "data: a private copy is nobody else's, and the page nobody's copy" {
	need_copied_kept
	need_region mmio
	check <<-END
		a=open
		word:mmio+0x0,val=0	*
		m=mmap:a,len=0x1000,private
		n=mmap:a,len=0x1000
		write:n,val=1
		read:m			0x00000001
		write:m,val=2
		read:n			0x00000001
		write:n,val=3
		read:m			0x00000002
		word:mmio+0x0		0x0000000000000003
	END
}
