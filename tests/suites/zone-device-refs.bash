# shellcheck shell=bash
# ZONE_DEVICE folios, counted: a reference and a mapcount for each entry, whatever happens
# to the mapping, and the baseline when all are gone. Before 6.15 an entry (devmap)
# counted nothing: the same cases then show that the counts never change. Rows D11 to D16 of
# docs/glossary.md. A case is written once for entries of 4 KiB, 2 MiB and 1 GiB, and for every
# driver that gives such memory, see shared/zone-device.bash.

# A kernel that drops a reference too many frees the folio while it is mapped. One that forgets
# to drop a reference never gives the page back.
many() {
	local len n rows=''

	len=${LEAF_BYTES[$1]}
	for n in 1 2 3 4 5 6 7 8; do
		rows+="
			m$n=mmap:a,len=$len
			read:m$n		0x????????
			look			BY$n"
	done
	for n in 7 6 5 4 3 2 1 0; do
		rows+="
			munmap:m$((8 - n))
			look			BY$n"
	done
	zd "$1" <<-END
		look	BY0
		$rows
	END
}
zd_register "an entry is a reference, eight are eight, and none is none" many

written() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		look	BY0
		read:m	0x????????
		look	BY1
		leaf:m	LEVEL AT+0x0*young*
		write:m,val=1
		look	BY1
		leaf:m	WRITTEN+0x0
		write:m,off=4,val=2
		look	BY1
		munmap:m
		look	BY0
	END
}
zd_register "a write to what was read takes no second reference" written

# fork() copies no entries of files: a child faults for itself.
forked() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x11
		look		BY1
		fork:c
		look		BY1
		c/leaf:m	none
		c/read:m	0x00000011
		look		BY2
		c/look		BY2
		c/write:m,val=0x22
		look		BY2
		read:m		0x00000022
		munmap:m
		look		BY1
		c/read:m	0x00000022
		exit:c
		look		BY0
	END
}
zd_register "a child has a reference when it touches, and none after it ends" forked

killed() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		fork:c
		fork:d
		c/read:m	0x00000001
		d/write:m,val=2
		look		BY3
		kill:c		SIGKILL
		look		BY2
		kill:d		SIGKILL
		look		BY1
		read:m		0x00000002
		munmap:m
		look		BY0
	END
}
zd_register "SIGKILL gives references back" killed

# The child maps by its own open file: nothing of the mapping or the file outlives it.
killed_alone() {
	local len open

	len=${LEAF_BYTES[$1]}
	zd_open "$1" b
	open=("${REPLY[@]}")
	zd "$1" <<-END
		fork:c
		c/${open[0]}
		c/${open[1]}
		c/n=mmap:b,len=$len
		c/write:n,val=7
		look	BY1
		kill:c	SIGKILL
		look	BY0
		m=mmap:a,len=$len
		read:m	0x00000007
		look	BY1
		munmap:m
		look	BY0
	END
}
zd_register "SIGKILL of the only process that maps gives the reference back" killed_alone

execed() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		fork:c
		c/read:m	0x00000001
		look		BY2
		c/exec
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "exec gives references back" execed

# mremap() would lose a 1 GiB leaf, so our driver zaps the leaf before, see
# module/patterns/large_leaf.h.
moved() {
	local len there=BY1 leaf=WRITTEN+0x0

	len=${LEAF_BYTES[$1]}
	[[ $1 != pud ]] || there=BY0 leaf=none
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=5
		look	BY1
		n=mremap:m,len=$len,fixed=0x600000000000
		look	$there
		leaf:n	$leaf
		read:n	0x00000005
		look	BY1
		munmap:n
		look	BY0
	END
}
zd_register "mremap moves the reference with the entry" moved

mapped_over() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=5
		look	BY1
		n=mmap:a,len=$len,fixed=m+0
		look	BY0
		read:n	0x00000005
		look	BY1
		munmap:n
		look	BY0
	END
}
zd_register "a mapping in the place of another takes its references away" mapped_over

