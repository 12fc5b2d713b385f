#!/usr/bin/env bats
# The huge zero folio: 2 MiB of a hole by one entry, with no reference, no rmap and no
# RSS. In a file's mapping (fs/dax; here the method huge_zero_folio), and in anonymous
# memory, which has had it since 3.8 and is the control: what is said of one holds for
# the other, or the test says where not. Since 6.18 the entry is special, and normal to
# nobody. Rows C6, C8, C9 and D16 of the mm series.

load helpers/common
load helpers/huge-zero
load helpers/disk

setup_file() {
	disk_begin
}

teardown_file() {
	disk_end
}

NOTHING="rss=0kB pss=0kB anon=0kB private_dirty=0kB shared_dirty=0kB vmflags=*"

@test "C6: a read of a hole maps the huge zero folio, and takes no reference" {
	hole read:z 0x00000000 folio:z "refs=* mapcount=0 order=9 *" leaf:m none \
		read:m 0x00000000 leaf:m ZERO folio:z "*" folio:m "*" \
		read:m,off=0x200000 0x00000000 leaf:m,off=0x200000 ZERO folio:z "*" \
		n=mmap:a,len=0x400000 ok read:n 0x00000000 leaf:n ZERO folio:z "*" \
		munmap:m ok folio:z "*" munmap:n ok folio:z "*" folio:dax+0x0 "refs=1 mapcount=0 *"
	same_answers 3 7 8 11 15 17 19
}

@test "C6: anonymous: a read of a hole, the same" {
	hz read:z 0x00000000 leaf:z ZERO folio:z "refs=* mapcount=0 order=9 *" \
		y=anon:len=0x400000 ok read:y 0x00000000 read:y,off=0x200000 0x00000000 leaf:y ZERO \
		folio:z "*" munmap:y ok folio:z "*"
	same_answers 2 7 9
	behaviour "the huge zero folio's entry is special (6.18)" "$(since 6.18 && echo fixed || echo "not applicable")"
}

@test "C6: kernels before 6.18 map it for files by hand, and have no method of ours" {
	! since 6.18 || skip "this kernel maps it by vmf_insert_folio_pmd()"
	need_region dax
	run ! has_method huge_zero_folio
	try a=open set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
	line 2 "set a: EOPNOTSUPP"
}

# The mm has a reference, whatever is mapped, until it goes.
@test "C6: a process has one reference, for life, and leaks none: anonymous" {
	hz read:z 0x00000000 folio:z "*" fork:c ok c/y=anon:len=0x200000 ok folio:z "*" \
		c/read:y 0x00000000 folio:z "*" c/munmap:y ok folio:z "*" exit:c ok folio:z "*" \
		fork:d ok d/y=anon:len=0x200000 ok d/read:y 0x00000000 kill:d SIGKILL folio:z "*"
	same_answers 1 10 15
}

@test "C6: a process that is killed leaves no reference: file" {
	hole read:z 0x00000000 folio:z "*" fork:c ok c/b=open ok \
		c/set:b,region=dax,method=huge_zero_folio,mode=write-back,level=pmd ok \
		c/n=mmap:b,len=0x200000 ok c/read:n 0x00000000 c/leaf:n ZERO kill:c SIGKILL \
		folio:z "*" fork:d ok d/b=open ok \
		d/set:b,region=dax,method=huge_zero_folio,mode=write-back,level=pmd ok \
		d/n=mmap:b,len=0x200000 ok d/write:n,val=1 ok exit:d ok folio:z "*" \
		folio:dax+0x0 "refs=1 mapcount=0 *"
	same_answers 3 11 18
}

# The folio comes from an anonymous mapping that the driver makes for the moment, beside
# the one that was mapped last.
@test "C6: to ask for it leaves the process's mappings as they are" {
	need_method huge_zero_folio
	need_room dax 0x200000
	try a=open z=anon:len=0x200000,prot=r,plain proc:z,file=smaps \
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd proc:z,file=smaps
	line 4 "set a: ok"
	refute_line --partial " hg"
	line 5 "${lines[2]}"
}

@test "C9: it is in nobody's Rss, before and after" {
	numa_maps "ok file=*pfnmap_test*"
	hole proc:m,file=smaps "$NOTHING" read:m 0x00000000 proc:m,file=smaps "$NOTHING" leaf:m ZERO \
		proc:m,file=numa_maps "$REPLY" leaf:m ZERO \
		read:z 0x00000000 proc:z,file=smaps "$NOTHING" leaf:z ZERO
}

