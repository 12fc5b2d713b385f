#!/usr/bin/env bats
# The memtype tree: what LIST and LOOKUP say of it, against debugfs.

load helpers/common

need_debugfs() {
	target_has "$MEMTYPE_LIST" || skip "no $MEMTYPE_LIST"
}

# Absolute addresses, as debugfs writes them.
as_debugfs() {
	sed -nE 's/^list: (0x[0-9a-f]+)-(0x[0-9a-f]+) (.*)/\1 \2 \3/p' | while read -r start end mode; do
		printf 'PAT: [mem 0x%016x-0x%016x] %s\n' "$start" "$end" "$mode"
	done
}

@test "memtype: the module proved the tree, or said why not" {
	need_reservations
	run -0 pfnmapctl info -j
	if [[ $(dmesg | grep -c 'no memtype query') == 0 ]]; then
		try a=open lookup:0xfee00000
		refute_output --partial EOPNOTSUPP
	else
		try a=open lookup:0xfee00000
		assert_output --partial EOPNOTSUPP
	fi
}

@test "memtype: a stock kernel with PAT has the query" {
	[[ " $CMDLINE " != *" nopat "* ]] || skip "booted with nopat"
	target_has "$MEMTYPE_LIST" || skip "no $MEMTYPE_LIST, so no PAT"
	try a=open lookup:0x0
	refute_output --partial EOPNOTSUPP
}

@test "memtype: the list is debugfs' list" {
	need_memtype
	need_debugfs
	try a=open list
	diff <(as_debugfs <<<"$output") <(memtypes)
}

@test "memtype: the list is debugfs' list with entries of every mode, overlapping" {
	need_memtype
	need_debugfs
	need_region mmio
	need_pat
	local mode offset=0 cmd

	# shellcheck disable=SC2016
	cmd=(sh -c 'pfnmap-try a=open list; echo --; tail -n +2 "$0"' "$MEMTYPE_LIST")
	for mode in write-back write-combining uncached-minus uncached write-through; do
		cmd=(pfnmapctl memtype reserve --region mmio --mode "$mode"
			--offset "$offset" --length 0x4000 -- "${cmd[@]}")
		offset=$((offset + 0x4000))
	done
	# Inside of the first one, and over its end.
	cmd=(pfnmapctl memtype reserve --region mmio --mode write-back
		--offset 0x1000 --length 0x2000 -- "${cmd[@]}")
	run -0 --separate-stderr on "${cmd[@]}"
	for mode in write-back write-combining uncached-minus uncached write-through; do
		assert_output --partial " $mode"
	done
	diff <(as_debugfs <<<"$output" | sort) <(sed '1,/^--$/d' <<<"$output" | sort)
}

@test "memtype: entries come by ascending start, in one order" {
	need_memtype
	try a=open list
	sed -nE 's/^list: (0x[0-9a-f]+)-.*/\1/p' <<<"$output" | while read -r start; do
		printf '%016x\n' "$start"
	done | sort -c
}

@test "memtype: a range gets what overlaps it and nothing else" {
	need_memtype
	need_region mmio
	need_pat
	local base range steps=()

	base=$(($(region_field mmio start)))
	for range in "0x1000 0x1fff" "0x1000 0x2000" "0x3000 0x3000" "0x3fff 0x9000" "0x4000 0x9000"; do
		# shellcheck disable=SC2086 # two numbers
		set -- $range
		steps+=("ioctl:a,nr=4,size=48,u64@8=$((base + $1)),u64@16=$((base + $2)),u32@36=8,u64@40=m,u32@36=?")
	done
	try a=open set:a,region=mmio,mode=write-combining m=mmap:a,off=0x2000,len=0x2000 "${steps[@]}"
	line 4 "ioctl a 4: ok u32@36=0x0"
	line 5 "ioctl a 4: ok u32@36=0x1"
	line 6 "ioctl a 4: ok u32@36=0x1"
	line 7 "ioctl a 4: ok u32@36=0x1"
	line 8 "ioctl a 4: ok u32@36=0x0"
}

