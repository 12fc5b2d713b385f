# shellcheck shell=bash
# Controls: the kernel's own users of memory like ours. Our suites run on them unchanged. Either
# the result is the same, or the control's own test of that name says what the result is and why.

load helpers/zone-device

# control NAME PATTERN SUITE: registers the tests of SUITE whose descriptions match PATTERN, on
# the control NAME. Where CONTROL_DIFFERS[DESCRIPTION] is set, the function named there is the
# test, with the same arguments. Load the file that defines the subject after this.
# -g: bats reads this file in a function, load.
declare -gA CONTROL_DIFFERS=() CONTROL_TEXTS=()

control() {
	CONTROL=$1 CONTROL_PATTERN=$2
	load "suites/$3"
}

# As in zone-device.bash, but for the control.
zd_test() { # DESCRIPTION FUNCTION [ARGUMENT...]
	! another_test "control_run $CONTROL ${*:2}" || return 0
	[[ $1 =~ $CONTROL_PATTERN ]] || return 0
	# bats finds a test fastest if its name has no blank, which needs quotes (bats.bash).
	CONTROL_TEXTS["${*:2}"]=$1
	bats_test_function --description "$CONTROL: $1" -- control_run "$CONTROL" "${@:2}"
}

control_run() { # CONTROL FUNCTION [ARGUMENT...]
	local control=$1 text

	shift
	text=${CONTROL_TEXTS["$*"]}
	if [[ -n ${CONTROL_DIFFERS[$text]:-} ]]; then
		shift
		"${CONTROL_DIFFERS[$text]}" "$@"
		behaviour "$control: $text" differs
	else
		"$@"
		behaviour "$control: $text" same
	fi
}
