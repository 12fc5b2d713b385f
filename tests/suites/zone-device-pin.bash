# shellcheck shell=bash
# ZONE_DEVICE folios, pinned by every way in the kernel's GUP, by O_DIRECT, by io_uring's
# fixed buffers, and by a pipe: a pin outlives the mapping, its data is right, and WAIT_IDLE
# waits for the pin. A case is written once for entries of 4 KiB, 2 MiB and 1 GiB, and for every
# driver that gives such memory, see shared/zone-device.bash. Load helpers/zram, too.

# What pin_user_pages() adds to the count of a small folio. To that of a large folio it adds 1 a
# page, as a large folio has a count of pins.
BIAS=1024

bias() { # LEVEL
	[[ $1 == pte ]] && echo $BIAS || echo 1
}

# One way to pin, and what it counts: get_user_pages_fast() takes references.
pinned() { # LEVEL HOW
	local len more=1

	# shellcheck disable=SC2153 # helpers/common has it
	len=${LEAF_BYTES[$1]}
	[[ $2 == fast* ]] || more=$(bias "$1")
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x77
		look		BY1
		p=pin:m,$2	ok word=0x????????00000077
		look		BY1+$more
		q=pin:m,$2	ok word=0x????????00000077
		look		BY1+$((2 * more))
		unpin:p
		look		BY1+$more
		unpin:q
		look		BY1
		munmap:m
		look		BY0
	END
}
for how in slow slow,write slow,longterm slow,longterm,write \
	either either,write either,longterm either,longterm,write; do
	zd_register "pin $how counts in the folio" pinned $how
done
# D23: the fast way takes these pages without pXX_devmap() (6.17), too.
for how in fast fast,write; do
	zd_register "D23: pin $how counts in the folio" pinned $how
done

# GUP finds a page by its place in the leaf. In a 1 GiB leaf the last page of the first 2 MiB has
# another word than the leaf's last page.
pinned_last() { # LEVEL
	local last

	printf -v last 0x%x $((LEAF_BYTES[$1] - 0x1000))
	zd "$1" <<-END
		m=mmap:a,len=${LEAF_BYTES[$1]}
		write:m,off=0x1ff000,val=0x5b
		write:m,off=$last,val=0x5a
		p=pin:m,off=$last,slow	ok word=0x????????0000005a
		q=pin:m,off=$last,fast	ok word=0x????????0000005a
		unpin:p
		unpin:q
		munmap:m
		look		BY0
	END
}
zd_register_at pmd "a pin of a leaf's last page is of that page" pinned_last
zd_register_at pud "a pin of a leaf's last page is of that page" pinned_last

# There is no entry yet: the fast way finds nothing, and the slow way faults the page in.
pinned_untouched() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		word:dax+0,val=0x55
		m=mmap:a,len=$len
		p=pin:m,fast	EFAULT
		look		BY0
		p=pin:m,slow	ok word=0x0000000000000055
		look		BY1+$(bias "$1")
		leaf:m		LEVEL AT+0x0*
		q=pin:m,fast	ok word=0x0000000000000055
		unpin:q
		unpin:p
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "a pin of what is not mapped yet faults it in, the fast way does not" pinned_untouched

pinned_read_only() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len,prot=r
		read:m			0x????????
		look			BY1
		p=pin:m,slow,write	EFAULT
		p=pin:m,fast,write	EFAULT
		p=pin:m,either,write	EFAULT
		look			BY1
		p=pin:m,slow,longterm	PIN
		unpin:p
		munmap:m
		look			BY0
	END
}
zd_register "a read-only mapping is not pinned for writing" pinned_read_only

# Many pages of one folio, and of two.
pinned_pages() {
	local len n=16

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		p=pin:m,slow,len=0x10000			PIN
		look						BY1+$n
		q=pin:m,either,off=0x20000,len=0x10000,longterm	PIN
		look						BY1+$((2 * n))
		r=pin:m,fast,off=0x30000,len=0x10000		PIN
		look						BY1+$((3 * n))
		unpin:p
		unpin:q
		unpin:r
		look						BY1
		munmap:m
		look						BY0
	END
}
zd_register_at pmd "a pin of many pages counts each in the folio" pinned_pages
zd_register_at pud "a pin of many pages counts each in the folio" pinned_pages

pinned_across() { # LEVEL HOW
	local len more=1

	len=${LEAF_BYTES[$1]}
	[[ $2 == fast ]] || more=$(bias "$1")
	zd "$1" <<-END
		m=mmap:a,len=$((2 * len))
		write:m,val=1
		write:m,off=$len,val=2
		p=pin:m,$2,off=$((len - 0x1000)),len=0x2000	PIN
		look						BY1+$more
		look:$len					BY1+$more
		unpin:p
		look						BY1
		look:$len					BY1
		munmap:m
		look						BY0
		look:$len					BY0
	END
}
for how in slow fast either,longterm,write; do
	zd_register_at pte "a pin across two folios counts in each, $how" pinned_across $how
	zd_register_at pmd "a pin across two folios counts in each, $how" pinned_across $how