@test "C9: what replaced it on write is in Rss, and it is not" {
	hole read:m 0x00000000 read:m,off=0x200000 0x00000000 write:m,val=1 ok \
		proc:m,file=smaps "rss=2048kB pss=2048kB anon=0kB *" leaf:m,off=0x200000 ZERO \
		read:z 0x00000000 write:z,val=1 ok proc:z,file=smaps "rss=2048kB pss=2048kB anon=2048kB *"
}

# A page that is not anonymous was a file's to pagemap, normal or not, before 7.3; of large
# entries from 6.7 to 6.10 none was.
pagemap_says() {
	REPLY="present=1 file=1 exclusive=0 pfn=other"
	since 6.11 || ! since 6.7 || REPLY=${REPLY/file=1/file=0}
	! since 7.3 || REPLY=${REPLY/file=1/file=0}
}

@test "C9: pagemap, mincore and PAGEMAP_SCAN" {
	local scan="0x0-0x200000 present pfnzero huge" said

	pagemap_says
	said=$REPLY
	hole read:m 0x00000000 proc:m,file=pagemap "$said" proc:m,off=0x1ff000,file=pagemap "$said" \
		scan:m "$scan" mincore:m 1 leaf:m ZERO \
		read:z 0x00000000 scan:z "$scan" mincore:z 1 leaf:z ZERO
}

@test "C9: anonymous: pagemap, mincore and PAGEMAP_SCAN" {
	local scan="0x0-0x200000 present pfnzero huge"

	# "fs/proc/task_mmu: fix PAGE_IS_PFNZERO detection for the huge zero folio"
	fixed_in 6.15 6.14.9 6.12.31 || scan=${scan/pfnzero /}
	since 6.7 || scan=ENOTTY
	pagemap_says
	hz read:z 0x00000000 proc:z,file=pagemap "$REPLY" scan:z "$scan" \
		mincore:z 1 leaf:z ZERO
}

# The fast way sees a special entry, and looks no further; the slow way takes what it
# finds, with a reference that it has to give back.
@test "C8: get_user_pages_fast() refuses it, pin_user_pages() takes it" {
	hole read:z 0x00000000 folio:z "*" read:m 0x00000000 p=pin:m,fast EFAULT \
		p=pin:m,fast,write EFAULT folio:z "*" leaf:m ZERO \
		q=pin:m,slow "ok word=0x0000000000000000" leaf:m ZERO unpin:q ok folio:z "*" \
		q=pin:m,either "ok word=0x0000000000000000" unpin:q ok \
		q=pin:m,slow,longterm "*" munmap:m ok
	same_answers 3 7 12
}

@test "C8: anonymous: get_user_pages_fast() refuses it since 6.18" {
	local answer=EFAULT

	since 6.18 || answer="ok word=0x0000000000000000"
	hz read:z 0x00000000 folio:z "*" p=pin:z,fast "$answer" q=pin:z,slow "ok word=0x0000000000000000" \
		leaf:z ZERO unpin:q ok p=pin:z,fast,write EFAULT leaf:z ZERO
	behaviour "get_user_pages_fast() refuses the huge zero folio (6.18)" \
		"$([[ $answer == EFAULT ]] && echo fixed || echo "not applicable")"
}

@test "C8: what a pin of the huge zero folio counts is given back when the file is closed" {
	hz read:z 0x00000000 folio:z "*" b=open ok p=pin:z,slow,via=b "ok *" q=pin:z,slow,via=b "ok *" \
		close:b ok folio:z,via=a "*" leaf:z,via=a ZERO
	same_answers 1 6
}

@test "C6: a write replaces it by the real folio, in every mapping" {
	hole n=mmap:a,len=0x400000 ok read:m 0x00000000 read:n 0x00000000 read:n,off=0x200000 0x00000000 \
		folio:dax+0x0 "refs=1 mapcount=0 *" write:m,off=0x1000,val=5 ok \
		leaf:m "pmd write-back dax+0x0 writable dirty young" leaf:n none read:n,off=0x1000 0x00000005 \
		leaf:n "pmd write-back dax+0x0*" folio:dax+0x0 "refs=3 mapcount=2 *" \
		leaf:n,off=0x200000 ZERO leaf:m,off=0x200000 none munmap:m ok munmap:n ok \
		folio:dax+0x0 "refs=1 mapcount=0 *"
}

