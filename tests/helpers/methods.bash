# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests that do the same to a mapping of every method. The result depends on the method's KIND.

# NAME:FAMILY of each method. The runner passes it (vm/host/suite.py); without one, read the list.
[[ -v KNOWN_METHODS ]] ||
	KNOWN_METHODS=$(sed -nE 's/^METHOD\(\w+, (\w+), (\w+),.*/\1:\2/p' \
		"${BASH_SOURCE[0]%/*}/../../module/patterns/list.h")

# known FAMILY...: prints each method of these families of module/patterns/list.h, even if this
# kernel lacks it: bats counts the tests before it loads the module, which could tell.
known() {
	local method

	for method in $KNOWN_METHODS; do
		[[ " $* " != *" ${method#*:} "* ]] || printf '%s\n' "${method%:*}"
	done
}

# family METHOD: $REPLY is its family in the list.
family() {
	REPLY=" $KNOWN_METHODS"
	REPLY=${REPLY##*" $1:"}
	REPLY=${REPLY%% *}
}

# level METHOD: $REPLY is its largest level, which its name ends with.
level() {
	REPLY=pte
	[[ $1 != *_p[mu]d ]] || REPLY=${1##*_}
	[[ $1 != huge_zero_folio ]] || REPLY=pmd
}

# kind METHOD: in $KIND, what the kernel makes of its entries: pfns (VM_PFNMAP), special
# (VM_MIXEDMAP, without a page), counted (pages whose folio has no mapping), folio (with one),
# zero (the huge zero folio, which a folio replaces as soon as somebody writes).
kind() {
	family "$1"
	case $REPLY in
	mixed) KIND=special ;;
	page | hook) KIND=counted ;;
	folio | devmap) KIND=folio ;;
	zero) KIND=zero ;;
	*) KIND=pfns ;;
	esac
}

# Does the method map by faults, and not at once?
by_fault() {
	[[ ",$FLAGS," == *,fault,* ]]
}

# Prints a row for each method here: name, region, level, flags, and bytes of a mapping. The level
# is the method's largest. With EVERY_LEVEL, a row for each level that SET_MAP takes.
method_rows() {
	# shellcheck disable=SC2153 # of setup_suite
	info_json | jq -r --arg methods "$METHODS" --arg every "${EVERY_LEVEL-}" '
		(map(select(.kind == "region" and .available) | {(.name): .bytes}) | add) as $room |
		{pte: 16384, pmd: 2097152, pud: 1073741824} as $bytes |
		.[] | select(.kind == "method" and (.name as $name | $methods | contains(" \($name) "))) |
		(.levels / ",") as $levels |
		(if $every == "" then $levels[-1] else $levels[] end) as $level |
		[.regions / "," | .[] | select($room[.] >= $bytes[$level])][0] as $region |
		select($region) |
		[.name, $region, $level, .flags // "-", $bytes[$level]] | @tsv'
}

# methods_do FUNCTION [ARGUMENT...]: calls FUNCTION with METHOD, REGION, LEVEL, FLAGS and BYTES
# of each row. Fails without a row. The rows do not come on file 3, where bats reports a failure.
methods_do() {
	local rows=0

	while read -r METHOD REGION LEVEL FLAGS BYTES <&4; do
		rows=$((rows + 1))
		"$@"
	done 4< <(method_rows)
	((rows)) || fail "the module names no method"
}

# each_method FUNCTION STEP...: for each method that this kernel has, a process of its own runs
# the steps in BEFORE, maps m by file a with the further words of mmap: in MAP, and runs STEPs.
# FUNCTION gets METHOD, REGION, LEVEL, FLAGS, BYTES and KIND, and sets WANT: shell patterns for
# what mmap, and then each STEP, says after its colon. Fails with the differences of all methods.
each_method() {
	local function=$1 wrong=''

	shift
	methods_do one_method "$@"
	assert_equal "$wrong" ""
}

one_method() { # STEP...
	local node='' at got steps

	[[ $FLAGS != *prepare* ]] || node=:prepare
	# shellcheck disable=SC2153 # methods_do sets it
	kind "$METHOD"
	"$function"
	steps=("${BEFORE[@]}" "a=open$node"
		"set:a,region=$REGION,method=$METHOD,level=$LEVEL,mode=write-back")
	try "${steps[@]}" "m=mmap:a,len=$BYTES${MAP:+,$MAP}" "$@"
	for at in "${!lines[@]}"; do
		got=${lines[at]#*: }
		# shellcheck disable=SC2053 # a pattern
		if ((at < ${#steps[@]})); then
			[[ $got == ok ]] || wrong+="$METHOD: ${lines[at]}"$'\n'
		elif [[ $got != ${WANT[at - ${#steps[@]}]-nothing} ]]; then
			wrong+="$METHOD ($KIND), $REGION, $LEVEL: ${lines[at]}, not "
			wrong+="${WANT[at - ${#steps[@]}]-nothing}"$'\n'
		fi
	done
}

# shellcheck disable=SC2034 # for the tests
BEFORE=() MAP=''
