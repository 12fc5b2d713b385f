#!/usr/bin/env bats
# The huge zero folio: one entry maps 2 MiB of a hole, with no reference, no rmap and no RSS. A
# file's mapping may have the folio (fs/dax; here the method huge_zero_folio). Anonymous memory has
# had it since 3.8, and is the control: the tests named "anonymous". Since 6.18 the entry is
# special, and no part of the kernel takes its page for a normal one. Rows C6, C8, C9 and D16 of
# docs/glossary.md.

load helpers/common
load shared/huge-zero

@test "C6: a read of a hole maps the huge zero folio, and takes no reference" {
	hole <<-END
		read:z			0x00000000
		folio:z			=counts refs=* mapcount=0 order=9 *
		leaf:m			none
		read:m			0x00000000
		leaf:m			ZERO
		folio:z			=counts
		folio:m			=counts
		read:m,off=0x200000	0x00000000
		leaf:m,off=0x200000	ZERO
		folio:z			=counts
		n=mmap:a,len=0x400000
		read:n			0x00000000
		leaf:n			ZERO
		folio:z			=counts
		munmap:m
		folio:z			=counts
		munmap:n
		folio:z			=counts
		folio:dax+0x0		refs=1 mapcount=0 *
	END
}

@test "C6: anonymous: a read of a hole maps the huge zero folio, and takes no reference" {
	hz <<-END
		read:z			0x00000000
		leaf:z			ZERO
		folio:z			=counts refs=* mapcount=0 order=9 *
		y=anon:len=0x400000
		read:y			0x00000000
		read:y,off=0x200000	0x00000000
		leaf:y			ZERO
		folio:z			=counts
		munmap:y
		folio:z			=counts
	END
	behaviour "the huge zero folio's entry is special (6.18)" "$([[ -n $ZERO_SPECIAL ]] && echo fixed || echo "not applicable")"
}

@test "C6: kernels before 6.18 have no method for the huge zero folio" {
	[[ -z $ZERO_SPECIAL ]] || skip "this kernel maps it by vmf_insert_folio_pmd()"
	need_region dax
	run ! has_method huge_zero_folio
	check <<-END
		a=open
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd	EOPNOTSUPP
	END
}

# The mm has one reference until it goes, whatever the process maps.
@test "C6: a process has one reference, for life, and leaks none: anonymous" {
	hz <<-END
		read:z		0x00000000
		folio:z		=counts
		fork:c
		c/y=anon:len=0x200000
		folio:z		*
		c/read:y	0x00000000
		folio:z		*
		c/munmap:y
		folio:z		*
		exit:c
		folio:z		=counts
		fork:d
		d/y=anon:len=0x200000
		d/read:y	0x00000000
		kill:d		SIGKILL
		folio:z		=counts
	END
}

@test "C6: a process that is killed leaves no reference: file" {
	hole <<-END
		read:z		0x00000000
		folio:z		=counts
		fork:c
		c/b=open
		c/set:b,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
		c/n=mmap:b,len=0x200000
		c/read:n	0x00000000
		c/leaf:n	ZERO
		kill:c		SIGKILL
		folio:z		=counts
		fork:d
		d/b=open
		d/set:b,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
		d/n=mmap:b,len=0x200000
		d/write:n,val=1
		exit:d
		folio:z		=counts
		folio:dax+0x0	refs=1 mapcount=0 *
	END
}

# 6.18 has MADV_DOFORK undo VM_DONTCOPY of a file's mapping of it. The child's mm does not keep
# the folio, so the child's fault gives every process the file's own memory.
@test "C6: a child that MADV_DOFORK gives the mapping to never has it" {
	hole <<-END
		read:m			0x00000000
		leaf:m			ZERO
		madvise:m,advice=dofork	=dofork @(ok|EINVAL)
		fork:c
		c/read:m		@(0x????????|SIGSEGV)
		c/leaf:m		=child @(pmd write-back dax+0x0 *|EFAULT)
		exit:c
		read:m			0x????????
		leaf:m			=parent pmd *
		munmap:m
		folio:dax+0x0		refs=1 mapcount=0 *
	END
	# shellcheck disable=SC2153 # of check
	if [[ ${SAID[dofork]} == ok ]]; then
		assert_regex "${SAID[child]} ${SAID[parent]}" "dax\+0x0.*dax\+0x0"
	else
		assert_equal "${SAID[child]}" EFAULT
	fi
}

