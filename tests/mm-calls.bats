#!/usr/bin/env bats
# Calls by which a process changes how mm treats a mapping, and flags of these calls that other
# tests do not pass: msync, mlockall, process_madvise. A driver sees none of them.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods

# Only MS_SYNC reaches the file, which has no fsync().
synced() {
	WANT=(ok "0x*" EINVAL ok ok ok EINVAL EINVAL EINVAL "0x*")
}

@test "msync: only MS_SYNC asks the driver's file" {
	each_method synced read:m msync:m msync:m,flags=async msync:m,flags=invalidate \
		msync:m,flags=0 msync:m,flags=sync+invalidate msync:m,flags=async+sync \
		msync:m,flags=8 read:m
}

# The kernel locks no VMA of a driver's (VM_SPECIAL, DAX), and clears VM_LOCKONFAULT with VM_LOCKED.
# But mmap() populates it as if it were locked; and as the VMA lacks VM_LOCKONFAULT,
# populate_vma_page_range() does not know that the process asked for MCL_ONFAULT.
locked_all() {
	local entry='p[tmu][ed] *'

	! by_fault || [[ $KIND != pfns ]] || entry=none
	WANT=(ok "$entry" "* vmflags=!(*lo*)" ok "0x*")
}

@test "mlockall: MCL_FUTURE faults later mappings in, but pfns, and locks none" {
	BEFORE=(mlockall:flags=future)
	each_method locked_all leaf:m proc:m,file=smaps munlockall read:m
}

@test "mlockall: MCL_FUTURE with MCL_ONFAULT faults them in all the same" {
	BEFORE=(mlockall:flags=future+onfault)
	each_method locked_all leaf:m proc:m,file=smaps munlockall read:m
}

# Until 6.13 process_madvise() takes COLD, PAGEOUT, WILLNEED and COLLAPSE alone, of this process,
# too. Of another one it does so on all kernels.
advised() {
	local zapped=ok entry=none

	[[ $KIND != pfns ]] || zapped=EINVAL
	since 6.13 || zapped=EINVAL
	[[ $zapped == ok ]] || entry='p[tmu][ed] *'
	WANT=(ok "0x*" ok EINVAL EINVAL "$zapped" "$entry")
}

@test "process_madvise: does of this process what madvise does, and refuses flags" {
	each_method advised read:m process_madvise:m,advice=willneed \
		process_madvise:m,advice=willneed,flags=1 process_madvise:m,advice=99 \
		process_madvise:m,advice=dontneed leaf:m
}

# huge_zero_folio and find_normal_page set VM_DONTCOPY: the child has nothing there.
advised_child() {
	local willneed=ok cold=ok

	[[ $KIND != pfns ]] || cold=EINVAL
	[[ $METHOD != @(huge_zero_folio|find_normal_page) ]] || willneed=ENOMEM cold=ENOMEM
	WANT=(ok "0x*" ok "$willneed" "$cold" EINVAL ok "0x*")
}

@test "process_madvise: of another process takes COLD but for pfns, and not DONTNEED" {
	since 6.12 || skip "MADV_COLD takes large devmap entries for broken page tables"
	each_method advised_child read:m fork:c process_madvise:m,of=c,advice=willneed \
		process_madvise:m,of=c,advice=cold process_madvise:m,of=c,advice=dontneed \
		exit:c read:m
}
