# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# The notation of tests: steps beside what they have to say.

# What an answer may be written with: TERMS[NAME] is put in place of NAME.
declare -gA TERMS=()
# What the rows named NAME said, for what no pattern can ask: SAID[NAME], of the last check.
declare -gA SAID=()

# check <<-END
#	STEP	ANSWER
#	...
# END
#
# The steps run in one process. An ANSWER is a pattern of the shell's: what its step prints
# behind the first colon; several lines of one list: step are joined by ", ". A STEP without
# an ANSWER says ok. An ANSWER that begins with =NAME says what the first such ANSWER said,
# and one that begins with !=NAME something else; a pattern may follow, or another name. What
# does not match is shown row by row.
check() {
	check_rows
	try "${CHECK_STEPS[@]}"
	check_lines
}

# rows_given: in $REPLY the rows on standard input, for a helper that puts others before them. A test
# without rows would check nothing.
rows_given() {
	IFS= read -rd '' REPLY || true
	[[ -n $REPLY ]] || fail "${FUNCNAME[1]}: no rows"
}

# check_rows: the rows on standard input, in CHECK_STEPS and CHECK_WANTS; for steps that beside
# runs.
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

# check_lines: whether CHECK_STEPS have said what CHECK_WANTS ask for.
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

# $REPLY: the file and line of the test, or of the suite, that the rows are of. bats does not
# know the line of a command with a here-document.
check_place() {
	local frame=1

	while [[ ${BASH_SOURCE[frame]} == */helpers/* ]]; do
		frame=$((frame + 1))
	done
	REPLY=${BASH_SOURCE[frame]}
	[[ $REPLY != "${BATS_TEST_SOURCE-}" ]] || REPLY=$BATS_TEST_FILENAME
	REPLY=${REPLY##*/}:${BASH_LINENO[frame - 1]}
}

# check_want ANSWER: in $REPLY, with what its terms stand for.
check_want() {
	local term

	REPLY=$1
	for term in "${!TERMS[@]}"; do
		REPLY=${REPLY//"$term"/"${TERMS[$term]}"}
	done
}

# check_answer TEXT ANSWER: whether it matches; in $REPLY, what the ANSWER asks for.
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
