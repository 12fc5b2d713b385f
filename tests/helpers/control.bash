# shellcheck shell=bash
# The kernel's own users of such memory as ours, beside us: tests of our suites run on
# them unchanged, and come to the same, or else the control's own test of that name
# says what comes out and why.

# control NAME PATTERN FILE: the tests of FILE whose descriptions match, as NAME's. Where
# CONTROL_DIFFERS[DESCRIPTION] is set, that function is the test, with the arguments.
# Load what defines the subject after this.
# Global, though load is a function.
declare -gA CONTROL_DIFFERS=() CONTROL_TEXTS=()

control() {
	local real made=$BATS_RUN_TMPDIR/control-$3.bash

	[[ -e $made ]] || control_make "$3" >"$made"
	real=$(declare -f bats_test_function)
	CONTROL=$1 CONTROL_PATTERN=$2
	eval "control_real_${real#bats_}"
	eval 'bats_test_function() { control_register "$@"; }'
	# shellcheck source=/dev/null
	source "$made"
	eval "$real"
}

# As bats itself makes functions of tests: once, while it gathers them. What all files
# load is loaded.
control_make() { # FILE
	awk -v name="${1//[^a-z]/_}" '
		$0 == "load helpers/common" { next }
		/^(setup|teardown)_file\(\)/ { $0 = name "_" $0 }
		/^@test "/ {
			text = $0
			sub(/^@test /, "", text)
			sub(/" \{.*/, "\"", text)
			sub(/^@test ".*" \{/, "control_" name "_" NR "() {")
			print "bats_test_function --description " text " -- control_" name "_" NR
		}
		{ print }' "$BATS_TEST_DIRNAME/$1.bats"
}

control_register() { # [--tags TAGS] --description TEXT -- FUNCTION [ARGUMENT...]
	local text='' words="$*"

	! another_test "control_run $CONTROL ${words##*-- }" || return 0
	while [[ $1 != -- ]]; do
		[[ $1 != --description ]] || text=$2
		shift 2
	done
	shift
	[[ $text =~ $CONTROL_PATTERN ]] || return 0
	# What bats knows a test by is quickest found without a blank in it, see bats.bash.
	CONTROL_TEXTS["$*"]=$text
	control_real_test_function --description "$CONTROL: $text" -- control_run "$CONTROL" "$@"
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
