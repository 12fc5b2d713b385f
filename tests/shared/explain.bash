# shellcheck shell=bash disable=SC2034,SC2154 # for the tests; lines is what try leaves
# What pfnmapctl explain says of a mapping of pfnmap-try's, and what then happens to the mapping.

load helpers/zram

# Where pfnmap-try maps, so that explain can be asked about it, and where mremap() moves it.
AT=0x600000000000
ELSEWHERE=0x610000000000

# explain_json ARGUMENT...: $ROWS is the output of explain -j. ANSWERS[ABOUT, WHAT] has the answers.
explain_json() {
	local about what answer

	run_on pfnmapctl explain -j "$@"
	ROWS=$output
	ANSWERS=()
	while IFS=$'\t' read -r about what answer; do
		: "${ANSWERS["$about, $what"]=$answer}"
	done < <(jq -r '.[] | [.about, .what, .answer] | @tsv' <<<"$ROWS")
}
declare -gA ANSWERS=()

# cell ABOUT WHAT COLUMN: $REPLY is that column of the first row about this.
cell() {
	REPLY=$(jq -r --arg about "$1" --arg what "$2" --arg column "$3" \
		'[.[] | select(.about == $about and .what == $what)][0][$column] | tostring' <<<"$ROWS")
}

# says ABOUT WHAT ANSWER [WHY]: asserts the answer, and its reason by a regular expression.
says() {
	assert_equal "$1, $2: ${ANSWERS["$1, $2"]-}" "$1, $2: $3"
	[[ -z ${4-} ]] || {
		cell "$1" "$2" why
		assert_regex "$REPLY" "$4"
	}
}

# held_by MODE HOLDER: asserts that such a holder is among those of the memory. Both are
# regular expressions.
held_by() {
	local rows

	rows=$(jq -r '.[] | select(.about == "held") | .answer + " " + .why' <<<"$ROWS")
	assert_regex "$rows" "(^|"$'\n'")$1 [^"$'\n'"]*$2"
}

# beside_pid STEP...: as beside, and $PID is the process.
beside_pid() {
	local text

	beside "$@"
	for text in "${BESIDE_LINES[@]}"; do
		[[ $text != "pid "* ]] || PID=${text#pid }
	done
}

# Shows whether an answer is right: the use, its steps, and how the line begins that has the
# result. M is the mapping, B its bytes. Each use gets a mapping of its own.
USE_STEPS=(
	"read|read:M|read M+0x0"
	"write|write:M,val=7 inspect:M|write M+0x0"
	"pin|p_M=pin:M,slow unpin:p_M|pin p_M"
	"pin write|p_M=pin:M,slow,write unpin:p_M|pin p_M"
	"longterm pin|p_M=pin:M,either,longterm unpin:p_M|pin p_M"
	"longterm pin write|p_M=pin:M,either,longterm,write unpin:p_M|pin p_M"
	"O_DIRECT write|d_M=file:$ZRAM,direct pwrite:d_M,from=M close:d_M|pwrite d_M"
	"O_DIRECT read|d_M=file:$ZRAM,direct pread:d_M,to=M close:d_M|pread d_M"
	"process_vm_readv|vmread:M|vmread M+0x0"
	"ptrace|peek:M|peek M+0x0"
	"KVM and VFIO|follow:M|follow M+0x0"
	"fork|fork:c_M c_M/leaf:M exit:c_M|leaf M+0x0"
	"mremap move|n_M=mremap:M,len=B,fixed=$ELSEWHERE,maymove|mremap n_M"
	"mremap grow|mremap:M,len=BB,maymove|mremap M"
)

# fits ANSWER WHAT REAL: is REAL, what happened, as ANSWER said?
fits() {
	case $1 in
	depends) ;;
	fault\(\)) [[ $2 == fork && $3 == none || $2 != fork && $3 != SIGSEGV ]] ;;
	entries) [[ $3 != none && $3 != E* ]] ;;
	"left out") [[ $3 == EFAULT ]] ;;
	access\(\)) [[ $3 == 0x* ]] ;;
	ok | copied) [[ $3 != E[A-Z]* && $3 != SIG* ]] ;;
	*) [[ $3 == "$1" ]] ;;
	esac
}

# comes_true BYTES MAP [TOUCH...]: asserts each answer about a mapping. The step MAP makes the
# mapping, and the steps of TOUCH touch it; M stands for it. The process first runs the steps
# in BEFORE. It does not try SKIP_USES.
comes_true() {
	local bytes=$1 map=$2 use what steps tells name one=() all=() n=0 wrong='' real answer tried=()

	shift 2
	for use in "${USE_STEPS[@]}"; do
		IFS='|' read -r what steps tells <<<"$use"
		name=m$((n++))
		[[ " $SKIP_USES " != *" ${what// /_} "* ]] || continue
		[[ $steps != *d_M* || -n ${ZRAM:-} ]] || continue
		read -ra one <<<"$name=$map,fixed=$AT $* $steps"
		one=("${one[@]//BB/$((bytes * 2))}")
		one=("${one[@]//=B,/=$bytes,}")
		one=("${one[@]//_M/_$name}")
		one=("${one[@]//:M/:$name}")
		one=("${one[@]//=M/=$name}")
		all+=("${one[@]}")
		tried+=("$what|$tells|$name")
		case $what in
		"mremap move") all+=("munmap:n_$name") ;;
		"mremap grow") all+=("munmap:$name,len=$bytes") ;;
		*) all+=("munmap:$name") ;;
		esac
	done
	read -ra one <<<"m=$map,fixed=$AT ${*//:M/:m}"
	beside_pid "${BEFORE[@]}" "${one[@]}" pid await munmap:m "${all[@]}"
	explain_json "$PID" "$AT" || {
		beside_end
		return 1
	}
	beside_end

	((${#tried[@]} > 8))
	for use in "${tried[@]}"; do
		IFS='|' read -r what tells name <<<"$use"
		tells=${tells//M/$name}
		real=$(sed -n "s/^$tells: //p" <<<"$output" | tail -n 1)
		answer=${ANSWERS["use, $what"]-}
		[[ -n $real ]] && fits "$answer" "$what" "$real" || wrong+="$what: $answer, and not $real"$'\n'
		[[ $answer != copied ]] || grep -q "^inspect $name+0x0: .* folio=[^ ]*anon" <<<"$output" ||
			wrong+="$what: copied, and is not"$'\n'
	done
	assert_equal "$wrong" ""
}

BEFORE=() SKIP_USES=''
