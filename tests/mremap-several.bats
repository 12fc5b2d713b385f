#!/usr/bin/env bats
# mremap() of a range with more than one VMA. From 6.17 on it moves several VMAs at once, if their
# sizes stay. A VMA whose file has a get_unmapped_area() of its own, as ours has, moves alone: the
# file might not give the address that is asked for. mremap() finds this out VMA by VMA, and a VMA
# that it has moved before stays moved. Older kernels refuse any such range, and move nothing.

load helpers/common

# Do two VMAs of anonymous memory move together here?
several_move() {
	check <<-END
		v=anon:len=0x4000,plain
		mprotect:v,off=0x1000,len=0x1000,prot=r
		mremap:v,len=0x4000,fixed=0x620000000000	=several @(ok|EFAULT)
	END
	[[ ${SAID[several]} == ok ]]
}

# The steps that map two pages of METHOD's at an address, m, and a page of anonymous memory, z.
rows_of() { # METHOD REGION ADDRESS-OF-M ADDRESS-OF-Z
	cat <<-END
		a=open
		set:a,region=$2,method=$1,mode=write-back
		m=mmap:a,len=0x2000,fixed=$3
		write:m,val=0x11
		v=anon:len=0x1000,plain
		z=mremap:v,len=0x1000,fixed=$4
		write:z,val=0x22
	END
}

# Our mapping, and one behind it: mremap() refuses before it has moved anything.
first() { # METHOD REGION
	need_method "$1"
	need_region "$2"
	check <<-END
		$(rows_of "$1" "$2" 0x600000000000 0x600000002000)
		n=mremap:m,old=0x3000,len=0x3000,fixed=0x610000000000	EFAULT
		read:m		0x00000011
		leaf:m		pte * $2+0x0 writable dirty young*
		read:z		0x00000022
		munmap:m
		munmap:z
	END
}

@test "mremap: pfns and what is behind them do not move together, and nothing moves" {
	first remap_pfn_range mmio
}

@test "mremap: pages and what is behind them do not move together, and nothing moves" {
	first vm_insert_page ram
}

# What is before our mapping has moved when mremap() comes to ours, and says EFAULT.
second() { # METHOD REGION
	local z=0x00000022 told="nothing moved"

	need_method "$1"
	need_region "$2"
	! several_move || z=SIGSEGV told="what was before has moved"
	check <<-END
		$(rows_of "$1" "$2" 0x600000001000 0x600000000000)
		n=mremap:z,old=0x3000,len=0x3000,fixed=0x610000000000	EFAULT
		read:m		0x00000011
		leaf:m		pte * $2+0x0 writable dirty young*
		read:z		$z
		munmap:m
	END
	behaviour "mremap() of other memory and a mapping with get_unmapped_area() is EFAULT" "$told"
}

@test "mremap: what is before pfns moves, and mremap is EFAULT all the same (6.17)" {
	second remap_pfn_range mmio
}

@test "mremap: what is before pages moves, and mremap is EFAULT all the same (6.17)" {
	second vm_insert_page ram
}

# The kernel joins no VMAs with a flag of VM_SPECIAL. So a mapping that mprotect() has split stays
# split, when all of it has the same protection again.
@test "mremap: a mapping that mprotect has split never moves whole again" {
	need_region ram
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x3000
		mprotect:m,off=0x1000,len=0x1000,prot=r
		n=mremap:m,len=0x3000,fixed=0x610000000000	EFAULT
		leaf:m			pte * ram+0x0 *
		leaf:m,off=0x2000	pte * ram+0x2000 *
		mprotect:m,prot=rw
		vma:m			start=m+0x0 end=m+0x1000 *
		n=mremap:m,len=0x3000,fixed=0x610000000000	EFAULT
		leaf:m,off=0x2000	pte * ram+0x2000 *
		munmap:m
	END
}
