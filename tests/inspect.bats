#!/usr/bin/env bats
# INSPECT: what is behind an address of any process, asked from outside. It says what LEAF, VMA,
# FOLIO and FOLLOW say of the caller's own addresses, and changes nothing. It checks permission
# as ptrace does.

load helpers/common
load helpers/methods

@test "uapi: INSPECT says EFAULT where no VMA is" {
	check <<-END
		a=open
		ioctl:a,nr=20,size=136,u64@8=0				EFAULT
		ioctl:a,nr=20,size=136,u64@8=0x800000000000		EFAULT
		ioctl:a,nr=20,size=136,u64@8=0xffffffffffffffff		EFAULT
	END
}

@test "uapi: INSPECT says ESRCH where no process is" {
	check <<-END
		a=open
		ioctl:a,nr=20,size=136,u32@4=0x3fffffff	ESRCH
		ioctl:a,nr=20,size=136,u32@4=0x80000000	ESRCH
		ioctl:a,nr=20,size=136,u32@4=0xffffffff	ESRCH
	END
}

# INSPECT of another process is EOPNOTSUPP where the module can't find private symbols: on UML.
need_others() {
	run_on pfnmap-try a=open m=anon:len=0x1000 fork:c inspect:m,of=c
	[[ $output != *EOPNOTSUPP ]] || skip "no CONFIG_KPROBES, which finds mm_access()"
}

@test "inspect: a kernel thread is ESRCH" {
	need_others
	[[ $(target_read /proc/2/comm) == kthreadd ]] || skip "process 2 is no kernel thread here"
	check <<-END
		a=open
		inspect:0x1000,pid=2	ESRCH
	END
}

@test "inspect: a process that has ended, and that nobody has waited for, is ESRCH" {
	need_others
	check <<-END
		a=open
		m=anon:len=0x1000
		fork:c
		kill:c,zombie
		inspect:m,of=c	ESRCH
		inspect:m	start=m*
	END
}

@test "inspect: CAP_SYS_ADMIN is needed, for one's own memory too" {
	check <<-END
		a=open
		m=anon:len=0x1000
		fork:c
		c/uid:nobody
		c/inspect:m	EPERM
	END
}

# Root without CAP_SYS_PTRACE has less than process 1 has, so ptrace would refuse. Since "mm,procfs:
# allow read-only remote mm access under CAP_PERFMON", 6.15, CAP_SYS_ADMIN is enough to read.
@test "inspect: a process with more capabilities is EACCES without CAP_SYS_PTRACE, until 6.15" {
	need_others
	need_program setpriv
	run -0 on setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		pfnmap-try a=open inspect:0x1000,pid=1
	if since 6.15; then
		assert_line "inspect 0x1000: EFAULT"
	else
		assert_line "inspect 0x1000: EACCES"
	fi
	check <<-END
		a=open
		inspect:0x1000,pid=1	EFAULT
	END
}

# one_by_one METHOD REGION BYTES [LEVEL]: INSPECT says word for word what the other ioctls say, of
# a touched page and of an untouched one. It touches nothing: leaf, which comes after it, agrees.
one_by_one() {
	local told leaf follow counts

	need_method "$1"
	need_room "$2" "$3"
	check <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back${4:+,level=$4}
		m=mmap:a,len=$3
		inspect:m	=untouched
		leaf:m		=at-first
		follow:m	=followed-first
		write:m,val=1
		vma:m		=vma
		leaf:m		=leaf p[tmu][ed] *
		follow:m	=follow
		folio:m		=folio
		inspect:m	=touched
	END
	leaf=${SAID[at-first]}
	follow=${SAID[followed-first]}
	[[ $follow == EINVAL ]] || follow=ok
	assert_regex "${SAID[untouched]}" " follow=$follow .* entry=0x[0-9a-f]+ ${leaf//+/\\+}\$"

	told=${SAID[touched]}
	assert_equal "${told%% flags=*}" "${SAID[vma]}"
	leaf=${SAID[leaf]}
	follow=${SAID[follow]}
	[[ $follow == EINVAL ]] || follow=ok
	assert_regex "$told" " follow=$follow folio=.* entry=${LEAF_BYTES[${leaf%% *}]} ${leaf//+/\\+}\$"
	counts=$(sed -nE 's/(refs=.* order=[0-9]+) page_refs=.* (pgmap=[^ ]+).*/\1 \2/p' <<<"${SAID[folio]}")
	assert_regex "$told" " folio=(ENODATA|[^ ]+ ${counts:-nothing}) entry="
}

