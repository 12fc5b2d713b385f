#!/usr/bin/env bats
# shellcheck disable=SC2154 # stderr and stderr_lines are what run leaves
# pfnmapctl, used wrongly: what each command says of wrong arguments, and of a device that is
# not there, not this user's, or another driver's. The test asks pfnmapctl itself for its
# commands, so that it forgets none.

load helpers/common
load shared/commands

setup_file() {
	local command

	COMMANDS=$(commands)
	[[ $COMMANDS == *$'\nmap\n'* && $COMMANDS == *$'\nmemtype lookup'* ]]
	# Each command's long options that take a value: COMMAND: NAME=KIND.
	OPTIONS=$(while read -r command; do
		# shellcheck disable=SC2086 # words
		pfnmapctl $command --help |
			sed -nE "s/^ .*--([a-z-]+)=([A-Z]+) .*/$command: \1=\2/p"
	done <<<"$COMMANDS")
	export COMMANDS OPTIONS
	[[ $OPTIONS == *"map: length=BYTES"* && $OPTIONS == *"map: mode=NAME"* ]]
}

# takes COMMAND FUNCTION KIND...: calls FUNCTION for each of COMMAND's options of those kinds.
takes() {
	local command=$1 function=$2 kinds=" ${*:3} " of option

	while IFS=: read -r of option; do
		option=${option# }
		[[ $of != "$command" || $kinds != *" ${option#*=} "* ]] ||
			"$function" "$command" "${option%=*}"
	done <<<"$OPTIONS"
}

# each FUNCTION [EXCEPT...]: calls FUNCTION for each command.
each() {
	local function=$1 command
	shift
	while read -r command; do
		[[ " $* " != *" ${command// /_} "* ]] || continue
		"$function" "$command"
	done <<<"$COMMANDS"
}

# refused COMMAND ARG...: exit 2, and only one line that says who refuses and why, and argp's hint.
refused() {
	local command=$1 text
	shift
	# shellcheck disable=SC2086 # words
	run_on -2 pfnmapctl $command "$@"
	assert_equal "$output" ""
	text=${stderr%$'\n'Try*}
	if [[ $text == *$'\n'* || $text != "pfnmapctl"*": "?* ]]; then
		printf '%s\n' "pfnmapctl $command $*" "$stderr"
		fail "not one line"
	fi
}

# says STATUS TEXT COMMAND ARG...: one line on stderr, with TEXT in it.
says() {
	local want=$1 text=$2 command=$3
	shift 3
	# shellcheck disable=SC2086 # words
	run_on "-$want" "$@" pfnmapctl $command "${ARGS[@]}"
	if [[ ${#stderr_lines[@]} -ne 1 || $stderr != "pfnmapctl: "*"$text"* ]]; then
		printf '%s\n' "pfnmapctl $command" "$stderr"
		fail "not one line with '$text'"
	fi
}

# Sets ARGS to the arguments that a command needs: without them it complains of these first.
needed() {
	case $1 in
	"memtype lookup") ARGS=(0x1000) ;;
	explain) ARGS=(1 0x1000) ;;
	"memtype reserve") ARGS=(--mode write-back) ;;
	*) ARGS=() ;;
	esac
}

unknown_option() {
	refused "$1" --nonsense
}

@test "usage: every command refuses an option that it has not" {
	each unknown_option
}

too_many() {
	refused "$1" one two three
}

@test "usage: every command refuses too many arguments" {
	# memtype reserve takes a command of any length.
	each too_many memtype_reserve
}

# A number that an option does not take. All options refuse other bad numbers in the same way.
number_refused() {
	refused "$1" "--$2=-1"
	[[ $stderr == *"--$2: '-1' is not a number"* ]] || fail "$1: $stderr"
}

no_number() {
	takes "$1" number_refused BYTES NUMBER SECONDS
}

@test "usage: every command refuses an option's number that is none" {
	each no_number
}