done

# PIN pins all of the range or nothing: it gives back the pages before the hole.
pinned_to_a_hole() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$((2 * len))
		write:m,val=1
		munmap:m,off=$len,len=$len
		p=pin:m,slow,off=$((len - 0x1000)),len=0x2000	EFAULT
		look						BY1
		munmap:m,len=$len
		look						BY0
	END
}
zd_register_at pte "a pin that fails on its way leaves no reference" pinned_to_a_hole
zd_register_at pmd "a pin that fails on its way leaves no reference" pinned_to_a_hole

unmapped() {
	local len more

	len=${LEAF_BYTES[$1]}
	more=$(bias "$1")
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x77
		p=pin:m,slow,longterm,write	PIN
		munmap:m
		look				BY0+$more
		word:dax+0			0x????????00000077
		n=mmap:a,len=$len
		read:n				0x00000077
		look				BY1+$more
		write:n,val=0x78
		munmap:n
		look				BY0+$more
		unpin:p
		look				BY0
		word:dax+0			0x????????00000078
	END
}
zd_register "a pin outlives the mapping, and the folio is mapped again" unmapped

zapped() {
	local len more

	len=${LEAF_BYTES[$1]}
	more=$(bias "$1")
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x77
		p=pin:m,slow,longterm	PIN
		zap:a,how=mapping
		leaf:m			none
		look			BY0+$more
		read:m			0x00000077
		look			BY1+$more
		unpin:p
		munmap:m
		look			BY0
	END
}
zd_register "unmap_mapping_range() takes the entry, and leaves the pin" zapped

pinner_killed() {
	local len open

	len=${LEAF_BYTES[$1]}
	zd_open "$1" b
	printf -v open 'c/%s\n' "${REPLY[@]}"
	zd "$1" <<-END
		fork:c
		$open
		c/n=mmap:b,len=$len
		c/write:n,val=7
		c/p=pin:n,slow,longterm,via=b	PIN
		look				BY1+$(bias "$1")
		kill:c				SIGKILL
		look				BY0
	END
}
zd_register "SIGKILL of a process gives its pin back" pinner_killed

# fork() copies no entry, so the pin does not matter to it.
forked() {
	local len more

	len=${LEAF_BYTES[$1]}
	more=$(bias "$1")
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		p=pin:m,slow	PIN
		fork:c
		look		BY1+$more
		c/read:m	0x00000001
		look		BY2+$more
		c/write:m,val=2
		read:m		0x00000002
		word:dax+0	0x????????00000002
		exit:c
		unpin:p
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "parent, child and pin have one page after fork" forked

# A pipe takes a reference, and no pin.
spliced() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=0x77
		s=splice:m
		look		BY1+1
		munmap:m
		look		BY0+1
		n=mmap:a,len=$len
		write:n,val=0x78
		munmap:n
		unsplice:s	0x00000078
		look		BY0
	END
}
zd_register "vmsplice: the pipe has the page itself, and keeps it" spliced

remote() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		vmwrite:m,val=0x21
		look		BY1
		read:m		0x00000021
		vmread:m	0x00000021
		memwrite:m,val=0x22
		memread:m	0x00000022
		peek:m		0x00000022
		poke:m,val=0x23
		vmread:m,off=4	0x????????
		read:m		0x00000023
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "process_vm_readv() and writev(), /proc/PID/mem, ptrace leave no reference" remote

# With O_DIRECT a disk reads and writes the pages themselves.
direct() {
	local len

	need_zram
	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		f=file:$ZRAM,direct
		m=mmap:a,len=$len
		fill:m,len=0x1000,val=0x100,inc=3
		pwrite:f,from=m
		look	BY1
		fill:m,len=0x1000,val=0
		pread:f,to=m
		look	BY1
		check:m,len=0x1000,val=0x100,inc=3
		leaf:m	WRITTEN+0x0
		munmap:m
		look	BY0
	END
}
zd_register "O_DIRECT writes from the page, and reads into it" direct

direct_large() {
	local len=0x200000 bytes

	need_zram
	bytes=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		f=file:$ZRAM,direct
		m=mmap:a,len=$bytes
		fill:m,len=$len,val=5,inc=7
		pwrite:f,from=m,len=$len,at=0x200000
		fill:m,len=$len,val=0
		pread:f,to=m,len=$len,at=0x200000
		check:m,len=$len,val=5,inc=7
		look	BY1
		munmap:m
		look	BY0
	END
}
zd_register_at pmd "O_DIRECT of 2 MiB has all data" direct_large

