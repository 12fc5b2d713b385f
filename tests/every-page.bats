#!/usr/bin/env bats
# Every page of a mapping has memory of its own, and the mode and rights of all: across the
# borders of page tables, and after each change of the mapping. Other tests look at a page or two.

load helpers/common
load helpers/faults
load helpers/methods

# Page tables of every level end here: half of a mapping lies on either side.
BORDER=0x600000000000

hex() { printf -v REPLY 0x%x "$1"; }

# pieces N ENTRY PIECE...: what `leaves` says in line N is these pieces, START-END, and no other.
# ENTRY is as the first page's, whose memory begins the region; what a page was used for does not
# count.
pieces() {
	local n=$1 entry=$2 piece want=''

	shift 2
	for piece; do
		want+="${want:+, }$piece ${entry/+0x0/+${piece%-*}}"
	done
	[[ ${lines[n - 1]#*: } == "${want:-none}" ]] ||
		WRONG+="$METHOD, line $n: ${lines[n - 1]}, not ${want:-none}"$'\n'
}

# unused ENTRY: in $REPLY, the entry without what use makes of it.
unused() {
	REPLY=${1#*: }
	REPLY=${REPLY/ dirty/}
	REPLY=${REPLY/ young/}
}

# said N TEXT: line N has that behind its colon, as a pattern of the shell's.
said() {
	# shellcheck disable=SC2053 # a pattern
	[[ ${lines[$1 - 1]#*: } == $2 ]] || WRONG+="$METHOD, line $1: ${lines[$1 - 1]}, not $2"$'\n'
}

# setting: the steps that map $MAPPED, by $METHOD and what else method_rows says: two leaves of
# 2 MiB, or as many small pages as half of that.
setting() {
	local from mode=write-back node=''

	half=0x200000 to=0x610000000000
	# Small pages move to other places in their page tables, and across a border, too.
	[[ $LEVEL != pte ]] || half=0x100000 to=0x60fffff81000
	hex $((2 * half)) && bytes=$REPLY
	hex $((BORDER - half)) && from=$REPLY
	# Most helpers make another mode of it: who forgets the entry's for vm_page_prot's shows.
	[[ $REGION != mmio || $PAT == off ]] || mode=write-combining
	[[ $FLAGS != *prepare* ]] || node=:prepare
	MAPPED=("a=open$node" "set:a,region=$REGION,method=$METHOD,level=$LEVEL,mode=$mode"
		"m=mmap:a,len=$bytes,fixed=$from" "leaves:m,touch" leaf:m)
	had=$LEVEL
	if [[ $KIND == pfns ]]; then
		pfn_level "$LEVEL"
		had=$REPLY
	fi
	# VM_PAT loses a reservation of a VMA that is split: there the upper part is all of it.
	upper=$half
	family "$METHOD"
	[[ $TRACKING != *vm_pat || $REPLY != remap ]] || upper=0x0
}

# changes: what is inherited, protected and zapped.
changes() {
	local half bytes to had upper entry protected all zap=zap:a,how=mapping

	setting
	all=0x0-$bytes
	[[ $KIND != pfns ]] || zap=zap:m,how=vma
	try "${MAPPED[@]}" fork:c c/leaf:m c/leaves:m exit:c \
		mprotect:m,prot=r leaves:m "mprotect:m,off=$upper,prot=rw" leaves:m \
		"proc:m,file=maps,off=$upper" mprotect:m,prot=rw leaves:m \
		zap:a,how=mapping,off=0x1000,len=0x1000 leaves:m "$zap,len=$half" leaves:m \
		"$zap,off=$half,len=$half" leaves:m leaves:m,touch

	unused "${lines[4]}"
	entry=$REPLY
	protected=${entry/ writable/}
	said 5 "$had * $REGION+0x0 writable*"
	pieces 4 "$entry" "$all"
	# A child has what no fault would bring it, and has not used it.
	case $METHOD,$KIND in
	find_normal_page,*) said 7 EFAULT && pieces 8 "$entry" ;;
	*,folio) said 7 none && pieces 8 "$entry" ;;
	*) said 7 "${entry/ writable/ writable?( dirty)}" && pieces 8 "$entry" "$all" ;;
	esac
	pieces 11 "$protected" "$all"
	if [[ $upper == 0x0 ]]; then
		pieces 13 "$entry" "$all"
	else
		said 13 "0x0-$upper $protected, $upper-$bytes ${entry/+0x0/+$upper}"
	fi
	said 14 "* offset=$upper *"
	pieces 16 "$entry" "$all"
	if [[ $entry == "pte "* ]]; then
		pieces 18 "$entry" 0x0-0x1000 "0x2000-$bytes"
	else
		pieces 18 "$entry" "$half-$bytes"
	fi
	pieces 20 "$entry" "$half-$bytes"
	pieces 22 "$entry"
	if by_fault; then
		pieces 23 "$entry" "$all"
	else
		said 23 "SIGBUS at 0x0"
	fi
}

# moves: the upper part goes elsewhere.
moves() {
	local half bytes to had upper entry

	setting
	hex $((bytes - upper))
	try "${MAPPED[@]}" "n=mremap:m,off=$upper,old=$REPLY,len=$REPLY,fixed=$to" leaves:n \
		proc:n,file=maps leaf:m leaves:m
	unused "${lines[4]}"
	entry=$REPLY
	hex $((bytes - upper))
	said 7 "0x0-$REPLY ${entry/+0x0/+$upper}"
	said 8 "* offset=$upper *"
	if [[ $upper == 0x0 ]]; then
		said 9 EFAULT
		pieces 10 "$entry"
	else
		said 9 "$had * $REGION+0x0 writable*"
		pieces 10 "$entry" "0x0-$upper"
	fi
}

# begins: across the border to the next page table of the same PMD table, and of the same PUD
# table: at BORDER all tables change at once.
begins() {
	local half bytes to had upper border

	setting
	for border in 0x200000 0x40000000; do
		hex $((BORDER + border - half))
		MAPPED[2]="m=mmap:a,len=$bytes,fixed=$REPLY"
		try "${MAPPED[@]}"
		unused "${lines[4]}"
		pieces 4 "$REPLY" "0x0-$bytes"
	done
}

each_level() { # FUNCTION
	WRONG=
	methods_do at_level "$1"
	assert_equal "$WRONG" ""
}

at_level() { # FUNCTION
	kind "$METHOD"
	[[ $LEVEL == pud || $KIND == zero ]] || "$1"
}

@test "every page: across the borders of page tables, inherited, protected and zapped" {
	each_level changes
}
@test "every page: the upper part moved" { each_level moves; }
@test "every page: where the next page table of the same upper table begins" { each_level begins; }