@test "usage: numbers that are none are refused" {
	local value

	for value in "" nonsense 1x 0x 1kk 4096Z 99999999999999999999 99999999999G; do
		refused map "--length=$value"
		refused "memtype lookup" "$value"
	done
	refused map --length
}

name_refused() {
	refused "$1" "${ARGS[@]}" "--$2=nonsense"
	[[ $stderr == *"'nonsense'"* ]] || fail "$1: $stderr"
}

no_name() {
	needed "$1"
	takes "$1" name_refused NAME HOW
}

@test "usage: every command refuses names that there are not" {
	each no_name
}

@test "usage: groups of commands want one of theirs" {
	refused "" nonsense
	refused memtype
	refused memtype nonsense
	refused "" --device
}

# Each line that it shows is a command that works.
@test "usage: without a word pfnmapctl shows the five commands to begin with" {
	local line command names

	run_on -2 pfnmapctl
	assert_equal "$output" ""
	mapfile -t names < <(sed -nE 's/^  pfnmapctl ([a-z]+( list)?).*/\1/p' <<<"$stderr")
	assert_equal "${names[*]}" "load info map memtype list doctor"
	for command in "${names[@]}"; do
		[[ $'\n'$COMMANDS$'\n' == *$'\n'$command$'\n'* ]] || fail "no $command"
	done
	while read -r line; do
		# shellcheck disable=SC2086 # words
		[[ $line != "pfnmapctl "*--* ]] || run_on $line
	done <<<"$stderr"
}

@test "usage: arguments that do not go together are refused" {
	refused "memtype lookup"
	refused "memtype lookup" nonsense
	refused "memtype reserve"
	refused "memtype reserve" --mode write-back --hold 1 true
	refused "memtype list" --start 2 --last 1
	refused "map" --count 0
	refused "bench" --runs 4
	refused "bench" --runs 65
}

not_there() {
	needed "$1"
	ARGS+=(--device /nonexistent)
	says 4 "/nonexistent: No such file or directory (ENOENT)" "$1"
}

@test "usage: every command says that the node is not there" {
	# load and unload need no node, and doctor reports a missing one among its checks.
	each not_there load unload doctor
}

another_device() {
	needed "$1"
	ARGS+=(--device /dev/null)
	says 1 "this is not a device of pfnmap_test" "$1"
}

@test "usage: every command says that the node is another driver's" {
	each another_device load unload doctor
}

nobody() {
	needed "$1"
	says 1 "(EACCES): run pfnmapctl as root" "$1" setpriv --reuid=65534 --clear-groups
}

@test "usage: every command says that this user may not open the node" {
	need_program setpriv
	each nobody load unload doctor
}

# strace changes the answer of the first ioctl on the node, GET_INFO.
older() {
	needed "$1"
	says 1 "the module has ABI 0, not $ABI" "$1" strace -qqq -o /dev/null \
		-P /dev/pfnmap_test -e trace=ioctl \
		-e inject=ioctl:poke_exit=@arg3="$INFO":when=1
}

@test "usage: a module that is older than the program is refused" {
	need_program strace
	# ASan's leak checker has to be the only tracer.
	plain_programs
	ABI=$(sed -n 's/^#define PFNMAP_TEST_ABI\t*//p' \
		"$BATS_TEST_DIRNAME/../module/uapi/pfnmap_test.h")
	# struct pfnmap_test_info: size and abi.
	INFO=2800000000000000
	# One command that needs the device, and one that can do without: they open it differently.
	# Not all commands, as strace takes seconds in an emulator.
	older info
	older "memtype list"
}

not_loaded() {
	needed "$1"
	says 4 "module is not loaded" "$1"
}

@test "usage: every command says that the module is not loaded" {
	rmmod pfnmap_test
	# memtype list, map and lookup fall back to debugfs.
	each not_loaded load doctor memtype_list memtype_map memtype_lookup
	suite_load
}