protected() {
	local len

	# change_pud_range() of 6.1 takes a 1 GiB leaf for a broken table: the pattern
	# zaps the leaf before.
	since 6.12 || [[ $1 != pud ]] || skip "mprotect() of 1 GiB leaves is broken before 6.12"
	[[ $1 != pud ]] || ! panics_of_warnings || skip "mprotect() of 1 GiB leaves warns here"
	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=5
		mprotect:m,prot=r
		look		BY1
		read:m		0x00000005
		write:m,val=6	SIGSEGV
		look		BY1
		mprotect:m,prot=none
		look		*
		read:m		SIGSEGV
		mprotect:m,prot=rw
		write:m,val=6
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "mprotect changes no reference" protected

# Before the cut of the VMA, the driver zaps a leaf that is in both parts whole, with its
# reference. The rest faults in by pages, and each has a reference to the same folio.
cut() {
	local len at=0x1000

	len=${LEAF_BYTES[$1]}
	[[ $1 != pud ]] || at=0x200000
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,off=$at,val=6
		look			BY1
		munmap:m,len=$at
		look			BY0
		leaf:m,off=$at		none
		read:m,off=$at		0x00000006
		look			BY1
		leaf:m,off=$at		pte AT+$at*
		read:m,off=$((2 * at))	0x????????
		look			BY2
		read:m,off=$((5 * at))	0x????????
		look			BY3
		munmap:m,off=$((2 * at)),len=$((len - 2 * at))
		look			BY1
		munmap:m,off=$at,len=$at
		look			BY0
	END
}
zd_register_at pmd "munmap of part drops the leaf's reference, and pages take their own" cut
zd_register_at pud "munmap of part drops the leaf's reference, and pages take their own" cut

cut_behind() {
	local len half

	len=${LEAF_BYTES[$1]}
	half=$((len / 2))
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=6
		look			BY1
		munmap:m,off=$half,len=$half
		look			BY0
		leaf:m			none
		read:m			0x00000006
		look			BY1
		leaf:m			pte AT+0x0*
		read:m,off=$half	SIGSEGV
		munmap:m,len=$half
		look			BY0
	END
}
zd_register_at pmd "munmap of the second half drops the leaf's reference" cut_behind
zd_register_at pud "munmap of the second half drops the leaf's reference" cut_behind

split_by_mprotect() {
	local len half

	[[ $1 != pud ]] || since 6.12 || skip "mprotect() of 1 GiB leaves is broken before 6.12"
	len=${LEAF_BYTES[$1]}
	half=$((len / 2))
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=6
		look			BY1
		mprotect:m,off=$half,len=$half,prot=r
		look			BY0
		read:m			0x00000006
		look			BY1
		leaf:m			pte AT+0x0*
		write:m,off=$half,val=1	SIGSEGV
		read:m,off=$half	0x????????
		look			BY2
		munmap:m
		look			BY0
	END
}
zd_register_at pmd "mprotect of the second half splits, and drops the leaf's reference" split_by_mprotect
zd_register_at pud "mprotect of the second half splits, and drops the leaf's reference" split_by_mprotect

moved_in_part() {
	zd pmd <<-END
		m=mmap:a,len=0x200000
		write:m,off=0x100000,val=6
		look	BY1
		n=mremap:m,off=0x100000,old=0x100000,len=0x100000,fixed=0x600000000000
		look	BY0
		read:n	0x00000006
		look	BY1
		read:m	0x????????
		look	BY2
		leaf:n	pte AT+0x100000*
		munmap:n
		look	BY1
		munmap:m,len=0x100000
		look	BY0
	END
}
zd_register_at pmd "mremap of the second half drops the leaf's reference" moved_in_part

dropped() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=6
		look	BY1
		madvise:m,advice=dontneed
		look	BY0
		leaf:m	none
		read:m	0x00000006
		look	BY1
		munmap:m
		look	BY0
	END
}
zd_register "MADV_DONTNEED drops references, and data stays" dropped

