# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests of ZONE_DEVICE memory, mapped by pages or by whole folios. A case is written once, for
# any driver that gives such memory: the subject. Ours is the dax region. Another subject loads
# this file, and then redefines the functions zd_* of its first part, see there.

# The subject. ZD_REFS and ZD_MAPS are the references and the mapcount that its folios have
# when no test maps them.
ZD_REFS=1 ZD_MAPS=0

# Skips if the subject has no memory for entries of that level.
zd_need() { # LEVEL
	need_counted "$1"
}

# $REPLY: an array of the steps that open the subject as file $2. A subject that is not ours
# opens the module's device, too: tests ask about pages through it.
zd_open() { # LEVEL FILE
	REPLY=("$2=open" "set:$2,region=dax,method=${COUNTED[$1]},mode=write-back,level=$1")
}

# $REPLY: the step that looks at the folio of some offset, mapped or not.
zd_look() { # OFFSET
	printf -v REPLY 'folio:dax+0x%x' "$1"
}

# $REPLY: how leaf: shows the memory at some offset.
zd_place() { # OFFSET
	printf -v REPLY 'dax+0x%x' "$1"
}

# zd LEVEL <<-END
#	STEP	ANSWER
#	...
# END
#
# As check, but file `a` is open for entries of that level; and a STEP look[:OFF] looks at the
# folio at that offset. In an ANSWER
#
#	BYn	is what look says while n entries map the folio; BYn+m, with m
#		references besides
#	LEVEL	the level
#	AT+OFF	the memory at that offset, in write-back mode
#	WRITTEN+OFF	the entry of that memory once it was written to
#	PIN	what a pin says
zd() {
	local level=$1 step want rows=''

	zd_need "$level"
	while read -r step want; do
		[[ -n $step ]] || continue
		zd_step "$step"
		rows+=$REPLY
		zd_want "$want"
		rows+=" $REPLY"$'\n'
	done
	[[ -n $rows ]] || fail "zd: no rows"
	zd_open "$level" a
	printf -v REPLY '%s\n' "${REPLY[@]}"
	check <<<"$REPLY$rows"
}

# $REPLY: what pfnmap-try knows the step by.
zd_step() { # STEP
	local child='' off=0

	REPLY=$1
	[[ ${1##*/} == look* ]] || return 0
	[[ $1 != */* ]] || child=${1%/*}/
	[[ $1 != *look:* ]] || off=${1##*look:}
	zd_look "$off"
	REPLY=$child$REPLY
}

# $REPLY: the answer without terms, at $level.
zd_want() { # ANSWER
	local text=$1 n more maps

	while [[ $text =~ BY([0-9]+)(\+([0-9]+))? ]]; do
		n=${BASH_REMATCH[1]} more=${BASH_REMATCH[3]:-0} maps=$n
		entries_count || n=0 maps=0
		text=${text/"${BASH_REMATCH[0]}"/"refs=$((ZD_REFS + n + more)) mapcount=$((ZD_MAPS + maps)) order=${ORDERS[$level]} *"}
	done
	# Small devmap entries were special.
	while [[ $text =~ WRITTEN(\+0x[0-9a-f]+) ]]; do
		more="LEVEL AT${BASH_REMATCH[1]} writable dirty young"
		entries_count || [[ $level != pte ]] || more+=" special"
		text=${text/"${BASH_REMATCH[0]}"/"$more"}
	done
	while [[ $text =~ AT\+(0x[0-9a-f]+) ]]; do
		zd_place "${BASH_REMATCH[1]}"
		text=${text/"${BASH_REMATCH[0]}"/"write-back $REPLY"}
	done
	text=${text//LEVEL/"$level"}
	REPLY=${text//PIN/"ok word=0x????????????????"}
}

# zd_register DESCRIPTION FUNCTION [ARGUMENT...]: registers a test for each level. It names the
# row of the mm series (D13, D16, D15) that brought the level's references, unless DESCRIPTION
# names another row. FUNCTION gets the level as first argument.
zd_register() {
	local level

	for level in pte pmd pud; do
		zd_register_at $level "$@"
	done
}

zd_register_at() { # LEVEL DESCRIPTION FUNCTION [ARGUMENT...]
	local row level=$1 text=$2 function=$3

	shift 3
	case $level in
	pte) row=D13 ;;
	pmd) row=D16 ;;
	pud) row=D15 ;;
	esac
	[[ $text == [A-Z][0-9]*:* ]] || text="$row: $text"
	zd_test "$text, $level" "$function" "$level" "$@"
}

# zd_test DESCRIPTION FUNCTION [ARGUMENT...]: a test of the subject.
zd_test() {
	bats_test_function --description "$1" -- "${@:2}"
}
