# shellcheck shell=bash disable=SC2154 # lines is what try leaves
# Tests which do the same to a mapping of every method: what comes out depends on the kind
# of its entries, and its VMA's flags.

# NAME:FAMILY of each method. The runner says it (vm/host/suite.py); without one, bats reads the list.
[[ -v KNOWN_METHODS ]] ||
	KNOWN_METHODS=$(sed -nE 's/^METHOD\(\w+, (\w+), (\w+),.*/\1:\2/p' \
		"${BASH_SOURCE[0]%/*}/../../module/patterns/list.h")

# known FAMILY...: each method of these families of module/patterns/list.h, by name, whatever
# this kernel has. Cases are counted before the module is loaded, which could tell.
known() {
	local method

	for method in $KNOWN_METHODS; do
		[[ " $* " != *" ${method#*:} "* ]] || printf '%s\n' "${method%:*}"
	done
}

# family METHOD: in $REPLY, that of the list.
family() {
	REPLY=" $KNOWN_METHODS"
	REPLY=${REPLY##*" $1:"}
	REPLY=${REPLY%% *}
}

# level METHOD: in $REPLY, the largest, which its name ends with.
level() {
	REPLY=pte
	[[ $1 != *_p[mu]d ]] || REPLY=${1##*_}
	[[ $1 != huge_zero_folio ]] || REPLY=pmd
}

# leaf_bytes LEVEL: in $REPLY.
leaf_bytes() {
	case $1 in
	pte) REPLY=0x1000 ;;
	pmd) REPLY=0x200000 ;;
	pud) REPLY=0x40000000 ;;
	esac
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

# Is it mapped when somebody touches it, or at once?
by_fault() {
	[[ ",$FLAGS," == *,fault,* ]]
}

# each_method FUNCTION STEP...: for each method that this kernel has, in a process of its own,
# file a maps m, with the words of mmap's that MAP names; steps in BEFORE come before it. FUNCTION
# gets METHOD, REGION, LEVEL, FLAGS, BYTES and KIND, and sets WANT: patterns of the shell's for what
# mmap says behind its colon, and each of the steps. What differs is told of all methods.
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