# Before 6.13 it was split, for one page to be written to (do_huge_zero_wp_pmd()).
@test "C6: anonymous: a write replaces it by a folio of its own" {
	local level=pmd order=9

	since 6.13 || level=pte order=0
	hz read:z 0x00000000 leaf:z ZERO write:z,val=5 ok \
		leaf:z "$level write-back pfn=other writable dirty young" \
		folio:z "refs=* mapcount=1 order=$order *anon*" read:z 0x00000005 read:z,off=0x1000 0x00000000
}

@test "C6: written first, there is no hole" {
	hole write:m,val=5 ok leaf:m "pmd write-back dax+0x0 writable dirty young" read:m 0x00000005 \
		leaf:m,off=0x200000 none read:m,off=0x200000 0x00000000 leaf:m,off=0x200000 ZERO
}

# Never the kernel's zeroes: they are zero afterwards, for all.
@test "C6: a read-only mapping stays so, and nobody writes to the zeroes" {
	hole n=mmap:a,len=0x200000,prot=r ok read:n 0x00000000 leaf:n ZERO write:n,val=1 SIGSEGV \
		mprotect:n,prot=rw ok leaf:n ZERO memwrite:m,val=7 ok read:n 0x00000007 \
		read:z 0x00000000 leaf:z ZERO read:m,off=0x200000 0x00000000 poke:m,off=0x200000,val=8 ok \
		leaf:m,off=0x200000 "pmd write-back dax+0x200000 writable dirty*" read:z 0x00000000 \
		check:z,len=0x2000,val=0 ok
}

@test "C6: anonymous: fork, each has its own, and a write copies nothing" {
	hz read:z 0x00000000 fork:c ok c/leaf:z "pmd write-back pfn=other* huge-zero" c/write:z,val=3 ok \
		leaf:z "ZERO" read:z 0x00000000 c/read:z 0x00000003 exit:c ok
}

# A child's mm does not keep the folio, so the VMA has VM_DONTCOPY.
@test "C6: fork, the child has no such mapping" {
	hole read:m 0x00000000 fork:c ok c/leaf:m EFAULT c/read:m SIGSEGV exit:c ok leaf:m ZERO
}

@test "C6: mremap moves the entry" {
	hole read:m 0x00000000 n=mremap:m,len=0x400000,fixed=0x600000000000 ok leaf:n ZERO \
		write:n,val=4 ok leaf:n "pmd write-back dax+0x0 writable dirty young" munmap:n ok
}

@test "C6: anonymous: mremap moves the entry" {
	hz read:z 0x00000000 n=mremap:z,len=0x200000,fixed=0x600000000000 ok leaf:n ZERO read:n 0x00000000 \
		write:n,val=4 ok read:n 0x00000004
}

@test "C6: mprotect leaves it, and write is asked for again" {
	hole read:m 0x00000000 mprotect:m,prot=r ok leaf:m ZERO mprotect:m,prot=none ok read:m SIGSEGV \
		mprotect:m,prot=rw ok leaf:m ZERO read:m 0x00000000 write:m,val=4 ok \
		leaf:m "pmd write-back dax+0x0 writable dirty young"
}

# It goes whole: by pages there is no hole, as our method has it.
@test "C6: munmap of part takes it away, and what is left faults in by pages" {
	hole read:z 0x00000000 folio:z "*" read:m 0x00000000 munmap:m,len=0x1000 ok leaf:m,off=0x1000 none \
		read:m,off=0x1000 "0x????????" leaf:m,off=0x1000 "pte write-back dax+0x1000*" folio:z "*" \
		folio:dax+0x0 "refs=2 mapcount=1 *" munmap:m,off=0x1000,len=0x3ff000 ok \
		folio:dax+0x0 "refs=1 mapcount=0 *"
	same_answers 3 9
}

@test "C6: anonymous: munmap of part splits it into zero pages" {
	hz read:z 0x00000000 folio:z "*" munmap:z,off=0x1000,len=0x1000 ok leaf:z "SMALL*" \
		leaf:z,off=0x1ff000 "SMALL*" read:z 0x00000000 proc:z,file=smaps "$NOTHING" \
		write:z,val=1 ok proc:z,file=smaps "rss=4kB pss=4kB anon=4kB *" read:z,off=0x2000 0x00000000
}

@test "C6: mprotect of part takes it away" {
	hole read:m 0x00000000 mprotect:m,off=0x100000,len=0x100000,prot=r ok leaf:m none \
		read:m,off=0x100000 "0x????????" leaf:m,off=0x100000 "pte write-back dax+0x100000*" \
		write:m,off=0x100000,val=1 SIGSEGV write:m,val=1 ok munmap:m ok \
		folio:dax+0x0 "refs=1 mapcount=0 *"
}