# The kernel counts the processes that have the folio, but does not show the count. The shrinker
# frees a folio that no process has. The next process then gets a new one, and /proc/vmstat counts
# new ones.
SHRINK=put:/proc/sys/vm/drop_caches,text=2
MADE=get:/proc/vmstat,key=thp_zero_page_alloc

# made: $REPLY is how many more folios each step MADE says than the first one.
made() {
	local first='' line

	target_read /proc/vmstat | grep -q '^pgfault ' || skip "no CONFIG_VM_EVENT_COUNTERS here"
	REPLY=
	while read -r line; do
		line=${line##* }
		first=${first:-$line}
		REPLY+=" $((line - first))"
	done < <(grep '^get vmstat:' <<<"$output")
}

# reads CHILD: $REPLY is the steps of a child that reads two holes.
reads() {
	REPLY="fork:$1 $1/y=anon:len=0x600000 $1/read:y,off=0x200000 $1/read:y,off=0x400000"
}

@test "C6: the folio is kept while a process has it, and goes with the last one: anonymous" {
	local c d e f

	# A program with ASan has the folio all the time: its shadow memory is a hole.
	plain_programs
	need_thp
	reads c && c=$REPLY
	reads d && d=$REPLY
	reads e && e=$REPLY
	reads f && f=$REPLY
	# shellcheck disable=SC2086 # steps
	try $SHRINK $c $MADE exit:c $SHRINK $d $MADE $SHRINK $e $MADE exit:e \
		fork:g,of=d exit:d $SHRINK $f $MADE g/read:y,off=0x200000 exit:g exit:f \
		$SHRINK $e $MADE exit:e
	made
	assert_equal "$REPLY" " 0 1 1 1 2"
}

# To get the folio the driver makes an anonymous mapping for a moment, beside the mapping that
# the process made last.
@test "C6: to ask for the huge zero folio leaves the process's mappings as they are" {
	need_method huge_zero_folio
	need_room dax 0x200000
	check <<-END
		a=open
		z=anon:len=0x200000,prot=r,plain
		proc:z,file=smaps	=smaps !(* hg*)
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
		proc:z,file=smaps	=smaps
	END
}

@test "C9: the huge zero folio is in nobody's Rss" {
	local numa_maps=${NO_NUMA:+ENOENT}

	hole <<-END
		proc:m,file=smaps	$NOTHING
		read:m			0x00000000
		proc:m,file=smaps	$NOTHING
		leaf:m			ZERO
		proc:m,file=numa_maps	${numa_maps:-ok file=*pfnmap_test*}
		leaf:m			ZERO
		read:z			0x00000000
		proc:z,file=smaps	$NOTHING
		leaf:z			ZERO
	END
}

@test "C9: the folio that a write brought is in Rss, and the huge zero folio is not" {
	hole <<-END
		read:m			0x00000000
		read:m,off=0x200000	0x00000000
		write:m,val=1
		proc:m,file=smaps	rss=2048kB pss=2048kB anon=0kB *
		leaf:m,off=0x200000	ZERO
		read:z			0x00000000
		write:z,val=1
		proc:z,file=smaps	rss=2048kB pss=2048kB anon=2048kB *
	END
}

# Before "proc/task_mmu: handle special PMDs in clear_refs and pagemap" (7.3.4) pagemap takes every
# page that is not anonymous, normal or not, for a file's. From 6.7 to 6.10 it takes none of a large
# entry for a file's.
no_files() { # WHAT
	local told=fixed

	# shellcheck disable=SC2153 # of check
	[[ ${SAID[said]} == *file=0* ]] || told="bug reproduced"
	known_bug "pagemap: the huge zero folio is no file's page${1:+, $1}" "$told" 7.4 7.3.4
}

@test "C9: pagemap, mincore and PAGEMAP_SCAN find the entry, and no file's page (7.3.4)" {
	local scan="0x0-0x200000 present pfnzero huge"

	hole <<-END
		read:m					0x00000000
		proc:m,file=pagemap			=said present=1 file=[01] exclusive=0 pfn=other
		proc:m,off=0x1ff000,file=pagemap	=said
		scan:m					$scan
		mincore:m				1
		leaf:m					ZERO
		read:z					0x00000000
		scan:z					$scan
		mincore:z				1
		leaf:z					ZERO
	END
	no_files file
}

@test "C9: anonymous: pagemap, mincore and PAGEMAP_SCAN find the entry, and no file's page (7.3.4)" {
	local scan="0x0-0x200000 present pfnzero huge"

	# "fs/proc/task_mmu: fix PAGE_IS_PFNZERO detection for the huge zero folio"
	fixed_in 6.15 6.14.9 6.12.31 || scan=${scan/pfnzero /}
	since 6.7 || scan=ENOTTY
	hz <<-END
		read:z			0x00000000
		proc:z,file=pagemap	=said present=1 file=[01] exclusive=0 pfn=other
		scan:z			$scan
		mincore:z		1
		leaf:z			ZERO
	END
	no_files
}

# The fast way sees a special entry, and stops. The slow way takes the folio, with a reference
# that it has to give back.
@test "C8: get_user_pages_fast() refuses the huge zero folio, pin_user_pages() takes the folio" {
	hole <<-END
		read:z			0x00000000
		folio:z			=counts
		read:m			0x00000000
		p=pin:m,fast		EFAULT
		p=pin:m,fast,write	EFAULT
		folio:z			=counts
		leaf:m			ZERO
		q=pin:m,slow		ok word=0x0000000000000000
		leaf:m			ZERO
		unpin:q
		folio:z			=counts
		q=pin:m,either		ok word=0x0000000000000000
		unpin:q
		q=pin:m,slow,longterm	ok word=0x0000000000000000
		unpin:q
		folio:z			=counts
		munmap:m
	END
}

@test "C8: anonymous: get_user_pages_fast() refuses the huge zero folio since 6.18" {
	local answer=EFAULT

	[[ -n $ZERO_SPECIAL ]] || answer="ok word=0x0000000000000000"
	hz <<-END
		read:z			0x00000000
		folio:z			*
		p=pin:z,fast		$answer
		q=pin:z,slow		ok word=0x0000000000000000
		leaf:z			ZERO
		unpin:q
		p=pin:z,fast,write	EFAULT
		leaf:z			ZERO
	END
	behaviour "get_user_pages_fast() refuses the huge zero folio (6.18)" \
		"$([[ $answer == EFAULT ]] && echo fixed || echo "not applicable")"
}

@test "C8: what a pin of the huge zero folio counts is given back when the file is closed" {
	hz <<-END
		read:z			0x00000000
		folio:z			=counts
		b=open
		p=pin:z,slow,via=b	ok *
		q=pin:z,slow,via=b	ok *
		close:b
		folio:z,via=a		=counts
		leaf:z,via=a		ZERO
	END
}

@test "C6: no file maps the huge zero folio where anonymous memory may not" {
	local file=/sys/kernel/mm/transparent_hugepage/use_zero_page

	need_room dax 0x200000
	need_method huge_zero_folio
	need_thp
	target_write $file 0
	run --separate-stderr pfnmap-try a=open \
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
	target_write $file 1
	assert_line "set a: EOPNOTSUPP"
}

@test "C6: a process without address space for the huge zero folio gets ENOMEM" {
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
