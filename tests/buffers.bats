#!/usr/bin/env bats
# A mapping as the buffer of a system call. The kernel copies from every mapping, and to it. But what
# takes the mapping's own pages, as O_DIRECT, MSG_ZEROCOPY and io_uring do, gets no page of a pfn.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load helpers/zram

setup_file() {
	zram_begin $((16 << 20)) || export NO_ZRAM=yes
}

teardown_file() {
	zram_end
}

# $NO_PAGE: what a system call that takes pages says of a pfn, or ok.
no_page() { # PFNS SPECIAL
	case $KIND in
	pfns) NO_PAGE=$1 ;;
	special) NO_PAGE=$2 ;;
	*) NO_PAGE=ok ;;
	esac
}

copied() {
	WANT=(ok ok ok ok ok ok ok)
}

@test "buffers: read and write copy to and from every mapping" {
	BEFORE=("f=file:/tmp/buffer,create")
	each_method copied fill:m,len=0x1000,val=7,inc=1 pwrite:f,from=m fill:m,len=0x1000,val=0 \
		pread:f,to=m check:m,len=0x1000,val=7,inc=1 close:f
	on rm /tmp/buffer
}

# O_DIRECT of a disk that transfers to and from the pages themselves.
direct() {
	no_page EFAULT EEXIST
	WANT=(ok ok "$NO_PAGE" ok ok "$NO_PAGE" ok)
	[[ $NO_PAGE == ok ]] || WANT[6]="*, not 0x00000009"
}

@test "buffers: O_DIRECT is refused for pfns, both ways, and works for pages" {
	need_zram
	BEFORE=("f=file:$ZRAM,direct" "z=anon:len=0x1000,plain" "fill:z,val=9,inc=1"
		"pwrite:f,from=z,at=0x1000")
	each_method direct fill:m,len=0x1000,val=7,inc=1 pwrite:f,from=m pread:f,to=z,at=0x1000 \
		fill:m,len=0x1000,val=0 pread:f,to=m,at=0x1000 check:m,len=0x1000,val=9,inc=1
}

need_lo() {
	on ifconfig lo up || skip "no network here"
	on pfnmap-try m=anon:len=0x1000 send:m | grep -q 0x || skip "no packet goes through lo"
}

sent() {
	no_page EFAULT EFAULT
	[[ $NO_PAGE != ok ]] || NO_PAGE=0x00000007
	WANT=(ok ok 0x00000007 "$NO_PAGE" ok)
}

@test "buffers: send copies from every mapping, and MSG_ZEROCOPY is EFAULT for pfns" {
	need_lo
	each_method sent write:m,val=7 send:m send:m,zerocopy munmap:m
}

has_io_uring() {
	on pfnmap-try m=anon:len=0x1000 r=ring:m | grep -q "ring r: ok"
}

# $REPLY: what io_uring says of counted pages as a registered buffer. Before "io_uring: rsrc: delegate
# VMA file-backed check to GUP" (6.5) io_uring took no mapping of a file but shmem and hugetlb.
registers() {
	REPLY=ok
	since 6.5 || REPLY=EOPNOTSUPP
}

# Since 8ac268436e6d (6.5) nobody has a longterm pin for write of a mapping with page_mkwrite() or
# pfn_mkwrite(), such as that of the huge zero folio.
dirty_tracked() {
	[[ $KIND != zero ]] || ! has_symbol vma_needs_dirty_tracking || NO_PAGE=EFAULT
}

@test "buffers: page_mkwrite forbids longterm pins for write, and so io_uring's buffers (6.5)" {
	local longterm=EFAULT told=refused

	need_method vm_insert_page
	need_region ram
	has_symbol vma_needs_dirty_tracking || longterm="ok word=*" told=granted
	has_io_uring || skip "no io_uring here"
	registers
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=mkwrite
		m=mmap:a
		write:m,val=7
		p=pin:m,slow,longterm,write	$longterm
		q=pin:m,either,longterm,write	$longterm
		r=ring:m			$([[ $REPLY == ok ]] && echo EFAULT || echo "$REPLY")
		s=pin:m,slow,longterm		ok word=*
		t=pin:m,slow,write		ok word=*
		read:m				0x00000007
		set:a,region=ram,method=vm_insert_page,mode=write-back
		n=mmap:a
		u=pin:n,slow,longterm,write	ok word=*
		v=ring:n			$REPLY
	END
	behaviour "a longterm pin for write where the driver has page_mkwrite()" "$told"
}

# From 6.5 on io_uring takes pages of the process for its rings, by a longterm pin for write.
rings() {
	no_page EFAULT EEXIST
	dirty_tracked
	since 6.5 || NO_PAGE=EINVAL
	WANT=(ok ok "$NO_PAGE" "*" ok 0x????????)
}

@test "buffers: io_uring has its rings in pages, and not in pfns (6.5)" {
	has_io_uring || skip "no io_uring here"
	each_method rings write:m,val=7 r=rings:m ringend:r write:m,off=0x2000,val=7 read:m,off=0x2000
}

registered() {
	no_page EFAULT EEXIST
	dirty_tracked
	registers
	[[ $NO_PAGE != ok ]] || NO_PAGE=$REPLY
	WANT=(ok ok "$NO_PAGE" "*" 0x00000007)
}

@test "buffers: io_uring registers pages as its buffers, and no pfns" {
	has_io_uring || skip "no io_uring here"
	each_method registered write:m,val=7 r=ring:m ringend:r read:m
}