direct_read_only() {
	local len

	need_zram
	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		f=file:$ZRAM,direct
		m=mmap:a,len=$len,prot=r
		pread:f,to=m	EFAULT
		pwrite:f,from=m
		look		BY1
		munmap:m
		look		BY0
	END
}
zd_register "O_DIRECT read into a read-only mapping is EFAULT" direct_read_only

# $REPLY: the mapping's bytes, and where in it a buffer of four pages begins. The buffer is in
# several leaves, or goes over a border of 2 MiB in a leaf of 1 GiB. Each page has other data: GUP
# has to find each in its place.
two_parts() { # LEVEL
	case $1 in
	pte) REPLY="0x4000 0x0" ;;
	pmd) REPLY="0x400000 0x1fe000" ;;
	pud) REPLY="0x40000000 0x1fe000" ;;
	esac
}

# O_DIRECT gets its pages by the fast way of GUP.
direct_across() {
	local len at

	need_zram
	two_parts "$1"
	read -r len at <<<"$REPLY"
	zd "$1" <<-END
		f=file:$ZRAM,direct
		z=anon:len=0x4000
		m=mmap:a,len=$len
		fill:m,off=$at,len=0x4000,val=5,inc=7
		pwrite:f,from=m+$at,len=0x4000
		pread:f,to=z,len=0x4000
		check:z,len=0x4000,val=5,inc=7
		fill:z,len=0x4000,val=9,inc=11
		pwrite:f,from=z,len=0x4000
		pread:f,to=m+$at,len=0x4000
		check:m,off=$at,len=0x4000,val=9,inc=11
		munmap:m
		look	BY0
	END
}
zd_register "O_DIRECT across 2 MiB, or two leaves, has each page's data" direct_across

# io_uring pins fixed buffers for long. Before 6.5 it refuses all memory of files.
ring() {
	local len more

	need_zram
	need_ring
	len=${LEAF_BYTES[$1]}
	more=$(bias "$1")
	zd "$1" <<-END
		f=file:$ZRAM,direct
		m=mmap:a,len=$len
		fill:m,len=0x1000,val=0x100,inc=3
		u=ring:m
		look	BY1+$more
		ringwrite:u,file=f
		fill:m,len=0x1000,val=0
		ringread:u,file=f
		check:m,len=0x1000,val=0x100,inc=3
		munmap:m
		look	BY0+$more
		n=mmap:a,len=$len
		fill:n,len=0x1000,val=0x33
		ringwrite:u,file=f,at=0x1000
		ringread:u,file=f
		check:n,len=0x1000,val=0x100,inc=3
		munmap:n
		ringend:u
		look	BY0
		m=mmap:a,len=$len
		pread:f,to=m,at=0x1000
		check:m,len=0x1000,val=0x33
		munmap:m
		look	BY0
	END
}
zd_register "io_uring's fixed buffer has the page's data, mapped or not" ring

# A fixed buffer gets its pages by the slow way of GUP: the fast way pins no file's pages for long.
ring_across() {
	local len at

	need_zram
	need_ring
	two_parts "$1"
	read -r len at <<<"$REPLY"
	zd "$1" <<-END
		f=file:$ZRAM,direct
		z=anon:len=0x4000
		m=mmap:a,len=$len
		u=ring:m,off=$at,len=0x4000
		fill:m,off=$at,len=0x4000,val=5,inc=7
		ringwrite:u,file=f
		pread:f,to=z,len=0x4000
		check:z,len=0x4000,val=5,inc=7
		fill:z,len=0x4000,val=9,inc=11
		pwrite:f,from=z,len=0x4000
		ringread:u,file=f
		check:m,off=$at,len=0x4000,val=9,inc=11
		ringend:u
		munmap:m
		look	BY0
	END
}
zd_register "io_uring's fixed buffer across 2 MiB, or two leaves, has each page's data" ring_across

# The buffer is all of a leaf: one folio, so one piece.
ring_large() {
	need_zram
	need_ring
	zd pmd <<-END
		f=file:$ZRAM,direct
		m=mmap:a,len=0x200000
		fill:m,val=9,inc=5
		u=ring:m,len=0x200000
		munmap:m
		idle:dax+0,timeout=20	ETIMEDOUT
		ringwrite:u,file=f
		word:dax+0,val=0
		ringread:u,file=f
		m=mmap:a,len=0x200000
		check:m,val=9,inc=5
		ringend:u
		munmap:m
		look			BY0
	END
}
zd_register_at pmd "io_uring's fixed buffer of all of a leaf has all data, mapped or not" ring_large

need_ring() {
	since 6.5 || skip "io_uring registers no memory of files before 6.5"
}
