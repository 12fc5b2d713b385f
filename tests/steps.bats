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

# refused MESSAGE STEP...: a malformed step ends the program, and MESSAGE says which and why.
refused() {
	run -2 pfnmap-try "${@:2}"
	assert_line "pfnmap-try: $1"
}

@test "steps: a target that is not there is told with the step's form" {
	refused "m=munmap: munmap needs a target behind its colon: munmap:MAP[,off=N][,len=N]" m=munmap
	refused "close:: close needs a target behind its colon: close:FILE" close:
}

@test "steps: a place in the name of a mapping is told where it belongs" {
	refused "read:m+4: nothing is called 'm+4': a place in a mapping is m,off=N" \
		m=anon:len=0x1000 read:m+4
	refused "read:n+4: nothing is called 'n+4'" m=anon:len=0x1000 read:n+4
}

@test "steps: a key is there once" {
	refused "m=anon:len=0x1000,len=0x2000: 'len' is there twice" m=anon:len=0x1000,len=0x2000
}

@test "steps: several steps in one argument are told apart" {
	refused "a=open set:a: unknown step 'open set'; each step is an argument of its own" \
		"a=open set:a"
}

@test "steps: a step for a child that is not there is told whole" {
	refused "c/read:m: there is no child 'c'" m=anon:len=0x1000 c/read:m
	refused "c&/read:m: there is no child 'c'" m=anon:len=0x1000 "c&/read:m"
}

@test "steps: a region has a name once a file of the module is open" {
	local no="'mmio' is neither a mapping nor a region nor a number"

	refused "lookup:mmio: $no; regions are known once a file of the module is open" lookup:mmio
	refused "word:nonsense+0: ${no/mmio/nonsense}" a=open word:nonsense+0
}

# A report has the names of man pages.
@test "steps: names are taken as man pages write them, and as the tests do" {
	local end="is neither a number nor a name of"

	check <<-END
		m=anon:len=0x1000
		write:m,val=7
		madvise:m,advice=MADV_DONTNEED
		read:m				0x00000000
		write:m,val=7
		madvise:m,advice=dontneed
		read:m				0x00000000
		a=open
		m=mmap:a,flags=MAP_POPULATE
	END
	refused "madvise:m,advice=dontned: advice=dontned $end MADV_NAME that this step knows" \
		m=anon:len=0x1000 madvise:m,advice=dontned
	refused "m=mmap:a,flags=MAP_ANON: flags=MAP_ANON $end MAP_NAME that this step knows" \
		a=open m=mmap:a,flags=MAP_ANON
}

@test "steps: a wrong name is told before the mapping is asked for" {
	refused "mprotect:m,prot=rw-: prot is none, some of r, w, x, or a number" \
		f=file:/proc/self/status,ro m=mmap:f,prot=r mprotect:m,prot=rw-
}
