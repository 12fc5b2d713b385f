# shellcheck shell=bash
# The target: the machine whose kernel is tested. bats runs elsewhere, and runs commands on the
# target by a client, $TARGET_CLIENT (vm/agent/target.c), of the socket $TARGET. Without these
# two variables the target is this machine, and commands run as they are.

# A folder on this machine for what the tests know of the target.
if [[ -n ${TARGET-} ]]; then
	TARGET_FOLDER=${TARGET%/*}
else
	# shellcheck disable=SC2034 # for the other helpers
	TARGET_FOLDER=${BATS_SUITE_TMPDIR-}
fi

# A folder on the target for files of the tests.
TARGET_TMP=${TARGET_TMP:-/tmp}

# on [-i] [-t SECONDS] [-e NAME=VALUE]... COMMAND [ARGUMENT...]: runs the command on the
# target. -i passes standard input, which is empty otherwise. -t ends the command after SECONDS,
# with status 124.
on() {
	local input='' vars=("${ON[@]}") limit=() name

	for name in PFNMAP_TEST_KO PFNMAP_TEST_DEVICE; do
		[[ ! -v $name ]] || vars+=("$name=${!name}")
	done

	while [[ $1 == -* ]]; do
		case $1 in
		-i) input=-i ;;
		-t) limit=(timeout "$2") && shift ;;
		-e) vars+=("$2") && shift ;;
		esac
		shift
	done
	case "$*" in
	*insmod* | *rmmod* | *modprobe* | *load*) module_changed ;;
	esac
	if [[ -n ${TARGET-} ]]; then
		"$TARGET_CLIENT" $input "${limit[@]/#timeout/-t}" "${vars[@]/#/--env=}" "$TARGET" exec "$@"
	elif [[ -n $input ]]; then
		"${limit[@]}" env "${vars[@]}" "$@"
	else
		"${limit[@]}" env "${vars[@]}" "$@" </dev/null
	fi
}

# More environment variables for all commands on the target: NAME=VALUE.
ON=()

need_program() {
	on sh -c "command -v $1" >/dev/null || skip "no $1 here"
}

# Functions that run the program of the same name on the target.
for program in pfnmap-try pfnmapctl pfnmap-fuzz pfnmap-uapi-1 upstream-pfnmap insmod rmmod \
	modprobe modinfo dmesg; do
	eval "$program() { on $program \"\$@\"; }"
done
unset program

# Prints a file of the target. Files in /proc and /sys work, too.
target_read() { # FILE
	if [[ -n ${TARGET-} ]]; then
		"$TARGET_CLIENT" "$TARGET" get "$1"
	else
		cat "$1"
	fi
}

target_write() { # FILE TEXT
	# shellcheck disable=SC2016 # expanded there
	on sh -c 'printf "%s\n" "$2" >"$1"' sh "$1" "$2"
}

target_has() { # FILE
	on test -e "$1"
}

# Runs a shell script on the target, with arguments.
target_shell() { # TEXT [ARGUMENT...]
	on sh -euc "$1" sh "${@:2}"
}

# Sets the time limit of each test of this file from here on, for tests that take longer.
time_limit() { # SECONDS
	[[ -z ${RUN-} ]] || echo "$1" >"$RUN/time-limit"
}

target_is_set_up() {
	[[ -z ${TARGET-} ]] || "$TARGET_CLIENT" "$TARGET" set-up
}
