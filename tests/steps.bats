#!/usr/bin/env bats
# pfnmap-try, which runs the steps of the tests: its help, and its errors for wrong steps.

load helpers/common

@test "steps: help has each of them, with a form that begins with its name" {
	local verb verbs

	run_on pfnmap-try --help
	assert_line --regexp "^usage: pfnmap-try STEP"
	run_on pfnmap-try help
	assert_line "munmap:MAP[,off=N][,len=N]"
	mapfile -t verbs < <(sed -nE '/^\tpfnmap-try /,$s/^([a-z0-9_]+)(:.*|$)/\1/p' <<<"$output")
	[[ " ${verbs[*]} " == *" munmap "* ]]
	for verb in "${verbs[@]}"; do
		run -0 pfnmap-try help "$verb"
		assert_line --regexp "^$verb(:|$)"
	done
}

@test "steps: help tells of one step, and refuses what is none" {
	run -0 pfnmap-try help munmap
	assert_output "munmap:MAP[,off=N][,len=N]"
	run -2 pfnmap-try help nonsense
	assert_output "pfnmap-try: there is no step 'nonsense'; 'pfnmap-try help' lists all"
}

@test "steps: a key is taken if the form has it, and not if it is a value's name" {
	run -2 pfnmap-try a=open zap:a,mapping
	assert_line --partial "zap does not know 'mapping': zap:MAP|FILE,how=vma|mapping"
	run -2 pfnmap-try m=anon:len=0x1000 pin:m,MAP
	assert_line --partial "pin does not know 'MAP'"
	run -2 pfnmap-try nonsense:
	assert_line --partial "unknown step 'nonsense'; 'pfnmap-try help' lists all"
	run -0 pfnmap-try m=anon:len=0x1000 write:m,off=8,val=7 read:m,off=8
	assert_line "read m+0x8: 0x00000007"
}
