# shellcheck shell=bash
# Controls: the kernel's own users of memory like ours, each a subject (zone-device.bash). Our
# suites run on them unchanged. Either the result is the same, or the control's own test of that
# name says what the result is and why.

load shared/zone-device

# control NAME PATTERN SUITE: registers the tests of SUITE whose descriptions match PATTERN, on
# the control NAME. Where CONTROL_DIFFERS[DESCRIPTION] is set, the function named there is the
# test, with the same arguments.
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

# The module can't find a page of another driver that nothing maps. So one mapping, `watch`, is
# there all the time, and its entry counts.
# $REPLY: the steps that open the control as file a, and map `watch`.
control_watch() { # FILE LENGTH
	REPLY=("a=file:$1" ask=open "watch=mmap:a,len=$2" "madvise:watch,advice=populate_read")
}

zd_look() { # OFFSET
	printf -v REPLY 'folio:watch,off=0x%x' "$1"
}

# The memory is in no region of ours.
zd_place() { # OFFSET
	REPLY='pfn=other'
}

# As in zone-device.bash, but the parent always looks: a child has no entry of `watch`.
zd_step() { # STEP
	REPLY=$1
	case ${1##*/} in
	look) zd_look 0 ;;
	look:*) zd_look "${1##*look:}" ;;
	word:dax* | idle:dax* | zap:* | *via=b*) skip "asks our driver about its own memory" ;;
	esac
}
