#!/usr/bin/env bats
# What each method maps of RAM whose pages are set to another mode, as graphics drivers and SGX
# set them (set_memory_wc(), set_pages_array_uc()): RESERVE of the ram region. The kernel keeps
# such modes in page flags, and counts nothing.

load helpers/common
load helpers/methods

# RESERVE sets the pages as long as the open file lives. The tree's query knows their modes.
need_modes() {
	need_pat
	need_memtype
	need_reservations
}

WC=write-combining
UC=uncached-minus

@test "ram: the direct map has the mode that its pages are set to, and all see the same data" {
	need_modes
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn
		word:ram+0x1000,val=0x11				*
		r=reserve:a,region=ram,off=0x1000,len=0x2000,mode=$WC	$WC
		lookup:ram+0x0						write-back ram
		lookup:ram+0x1000					$WC ram
		lookup:ram+0x2000					$WC ram
		lookup:ram+0x3000					write-back ram
		word:ram+0x1000						0x0000000000000011
		m=mmap:a,len=0x4000
		read:m,off=0x1000					0x00000011
		write:m,off=0x1000,val=0x22
		word:ram+0x1000						0x0000000000000022
		word:ram+0x2008,val=0x33				*
		read:m,off=0x2008					0x00000033
		list:ram						none
		release:r
		lookup:ram+0x1000					write-back ram
	END
}

@test "ram: a page is set once: a second mode is EBUSY, until it is write-back again" {
	need_modes
	check <<-END
		a=open
		b=open
		r=reserve:a,region=ram,len=0x2000,mode=$WC		$WC
		s=reserve:b,region=ram,off=0x1000,len=0x2000,mode=$WC	EBUSY
		s=reserve:b,region=ram,len=0x1000,mode=$UC		EBUSY
		lookup:ram+0x2000					write-back ram
		close:a
		lookup:ram+0x0						write-back ram
		s=reserve:b,region=ram,len=0x1000,mode=$UC		$UC
		lookup:ram+0x0						$UC ram
	END
}

# by_page METHOD: a fault gives each page its own mode.
by_page() {
	local mode

	need_modes
	need_method "$1"
	for mode in "$WC" "$UC"; do
		check <<-END
			a=open
			r=reserve:a,region=ram,off=0x1000,len=0x1000,mode=$mode	$mode
			set:a,region=ram,method=$1,mode=write-back
			m=mmap:a,len=0x3000
			read:m							0x*
			read:m,off=0x1000					0x*
			read:m,off=0x2000					0x*
			leaf:m							pte write-back ram+0x0 *
			leaf:m,off=0x1000					pte $mode ram+0x1000 *
			leaf:m,off=0x2000					pte write-back ram+0x2000 *
		END
	done
}

@test "ram: vmf_insert_pfn maps each page in its own mode" { by_page vmf_insert_pfn; }
@test "ram: vmf_insert_mixed maps each page in its own mode" { by_page vmf_insert_mixed; }
@test "ram: vfio_pci_vmf_insert_pfn maps each page in its own mode" {
	by_page vfio_pci_vmf_insert_pfn
}
@test "ram: find_normal_page maps each page in its own mode" { by_page find_normal_page; }

@test "ram: remap_pfn_range maps all in the first page's mode, and says so in the log" {
	need_modes
	check <<-END
		a=open
		r=reserve:a,region=ram,len=0x1000,mode=$WC	$WC
		set:a,region=ram,mode=write-back
		m=mmap:a,len=0x2000
		leaf:m						pte $WC ram+0x0 *
		leaf:m,off=0x1000				pte $WC ram+0x1000 *
	END
	run -0 log
	assert_output --partial "map pfn RAM range req write-back for"
}

@test "ram: remap_pfn_range of part of a VMA wants one mode for all pages" {
	need_modes
	check <<-END
		a=open
		r=reserve:a,region=ram,len=0x1000,mode=$WC	$WC
		set:a,region=ram,mode=write-back,flags=partial
		m=mmap:a,len=0x3000				EINVAL
		b=open
		set:b,region=ram,mode=$WC,flags=partial
		n=mmap:b,len=0x3000				EINVAL
		m=mmap:a,len=0x2000
		leaf:m						pte $WC ram+0x0 *
	END
}

# of_large SET LEAF SMALL: where page SET of 2 MiB is write-combining, page 1 has the mode LEAF in a
# leaf of all, and SMALL in an entry of its own.
of_large() {
	local mode=$2

	pfn_level pmd
	[[ $REPLY == pmd ]] || mode=$3
	check <<-END
		a=open
		r=reserve:a,region=ram,off=$1,len=0x1000,mode=$WC	$WC
		set:a,region=ram,method=vmf_insert_pfn_pmd,mode=write-back,level=pmd
		m=mmap:a,len=0x200000
		read:m,off=0x1000					0x*
		leaf:m,off=0x1000					$REPLY $mode ram+0x1000 *
	END
}

@test "ram: a 2 MiB leaf has the first page's mode, whatever the others are set to" {
	need_modes
	need_method vmf_insert_pfn_pmd
	need_room ram 0x200000
	of_large 0x0 "$WC" write-back
	of_large 0x1000 write-back "$WC"
}

