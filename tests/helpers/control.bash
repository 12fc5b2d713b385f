# shellcheck shell=bash
# The kernel's own users of such memory as ours, beside us: our suites run on them unchanged,
# and come to the same, or else the control's own test of that name says what comes out and why.

load helpers/zone-device

# control NAME PATTERN SUITE: the tests of the suite whose descriptions match, as NAME's. Where
# CONTROL_DIFFERS[DESCRIPTION] is set, that function is the test, with the arguments.
# Load what defines the subject after this.
# Global, though load is a function.
declare -gA CONTROL_DIFFERS=() CONTROL_TEXTS=()

control() {
	CONTROL=$1 CONTROL_PATTERN=$2
	load "suites/$3"
}

# As in zone-device.bash, but for the control.
zd_test() { # DESCRIPTION FUNCTION [ARGUMENT...]
	! another_test "control_run $CONTROL ${*:2}" || return 0
	[[ $1 =~ $CONTROL_PATTERN ]] || return 0
	# What bats knows a test by is quickest found without a blank in it, see bats.bash.
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
