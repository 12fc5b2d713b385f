# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests of what PAT holds for PFNMAP VMAs, operation by operation.
#
# Before 6.16 (VM_PAT) reservations can leak: their part of memory must not be used
# again until the next boot. So each test gets pages that no test had before, in
# memory reserved at boot that other files do not use. Load this file with
# setup_suite, and call fresh_load and fresh_unload from setup_file and teardown_file.

MODE=write-combining
PAGE=4096

# On kernels that leak, use memory where a leak does no harm.
fresh_load() {
	local range

	range=$(boot_reserved)
	if [[ -n $range ]]; then
		rmmod pfnmap_test
		module_load "mmio=128M@$(printf 0x%x $((${range#*@} + (128 << 20))))" dax=off
	fi
	need_region mmio
	need_pat
	need_memtype
	FRESH_START=$(region_field mmio start)
	FRESH_BYTES=$(region_field mmio bytes)
	export FRESH_START FRESH_BYTES

	# T12: a case of tracking.bats tests whether the exact range is tracked; the others go by it.
	TRACKED=whole
	if [[ $TRACKING == *ctx ]]; then
		try a=open set:a,region=mmio m=mmap:a,len=0x2000 munmap:m,len=0x1000 list:mmio
		[[ ${lines[4]} != "list mmio: 0x1000-0x2000 "* ]] || TRACKED=exactly
	fi
	export TRACKED
}

fresh_unload() {
	[[ -n $(boot_reserved) ]] || return 0
	rmmod pfnmap_test
	suite_load
}

# fresh PAGES: sets $BASE to the offset in mmio of pages that no test has used, and $SPAN to how
# many bytes from there on no other test uses.
fresh() {
	local next=$TARGET_FOLDER/fresh

	BASE=0
	[[ ! -e $next ]] || BASE=$(<"$next")
	SPAN=$((($1 + 8) * PAGE))
	echo $((BASE + SPAN)) >"$next"
	printf -v BASE 0x%x "$BASE"
	((BASE + SPAN <= FRESH_BYTES)) || fail "mmio has no fresh pages any more"
}

# map [PAGES]: prints the step that maps these pages (4) from $BASE on, as m.
map() {
	echo "m=mmap:a,off=$BASE,len=$((${1:-4} * PAGE))"
}

# tracked OPERATION EXPECT [OPERATION EXPECT]...
#
# Runs the operations (steps of pfnmap-try, between blanks; each prints a line) in one
# process, on a file `a` (of the device $NODE) that maps mmio by remap_pfn_range in
# $MODE, with $SET added. EXPECT is the state after each, in this order. Pages count from $BASE,
# those of a mapping from its start:
#
#	=WORD		what the last step said, if it is not ok
#	0-4		a reservation of pages 0 to 3 in $MODE; 0-4/MODE in another one
#	none		no reservation
#	m@0=1:0-4	the VMA of page 0 of mapping m shares the range with nobody,
#			=2: with one more. Old kernels: =pat, their flag is set. =none
#	c/m@0=...	the same of child c's
#	!2		the kernel logged $INVALID_FREE twice
#
# NEW | OLD: since 6.16, and before. Nothing may be mapped after the last operation: a
# reservation that is there then is a leak, and no later test uses its memory.
tracked() {
	local steps=("a=open${NODE:+:$NODE}" k=kmsg "set:a,region=mmio,mode=$MODE${SET:+,$SET}")
	local ops=() wants=() want word map child i

	while (($#)); do
		want=${2##*| }
		[[ $TRACKING != *ctx ]] || want=${2%% |*}
		ops+=("$1")
		wants+=("$want")
		for word in $1; do steps+=("$word"); done
		for word in $want; do
			[[ $word == *@* ]] || continue
			word=${word%%=*}
			map=${word%@*} child=
			[[ $map != */* ]] || child=${map%/*}/
			steps+=("${child}vma:${map##*/},off=$((${word#*@} * PAGE))")
		done
		steps+=("list:mmio+$BASE,len=$SPAN" "log:k,has=$INVALID_FREE")
		shift 2
	done
	! has_leak "$want" || may_leak

	try "${steps[@]}"
	AT=3
	for ((i = 0; i < ${#ops[@]}; i++)); do
		tracked_state "${ops[i]}" "${wants[i]}"
		if [[ $TRACKED == exactly ]] && ((i > 0 && i < ${#ops[@]} - 1)); then
			continue
		fi
		assert_equal "after ${ops[i]}: $STATE" "after ${ops[i]}: ${wants[i]}"
	done
	note_leaks "$want"
}

# tracked_state OPERATION EXPECT: sets $STATE to what lines $AT and on say, in EXPECT's form.
tracked_state() {
	local word text vmas='' invalid=0

	for word in $1; do AT=$((AT + 1)); done
	text=${lines[AT - 1]##*: }
	STATE=
	[[ $text == ok ]] || STATE="=$text "
	for word in $2; do
		[[ $word == *@* ]] || continue
		vma_state "${lines[AT++]}"
		vmas+="${word%%=*}=$REPLY "
	done
	while [[ ${lines[AT]-} == "list "* ]]; do
		entry_state "${lines[AT++]##*: }"
		STATE+="$REPLY "
	done
	STATE+=$vmas
	while [[ ${lines[AT]-} == "log "* ]]; do
		[[ ${lines[AT++]} == *none ]] || invalid=$((invalid + 1))
	done
	((invalid == 0)) || STATE+="!$invalid "
	STATE=${STATE% }
	INVALID_FREES=$((INVALID_FREES + invalid))
}

# The following functions leave their answer in $REPLY: they are called often.

pages_of() { # FROM TO, in bytes from $BASE
	REPLY=$(($1 / PAGE))-$(($2 / PAGE))
}

entry_state() { # "0x0-0x4000 write-combining" or "none"
	local range=${1% *} mode=${1#* }

	REPLY=$1
	[[ $1 == *-* ]] || return 0
	pages_of "${range%-*}" "${range#*-}"
	[[ $mode == "$MODE" ]] || REPLY+=/$mode
}

vma_state() { # what a vma step says
	local refs range

	REPLY=${1##*: }
	case $1 in
	*tracking=none) REPLY=none ;;
	*tracking=vm_pat) REPLY=pat ;;
	*tracking=ctx*)
		refs=${1#*refs=} range=${1#*range=mmio+}
		pages_of $((${range%-*} - BASE)) $((${range#*-} - BASE))
		REPLY=${refs%% *}:$REPLY
		;;
	esac
}

has_leak() { # EXPECT
	[[ " $1" =~ \ [0-9]+-[0-9] ]]
}

may_leak() {
	[[ $TRACKING == *ctx || -n $(boot_reserved) ]] ||
		skip "this kernel leaks here; reserve memory at boot (memmap=256M\$...) to see it"
}

# note_leaks EXPECT: adds to LEAKS the reservations that stay for ever, as debugfs shows them.
note_leaks() {
	local word start

	has_leak "$1" || return 0
	start=$((FRESH_START + BASE))
	for word in $1; do
		[[ $word == [0-9]*-* ]] || continue
		LEAKS+=("$(printf 'PAT: [mem 0x%016x-0x%016x] %s' \
			$((start + ${word%-*} * PAGE)) $((start + ${word#*-} * PAGE)) "$MODE")")
	done
	printf '%s\n' "${LEAKS[@]}" >>"$RUN/leaks"
}
