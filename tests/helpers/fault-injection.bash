# shellcheck shell=bash
# The kernel's fault injection (Documentation/fault-injection): settings with which
# /proc/self/fail-nth reaches allocations that may sleep, and logs nothing.

# The settings, as FILE VALUE below debugfs. injection_off restores the former values.
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
