#!/usr/bin/env bats
# What KVM and VFIO see of a mapping (FOLLOW), and what /proc/PID/clear_refs does to it, for
# every method that the kernel has, at each of its levels. follow.bats has each step alone, for
# some methods.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/follow

EVERY_LEVEL=yes

# expected: in $LEAF, the level and the flags of an entry that was written to, in $FOUND what
# FOLLOW says of it, and in $ABSENT what FOLLOW says after fixup_user_fault() of an entry that no
# fault brings back.
expected() {
	ABSENT=EINVAL
	by_fault || ABSENT=EFAULT
	FOUND=EINVAL
	LEAF="$LEVEL +([! ]) +([! ]) writable dirty young?( special)"
	[[ $KIND == pfns ]] || return 0
	pfn_level "$LEVEL"
	LEAF="$REPLY +([! ]) +([! ]) writable dirty young special"
	follow_level "$REPLY"
	FOUND="$REPLY $REGION+0x0 writable special"
}

at_first() {
	local untouched

	expected
	untouched=$FOUND
	! by_fault || untouched=EINVAL
	WANT=(ok "$untouched" "$FOUND" "p* writable*" "$FOUND" ok "$LEAF" "$FOUND")
}

# fixup_user_fault() for a write makes an entry at every level, where a fault makes it.
@test "follow: every method: pfns are followed once they are mapped, and pages never" {
	each_method at_first follow:m follow:m,fixup=write leaf:m follow:m write:m,val=1 leaf:m \
		follow:m
}

# The kernel leaves entries of pfns as they are. It takes the right to write from all others, and
# splits a leaf of 1 GiB, which takes the leaf away.
after_clear_refs() {
	local cleared once twice

	expected
	once=$FOUND twice=$FOUND
	case $KIND in
	pfns) cleared=$LEAF ;;
	*) cleared="$LEVEL !(*writable*)" ;;
	esac
	[[ $KIND != folio || $LEVEL != pud ]] || cleared=none
	if ! by_fault; then
		once=$ABSENT twice=$ABSENT
	elif [[ $KIND == pfns && $LEAF == pte* ]]; then
		# vmf_insert_pfn() does not know that the fault is a write.
		once=${FOUND/ writable/}
	fi
	WANT=(ok ok "$LEAF" ok "$cleared" "$FOUND" ok "$LEAF" "$FOUND" ok none "$once" "$twice")
	if by_fault; then WANT+=(0x00000002); else WANT+=(SIGBUS); fi
}

@test "follow: every method: clear_refs leaves pfns, and after a zap a fixup maps what faults in" {
	need_soft_dirty
	each_method after_clear_refs write:m,val=1 leaf:m put:/proc/self/clear_refs,text=4 leaf:m \
		follow:m write:m,val=2 leaf:m follow:m zap:a,how=mapping leaf:m \
		follow:m,fixup=write follow:m,fixup=write read:m
}

# A write of 1 or 3 takes young from the entries whose page the kernel knows. The kernel does not
# know the page of a small entry of devmap.
aged() {
	local old

	expected
	case $KIND in
	pfns | special) old=$LEAF ;;
	*) old="$LEVEL !(*young*)" ;;
	esac
	[[ $METHOD != devmap_pte ]] || old=$LEAF
	[[ $KIND != folio || $LEVEL != pud ]] || old=none
	WANT=(ok ok "$LEAF" ok "$LEAF" ok "$old")
}

@test "clear_refs: every method: only entries with a page get old" {
	local which

	need_clear_refs
	for which in 1 3; do
		each_method aged write:m,val=1 leaf:m put:/proc/self/clear_refs,text=2 leaf:m \
			put:/proc/self/clear_refs,text=$which leaf:m
	done
}
