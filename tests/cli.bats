#!/usr/bin/env bats
# pfnmapctl, as people and scripts use it.

load shared/commands
load helpers/common

@test "cli: info names regions, methods and cache modes" {
	run -0 pfnmapctl info
	assert_output --partial mmio
	assert_output --partial ram
	assert_output --partial remap_pfn_range
	assert_output --partial vmf_insert_pfn
	assert_output --partial write-combining
}

@test "cli: --json is JSON" {
	pfnmapctl info -j | jq -e . >/dev/null
	pfnmapctl map -j | jq -e . >/dev/null
	pfnmapctl leaf -j | jq -e . >/dev/null
	pfnmapctl vma -j | jq -e . >/dev/null
	pfnmapctl folio --region ram --method vm_insert_page -j | jq -e . >/dev/null
	pfnmapctl pin --region ram --method vm_insert_page --how slow -j | jq -e . >/dev/null
	pfnmapctl zap -j | jq -e . >/dev/null
	pfnmapctl explain -j --file "$DEV" | jq -e . >/dev/null
	pfnmapctl atlas --method vmf_insert_pfn -j | jq -e . >/dev/null
	need_pat
	pfnmapctl memtype list -j | jq -e . >/dev/null
	pfnmapctl memtype map -j | jq -e . >/dev/null
	pfnmapctl memtype lookup -j 0xfee00000 | jq -e . >/dev/null
}

