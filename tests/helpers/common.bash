# shellcheck shell=bash
# What every test file loads: bats' libraries, and what every test asserts
# besides its own concern. A test that must look elsewhere says so.

bats_require_minimum_version 1.5.0
load "${BASH_SOURCE[0]%/*}/bats"
load "${BASH_SOURCE[0]%/*}/sanitised"

export DEV=/dev/pfnmap_test
MEMTYPE_LIST=/sys/kernel/debug/x86/pat_memtype_list

# One line of any of these in the log is a kernel that went wrong.
SPLAT='kernel BUG at|BUG:|WARNING:|Oops|general protection fault'
SPLAT+='|possible recursive locking|possible circular locking|Bad page|Bad rss|bad p[gum4]d'
SPLAT+='|KASAN|UBSAN'

# PAT says so of a reservation that it does not know: once for each that leaks
# before 6.16, see helpers/tracked.bash, and otherwise never (T9, T13).
INVALID_FREE='freeing invalid memtype'

# Taint that says the same: W, D and B. A module that is not from the tree
# taints too, which is no news.
TAINT_BITS=$((1 << 9 | 1 << 7 | 1 << 5))

setup() {
	invariants_note
}

teardown() {
	invariants_check
}

# What a test must leave as it was: MEMTYPES, TAINT and REFS. To read them without a
# process for each takes a tenth of the time, on an emulated machine.
read_state() {
	local value

	MEMTYPES='' TAINT='' REFS='not loaded'
	if [[ -r $MEMTYPE_LIST ]]; then
		mapfile -t value <"$MEMTYPE_LIST"
		printf -v MEMTYPES '%s\n' "${value[@]:1}"
	elif [[ -e $DEV ]]; then
		MEMTYPES=$(pfnmap-try a=open list)
	fi
	# Without CONFIG_PROC_SYSCTL there is the log alone to tell.
	if [[ -r /proc/sys/kernel/tainted ]]; then
		read -r value </proc/sys/kernel/tainted
		TAINT=$((value & TAINT_BITS))
	fi
	[[ ! -e /sys/module/pfnmap_test/refcnt ]] || read -r REFS </sys/module/pfnmap_test/refcnt
}

memtypes() {
	read_state
	echo "${MEMTYPES%$'\n'}"
}

module_refs() {
	read_state
	echo "$REFS"
}

