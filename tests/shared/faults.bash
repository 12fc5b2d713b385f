# shellcheck shell=bash disable=SC2034,SC2154 # for the tests; what try leaves
# Lets an operation fail at every point where it can, one after the other (try-nth.c).
#
#	walk LABEL OUTCOMES STEP...
#
# notes steps to run in this way. '!' marks the step that fails; OUTCOMES, a regular expression,
# is what it may say after a fault. `also STEP...` notes steps to run as they are. `walked` runs
# all noted steps in one process. A test file says in SOURCE where faults come from: nth or fail.

NOTED=() LABELS=() OUTCOMES=()

# An allocation fails, or an access to user memory.
FAULTS='ENOMEM|EFAULT'

# What a step says that should have worked, but did not.
WRONG='(: (E[A-Z0-9]+|SIG[A-Z]+)|not mapped)$'

walk() {
	local IFS=';'

	LABELS+=("$1") OUTCOMES+=("$2")
	shift 2
	NOTED+=("$SOURCE/$*")
}

also() {
	NOTED+=("$@")
}

# After a fault an operation may say one of OUTCOMES, or the same as WITHOUT a fault: the kernel
# has second choices, such as less memory for a slab.
walked_one() { # TEXT OUTCOMES WITHOUT
	[[ $1 =~ ^[0-9]+\ times\ [a-z0-9]+\ [^:]*:\ ($2)$ || $1 == *" times $3" ]]
}

walked() {
	local text points said n=-1 bad=()

	# Before 6.19 the kernel writes to a thread's rseq area whenever it has preempted the thread,
	# and sends SIGSEGV if the fault hits this write: seen in fork() on 6.18.35.
	run_on env GLIBC_TUNABLES=glibc.pthread.rseq=0 pfnmap-try "${NOTED[@]}"
	for text in "${lines[@]}"; do
		if [[ $text =~ ^$SOURCE:\ ([0-9]+)\ points,\ (.*)$ ]]; then
			n=$((n + 1)) points=${BASH_REMATCH[1]} said=${BASH_REMATCH[2]}
			[[ ! $said =~ $WRONG ]] || bad+=("${LABELS[n]}: $said without a fault")
			echo "# $points points: ${LABELS[n]}" >&3
		elif [[ $text == "$SOURCE: at "* ]]; then
			bad+=("${LABELS[n + 1]-}: ${text#*: }")
		elif [[ $text == "$SOURCE: "* ]]; then
			walked_one "${text#*: }" "${OUTCOMES[n]-}" "$said" ||
				bad+=("${LABELS[n]}: ${text#*: }")
		elif [[ $text =~ $WRONG ]]; then
			bad+=("$text")
		fi
	done
	assert_equal "$((n + 1))" ${#LABELS[@]}
	((${#bad[@]} == 0)) || fail "$(printf '%s\n' "${bad[@]}")"
	NOTED=() LABELS=() OUTCOMES=()
}

# with_file METHOD REGION LEVEL FLAGS: notes the steps that open file a and set it to map so.
with_file() {
	local node=

	[[ $4 != *prepare* ]] || node=:prepare
	also "a=open$node" "set:a,region=$2,method=$1,level=$3,mode=write-back"
}

# left REGION: in $REPLY, the steps that show whether a mapping of the region left something.
left() {
	REPLY=()
	[[ $1 == ram ]] || REPLY+=("list:$1")
	[[ $1 == mmio ]] || REPLY+=("folio:$1+0x0")
}

# The kernel's fault injection (Documentation/fault-injection): settings with which
# /proc/self/fail-nth reaches allocations that may sleep, and logs nothing.

# FILE VALUE, below debugfs. injection_off restores the former values.
INJECTION=("failslab/ignore-gfp-wait N" "failslab/verbose 0"
	"fail_page_alloc/ignore-gfp-wait N" "fail_page_alloc/ignore-gfp-highmem N"
	"fail_page_alloc/min-order 0" "fail_page_alloc/verbose 0" "fail_usercopy/verbose 0")

injection_there() {
	target_has /proc/self/fail-nth
}

# Prints the former values, as FILE VALUE.
# shellcheck disable=SC2016 # expanded there
injection_set() { # "FILE VALUE"...
	target_shell 'cd /sys/kernel/debug
		for setting; do
			[ -w "${setting% *}" ] || continue
			echo "${setting% *} $(cat "${setting% *}")"
			echo "${setting#* }" >"${setting% *}"
		done' "$@"
}

injection_on() {
	injection_there || return 0
	injection_set "${INJECTION[@]}" >"$BATS_FILE_TMPDIR/injection"
}

injection_off() {
	local was

	[[ -s $BATS_FILE_TMPDIR/injection ]] || return 0
	mapfile -t was <"$BATS_FILE_TMPDIR/injection"
	injection_set "${was[@]}" >/dev/null
}

injection_need() {
	injection_there || skip "the kernel injects no faults: no CONFIG_FAULT_INJECTION_DEBUG_FS"
}