@test "cli: every command has --help" {
	local command list all=0

	# valgrind.sh runs these commands, too.
	plain_programs
	list=$(commands)
	# shellcheck disable=SC2016 # expanded there
	output=$(on -i sh -euc 'while read -r command; do
			echo "== $command"
			pfnmapctl $command --help
		done' <<<"$list")
	while read -r command; do
		assert_output --partial "== $command"$'\n'"Usage: pfnmapctl $command "
		all=$((all + 1))
	done <<<"$list"
	((all > 15)) || fail "$all commands"
}

@test "cli: wrong usage is exit 2" {
	plain_programs # as above
	run -2 pfnmapctl
	run -2 pfnmapctl nonsense
	run -2 pfnmapctl map --mode nonsense
	run -2 pfnmapctl map --length nonsense
	run -2 pfnmapctl memtype lookup
	run -2 pfnmapctl info --nonsense
	run -2 pfnmapctl bench nonsense
	run -2 pfnmapctl bench --runs 1
	run -2 pfnmapctl bench map --level nonsense
}

@test "cli: map shows what was asked for and what came out" {
	need_region mmio
	need_pat
	run -0 pfnmapctl map --region mmio --method vmf_insert_pfn --mode write-combining --length 8192
	assert_output --partial write-combining
	assert_output --partial uncached-minus
	run -0 --separate-stderr pfnmapctl map --region mmio --method vmf_insert_pfn \
		--mode write-combining --length 8192 -j
	assert_equal "$(jq -r '.[0] | .requested + " " + .effective' <<<"$output")" \
		"write-combining uncached-minus"
}

# In the short form that tables print. The output has the kernel's name.
@test "cli: --mode takes the short names, in letters of any case" {
	local mode short said rows=0

	need_region ram
	while read -r mode short; do
		run --separate-stderr on pfnmapctl map --region ram --mode "$short" --length 4096 -j
		if ((status == 0)); then
			said=$(jq -r '.[0].requested' <<<"$output")
		else
			# The error has the name of a mode that this machine lacks.
			# shellcheck disable=SC2154 # run --separate-stderr sets it
			said=$(sed -n 's/.* ram, \(.*\), pte: .*EOPNOTSUPP.*/\1/p' <<<"$stderr")
		fi
		assert_equal "$short: $said" "$short: $mode"
		rows=$((rows + 1))
	done <<-END
		write-back WB
		write-combining wc
		uncached-minus UC-
		uncached-minus uc-
		uncached Uc
		write-through WT
		write-protected wp
	END
	assert_equal "$rows" 7
	run -2 pfnmapctl map --region ram --mode W
	assert_output --partial "there is no cache mode 'W'"

	run_on pfnmapctl atlas --method remap_pfn_range --region ram --mode uc -j
	assert_equal "$(jq -r '[.[].requested] | unique[]' <<<"$output")" uncached
	need_region mmio
	need_reservations
	run_on pfnmapctl memtype reserve --mode wC --length 4096 --hold 0
	assert_output --partial "write-combining"
	refute_output --partial wC
}

@test "cli: a refused mapping is exit 1 and names the errno" {
	run -1 pfnmapctl map --method vmf_insert_pfn --private
	assert_output --partial EINVAL
}

@test "cli: memtype list says who answered" {
	need_memtype
	run -0 pfnmapctl memtype list
	assert_output --partial ioctl
}

@test "cli: memtype lookup names the holder and the mode" {
	need_memtype
	need_region mmio
	need_pat
	local start

	start=$(region_field mmio start)
	run -0 pfnmapctl memtype reserve --region mmio --offset 0 --length 4096 --mode write-combining -- \
		pfnmapctl memtype lookup "$start"
	assert_output --partial write-combining
	assert_output --partial "pfnmap_test mmio"
}

@test "cli: memtype reserve holds a mode while a command runs, and gives its exit status" {
	need_region mmio
	need_pat
	run -0 pfnmapctl memtype reserve --region mmio --offset 0 --length 8192 --mode write-combining -- \
		pfnmapctl map --region mmio --method vmf_insert_pfn --mode write-combining -j
	assert_output --partial '"effective": "write-combining"'
	run -3 pfnmapctl memtype reserve --region mmio --offset 0 --length 8192 --mode write-combining -- \
		sh -c 'exit 3'
}

@test "cli: zap shows SIGBUS where an eager mapping does not come back" {
	run -0 pfnmapctl zap --method remap_pfn_range --how vma
	assert_output --partial SIGBUS
	run -0 pfnmapctl zap --method vmf_insert_pfn --how mapping
	refute_output --partial SIGBUS
}

# atlas.bats asks for all methods at once, and judges the rows.
@test "cli: atlas has a row for each region, mode and sharing" {
	need_copied_kept
	local modes='["uncached","uncached-minus","write-back","write-combining","write-protected","write-through"]'

	# The atlas forks for each row.
	plain_programs
	run -0 --separate-stderr pfnmapctl atlas --method vmf_insert_pfn -j
	assert_equal "$(jq -c '[.[].region] | unique' <<<"$output")" \
		"$(info_json | jq -c '[.[] | select(.kind == "region" and .bytes > 0) | .name] | sort')"
	assert_equal "$(jq -c 'group_by(.region)[] | ("shared", "private") as $sharing |
		[.[] | select(.sharing == $sharing) | .requested] | unique' <<<"$output" | sort -u)" "$modes"
}

@test "cli: the atlas shows the trap, and the way out of it" {
	need_copied_kept
	need_region mmio
	need_pat
	local effective='.[] | select(.method == "vmf_insert_pfn" and .region == "mmio" and
		.requested == "write-combining" and .sharing == "shared") | "\(.reserved) \(.effective)"'

	plain_programs
	run -0 --separate-stderr pfnmapctl atlas --method vmf_insert_pfn --reserved -j
	run -0 jq -r "$effective" <<<"$output"
	assert_line "false uncached-minus"
	assert_line "true write-combining"
}

@test "cli: bench map has figures of each operation, with runs and spread" {
	run -0 --separate-stderr pfnmapctl bench map --method vmf_insert_pfn --runs 5 -j
	run -0 jq -r '.[] | select(.ours > 0 and .n == 5 and .spread >= 0 and .peer == null) | .name' \
		<<<"$output"
	assert_line "fault, vmf_insert_pfn pte"
	assert_line "faults of 1 GiB, vmf_insert_pfn pte"
	assert_line --regexp "^mmap \+ touch \+ munmap of .*, vmf_insert_pfn pte"
	assert_line --regexp "^zap and refault of .*, vmf_insert_pfn pte"
	assert_line --regexp "^fork and exit of .*, vmf_insert_pfn pte"
}

@test "cli: bench memtype is beside debugfs, and leaves nothing reserved" {
	need_memtype
	need_region mmio
	need_pat
	target_has "$MEMTYPE_LIST" || skip "no $MEMTYPE_LIST"
	local before

	before=$(on pfnmap-state memtypes)
	run -0 --separate-stderr pfnmapctl bench memtype --entries 100 --runs 5 -j
	assert_equal "$(jq -r '.[] | select(.peer == "debugfs" and .ratio > 0 and .n == 5) | .name' <<<"$output")" \
		"memtype list, 100 reserved
memtype range query, 10 hits, 100 reserved
memtype point lookup, 100 reserved"
	assert_equal "$(jq -r '.[] | select((.name | startswith("memtype fault")) and .ours > 0 and .n == 5) | .name' <<<"$output")" \
		"memtype fault by vmf_insert_pfn, 100 reserved"
	same "memtype list" "$before" "$(on pfnmap-state memtypes)"
}

