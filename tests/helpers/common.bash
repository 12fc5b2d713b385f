# shellcheck shell=bash
# What every test file loads: bats' libraries, the target, and what every test asserts
# besides its own concern. A test that must look elsewhere says so.

# For bats_test_function.
bats_require_minimum_version 1.11.0
load "${BASH_SOURCE[0]%/*}/bats"
load "${BASH_SOURCE[0]%/*}/target"
load "${BASH_SOURCE[0]%/*}/module"
load "${BASH_SOURCE[0]%/*}/kernel"
load "${BASH_SOURCE[0]%/*}/sanitised"
load "${BASH_SOURCE[0]%/*}/check"

# shellcheck disable=SC2034 # for the tests
DEV=/dev/pfnmap_test
# shellcheck disable=SC2034
MEMTYPE_LIST=/sys/kernel/debug/x86/pat_memtype_list

# If a line of the log has one of these, the kernel went wrong.
SPLAT='kernel BUG at|BUG:|WARNING:|Oops|general protection fault'
SPLAT+='|possible recursive locking|possible circular locking|Bad page|Bad rss|bad p[gum4]d'
SPLAT+='|KASAN|UBSAN'

# The kernel logs this when it is to free a reservation that the tree does not have. Before 6.16
# it does so once for each reservation that leaks (shared/tracked.bash), and otherwise never
# (T9, T13).
INVALID_FREE='freeing invalid memtype'

setup() {
	state_kept || invariants_note
}

# bats calls this as `teardown || ...`, where errexit is off: a command that fails does not end
# the function, and only its return value counts. A file that has something to undo after each
# of its tests defines clean_up, and not a teardown of its own. In clean_up errexit is off, too.
teardown() {
	local bad=0

	! declare -F clean_up >/dev/null || clean_up || bad=1
	invariants_check || bad=1
	# The state after a test is the state before the next test of the file. If something happens
	# between the two, module_changed has the state noted anew.
	[[ -z ${NEXT_MARKER-} ]] || echo "$NEXT_MARKER" >"$STATE_KEPT"
	return $bad
}

module_refs() {
	target_read /sys/module/pfnmap_test/refcnt
}

# refs_back REFS: waits until the module has REFS references again, for 5 seconds at most. If it
# still has not, teardown says so.
refs_back() {
	local i

	for ((i = 0; i < 50; i++)); do
		[[ $(module_refs) != "$1" ]] || return 0
		sleep 0.1
	done
}

# The kernel's log since this test began.
log() {
	on pfnmap-state log "$MARKER"
}

# On the target: the state that pfnmap-state noted, to compare the next one with.
STATE_FILE=${TARGET:+$TARGET_TMP}
STATE_FILE=${STATE_FILE:-$TARGET_FOLDER}/pfnmap-state
# Here: the mark that pfnmap-state wrote to the kernel's log as it noted that state.
STATE_KEPT=$TARGET_FOLDER/state-kept

# Begins a whole file, from setup_file, or one test. bats names the line that failed only in
# functions that bash traces, so trace the test's function. If a command with a here-document
# fails, bash says line 1 before it ends the test, as it does at exit: keep the line before.
invariants_begin() {
	if [[ -n ${BATS_TEST_NAME-} ]]; then
		declare -ft "${BATS_TEST_NAME%% *}" bats_error_trap bats_check_status_from_trap || true
		# In one line: bash adds the trap's own lines to the command's.
		# shellcheck disable=SC2016 # when it runs
		trap '((LINENO == 1)) && keep_line || bats_debug_trap "$BASH_SOURCE"' DEBUG
		[[ -n ${BATS_TEST_DESCRIPTION-} ]] || fail "bats has not found $BATS_TEST_NAME"
	fi
	sanitised_programs
	LEAKS=() INVALID_FREES=0
}

keep_line() {
	# shellcheck disable=SC2034 # for bats
	BATS_DEBUG_LASTLAST_STACK_TRACE=("${BATS_DEBUG_LAST_STACK_TRACE[@]}")
}

invariants_note() {
	local status

	invariants_begin
	MARKER="pfnmap-test: test $BATS_TEST_NUMBER, $$ at $EPOCHREALTIME"
	note_state || {
		status=$?
		[[ $status == "$NOT_SET_UP" ]] || return $status
		# The kernel died in the test before this one.
		set_up_again
		note_state
	}
	STATE_NOTED=yes
}

state_kept() {
	[[ -e $STATE_KEPT ]] || return
	invariants_begin
	MARKER=$(<"$STATE_KEPT")
	rm "$STATE_KEPT"
	STATE_NOTED=yes
}

# Waits for a target that is being restarted.
note_state() {
	local wait=()

	[[ -z ${TARGET-} ]] || wait=("$TARGET_CLIENT" --wait "$TARGET" exec)
	"${wait[@]}" pfnmap-state note "$STATE_FILE" "$MARKER"
}