dropped_in_part() {
	zd pmd <<-END
		m=mmap:a,len=0x200000
		write:m,off=0x2000,val=6
		look			BY1
		madvise:m,off=0x1000,len=0x1000,advice=dontneed
		look			BY0
		read:m,off=0x2000	0x00000006
		look			BY1
		munmap:m
		look			BY0
	END
}
zd_register_at pmd "MADV_DONTNEED of a page in a leaf drops the leaf's reference" dropped_in_part

side_by_side() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$((2 * len))
		write:m,val=1
		look		BY1
		look:$len	BY0
		write:m,off=$len,val=2
		look		BY1
		look:$len	BY1
		munmap:m,len=$len
		look		BY0
		look:$len	BY1
		munmap:m,off=$len,len=$len
		look:$len	BY0
	END
}
zd_register_at pte "two folios in a mapping are counted each for itself" side_by_side
zd_register_at pmd "two folios in a mapping are counted each for itself" side_by_side

# No leaf fits where the address and the memory differ in their offset into a folio. The driver
# then maps the memory by pages, and each counts in the folio.
by_pages() {
	zd pmd <<-END
		m=mmap:a,off=0x1000,len=0x3000
		read:m			0x????????
		look			BY1
		leaf:m			pte AT+0x1000*
		folio:m			BY1 tail
		read:m,off=0x1000	0x????????
		read:m,off=0x2000	0x????????
		look			BY3
		munmap:m,len=0x1000
		look			BY2
		munmap:m,off=0x1000,len=0x2000
		look			BY0
	END
}
zd_test "D11: pages of a large folio, mapped one by one, are counted in its head" by_pages

by_leaf_and_pages() {
	zd pmd <<-END
		m=mmap:a,len=0x200000
		read:m			0x????????
		look			BY1
		n=mmap:a,off=0x1000,len=0x2000
		read:n			0x????????
		look			BY2
		read:n,off=0x1000	0x????????
		look			BY3
		munmap:m
		look			BY2
		munmap:n
		look			BY0
	END
}
zd_test "D11: a large folio counts a leaf and pages that map it at once" by_leaf_and_pages

# An untouched mapping has no entry to count.
untouched() {
	zd pte <<-END
		m=mmap:a,len=0x4000
		look	BY0
		mprotect:m,prot=r
		fork:c
		look	BY0
		exit:c
		munmap:m
		look	BY0
	END
}
zd_test "D13: a mapping that is not touched has no reference" untouched

populated() {
	zd pte <<-END
		m=mmap:a,len=0x2000
		madvise:m,advice=populate_read
		look		BY1
		look:0x1000	BY1
		madvise:m,advice=populate_write
		look		BY1
		leaf:m		LEVEL AT+0x0 writable*young*
		munmap:m
		look		BY0
		look:0x1000	BY0
	END
}
zd_test "D13: madvise populates with one reference for each page" populated

refused_operations() {
	zd pte <<-END
		m=mmap:a,len=0x2000
		read:m					0x????????
		look					BY1
		mremap:m,old=0,len=0x2000,maymove	EFAULT
		mremap:m,len=0x4000,maymove		EFAULT
		mremap:m,len=0x2000,dontunmap		EINVAL
		madvise:m,advice=remove			ENODEV
		madvise:m,advice=free			EINVAL
		n=mmap:a,len=0x1000,private		EINVAL
		look					BY1
		munmap:m
		look					BY0
	END
}
zd_test "D13: refused operations change no reference" refused_operations

# The page map keeps a reference of its own, so a mapping never drops the last one. So the test
# does not see what the kernel does at the last put (GENERIC: it sets the count to 1, and tells
# nobody), and rmap's mapping and index stay. FS_DAX, which does tell, is a control.
last_put() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		look	BY1*index=0x0*mapping*
		munmap:m
		look	BY0*index=0x0*mapping*
		m=mmap:a,len=$len
		read:m	0x00000001
		look	BY1*index=0x0*mapping*
		munmap:m
		look	BY0
	END
	behaviour "an entry is a reference to a ZONE_DEVICE folio (6.15)" \
		"$(entries_count && echo fixed || echo "not applicable")"
}
zd_register "the last unmap leaves the page map's reference, mapping and index" last_put
