#!/usr/bin/env bats
# What a process may ask for beforehand, for all or some of its memory: mseal() (6.10), huge pages
# off, KSM for all (6.4), memory that runs code, protection keys.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/private

need_mseal() {
	on pfnmap-try m=anon:len=0x1000 mseal:m | grep -q "mseal m: ok" || skip "no mseal() here"
}

# The driver is not bound: its zap takes the entries of a sealed mapping.
sealed() {
	local back="0x????????"

	by_fault || back=SIGBUS
	WANT=(ok ok ok EPERM EPERM EPERM EPERM EPERM 0x00000007 ok "$back")
}

@test "mseal: a sealed mapping stays, while its driver zaps as before (6.10)" {
	need_mseal
	each_method sealed write:m,val=7 mseal:m munmap:m munmap:m,len=0x1000 \
		mremap:m,len=0x1000 mprotect:m,prot=r mprotect:m,prot=none \
		read:m zap:a,how=mapping read:m
}

@test "mseal: nothing is mapped over a sealed mapping, and exit gives its range back (6.10)" {
	need_mseal
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range
		m=mmap:a,len=0x4000
		mseal:m
		n=mmap:a,len=0x4000,fixed=m		EPERM
		leaf:m,off=0x3000			pte * mmio+0x3000 *
	END
}

@test "mseal: what is beside a sealed page can go, and a call for both changes nothing (6.10)" {
	need_mseal
	need_region ram
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x4000
		mseal:m,flags=1				EINVAL
		mseal:m,off=0x1000,len=0x1000
		munmap:m				EPERM
		leaf:m					pte * ram+0x0 *
		leaf:m,off=0x3000			pte * ram+0x3000 *
		munmap:m,off=0x2000,len=0x2000
		leaf:m,off=0x1000			pte * ram+0x1000 *
		read:m,off=0x2000			SIGSEGV
	END
}

# A reservation goes when its VMA goes: a sealed one, when the process ends.
@test "mseal: the reservation of a sealed mapping goes when the process ends (6.10)" {
	need_mseal
	need_memtype
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range,mode=write-combining
		m=mmap:a
		mseal:m
		munmap:m	EPERM
		list:mmio	0x0-0x4000 write-combining
	END
	check <<-END
		a=open
		list:mmio	none
	END
}

# A process that has no huge pages, by its own wish or by its parent's, has small entries of what
# a driver would map by large leaves. Before 6.12 pfns have none in any case.
small() {
	WANT=(ok ok 0x???????? "pte *" 0x???????? "pte *")
}

@test "thp: with PR_SET_THP_DISABLE every method has small entries" {
	need_large_leaves
	each_method small prctl:set_thp_disable read:m leaf:m read:m,off=0x1000 leaf:m,off=0x1000
}

not_merged() {
	WANT=(ok ok "!(* mg*)" ok "!(* mg*)")
}

@test "ksm: PR_SET_MEMORY_MERGE and MADV_MERGEABLE mark no private mapping as mergeable" {
	on pfnmap-try prctl:set_memory_merge | grep -q ": ok" || skip "no PR_SET_MEMORY_MERGE here"
	BEFORE=(prctl:set_memory_merge)
	each_private not_merged write:m proc:m,file=smaps madvise:m,advice=mergeable \
		proc:m,file=smaps
	check <<-END
		prctl:set_memory_merge
		z=anon:len=0x1000,plain
		proc:z,file=smaps	* vmflags=* mg*
	END
}

runs() {
	WANT=(ok ok ok ok ok SIGSEGV ok SIGSEGV)
}

@test "exec: code runs in every mapping that asks for PROT_EXEC, and in no other" {
	local -A returns=([x86_64]=0xc3c3c3c3 [aarch64]=0xd65f03c0)

	# QEMU 7.2 forgets what it has translated only of the page by whose address the kernel flushes a
	# 2 MiB entry, on arm64 and on x86. Code of the entry's other pages may run on there if it has
	# run before: so the last call is of code that never ran.
	[[ -n ${returns[$MACHINE]:-} ]] || skip "no return instruction of $MACHINE"
	MAP=prot=rwx each_method runs "write:m,off=0x2000,val=${returns[$MACHINE]}" call:m,plant \
		call:m,off=0x1000,plant mprotect:m,prot=rw call:m mprotect:m,prot=r call:m,off=0x2000
}

# A distribution may mount /dev noexec: that forbids PROT_EXEC to every driver's mappings.
@test "exec: PROT_EXEC is EPERM where the node's mount is noexec, and EACCES later" {
	[[ -n ${DISPOSABLE:-} ]] || skip "all processes have this /dev: DISPOSABLE=1 allows it"
	need_region ram
	on mount -o remount,noexec /dev || skip "/dev can't be mounted noexec"
	try a=open set:a,region=ram,method=vm_insert_page,mode=write-back m=mmap:a,prot=rx \
		n=mmap:a,prot=rw mprotect:n,prot=rx write:n munmap:n
	on mount -o remount,exec /dev
	assert_line "mmap m: EPERM"
	assert_line "mmap n: ok"
	assert_line "mprotect n: EACCES"
	assert_line "write n+0x0: ok"
}

need_pkeys() {
	on pfnmap-try m=anon:len=0x1000,plain pkey:m,rights=rw | grep -q "pkey m: ok" ||
		skip "no protection keys here"
}

# The signal's handler begins without rights, so each key has to be a new one. 6.12 takes a
# 1 GiB entry when it changes its protection, and 7.2 does not.
keyed() {
	local entry="p[tmu][ed] *"

	[[ $LEVEL != pud ]] || since 7.2 || entry="@(none|$entry)"
	WANT=(ok ok ok SIGSEGV "$entry" ok 0x00000007 SIGSEGV ok ok 0x00000008)
}

@test "pkeys: a key's rights hold for what every method has mapped, and take no entry" {
	need_pkeys
	each_method keyed write:m,val=7 pkey:m,rights=none read:m leaf:m pkey:m,rights=r read:m \
		write:m,val=8 pkey:m,rights=rw write:m,val=8 read:m
}

# An entry has its VMA's key by vma->vm_page_prot. A driver that inserts by other bits loses the
# key.
faulted_with_key() {
	WANT=(ok ok "0x*" SIGSEGV "p[tmu][ed] *")
}

@test "pkeys: what faults in later has the VMA's key" {
	need_pkeys
	each_method faulted_with_key pkey:m,rights=r read:m write:m leaf:m
}

@test "pkeys: what faults in after a zap has the VMA's key" {
	need_pkeys
	need_region mmio
	need_method vmf_insert_pfn
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-combining
		m=mmap:a
		write:m,val=7
		pkey:m,rights=r
		zap:a,how=mapping
		leaf:m		none
		read:m		0x00000007
		write:m		SIGSEGV
		leaf:m		pte * mmio+0x0 *
	END
}

@test "pkeys: a key changes no mode" {
	need_pkeys
	need_pat
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range,mode=write-combining
		m=mmap:a
		pkey:m,rights=rw
		leaf:m			pte write-combining mmio+0x0 *
		list:mmio		0x0-0x4000 write-combining
	END
}
