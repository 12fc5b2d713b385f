# shellcheck shell=bash
# The kernel's own users of such memory as ours, beside us: tests of our suites run on
# them unchanged, and come to the same, or else the control's own test of that name
# says what comes out and why.

# control NAME PATTERN FILE: the tests of FILE whose descriptions match, as NAME's. Where
# CONTROL_DIFFERS[DESCRIPTION] is set, that function is the test, with the arguments.
# Load what defines the subject after this.
# Global, though load is a function.
declare -gA CONTROL_DIFFERS=()

control() {
	local real

	real=$(declare -f bats_test_function)
	CONTROL=$1 CONTROL_PATTERN=$2
	eval "control_real_${real#bats_}"
	eval 'bats_test_function() { control_register "$@"; }'
	# As bats itself makes functions of tests.
	# shellcheck source=/dev/null
	source <(awk -v name="${3//[^a-z]/_}" '
		/^(setup|teardown)_file\(\)/ { $0 = name "_" $0 }
		/^@test "/ {
			text = $0
			sub(/^@test /, "", text)
			sub(/" \{.*/, "\"", text)
			sub(/^@test ".*" \{/, "control_" name "_" NR "() {")
			print "bats_test_function --description " text " -- control_" name "_" NR
		}
		{ print }' "$BATS_TEST_DIRNAME/$3.bats")
	eval "$real"
}

control_register() { # [--tags TAGS] --description TEXT -- FUNCTION [ARGUMENT...]
	local text=''

	while [[ $1 != -- ]]; do
		[[ $1 != --description ]] || text=$2
		shift 2
	done
	shift
	[[ $text =~ $CONTROL_PATTERN ]] || return 0
	control_real_test_function --description "$CONTROL: $text" -- control_run "$CONTROL" "$text" "$@"
}

control_run() { # CONTROL DESCRIPTION FUNCTION [ARGUMENT...]
	local control=$1 text=$2

	shift 2
	if [[ -n ${CONTROL_DIFFERS[$text]:-} ]]; then
		shift
		"${CONTROL_DIFFERS[$text]}" "$@"
		behaviour "$control: $text" differs
	else
		"$@"
		behaviour "$control: $text" same
	fi
}