@test "inspect: remap_pfn_range: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one remap_pfn_range mmio 0x4000
}
@test "inspect: vmf_insert_pfn: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one vmf_insert_pfn mmio 0x4000
}
@test "inspect: vmf_insert_pfn_pmd: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one vmf_insert_pfn_pmd mmio 0x200000 pmd
}
@test "inspect: vm_insert_page: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one vm_insert_page ram 0x4000
}
@test "inspect: vmf_insert_folio_pmd: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "inspect: vmf_insert_folio_pud: INSPECT says what LEAF, VMA, FOLIO and FOLLOW say" {
	one_by_one vmf_insert_folio_pud dax 0x40000000 pud
}

@test "inspect: flags are named, whatever the kernel numbers them" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range
		m=mmap:a,len=0x1000,private
		inspect:m	* flags=read,write,mayread,maywrite,io,pfnmap,dontexpand,dontdump[, ]*
		n=anon:len=0x1000,shared,prot=r
		inspect:n	* flags=read,shared,mayread,maywrite,mayshare,fault()*
	END
}

@test "inspect: where nothing is present the answer covers all that the missing table would map" {
	[[ $MACHINE == x86_64 ]] || skip "another size of tables"
	# The advice is EINVAL where there are no huge pages.
	check <<-END
		a=open
		m=mmap:a,len=0x80000000,flags=anonymous+noreserve,private,fixed=0x600000000000
		inspect:m			* folio=ENODATA entry=0x8000000000 none
		madvise:m,advice=nohugepage	@(ok|EINVAL)
		write:m,val=1
		inspect:m,off=0x1000		* folio=ENODATA entry=0x1000 none
		inspect:m,off=0x200000		* folio=ENODATA entry=0x200000 none
		inspect:m,off=0x40000000	* folio=ENODATA entry=0x40000000 none
	END
}

@test "inspect: another process's entry is that process's" {
	need_others
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range
		m=mmap:a,len=0x2000,private
		read:m				0x*
		fork:c
		c/write:m,val=7
		inspect:m			=own * folio=ENODATA entry=0x1000 *
		inspect:m,of=c			=child *,anon_vma* folio=*anon* entry=0x1000 *
		c/leaf:m			=copy pte *
		leaf:m				=device !=copy pte *
		inspect:m,of=c,off=0x1000	* entry=0x1000 pte * mmio+0x1000 *
		c/munmap:m
		inspect:m,of=c			EFAULT
	END
	assert_equal "${SAID[own]#* entry=0x1000 }" "${SAID[device]}"
	assert_equal "${SAID[child]#* entry=0x1000 }" "${SAID[copy]}"
}

@test "inspect: a thread's number does as well, and one's own" {
	need_others
	# shellcheck disable=SC2016 # expanded there
	run -0 target_shell 'exec pfnmap-try a=open "inspect:0x1000,pid=$$" m=anon:len=0x1000 fork:c \
		"c/inspect:m,pid=$$" "inspect:m,pid=$$"'
	assert_line --index 1 "inspect 0x1000: EFAULT"
	assert_line --index 4 --partial "inspect m+0x0: start=m+0x0 end=m+0x1000 "
	assert_line --index 5 --partial "inspect m+0x0: start=m+0x0 end=m+0x1000 "
}