# The kernel's log since this test began, in LOG. The end of it is quicker to have than
# all, and mostly enough.
read_log() {
	local lines i all

	for all in "-S -s 16384" ""; do
		# shellcheck disable=SC2086 # words
		mapfile -t lines <<<"$(dmesg $all)"
		for ((i = ${#lines[@]}; i > 0; i--)); do
			[[ ${lines[i - 1]} != *"$MARKER" ]] || break 2
		done
	done
	printf -v LOG '%s\n' "${lines[@]:i}"
}

log() {
	read_log
	printf %s "${LOG%$'\n'}"
}

invariants_note() {
	# Of a whole file, in setup_file, or of one test. Traced, and what has to be so
	# for the line that failed to be told right.
	if [[ -n ${BATS_TEST_NAME-} ]]; then
		declare -ft "${BATS_TEST_NAME%% *}" bats_error_trap bats_check_status_from_trap || true
		[[ -n ${BATS_TEST_DESCRIPTION-} ]] || fail "bats has not found $BATS_TEST_NAME"
	fi
	sanitised_programs
	LEAKS=() INVALID_FREES=0
	MARKER="pfnmap-test: test $BATS_TEST_NUMBER, $$ at $EPOCHREALTIME"
	echo "$MARKER" >/dev/kmsg
	read_state
	MEMTYPES_BEFORE=$MEMTYPES TAINT_BEFORE=$TAINT REFS_BEFORE=$REFS
}

same() {
	[[ $2 == "$3" ]] && return
	printf '# %s changed\n# before:\n%s\n# after:\n%s\n' "$@"
	return 1
}

# Takes from MEMTYPES the reservations that the test said are lost for ever, each of
# which has to be there.
without_leaks() {
	local leak rest

	for leak in "${LEAKS[@]}"; do
		rest=${MEMTYPES/"$leak"$'\n'}
		[[ $rest != "$MEMTYPES" ]] || echo "not leaked: $leak"
		MEMTYPES=$rest
	done
}

invariants_check() {
	local bad=0 invalid

	# A test that was skipped before it began.
	[[ -n ${MARKER-} ]] || return 0
	read_state
	without_leaks
	same "memtype list" "$MEMTYPES_BEFORE" "$MEMTYPES" || bad=1
	same "taint (W, D, B)" "$TAINT_BEFORE" "$TAINT" || bad=1
	same "module's reference count" "$REFS_BEFORE" "$REFS" || bad=1
	read_log
	invalid=${LOG//"$INVALID_FREE"}
	same "count of '$INVALID_FREE' in the log" "$INVALID_FREES" \
		$(((${#LOG} - ${#invalid}) / ${#INVALID_FREE})) || bad=1
	sanitiser_silent || bad=1
	if [[ $LOG =~ $SPLAT ]]; then
		grep -E "$SPLAT" <<<"$LOG"
		echo "# the kernel complained"
		bad=1
	fi
	return $bad
}

# try STEP...: what pfnmap-try prints, in $output and $lines.
try() {
	run -0 --separate-stderr pfnmap-try "$@"
}

# beside STEP...: pfnmap-try in the background, where it has come to its step
# `await`. There it stays until beside_end, which leaves its output as try does.
beside() {
	local text

	coproc BESIDE { exec pfnmap-try "$@" 2>&1 3>&-; }
	BESIDE_LINES=()
	while read -r text <&"${BESIDE[0]}"; do
		[[ $text != await ]] || return 0
		BESIDE_LINES+=("$text")
	done
	printf '%s\n' "${BESIDE_LINES[@]}"
	fail "pfnmap-try ended before it came to await"
}

# shellcheck disable=SC2034 # as run leaves them
beside_end() {
	local pid=$BESIDE_PID rest

	exec {rest}<&"${BESIDE[0]}"
	echo >&"${BESIDE[1]}"
	mapfile -t -O ${#BESIDE_LINES[@]} -u "$rest" BESIDE_LINES
	exec {rest}<&-
	wait "$pid"
	lines=("${BESIDE_LINES[@]}")
	output=$(printf '%s\n' "${lines[@]}")
}

# line N TEXT: the Nth line of the output, counted from 1.
line() {
	assert_equal "${lines[$1 - 1]-}" "$2"
}

need_region() {
	[[ $(pfnmap-try a=open "set:a,region=$1") != *ENXIO ]] || skip "no $1 region here"
}

has_method() {
	[[ $METHODS == *" $1 "* ]]
}

need_method() {
	has_method "$1" || skip "this kernel has no $1"
}

# need_room REGION BYTES: leaves of that size are possible.
need_room() {
	need_region "$1"
	(($(region_field "$1" bytes) >= $2)) || skip "the $1 region is too small here"
}

# Cache modes can be told apart, and conflict, only with PAT.
need_pat() {
	[[ $PAT == on ]] || skip "PAT is off here"
}

# CONFIG_DEBUG_VM warns of what other kernels let pass; ours panics then. Of a 1 GiB leaf:
# without access it is not present to pud_present(), and the next mprotect() says so
# (pudp_invalidate(), 7.2 arch/x86/mm/pgtable.c:527); and where the VMA is split our
# driver clears it, for the kernel not to BUG (module/patterns/large_leaf.h).
panics_of_warnings() {
	[[ $(</proc/sys/kernel/panic_on_warn) != 0 ]]
}

# The modes that PAT tells apart and the module can reserve.
# shellcheck disable=SC2034
MODES=(write-back write-combining uncached-minus uncached write-through)

# T7: one rule says which of two modes may be had where another is held, for all
# who ask: is_new_memtype_allowed(). What is not refused gets the held one.
refused_pair() { # HELD ASKED
	case "$1 $2" in
	"write-back write-combining" | "write-back uncached-minus" | "write-back write-through") return 0 ;;
	"write-combining write-through") return 0 ;;
	esac
	return 1
}

# What numa_maps says, where a kernel has it, in REPLY.
numa_maps() { # ANSWER
	REPLY=$1
	[[ -e /proc/self/numa_maps ]] || REPLY=ENOENT
}

# region_field REGION start|bytes, as a number.
region_field() {
	pfnmapctl info -j | jq -r --arg name "$1" --arg field "$2" \
		'.[] | select(.kind == "region" and .name == $name) | .[$field]'
}

# The range that memmap=SIZE$START on the command line reserved, or as good as that
# (setup_suite.bash), as SIZE@START.
boot_reserved() {
	# shellcheck disable=SC2016
	sed -nE 's/.*\bmemmap=([0-9]+[KMG])\$(0x[0-9a-f]+).*/\1@\2/p' \
		<<<"$(</proc/cmdline) ${PFNMAP_TEST_RESERVED:+memmap=$PFNMAP_TEST_RESERVED}"
}

# What a bug that went with VM_PAT (6.16) is on the kernel under test, for
# behaviour: its test has just asserted so.
fixed_since_ctx() {
	case $TRACKING in
	*ctx) echo fixed ;;
	*vm_pat) echo "bug reproduced" ;;
	*) echo "not applicable" ;;
	esac
}

# behaviour NAME ok|fixed|"bug reproduced"|"not applicable": for summary.json, see
# teardown_suite.
behaviour() {
	printf '%s\t%s\n' "$@" >>"$BATS_SUITE_TMPDIR/behaviours"
}

need_memtype() {
	try a=open lookup:0x0
	[[ ${lines[1]} != *EOPNOTSUPP* ]] || skip "no memtype query here: $(
		dmesg | grep 'no memtype query' | tail -n 1 | grep . || echo "nobody keeps track on $HOSTTYPE"
	)"
}

# To hold a range in a mode is possible where conflicts are, be PAT on or off.
need_reservations() {
	[[ $HOSTTYPE == x86_64 ]] || skip "on $HOSTTYPE nobody holds a range in a mode"
}

# Boot memory can be taken out of System RAM.
need_carving() {
	[[ $HOSTTYPE == x86_64 ]] || skip "$HOSTTYPE does not part with boot memory"
}

# What pgprot_noncached() makes.
NONCACHED=uncached-minus
# shellcheck disable=SC2034
[[ $HOSTTYPE != aarch64 ]] || NONCACHED=uncached