@test "cli: bench does not measure cache modes that an emulated CPU has not got" {
	target_read /proc/cpuinfo | grep -q 'model name.*QEMU TCG' || skip "the CPU is no emulated one"
	run -0 pfnmapctl bench bandwidth
	assert_output --partial emulated
}

@test "cli: without the module, exit 4 and what to do; the list comes from debugfs" {
	local ko=${PFNMAP_TEST_KO:-} ioctl

	# The dax region's own entry goes with the module.
	ioctl=$(pfnmapctl memtype list -j | jq -c --arg dax "$(region_field dax start)" \
		'map(select(.start != $dax) | del(.provider))')
	run -0 pfnmapctl unload
	run ! module_loaded
	run pfnmapctl info
	list_status=0
	list=$(pfnmapctl memtype list 2>&1) || list_status=$?
	json=$(pfnmapctl memtype list -j | jq -c 'map(del(.provider))') || true
	# shellcheck disable=SC2046 # words
	pfnmapctl load ${ko:+"$ko"} $(suite_params)

	assert_failure 4
	assert_output --partial "pfnmapctl load"
	target_has "$MEMTYPE_LIST" || skip "no $MEMTYPE_LIST"
	assert_equal "$list_status" 0
	assert_regex "$list" debugfs
	assert_equal "$json" "$ioctl"
}