# alias_of METHOD: as vm_insert_page() below, of which this is another form.
alias_of() {
	local node=''

	need_modes
	need_method "$1"
	[[ $1 != mmap_* ]] || node=:prepare
	check <<-END
		a=open$node
		b=open
		r=reserve:b,region=ram,len=0x1000,mode=$WC	$WC
		set:a,region=ram,method=$1,mode=write-back
		m=mmap:a,len=0x2000
		leaf:m						pte write-back ram+0x0 *
		leaf:m,off=0x1000				pte write-back ram+0x1000 *
		munmap:m
		set:a,region=ram,method=$1,mode=$WC
		m=mmap:a,len=0x2000
		leaf:m						pte $WC ram+0x0 *
		leaf:m,off=0x1000				pte $WC ram+0x1000 *
	END
}
for method in $(known page); do
	[[ $method == vm_insert_page ]] || bats_test_function \
		--description "ram: $method maps as asked: an alias" -- alias_of "$method"
done
unset method

# vm_insert_page() does not ask for the page's mode: the page is mapped in two modes at once.
@test "ram: vm_insert_page maps as asked: an alias where the page is set to another mode" {
	need_modes
	check <<-END
		a=open
		r=reserve:a,region=ram,len=0x1000,mode=$WC	$WC
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x1000
		leaf:m						pte write-back ram+0x0 *
		munmap:m
		set:a,region=ram,method=vm_insert_page,mode=$WC
		m=mmap:a,len=0x1000
		leaf:m						pte $WC ram+0x0 *
	END
}

# The kernel does not count the mappings of a page of RAM, and leaves the page's mode alone when one
# goes (free_pfn_range()).
@test "ram: a mapping that goes leaves its pages in the mode that they are set to" {
	need_modes
	check <<-END
		a=open
		b=open
		r=reserve:a,region=ram,len=0x2000,mode=$WC	$WC
		set:b,region=ram,mode=$WC
		m=mmap:b,len=0x2000
		n=mmap:b,len=0x2000
		leaf:m,off=0x1000				pte $WC ram+0x1000 *
		munmap:m
		munmap:n
		lookup:ram+0x0					$WC ram
		lookup:ram+0x1000				$WC ram
		s=reserve:b,region=ram,len=0x1000,mode=$WC	EBUSY
	END
}

# RESERVE answers with the mode that its first page now has in the direct map. set_memory_uc() adds
# bits to those that are there: if the page were still write-combining, the mode would be uncached.
@test "ram: RELEASE sets the direct map to write-back, to the last page, and none beside" {
	need_modes
	check <<-END
		a=open
		r=reserve:a,region=ram,off=0x1000,len=0x3000,mode=$WC	$WC
		before=reserve:a,region=ram,len=0x1000,mode=$UC		$UC
		behind=reserve:a,region=ram,off=0x4000,len=0x1000,mode=$UC	$UC
		release:r
		s=reserve:a,region=ram,off=0x1000,len=0x1000,mode=$UC	$UC
		t=reserve:a,region=ram,off=0x2000,len=0x1000,mode=$UC	$UC
		u=reserve:a,region=ram,off=0x3000,len=0x1000,mode=$UC	$UC
	END
}

# The kernel sets all of a large entry of the direct map without a split
# (__should_split_large_page()).
@test "ram: 2 MiB are set at once, and are write-back again to the last page" {
	need_modes
	need_room ram 0x200000
	check <<-END
		a=open
		r=reserve:a,region=ram,len=0x200000,mode=$WC			$WC
		lookup:ram+0x1ff000						$WC ram
		s=reserve:a,region=ram,off=0x1ff000,len=0x1000,mode=$UC		EBUSY
		release:r
		lookup:ram+0x1ff000						write-back ram
		s=reserve:a,region=ram,off=0x1ff000,len=0x1000,mode=$UC		$UC
		t=reserve:a,region=ram,off=0x100000,len=0x1000,mode=$UC		$UC
		u=reserve:a,region=ram,len=0x1000,mode=$UC			$UC
	END
}

# not_set_back: rows whose last release fails to set pages 1 and 2 of ram to write-back.
not_set_back() {
	cat <<-END
		z=open
		a=open
		r=reserve:a,region=ram,off=0x1000,len=0x2000,mode=$WC	$WC
		ioctl:z,nr=17,size=16,u32@4=1
		release:r
		ioctl:z,nr=17,size=16,u32@12=?				ok u32@12=0x1
		lookup:ram+0x0						write-back ram
		lookup:ram+0x1000					$WC ram
		lookup:ram+0x2000					$WC ram
	END
}

@test "ram: pages that can't be set to write-back are nobody's, until the next open sets them" {
	need_modes
	check <<-END
		$(not_set_back)
		s=reserve:a,region=ram,off=0x1000,len=0x1000,mode=$UC	EBUSY
		s=reserve:a,region=ram,off=0x2000,len=0x1000,mode=$WC	EBUSY
		b=open
		lookup:ram+0x1000					write-back ram
		lookup:ram+0x2000					write-back ram
		s=reserve:a,region=ram,off=0x1000,len=0x1000,mode=$UC	$UC
		t=reserve:a,region=ram,off=0x2000,len=0x1000,mode=$UC	$UC
	END
	run -0 log
	assert_line --partial "ram: 2 pages are not write-back yet"
}

# The kernel forgets the mode of a page that is freed. So a page that the module kept would still
# have its mode, and one that is write-back again went back to the kernel.
@test "ram: pages that could not be set to write-back are set when the module goes" {
	local at

	need_modes
	printf -v at 0x%x $(($(region_field ram start) + 0x1000))
	check <<<"$(not_set_back)"
	rmmod pfnmap_test
	suite_load
	check <<-END
		a=open
		lookup:$at	write-back ram
	END
	run -0 log
	assert_line --partial "ram: 2 pages are not write-back yet"
	refute_line --partial "are lost until the next boot"
}
