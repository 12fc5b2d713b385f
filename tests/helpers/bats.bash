# shellcheck shell=bash
# Bats 1.11 and its libraries: faster replacements for what takes most of the time of a test.

# Before each command bats notes its line, to name the line if the command fails. The note
# takes a hundred times as long as the command. Lines in the body of a test (invariants_note)
# and of a setup_file are enough.
if [[ " ${FUNCNAME[*]} " == *" bats_run_setup_file "* ]]; then
	# shellcheck disable=SC2016 # when it runs
	trap '[[ ${FUNCNAME[0]-} != @(setup|teardown)_file ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
else
	set +o functrace
fi

# To run one test, bats compares the name of every test of the file, and quotes each name first.
# Without anything to quote, compare the name as it is.
if [[ " ${FUNCNAME[*]} " == *" bats_evaluate_preprocessed_source "* ]] &&
	! declare -F another_test >/dev/null; then
	another_test() { # FUNCTION [ARGUMENT...], as one word
		[[ $1 != "$BATS_TEST_NAME" && $BATS_TEST_NAME != *[\\\'\"\$]* ]]
	}
	[[ -e $BATS_RUN_TMPDIR/look_at ]] || echo "look_at_$(declare -f bats_test_function)" >"$BATS_RUN_TMPDIR/look_at"
	# shellcheck source=/dev/null
	source "$BATS_RUN_TMPDIR/look_at"
	bats_test_function() {
		local words="$*"

		another_test "${words##*-- }" || look_at_bats_test_function "$@"
	}
elif ! declare -F another_test >/dev/null; then
	another_test() { false; }
fi

# The libraries' own load.bash forks for each of their files, and bats loads the libraries
# again for each test.
load_library() {
	local dir file

	for dir in ${BATS_LIB_PATH//:/ }; do
		[[ -d $dir/$1/src ]] || continue
		for file in "$dir/$1"/src/*.bash; do
			# shellcheck source=/dev/null
			source "$file"
		done
		return
	done
	bats_load_library "$1"
}

# While bats gathers the names of the tests, no test asserts anything.
if [[ " ${FUNCNAME[*]} " != *" bats_gather_tests_for_file "* ]]; then
	load_library bats-support
	load_library bats-assert
fi
