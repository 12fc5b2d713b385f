#!/usr/bin/env bats
# The driver revokes a device's memory while the device is off, and gives it back when the
# device is on, as VFIO does. Row Z3 of docs/glossary.md; zap-race.bats has races.

load helpers/common

SET='set:a,method=vfio_pci_vmf_insert_pfn'

@test "Z3: off: no entry, and SIGBUS for reads and writes; on: the data is there" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x3000
		write:m,val=0x11
		write:m,off=0x2000,val=0x33
		disable:a
		leaf:m			none
		leaf:m,off=0x2000	none
		read:m			SIGBUS
		write:m,val=1		SIGBUS
		read:m,off=0x1000	SIGBUS
		leaf:m			none
		enable:a
		leaf:m			none
		read:m			0x00000011
		read:m,off=0x2000	0x00000033
		leaf:m			pte *
	END
}

@test "Z3: a page is SIGBUS while off, and there again when on, in every region" {
	local region

	for region in ram mmio dax; do
		[[ $region == ram ]] || need_region "$region"
		check <<-END
			a=open
			$SET,region=$region,mode=write-back
			m=mmap:a,off=0x1000,len=0x1000
			write:m,val=0x11
			disable:a,region=$region
			read:m	SIGBUS
			enable:a,region=$region
			read:m	0x00000011
			leaf:m	* $region+0x1000 *
		END
	done
}

@test "Z3: ten times off and on, what was written in between stays" {
	local i

	for i in {1..10}; do
		printf 'write:m,val=%d\ndisable:a\nwrite:m,val=99 SIGBUS\nenable:a\nread:m 0x%08x\n' \
			"$i" "$i"
	done >"$BATS_TEST_TMPDIR/rows"
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000
		$(<"$BATS_TEST_TMPDIR/rows")
	END
}

# same_mode STEP: the mode that STEP holds is the entry's mode, before and after.
same_mode() {
	local held=ok

	need_region mmio
	need_pat
	[[ $1 == set:* ]] || held=write-combining
	check <<-END
		a=open
		h=open
		$1	$held
		$SET,region=mmio,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=1
		leaf:m	pte write-combining mmio+0x0 writable dirty young special
		disable:a
		leaf:m	none
		enable:a
		write:m,val=2
		leaf:m	pte write-combining mmio+0x0 writable dirty young special
	END
}

@test "Z3: the mode is the same after off and on: reserved by this file" {
	same_mode r=reserve:a,region=mmio,len=0x1000,mode=write-combining
}
@test "Z3: the mode is the same after off and on: reserved by another file" {
	same_mode r=reserve:h,region=mmio,len=0x1000,mode=write-combining
}
@test "Z3: the mode is the same after off and on: held by an io_mapping" {
	same_mode set:h,region=mmio,method=io_mapping_init_wc
}
@test "Z3: the mode is the same after off and on: held by arch_io_reserve_memtype_wc" {
	same_mode set:h,region=mmio,method=arch_io_reserve_memtype_wc
}

# Another mapping of the same file reserves the mode. Turning off zaps this mapping, too.
@test "Z3: the mode is the same after off and on: held by a remap_pfn_range mapping (6.16)" {
	local held='0x0-0x2000 write-combining' mode=write-combining

	need_region mmio
	need_pat
	need_memtype
	[[ $TRACKING == *ctx ]] || held=none mode=uncached-minus
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		k=mmap:a,len=0x2000
		$SET,region=mmio,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=1
		leaf:m		pte write-combining mmio+0x0 *
		list:mmio	0x0-0x2000 write-combining
		disable:a
		leaf:k		none
		list:mmio	$held
		enable:a
		write:m,val=2
		leaf:m		pte $mode mmio+0x0 writable dirty young special
		munmap:k
		list:mmio	none
	END
	fixed_by_ctx "a revoked mapping comes back in its mode"
}

@test "Z3: a mode reserved while it was off is what it comes back with" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		$SET,region=mmio
		m=mmap:a,len=0x1000
		read:m							0x*
		leaf:m							pte uncached-minus *
		disable:a
		r=reserve:a,region=mmio,len=0x1000,mode=write-combining	write-combining
		enable:a
		read:m							0x*
		leaf:m							pte write-combining *
	END
}

@test "Z3: other open files are not affected" {
	check <<-END
		a=open
		b=open
		$SET
		set:b,method=vfio_pci_vmf_insert_pfn
		m=mmap:a,len=0x1000
		n=mmap:b,len=0x1000
		write:n,val=0x22
		disable:a
		leaf:n	pte *
		read:n	0x00000022
		read:m	SIGBUS
		zap:b,how=mapping
		read:n	0x00000022
	END
}

