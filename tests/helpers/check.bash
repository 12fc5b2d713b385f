# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# The notation of tests: each step beside the answer that it has to give.

# Short forms for answers: check replaces NAME by TERMS[NAME].
declare -gA TERMS=()
# SAID[NAME]: what the rows named NAME said in the last check, for what no pattern can express.
declare -gA SAID=()

# check <<-END
#	STEP	ANSWER
#	...
# END
#
# The steps run in one process. An ANSWER is a shell pattern for what the step prints after its
# first colon; check joins the lines of one list: step by ", ". A STEP without an ANSWER has to
# say ok. If an ANSWER begins with =NAME, its step has to say the same as the first row with
# =NAME; with !=NAME, something else. A pattern may follow, or another name. If rows do not
# match, check shows each of them.
check() {
	check_rows
	try "${CHECK_STEPS[@]}"
	check_lines
}

# rows_given: $REPLY is the rows on standard input, for a helper that puts others before them.
# Fails if there are none: the test would check nothing.
rows_given() {
	IFS= read -rd '' REPLY || true
	[[ -n $REPLY ]] || fail "${FUNCNAME[1]}: no rows"
}

# check_rows: splits the rows on standard input into CHECK_STEPS and CHECK_WANTS. A test that
# runs its steps by `beside` calls this itself.
check_rows() {
	local step want

	CHECK_STEPS=() CHECK_WANTS=()
	while read -r step want; do
		[[ -n $step ]] || continue
		check_want "${want:-ok}"
		CHECK_STEPS+=("$step")
		CHECK_WANTS+=("$REPLY")
	done
	((${#CHECK_STEPS[@]})) || fail "${FUNCNAME[1]}: no rows"
}

# check_lines: fails unless $lines, the output of CHECK_STEPS, is what CHECK_WANTS ask for.
check_lines() {
	local text i at=0 wrong=''

	SAID=()
	for i in "${!CHECK_STEPS[@]}"; do
		[[ ${CHECK_STEPS[i]} != await ]] || continue
		text=${lines[at]-"nothing: nothing"}
		if [[ $text == "list "* ]]; then
			while [[ ${lines[at + 1]-} == "${text%%: *}: "* ]]; do
				at=$((at + 1))
				text+=", ${lines[at]#*: }"
			done
		fi
		at=$((at + 1))
		text=${text#*: }
		check_answer "$text" "${CHECK_WANTS[i]}" ||
			wrong+="row $((i + 1)): ${CHECK_STEPS[i]}: has to say '$REPLY', says '$text'"$'\n'
	done
	((at == ${#lines[@]})) || wrong+="said besides: ${lines[*]:at}"$'\n'
	[[ -n $wrong ]] || return 0
	check_place
	fail "$REPLY:"$'\n'"$wrong"
}

# $REPLY: the file and line of the test or suite that has the rows. bats does not know the
# line of a command with a here-document.
check_place() {
	local frame=1

	while [[ ${BASH_SOURCE[frame]} == */@(helpers|shared)/* ]]; do
		frame=$((frame + 1))
	done
	REPLY=${BASH_SOURCE[frame]}
	[[ $REPLY != "${BATS_TEST_SOURCE-}" ]] || REPLY=$BATS_TEST_FILENAME
	REPLY=${REPLY##*/}:${BASH_LINENO[frame - 1]}
}

# check_want ANSWER: $REPLY is ANSWER with its TERMS replaced.
check_want() {
	local term

	REPLY=$1
	for term in "${!TERMS[@]}"; do
		REPLY=${REPLY//"$term"/"${TERMS[$term]}"}
	done
}

# check_answer TEXT ANSWER: whether TEXT matches ANSWER. $REPLY is what ANSWER asks for.
check_answer() {
	local names=() name

	REPLY=$2
	while [[ $REPLY == ?(!)=* ]]; do
		names+=("${REPLY%%[ $'\t']*}")
		REPLY=${REPLY#"${names[-1]}"}
		REPLY=${REPLY#"${REPLY%%[! $'\t']*}"}
		REPLY=${REPLY:-*}
	done
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == $REPLY ]] || return
	for name in "${names[@]}"; do
		case $name in
		!=*)
			REPLY="not ${SAID[${name#!=}]}"
			[[ $1 != "${SAID[${name#!=}]}" ]] || return
			;;
		=*)
			REPLY=${SAID[${name#=}]-"$1"}
			SAID[${name#=}]=$REPLY
			[[ $1 == "$REPLY" ]] || return
			;;
		esac
	done
}
