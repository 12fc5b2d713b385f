#!/usr/bin/env bats
# The memtype tree: what LIST and LOOKUP say of it, against debugfs.

load helpers/common

need_debugfs() {
	target_has "$MEMTYPE_LIST" || skip "no $MEMTYPE_LIST"
}

# Prints the rows of list: with absolute addresses, as debugfs writes them.
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
	diff <(as_debugfs <<<"$output") <(on pfnmap-state memtypes)
}

@test "memtype: of what a test leaves reserved, the report has these lines and no others" {
	need_region mmio
	need_pat
	on pfnmap-state note "$TARGET_TMP/noted" "$BATS_TEST_NAME: noted"
	run_on -1 pfnmapctl memtype reserve --region mmio --length 0x2000 --mode write-combining -- \
		pfnmap-state check "$TARGET_TMP/noted" "$BATS_TEST_NAME: noted" "$BATS_TEST_NAME" /nonexistent
	assert_line --index 0 "memtype list changed"
	assert_line --index 1 --regexp "^\+.*$(printf 0x%016x "$(($(region_field mmio start)))")"
	assert_line --index 2 "module's reference count changed"
	on pfnmapctl memtype reserve --region mmio --length 0x2000 --mode write-combining -- \
		pfnmap-state note "$TARGET_TMP/noted" "$BATS_TEST_NAME: noted again"
	run_on -1 pfnmap-state check "$TARGET_TMP/noted" "$BATS_TEST_NAME: noted again" "$BATS_TEST_NAME" /nonexistent
	assert_line --index 1 --regexp "^-.*$(printf 0x%016x "$(($(region_field mmio start)))")"
	assert_line --index 2 "module's reference count changed"
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
	# One more inside of the first reservation.
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
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x4000,len=0x1000,mode=write-back		write-back
		s=reserve:a,region=mmio,len=0x1000,mode=uncached			uncached
		t=reserve:a,region=mmio,off=0x2000,len=0x1000,mode=write-through	write-through
		list:mmio	0x0-0x1000 uncached, 0x2000-0x3000 write-through, 0x4000-0x5000 write-back
	END
	try a=open list
	sed -nE 's/^list: (0x[0-9a-f]+)-.*/\1/p' <<<"$output" | while read -r start; do
		printf '%016x\n' "$start"
	done | sort -c
}

@test "memtype: a range gets what overlaps it and nothing else" {
	local base first last found

	need_memtype
	need_region mmio
	need_pat
	base=$(($(region_field mmio start)))
	while read -r first last found; do
		printf 'ioctl:a,nr=4,size=48,u64@8=%d,u64@16=%d,u32@36=8,u64@40=m,u32@36=? ok u32@36=%s\n' \
			$((base + first)) $((base + last)) "$found"
	done >"$BATS_TEST_TMPDIR/rows" <<-END
		0x1000 0x1fff 0x0
		0x1000 0x2000 0x1
		0x3000 0x3000 0x1
		0x3fff 0x9000 0x1
		0x4000 0x9000 0x0
	END
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,off=0x2000,len=0x2000
		$(<"$BATS_TEST_TMPDIR/rows")
	END
}

@test "memtype: identical reservations are all listed and counted" {
	local rows listed

	need_memtype
	need_region mmio
	need_pat
	printf -v rows 'r%d=reserve:a,region=mmio,len=0x2000,mode=write-combining write-combining\n' {1..9}
	printf -v listed '0x0-0x2000 write-combining, %.0s' {1..9}
	check <<-END
		a=open
		$rows
		lookup:mmio+0x1000	write-combining tracked count=9 0x0-0x2000
		list:mmio		${listed%, }
		release:r5
		lookup:mmio+0x1000	write-combining tracked count=8 0x0-0x2000
	END
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
	check <<-END
		a=open
		r=reserve:a,region=mmio,off=0x2000,len=0x1000,mode=write-through	write-through
		lookup:mmio+0x1fff							uncached-minus untracked
		lookup:mmio+0x2000							write-through tracked count=1 0x2000-0x3000
		lookup:mmio+0x2fff							write-through tracked count=1 0x2000-0x3000
		lookup:mmio+0x3000							uncached-minus untracked
	END
}

@test "memtype: LOOKUP knows System RAM and the ISA range" {
	need_memtype
	check <<-END
		a=open
		lookup:0x200000	write-back ram
		lookup:0xa0000	write-back untracked
	END
}

# The low ISA range is write-back for everybody, whatever its MTRRs say, and the kernel reserves
# none of it (is_untracked_pat_range()). If munmap() gave a reservation back, the log would have
# "freeing invalid memtype".
@test "memtype: the ISA range is mapped write-back, and reserved by nobody" {
	local listed='ioctl:a,nr=4,size=48,u64@8=0xa0000,u64@16=0xa3fff,u32@36=8,u64@40=w,u32@36=?'

	need_pat
	need_memtype
	on test -c /dev/mem || skip "no /dev/mem: no CONFIG_DEVMEM"
	check <<-END
		a=open
		w=anon:len=0x200000
		f=file:/dev/mem
		m=mmap:f,len=0x4000,off=0xa0000
		leaf:m			pte write-back *
		leaf:m,off=0x3000	pte write-back *
		$listed			ok u32@36=0x0
		munmap:m
	END
}

@test "memtype: RESERVE says what it got where a mode is held already" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
		s=reserve:a,region=mmio,len=4096,mode=uncached-minus	write-combining
		t=reserve:a,region=mmio,len=4096,mode=uncached		write-combining
		u=reserve:a,region=mmio,len=4096,mode=write-back	write-combining
		v=reserve:a,region=mmio,len=4096,mode=write-through	EBUSY
	END
}

@test "memtype: RELEASE gives back one of two, by id" {
	need_memtype
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=4096,mode=write-combining		write-combining
		s=reserve:a,region=mmio,off=4096,len=4096,mode=write-through	write-through
		release:r
		list:mmio							0x1000-0x2000 write-through
		release:s
		list:mmio							none
	END
}

@test "memtype: the whole region can be reserved at once" {
	local bytes

	need_memtype
	need_region mmio
	need_pat
	printf -v bytes 0x%x "$(region_field mmio bytes)"
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=$bytes,mode=write-combining	write-combining
		list:mmio						0x0-$bytes write-combining
	END
}

# ioremap*() maps a GiB by one entry, whose PAT bit has another place than a small entry's
# (pud_set_huge()). RESERVE tells the mode of that entry; conflict.bats has entries of 2 MiB.
@test "memtype: a GiB is reserved, and mapped by the kernel, in every mode" {
	local mode rows=''

	need_memtype
	need_room mmio 0x40000000
	need_pat
	for mode in write-back write-combining uncached-minus uncached write-through; do
		rows+="r=reserve:a,region=mmio,len=0x40000000,mode=$mode	$mode"$'\n'
		rows+="list:mmio	0x0-0x40000000 $mode"$'\n'
		rows+="release:r"$'\n'
	done
	check <<-END
		a=open
		$rows
		list:mmio	none
	END
}