@test "Z3: a child's mappings go and come back with its parent's, whoever says so" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000
		write:m,val=0x11
		fork:c
		c/read:m	0x00000011
		disable:a
		c/leaf:m	none
		c/read:m	SIGBUS
		read:m		SIGBUS
		c/enable:a
		read:m		0x00000011
		c/read:m	0x00000011
		c/disable:a
		read:m		SIGBUS
		exit:c
		read:m		SIGBUS
		enable:a
		read:m		0x00000011
	END
}

@test "Z3: a child forked while it is off has nothing either, until it is on" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000
		write:m,val=0x11
		disable:a
		fork:c
		c/read:m	SIGBUS
		enable:a
		c/read:m	0x00000011
		exit:c
	END
}

@test "Z3: mapped while off: mmap succeeds, access is SIGBUS until it is on" {
	check <<-END
		a=open
		$SET
		disable:a
		m=mmap:a,len=0x1000
		leaf:m	none
		read:m	SIGBUS
		enable:a
		write:m,val=5
		read:m	0x00000005
	END
}

@test "Z3: off twice is off, and on once is on; on twice takes nothing" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000
		write:m,val=0x11
		disable:a
		disable:a
		read:m	SIGBUS
		enable:a
		read:m	0x00000011
		enable:a
		leaf:m	pte *
		read:m	0x00000011
	END
}

@test "Z3: all mappings of the file go, at whatever offset" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000
		n=mmap:a,off=0x8000,len=0x2000
		read:m			0x*
		read:n			0x*
		read:n,off=0x1000	0x*
		disable:a
		leaf:m			none
		leaf:n			none
		leaf:n,off=0x1000	none
		read:n			SIGBUS
		enable:a
		read:n			0x*
	END
}

@test "Z3: closed while off: SIGBUS until munmap, which leaves nothing" {
	local held=none

	need_region mmio
	[[ $MACHINE == x86_64 ]] || held=EOPNOTSUPP
	check <<-END
		a=open
		$SET,region=mmio
		m=mmap:a,len=0x1000
		write:m,val=0x11
		disable:a
		close:a
		read:m		SIGBUS
		b=open
		set:b,region=mmio,method=vfio_pci_vmf_insert_pfn
		n=mmap:b,len=0x1000
		read:n		0x00000011
		munmap:m
		read:m		SIGSEGV
		list:mmio	$held
	END
}

@test "Z3: regions are turned off one by one" {
	need_region mmio
	check <<-END
		a=open
		$SET,region=mmio
		m=mmap:a,len=0x1000
		write:m,val=0x11
		$SET,region=ram,mode=write-back
		n=mmap:a,len=0x1000
		write:n,val=0x22
		disable:a,region=ram
		read:m	0x00000011
		read:n	SIGBUS
		disable:a,region=mmio
		enable:a,region=ram
		read:m	SIGBUS
		read:n	0x00000022
		enable:a,region=mmio
		read:m	0x00000011
	END
}

@test "Z3: other methods don't ask: faults bring them back at once, remap_pfn_range never" {
	check <<-END
		a=open
		set:a,method=vmf_insert_pfn
		m=mmap:a,len=0x1000
		write:m,val=0x11
		set:a,method=remap_pfn_range
		n=mmap:a,len=0x1000
		disable:a
		leaf:m	none
		read:m	0x00000011
		read:n	SIGBUS
		enable:a
		read:n	SIGBUS
	END
}

@test "Z3: a mapping that is moved, and cut, while off has its data when on" {
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x3000
		write:m,off=0x1000,val=0x11
		disable:a
		munmap:m,len=0x1000
		n=mremap:m,off=0x1000,old=0x2000,len=0x2000,fixed=0x600000000000
		read:n	SIGBUS
		enable:a
		read:n	0x00000011
		read:m	SIGSEGV
		leaf:n	*+0x1000 *
	END
}

@test "Z3: private mappings are refused by the pattern, and private copies of others stay" {
	need_region dax
	check <<-END
		a=open
		$SET
		m=mmap:a,len=0x1000,private	EINVAL
		set:a,region=dax,method=vmf_insert_mixed,mode=write-back
		n=mmap:a,len=0x1000,private
		write:n,val=0x77
		disable:a,region=dax
		read:n				0x00000077
		leaf:n				* pfn=other writable*
	END
}

@test "Z3: folios of the dax region are not the file's, and stay mapped" {
	need_region dax
	need_method vmf_insert_page_mkwrite
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=0x11
		disable:a,region=dax
		leaf:m	pte write-back dax+0x0 *
		read:m	0x00000011
	END
}

@test "Z3: what is refused turns nothing off, and zaps nothing" {
	check <<-END
		a=open
		$SET,region=ram,mode=write-back
		m=mmap:a,len=0x1000
		read:m					0x*
		ioctl:a,nr=15,size=16,u32@4=2,u32@12=1	EINVAL
		ioctl:a,nr=15,size=24,u32@4=2,u32@20=1	E2BIG
		leaf:m					pte write-back ram+0x0 *
		zap:m,how=vma
		read:m					0x*
	END
}
