# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# The notation of tests: steps beside what they have to say.

# What an answer may be written with: TERMS[NAME] is put in place of NAME.
declare -gA TERMS=()

# check <<-END
#	STEP	ANSWER
#	...
# END
#
# The steps run in one process. An ANSWER is a pattern of the shell's: what its step prints
# behind the first colon; several lines of one list: step are joined by ", ". A STEP without
# an ANSWER says ok. What does not match is shown row by row.
check() {
	local steps=() wants=() step want text i at=0 wrong=''

	while read -r step want; do
		[[ -n $step ]] || continue
		check_want "${want:-ok}"
		steps+=("$step")
		wants+=("$REPLY")
	done
	try "${steps[@]}"
	for i in "${!steps[@]}"; do
		text=${lines[at]-"nothing: nothing"}
		if [[ $text == "list "* ]]; then
			while [[ ${lines[at + 1]-} == "${text%%: *}: "* ]]; do
				at=$((at + 1))
				text+=", ${lines[at]#*: }"
			done
		fi
		at=$((at + 1))
		text=${text#*: }
		# shellcheck disable=SC2053 # a pattern
		[[ $text == ${wants[i]} ]] ||
			wrong+="row $((i + 1)): ${steps[i]}: has to say '${wants[i]}', says '$text'"$'\n'
	done
	((at == ${#lines[@]})) || wrong+="said besides: ${lines[*]:at}"$'\n'
	[[ -n $wrong ]] || return 0
	fail "$wrong"
}

# check_want ANSWER: in $REPLY, with what its terms stand for.
check_want() {
	local term

	REPLY=$1
	for term in "${!TERMS[@]}"; do
		REPLY=${REPLY//"$term"/"${TERMS[$term]}"}
	done
}
