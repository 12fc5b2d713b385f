# shellcheck shell=bash
# Bats itself, and its libraries: what of them takes a second of each test on an emulated
# machine, and what they get wrong (1.11), done otherwise.

# As before bash 5.1, what is read from a string (<<<) is a file, which is read at once: a
# pipe is read byte by byte, and each is a system call.
BASH_COMPAT=50

# Bats notes before each command where it is, to say so of one that fails: that takes
# a hundred times as long as the command. Where in the body of a test (invariants_note)
# or of a setup_file is enough.
if [[ " ${FUNCNAME[*]} " == *" bats_run_setup_file "* ]]; then
	# shellcheck disable=SC2016 # when it runs
	trap '[[ ${FUNCNAME[0]-} != @(setup|teardown)_file ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
else
	set +o functrace
fi

# And for each test it looks at every test of the file, for the one that is to run.
# What they are told apart by is quoted only where there is something to quote.
if [[ " ${FUNCNAME[*]} " == *" bats_evaluate_preprocessed_source "* ]] &&
	! declare -F another_test >/dev/null; then
	another_test() { # FUNCTION [ARGUMENT...], as one word
		[[ $1 != "$BATS_TEST_NAME" && $BATS_TEST_NAME != *[\\\'\"\$]* ]]
	}
	eval "look_at_$(declare -f bats_test_function)"
	bats_test_function() {
		local words="$*"

		another_test "${words##*-- }" || look_at_bats_test_function "$@"
	}
elif ! declare -F another_test >/dev/null; then
	another_test() { false; }
fi

# Where run --separate-stderr has it: a name is enough, and a shell's own.
mktemp() {
	if [[ $* == "$BATS_TEST_TMPDIR"/separate-stderr-XXXXXX ]]; then
		printf '%s\n' "${1%XXXXXX}$BASHPID"
	else
		command mktemp "$@"
	fi
}

# The libraries' own load.bash forks for each of their files, and this is read
# again for each test: half a second of every one, on an emulated machine.
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

# Bats' own countdown is told to stop by a signal, which bash loses in a test that is done
# before the countdown's fork is, and all wait for it then (bats-core #1067, #1206); and
# what `run` runs does not end with it (#1020).
bats_start_timeout_countdown() { # <seconds>
	# shellcheck disable=SC2064 # now
	trap "bats_timeout_trap $$" ABRT
	(
		if ! read -rt "$1" <>"$BATS_SUITE_TMPDIR/never" && kill -ABRT $$; then
			kill_below $$
		fi
	) &
	# Nobody is told that it was killed.
	disown
}

bats_abort_timeout_countdown() { # <pid>
	[[ -n ${BATS_TIMED_OUT-} ]] || kill -KILL "$1" 2>/dev/null || true
}

# The caller may be one of them.
kill_below() { # <pid>
	local child

	for child in $(pgrep -P "$1" || true); do
		kill_below "$child"
		[[ $child == "$BASHPID" ]] || kill -KILL "$child" 2>/dev/null || true
	done
}

# Only the names of the tests are asked for then.
if [[ " ${FUNCNAME[*]} " != *" bats_gather_tests_for_file "* ]]; then
	load_library bats-support
	load_library bats-assert
fi