@test "cli: load says what the module's parameters got, or why it was refused" {
	local ko=${PFNMAP_TEST_KO:-} refused less params start

	run -1 pfnmapctl load ${ko:+"$ko"}
	assert_output --partial EEXIST
	pfnmapctl unload
	run pfnmapctl load ${ko:+"$ko"} mmio=nonsense
	refused="$status $output"
	less=$(pfnmapctl load ${ko:+"$ko"} mmio=off dax=off -j)
	pfnmapctl unload
	params=$(suite_params)
	# shellcheck disable=SC2086 # words
	run pfnmapctl load ${ko:+"$ko"} $params
	assert_success
	assert_line --regexp "^ram +0x[0-9a-f]+ +2097152 allocated"
	start=${params#*@}
	[[ -z $params ]] ||
		assert_line --regexp "^mmio +${start%% *} 1073741824 named by its address"
	# The reason is in the module's own words.
	assert_regex "$refused" "^1 .*EINVAL.*mmio=nonsense: not auto, SIZE, .*'modinfo pfnmap_test'"
	assert_equal "$(jq -c 'map([.region, .bytes, .error])' <<<"$less")" \
		'[["mmio",null,"ENXIO"],["ram",2097152,null],["dax",null,"ENXIO"]]'
}

# libkmod finds the installed module in depmod's files.
@test "cli: load takes the installed module, with parameters, where nobody names one" {
	local found=0

	[[ -n ${PFNMAP_TEST_KO:-} ]] || skip "it is what all tests load"
	modinfo -n pfnmap_test >/dev/null || skip "none is installed there"
	pfnmapctl unload
	run on env -u PFNMAP_TEST_KO pfnmapctl load mmio=off dax=off
	found="$status $(target_read /sys/module/pfnmap_test/parameters/mmio)"
	pfnmapctl unload
	suite_load
	assert_equal "$found" "0 off"
}

# The first ioctl after the load is GET_INFO; strace changes its answer.
@test "cli: load refuses a module that is older than the program" {
	need_program strace
	plain_programs
	pfnmapctl unload
	run on strace -qqq -o /dev/null -P /dev/pfnmap_test -e trace=ioctl \
		-e inject=ioctl:poke_exit=@arg3=2800000001000000:when=1 \
		pfnmapctl load ${PFNMAP_TEST_KO:+"$PFNMAP_TEST_KO"} mmio=off dax=off
	rmmod pfnmap_test
	suite_load
	assert_failure 1
	assert_output --partial "the module has ABI 1, not"
}

@test "cli: memtype map shows which part of a region is held in which mode" {
	need_memtype
	need_region mmio
	need_pat
	local start rest

	start=$(region_field mmio start)
	rest=$(($(region_field mmio bytes) - 0x5000))
	run -0 --separate-stderr pfnmapctl memtype reserve --length 0x4000 --mode write-combining -- \
		pfnmapctl memtype reserve --offset 0x2000 --length 0x2000 --mode write-combining -- \
		pfnmapctl memtype reserve --offset 0x4000 --length 0x1000 --mode uncached -- \
		pfnmapctl memtype map --region mmio -j
	run -0 jq -c '.[] | [(.bytes | tostring), (.holder | sub(".* / "; "")), ."write-combining", .uncached, ."write-back"]' \
		<<<"$output"
	assert_output - <<-END
		["8192","pfnmap_test mmio",1,0,0]
		["8192","pfnmap_test mmio",2,0,0]
		["4096","pfnmap_test mmio",0,1,0]
		["$rest","pfnmap_test mmio",0,0,0]
	END

	# The table for people, cut to a range. A mode that is not in the range has no column.
	run -0 --separate-stderr pfnmapctl memtype reserve --length 0x4000 --mode write-combining -- \
		pfnmapctl memtype reserve --offset 0x4000 --length 0x1000 --mode uncached -- \
		pfnmapctl memtype map --start $((start + 0x3000)) --last $((start + 0x5fff))
	assert_equal "${#lines[@]}" 4
	assert_regex "${lines[0]}" '^start +end +bytes +holder +write-combining +uncached *$'
	assert_regex "${lines[1]}" "^$(printf '0x%x +0x%x' $((start + 0x3000)) $((start + 0x4000))) +4096 .*pfnmap_test mmio +# *\$"
	assert_regex "${lines[2]}" ' 4096 .*pfnmap_test mmio {10,}# *$'
	assert_regex "${lines[3]}" ' 4096 .*pfnmap_test mmio *$'
}

@test "cli: memtype map of all memory has all reservations, the module loaded or not" {
	need_memtype
	local all

	all=$(pfnmapctl memtype list -j | jq -c '[.[] | .start] | unique')
	run -0 --separate-stderr pfnmapctl memtype map -j
	assert_equal "$(jq -c --argjson all "$all" '$all - [.[].start]' <<<"$output")" "[]"
}

@test "cli: unload is refused while the device is open, and says by whom" {
	local said

	beside a=open await
	run pfnmapctl unload
	said=$status:$output
	beside_end
	assert_regex "$said" '^1:.*still open or mapped'
	assert_regex "$said" 'pfnmapctl: process [0-9]+ \(pfnmap-try\) has the device open'
	module_loaded
}

@test "cli: unload is refused while the device is mapped, and says by whom" {
	local said

	beside a=open set:a,region=ram,mode=write-back m=mmap:a,len=0x1000 close:a await
	run pfnmapctl unload
	said=$status:$output
	beside_end
	assert_regex "$said" '^1:.*still open or mapped'
	assert_regex "$said" 'process [0-9]+ \(pfnmap-try\) has the device mapped'
}

@test "cli: unload is refused while folios are mapped, and says by whom" {
	local said

	need_region dax
	need_method "${COUNTED[pte]}"
	beside a=open "set:a,region=dax,method=${COUNTED[pte]},mode=write-back" \
		m=mmap:a,len=0x1000 close:a await
	run pfnmapctl unload
	said=$status:$output
	beside_end
	assert_regex "$said" '^1:.*still open or mapped'
	assert_regex "$said" 'process [0-9]+ \(pfnmap-try\) has the device mapped'
}

# A pipe keeps pages without a mapping and without an open file.
@test "cli: unload is refused while pages are pinned, and the log says whose they were" {
	local said

	need_region dax
	beside a=open "set:a,region=dax,method=${COUNTED[pte]},mode=write-back" \
		m=mmap:a,len=0x1000 write:m,val=1 s=splice:m munmap:m close:a await
	run pfnmapctl unload
	said=$status:$output
	beside_end
	assert_regex "$said" '^1:.*no process has the device open or mapped'
	run -0 log
	assert_line --regexp 'dax: pages are pinned that pfnmap-try \(pid [0-9]+\) had mapped'
	# The module looks again now and then.
	for _ in {1..100}; do
		[[ $(module_refs) != 0 ]] || return 0
		sleep 0.1
	done
	fail "nobody has pages, and the module is not idle"
}
