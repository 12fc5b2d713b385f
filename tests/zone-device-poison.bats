#!/usr/bin/env bats
# Memory failure of ZONE_DEVICE pages, injected by MADV_HWPOISON: the kernel finds the processes
# that map the folio by its mapping and index, and takes entries of any size away. Its signal
# says how much is lost. Row D14 of docs/glossary.md.
#
# No kernel mends such a page again (unpoison-pfn is for online memory). But folios of another
# size get new struct pages, which know nothing of the failure: so each test ends by making
# the folios anew.

load helpers/common
load shared/zone-device

setup() {
	invariants_note
	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	# Without large leaves there is no other folio size.
	need_large_leaves
}

clean_up() {
	[[ -n ${BATS_TEST_SKIPPED-} ]] || mend
}

# One of these levels has another size than the folios have now.
mend() {
	local steps=() level

	for level in pmd pte; do
		steps+=("set:a,region=dax,method=${COUNTED[$level]},mode=write-back,level=$level")
	done
	try a=open "${steps[@]}" folio:dax+0x0 folio:dax+0x1000 && refute_line --partial hwpoison
}

lsb() {
	case $1 in
	pte) echo 12 ;;
	pmd) echo 21 ;;
	pud) echo 30 ;;
	esac
}

poisoned() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		look		BY1
		poison:m	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=$(lsb "$1")
		leaf:m		none
		look		BY0*hwpoison
		munmap:m
		look		BY0*hwpoison
	END
}
zd_register "SIGBUS has the size of what is lost, and the entry is gone" poisoned

# All of the folio is lost, from its start on, whichever page the failure was in.
poisoned_tail() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		poison:m,off=0x7000	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=$(lsb "$1")
		leaf:m			none
		look			BY0*hwpoison
		munmap:m
	END
}
zd_register_at pmd "a failure in the middle is one of all of the leaf" poisoned_tail
zd_register_at pud "a failure in the middle is one of all of the leaf" poisoned_tail

# The kernel finds entries in other processes, too, by rmap. These get SIGBUS only if they
# asked for it.
poisoned_shared() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		fork:c
		c/read:m	0x00000044
		look		BY2
		poison:m	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=$(lsb "$1")
		leaf:m		none
		c/leaf:m	none
		look		BY0*hwpoison
		exit:c
		munmap:m
	END
}
zd_register "entries of other processes go, too" poisoned_shared

# Two mappings in a process: the kernel forces one signal for each entry, one after the other.
poisoned_twice_mapped() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		n=mmap:a,len=$len
		read:n		0x00000044
		poison:m	ok SIGBUS=* code=BUS_MCEERR_AR * lsb=$(lsb "$1")
		leaf:m		none
		leaf:n		none
		look		BY0*hwpoison
		munmap:m
		munmap:n
	END
}
zd_register "both mappings of a process lose their entry" poisoned_twice_mapped

# The kernel does not take GENERIC memory out of use: only the driver's fault handler can refuse.
poisoned_and_touched() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		poison:m	ok SIGBUS=1 *
		leaf:m		none
		read:m		0x00000044
		leaf:m		LEVEL AT+0x0*
		look		BY1*hwpoison
		munmap:m
	END
}
zd_register "the kernel refuses no fault afterwards" poisoned_and_touched

# An access of the kernel's own could stop a real machine. GUP takes the page all the same, and
# the first 8 bytes in the pin's answer are not read.
poisoned_read() {
	local len last

	len=${LEAF_BYTES[$1]}
	printf -v last 0x%x $((len - 8))
	zd "$1" <<-END
		m=mmap:a,len=$len
		fill:m,len=0x8,val=0
		write:m,val=0x44
		word:dax+0x0		0x0000000000000044
		p=pin:m,slow		ok word=0x0000000000000044
		unpin:p
		poison:m		ok SIGBUS=1 *
		word:dax+0x0		EHWPOISON
		word:dax+0x0,val=1	EHWPOISON
		word:dax+$last		EHWPOISON
		read:m			0x00000044
		p=pin:m,slow		ok word=0x0000000000000000
		unpin:p
		munmap:m
	END
}
zd_register "the module does not read the memory afterwards" poisoned_read

poisoned_pinned() {
	local len more=1

	len=${LEAF_BYTES[$1]}
	[[ $1 != pte ]] || more=1024
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		p=pin:m,slow,longterm	PIN
		poison:m		ok SIGBUS=1 *lsb=$(lsb "$1")
		leaf:m			none
		look			BY0+$more*hwpoison
		unpin:p
		look			BY0*hwpoison
		munmap:m
	END
}
zd_register "a pin outlives the failure" poisoned_pinned

# The kernel takes a reference, and then finds that the page is no online memory.
soft_offlined() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x44
		madvise:m,len=0x1000,advice=soft_offline	EIO
		look		BY1
		leaf:m		WRITTEN+0x0
		read:m		0x00000044
		munmap:m
		look		BY0
	END
	refute_line --partial hwpoison
}
zd_register "soft offline is refused, and leaves no reference behind" soft_offlined

@test "D14: a failure of one page leaves its neighbours mapped" {
	zd pte <<-END
		m=mmap:a,len=0x3000
		write:m,val=1
		write:m,off=0x1000,val=2
		write:m,off=0x2000,val=3
		poison:m,off=0x1000	ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x1000 lsb=12
		leaf:m			WRITTEN+0x0
		leaf:m,off=0x1000	none
		leaf:m,off=0x2000	WRITTEN+0x2000
		look			BY1
		look:0x1000		BY0*hwpoison
		munmap:m
	END
	refute_line --regexp "^folio dax\+0x0: .*hwpoison"
}

@test "D14: pages that were hit are new with folios of another size" {
	zd pte <<-END
		m=mmap:a,len=0x1000
		write:m,val=0x44
		poison:m	ok SIGBUS=1 *
		munmap:m
		look		BY0*hwpoison
		b=open
		set:b,region=dax,method=${COUNTED[pmd]},mode=write-back,level=pmd
		folio:dax+0x0	refs=1 mapcount=0 order=9 page_refs=1 pgmap=generic index=0x0 zone-device
		n=mmap:b,len=0x200000
		read:n		0x00000044
		munmap:n
	END
}