@test "memtype: identical reservations are all listed and counted" {
	need_memtype
	need_region mmio
	need_pat
	local i steps=()

	for i in {1..9}; do
		steps+=("r$i=reserve:a,region=mmio,len=0x2000,mode=write-combining")
	done
	try a=open "${steps[@]}" lookup:mmio+0x1000 list:mmio release:r5 lookup:mmio+0x1000
	line 11 "lookup mmio+0x1000: write-combining tracked count=9 0x0-0x2000"
	assert_equal "$(grep -c '^list mmio: 0x0-0x2000 write-combining$' <<<"$output")" 9
	line 22 "lookup mmio+0x1000: write-combining tracked count=8 0x0-0x2000"
}

@test "memtype: a list of more entries than one batch is complete" {
	need_memtype
	need_debugfs
	need_region mmio
	need_pat
	local n=1300

	coproc on pfnmapctl map --region mmio --mode write-combining --length 4096 --count $n --hold 60
	for _ in {1..100}; do
		(($(on grep -c write-combining "$MEMTYPE_LIST") >= n)) && break
		sleep 0.2
	done
	run -0 --separate-stderr pfnmapctl memtype list --region mmio -j
	kill "$COPROC_PID"
	wait "$COPROC_PID" || true
	assert_equal "$(jq 'map(select(.mode == "write-combining")) | length' <<<"$output")" $n
}

@test "memtype: more entries than one batch that all overlap are listed once, in order" {
	need_memtype
	need_region mmio
	need_pat
	local n=600 i steps=()

	for ((i = 0; i < n; i++)); do
		printf -v "steps[$i]" 'r%d=reserve:a,region=mmio,off=0x%x,len=0x%x,mode=write-combining' \
			$i $((i << 12)) $(((2 * n - i) << 12))
	done
	try a=open "${steps[@]}" list:mmio
	assert_equal "$(grep ^list <<<"$output")" "$(for ((i = 0; i < n; i++)); do
		printf 'list mmio: 0x%x-0x%x write-combining\n' $((i << 12)) $((2 * n << 12))
	done)"
}

@test "memtype: LOOKUP sees one page, from its first byte to its last" {
	need_memtype
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,off=0x2000,len=0x1000,mode=write-through \
		lookup:mmio+0x1fff lookup:mmio+0x2000 lookup:mmio+0x2fff lookup:mmio+0x3000
	line 3 "lookup mmio+0x1fff: uncached-minus untracked"
	line 4 "lookup mmio+0x2000: write-through tracked count=1 0x2000-0x3000"
	line 5 "lookup mmio+0x2fff: write-through tracked count=1 0x2000-0x3000"
	line 6 "lookup mmio+0x3000: uncached-minus untracked"
}

@test "memtype: LOOKUP knows System RAM and the ISA range" {
	need_memtype
	try a=open lookup:0x200000 lookup:0xa0000
	line 2 "lookup 0x200000: write-back ram"
	line 3 "lookup 0xa0000: write-back untracked"
}

@test "memtype: RESERVE says what it got where a mode is held already" {
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,len=4096,mode=write-combining \
		s=reserve:a,region=mmio,len=4096,mode=uncached-minus \
		t=reserve:a,region=mmio,len=4096,mode=uncached \
		u=reserve:a,region=mmio,len=4096,mode=write-back \
		v=reserve:a,region=mmio,len=4096,mode=write-through
	line 3 "reserve s: write-combining"
	line 4 "reserve t: write-combining"
	line 5 "reserve u: write-combining"
	line 6 "reserve v: EBUSY"
}

@test "memtype: RELEASE gives back one of two, by id" {
	need_memtype
	need_region mmio
	need_pat
	try a=open r=reserve:a,region=mmio,len=4096,mode=write-combining \
		s=reserve:a,region=mmio,off=4096,len=4096,mode=write-through release:r list:mmio \
		release:s list:mmio
	line 5 "list mmio: 0x1000-0x2000 write-through"
	line 7 "list mmio: none"
}

@test "memtype: the whole region can be reserved at once" {
	need_memtype
	need_region mmio
	need_pat
	local bytes

	bytes=$(region_field mmio bytes)
	try a=open "r=reserve:a,region=mmio,len=$bytes,mode=write-combining" list:mmio
	line 3 "$(printf 'list mmio: 0x0-0x%x write-combining' "$bytes")"
}