# Exit status of the client if nothing has set the target up since it started.
NOT_SET_UP=123

set_up_again() {
	suite_load
	target_is_set_up
	! declare -F setup_file >/dev/null || setup_file
}

invariants_check() {
	# pfnmap-state shows the reports of the sanitisers, so run it without them.
	# shellcheck disable=SC2034 # of `on`
	local bad=0 said text='' invalid ON=()

	# The test was skipped before it began.
	[[ -n ${STATE_NOTED-} ]] || return 0
	NEXT_MARKER="pfnmap-test: after test $BATS_TEST_NUMBER, $$ at $EPOCHREALTIME"
	on pfnmap-state check "$STATE_FILE" "$MARKER" "$NEXT_MARKER" \
		"${SANITISER_REPORTS:-/nonexistent}" "${LEAKS[@]}" >"$BATS_RUN_TMPDIR/state" || bad=1
	mapfile -t said <"$BATS_RUN_TMPDIR/state"
	printf -v text '%s\n' "${said[@]}"
	LOG=${text#*$'log:\n'}
	# A test that fails may leave the module unloaded.
	if [[ $bad == 1 || -z ${BATS_TEST_COMPLETED-} ]] &&
		[[ -n ${BATS_TEST_NAME-} && -z ${BATS_TEST_SKIPPED-} ]]; then
		module_loaded || suite_load
	fi
	if ((bad)); then
		[[ $text == *log:* ]] || echo "# the target did not say what it left"
		sed '/^log:$/,$ d; s/^/# /' <<<"$text"
	fi
	invalid=${LOG//"$INVALID_FREE"}
	invalid=$(((${#LOG} - ${#invalid}) / ${#INVALID_FREE}))
	if ((invalid != INVALID_FREES)); then
		echo "# '$INVALID_FREE' is $invalid times in the log, not $INVALID_FREES"
		bad=1
	fi
	if [[ $LOG =~ $SPLAT ]]; then
		grep -E "$SPLAT" <<<"$LOG"
		echo "# the kernel complained"
		bad=1
	fi
	return $bad
}

# same WHAT BEFORE AFTER: fails if the two differ, and shows the first 20 lines that do.
same() {
	[[ $2 == "$3" ]] && return
	echo "# $1 changed"
	diff -U0 <(echo "$2") <(echo "$3") | sed '1,2 d; /^@@/ d; s/^/# /' | head -n 20
	return 1
}

# run_on [-STATUS] COMMAND [ARGUMENT...]: runs the command on the target. Its output is in
# $output and $lines, as run leaves it, its standard error in $stderr and $stderr_lines. The
# test fails unless the command succeeds, or ends with STATUS. run takes three times as long.
run_on() {
	local status=0 want=0

	[[ $1 != -* ]] || { want=${1#-} && shift; }
	on "$@" >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	mapfile -t lines <"$BATS_TEST_TMPDIR/output"
	printf -v output '%s\n' "${lines[@]}"
	output=${output%$'\n'}
	mapfile -t stderr_lines <"$BATS_TEST_TMPDIR/stderr"
	printf -v stderr '%s\n' "${stderr_lines[@]}"
	stderr=${stderr%$'\n'}
	((status == want)) || fail "$1: exit status $status"$'\n'"$output"$'\n'"$stderr"
}

# try STEP...: runs pfnmap-try on the target; its output is in $output and $lines.
try() {
	run_on pfnmap-try "$@"
}

# beside STEP...: runs pfnmap-try in the background, and returns when it has come to its step
# `await`. pfnmap-try waits there until beside_end, which leaves the output as try does.
beside() {
	local text

	coproc BESIDE { on -i pfnmap-try "$@" 2>&1 3>&-; }
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

# need_region REGION: skips unless the region is there. $REPLY is its bytes.
need_region() {
	info_of region "$1" || REPLY=
	read -r _ _ REPLY _ <<<"$REPLY"
	((REPLY > 0)) || skip "no $1 region here"
}

need_method() {
	has_method "$1" && return
	case $1 in
	vmf_insert_folio_p[mu]d)
		[[ -z $FOLIOS_SPECIAL ]] || skip "this kernel makes counted large entries special (dax.bats)"
		;;&
	*_pmd | *_pud | huge_zero_folio) has_thp || skip "no CONFIG_TRANSPARENT_HUGEPAGE, so no $1" ;;
	esac
	[[ ${KNOWN_METHODS-$1:} == *"$1:"* ]] || fail "no method is called $1"
	skip "this kernel has no $1"
}

# need_room REGION BYTES: skips unless the region has room for a leaf of that size.
need_room() {
	need_region "$1"
	((REPLY >= $2)) || skip "the $1 region is too small here"
}

# Since 6.15 each entry holds a reference on the folio that it maps, and counts in its mapcount.
entries_count() {
	has_method vmf_insert_page_mkwrite
}

# Of each level: bytes that an entry maps; the order of the folio behind it; and the method
# that maps a counted page or folio, or the devmap method before 6.15.
declare -gA LEAF_BYTES=([pte]=0x1000 [pmd]=0x200000 [pud]=0x40000000)
# shellcheck disable=SC2034 # for the tests
declare -gA ORDERS=([pte]=0 [pmd]=9 [pud]=18)
declare -gA COUNTED=([pte]=vmf_insert_page_mkwrite [pmd]=vmf_insert_folio_pmd
	[pud]=vmf_insert_folio_pud)
for level in "${!COUNTED[@]}"; do
	has_method "${COUNTED[$level]}" || COUNTED[$level]=devmap_$level
done
unset level

# need_counted LEVEL: skips unless the dax region can be mapped by ${COUNTED[LEVEL]}.
need_counted() {
	need_room dax "${LEAF_BYTES[$1]}"
	need_method "${COUNTED[$1]}"
}

# Cache modes can be told apart, and conflict, only with PAT.
need_pat() {
	[[ $PAT == on ]] || skip "PAT is off here"
}

# With CONFIG_DEBUG_VM the kernel warns of what other kernels let pass, and our debug kernel
# panics then. One case is 1 GiB leaves: pud_present() does not take a leaf without access for
# present, and the next mprotect() warns (pudp_invalidate(), 7.2 arch/x86/mm/pgtable.c:527).
# When a VMA is split, our driver clears the leaf, or the kernel would BUG
# (module/patterns/large_leaf.h).
panics_of_warnings() {
	[[ $(target_read /proc/sys/kernel/panic_on_warn) != 0 ]]
}

# The modes that PAT tells apart and the module can reserve.
# shellcheck disable=SC2034
MODES=(write-back write-combining uncached-minus uncached write-through)

# Prints the range that memmap=SIZE$START on the command line or PFNMAP_TEST_RESERVED
# (setup_suite.bash) keeps from the kernel, as SIZE@START.
boot_reserved() {
	# shellcheck disable=SC2016
	sed -nE 's/.*\bmemmap=([0-9]+[KMG])\$(0x[0-9a-f]+).*/\1@\2/p' \
		<<<"$CMDLINE ${PFNMAP_TEST_RESERVED:+memmap=$PFNMAP_TEST_RESERVED}"
}

# Prints what `behaviour` takes, on the kernel under test, for a bug that went away with VM_PAT
# (6.16). The test has just asserted this outcome.
fixed_since_ctx() {
	case $TRACKING in
	*ctx) echo fixed ;;
	*vm_pat) echo "bug reproduced" ;;
	*) echo "not applicable" ;;
	esac
}

# For a test that copies the first page of a private mapping of pfns, and unmaps the mapping.
need_copied_kept() {
	[[ -z $FORGETS_COPIED ]] ||
		skip "before 6.9 the kernel forgets a range whose first page was copied (cow-change.bats)"
}

# behaviour NAME ok|fixed|"bug reproduced"|"not applicable": a row of summary.json's table.
behaviour() {
	printf '%s\t%s\n' "$@" >>"${RUN:-$BATS_SUITE_TMPDIR}/behaviours"
}

# fixed_by_ctx BEHAVIOUR: notes a bug that "mm: convert VM_PFNMAP tracking to pfnmap_track() +
# pfnmap_untrack()" (6.16) fixed. The test has just asserted it.
fixed_by_ctx() {
	behaviour "$1 [f8e97613fed2]" "$(fixed_since_ctx)"
}

# known_bug NAME fixed|"bug reproduced" VERSION [STABLE...]: the row NAME, of a bug that is fixed in
# VERSION and in STABLE. A kernel that has the fix must say "fixed".
known_bug() {
	! fixed_in "${@:3}" || assert_equal "$2" fixed
	behaviour "$1" "$2"
}

# committed NAME: $REPLY is Committed_AS in MiB, from check's row with =NAME.
committed() {
	# shellcheck disable=SC2153 # check sets SAID
	REPLY=$((${SAID[$1]//[!0-9]/} / 1024))
}

need_memtype() {
	[[ -z $NO_MEMTYPE ]] || skip "no memtype query here: $NO_MEMTYPE"
}

# Only x86 reserves a range in a mode, also with PAT off.
need_reservations() {
	[[ $MACHINE == x86_64 ]] || skip "on $MACHINE nobody holds a range in a mode"
}

# Skips where the kernel can't take boot memory out of System RAM.
need_carving() {
	[[ $MACHINE == x86_64 ]] || skip "$MACHINE does not part with boot memory"
}

# What pgprot_noncached() makes.
NONCACHED=uncached-minus
# shellcheck disable=SC2034
[[ ${MACHINE-} != aarch64 ]] || NONCACHED=uncached