@test "C6: zapped, it comes back" {
	hole read:z 0x00000000 folio:z "*" read:m 0x00000000 zap:a,how=mapping ok leaf:m none \
		read:m 0x00000000 leaf:m ZERO madvise:m,advice=dontneed ok leaf:m none read:m 0x00000000 leaf:m ZERO \
		madvise:m,len=0x1000,advice=dontneed ok leaf:m none read:m,off=0x1000 0x00000000 leaf:m ZERO \
		munmap:m ok folio:z "*" folio:dax+0x0 "refs=1 mapcount=0 *"
	same_answers 3 18
}

@test "C6: anonymous: zapped, it comes back" {
	hz read:z 0x00000000 folio:z "*" madvise:z,advice=dontneed ok leaf:z none read:z 0x00000000 leaf:z ZERO \
		folio:z "*"
	same_answers 1 6
}

@test "C9: mlock, munlock and mlockall leave it alone" {
	hole read:m 0x00000000 folio:m "*" mlock:m ok leaf:m ZERO folio:m "*" munlock:m ok leaf:m ZERO \
		mlock2:m ok munlock:m ok mlockall ok leaf:m ZERO folio:m "*" munmap:m ok
	same_answers 3 6 13
}

@test "C9: advice leaves it alone" {
	hole read:m 0x00000000 madvise:m,advice=cold ok leaf:m "*huge-zero" madvise:m,advice=pageout ok \
		leaf:m "*huge-zero" madvise:m,advice=populate_read ok leaf:m "*huge-zero" \
		madvise:m,advice=collapse EINVAL read:m 0x00000000 leaf:m ZERO
}

@test "C6: MADV_POPULATE_WRITE replaces it" {
	hole read:m 0x00000000 leaf:m ZERO madvise:m,len=0x200000,advice=populate_write ok \
		leaf:m "pmd write-back dax+0x0 writable*" read:m "0x????????" munmap:m ok \
		folio:dax+0x0 "refs=1 mapcount=0 *"
}

@test "C6: O_DIRECT writes zeroes from a hole, and reading into one fills it" {
	need_disk
	hole "f=file:$DISK,direct" ok read:m 0x00000000 fill:z,len=0x1000,val=9 ok pwrite:f,from=z ok \
		pwrite:f,from=m,at=0x1000 ok leaf:m ZERO pread:f,to=z,at=0x1000 ok check:z,len=0x1000,val=0 ok \
		pread:f,to=m ok check:m,len=0x1000,val=9 ok leaf:m "pmd write-back dax+0x0 writable dirty*" \
		munmap:m ok folio:dax+0x0 "refs=1 mapcount=0 *"
}

@test "C6: a pipe that has a page of a hole keeps zeroes" {
	hole read:z 0x00000000 folio:z "*" read:m 0x00000000 s=splice:m,off=0x5000 ok write:m,off=0x5000,val=7 ok \
		munmap:m ok unsplice:s 0x00000000 folio:z "*"
	same_answers 3 9
}

@test "C6: process_vm_readv(), /proc/PID/mem and ptrace read zeroes, and leave it" {
	hole vmread:m 0x00000000 leaf:m "*huge-zero" memread:m,off=0x1000 0x00000000 peek:m,off=0x1ffffc 0x00000000 \
		leaf:m "*huge-zero" vmwrite:m,val=6 ok leaf:m "pmd write-back dax+0x0 writable dirty*" \
		read:m 0x00000006
}

@test "C6: nobody gets it where anonymous memory does not" {
	local file=/sys/kernel/mm/transparent_hugepage/use_zero_page

	need_room dax 0x200000
	need_method huge_zero_folio
	need_thp
	target_write $file 0
	run --separate-stderr pfnmap-try a=open \
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
	target_write $file 1
	line 2 "set a: EOPNOTSUPP"
}

@test "C6: who has no address space left for it gets ENOMEM" {
	local kib said=

	need_room dax 0x200000
	need_method huge_zero_folio
	need_thp
	plain_programs
	for ((kib = 3072; kib <= 16384; kib += 512)); do
		# shellcheck disable=SC2016 # expanded there
		said+=$(target_shell 'ulimit -v "$1"; shift; exec pfnmap-try "$@"' "$kib" a=open \
			set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd \
			2>/dev/null | grep set)$'\n' || true
	done
	assert_equal "$(sort -u <<<"$said" | grep .)" "set a: ENOMEM
set a: ok"
}
