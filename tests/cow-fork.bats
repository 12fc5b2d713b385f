#!/usr/bin/env bats
# Private mappings of pfns across fork: which data parent and child see. Row T6 of the mm
# series: before 6.16 fork asked the entry of the first page for the mode of the range, and
# failed if that entry mapped a copy.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load shared/cow

# first_copied [FORKS]: for a test that forks FORKS times after a write to the first page. $FORK is
# what fork says, and $KEPT what list says of the range. If the first fork gives the range back
# (FORK_TAKES), each further fork and the unmap at the end free the range once more. So
# $INVALID_FREES is FORKS.
first_copied() { # [FORKS]
	FORK=ok KEPT=LIST1
	[[ $TRACKING != *vm_pat ]] || FORK=ENOMEM
	# shellcheck disable=SC2034 # teardown's
	[[ -z $FORK_TAKES ]] || KEPT=none INVALID_FREES=${1:-0}
}

need_fork() {
	[[ $TRACKING != *vm_pat ]] || skip "fork fails here once the first page was copied (T6)"
}

@test "fork: with nothing copied both see the device, also what the device says later" {
	cow <<-END
		fork:c
		c/leaf:m			IDLE0
		leaf:m				DEV0
		c/check:m,val=$W0,inc=3
		word:mmio+0x11000,val=0x71
		c/read:m,off=0x1000		0x00000071
		read:m,off=0x1000		0x00000071
		vma:m				VMA2
		c/vma:m				VMA2
		list:mmio+$OFF,len=0x4000	LIST2
		exit:c
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
	behaviour "a fork's reservation goes with it" ok
}

@test "fork: a child's write copies the page for the child alone" {
	cow <<-END
		fork:c
		c/write:m,off=0x1004,val=5
		c/leaf:m,off=0x1000		COPIED
		c/read:m,off=0x1000		$W1
		c/check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3
		leaf:m,off=0x1000		DEV1
		check:m,val=$W0,inc=3
		word:mmio+0x11000,val=0x71
		read:m,off=0x1000		0x00000071
		c/read:m,off=0x1000		$W1
		list:mmio+$OFF,len=0x4000	LIST2
		exit:c
		leaf:m,off=0x1000		DEV1
		vma:m				VMA1
	END
}

@test "fork: a parent's write copies the page for the parent alone" {
	cow <<-END
		fork:c
		write:m,off=0x1004,val=5
		leaf:m,off=0x1000		COPIED
		check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3
		c/leaf:m,off=0x1000		IDLE1
		c/check:m,val=$W0,inc=3
		word:mmio+0x11000,val=0x71
		c/read:m,off=0x1000		0x00000071
		read:m,off=0x1000		$W1
		munmap:m
		c/vma:m				VMA1
		c/read:m,off=0x1000		0x00000071
		list:mmio+$OFF,len=0x4000	LIST1
		exit:c
		list:mmio+$OFF,len=0x4000	none
	END
}

@test "fork: parent and child that write the same page have a copy each" {
	cow <<-END
		fork:c
		c/write:m,val=5
		write:m,val=6
		c/leaf:m,pfn	=child pfn=0x*
		leaf:m,pfn	!=child pfn=0x*
		c/read:m	0x00000005
		read:m		0x00000006
		c/read:m,off=4	0x00001003
		read:m,off=4	0x00001003
		word:mmio+$OFF	0x0000100300001000
		exit:c
		read:m		0x00000006
		vma:m		VMA1
	END
	behaviour "parent's and child's copies of a page are their own" ok
}

# Both processes share the copy read-only. The first to write gets a new page, and the other
# keeps the old one.
@test "T6: a child that writes to a shared copy first gets a new page" {
	cow <<-END
		write:m,off=0x1000,val=5
		put:/proc/sys/vm/drop_caches,text=1
		leaf:m,off=0x1000,pfn		=copy pfn=0x*
		fork:c
		leaf:m,off=0x1000		SHARED
		c/leaf:m,off=0x1000		COPY dirty
		c/read:m,off=0x1000		0x00000005
		folio:m,off=0x1000		refs=2 mapcount=2 order=0 page_refs=2 pgmap=none index=0x0 anon
		c/write:m,off=0x1000,val=6
		c/read:m,off=0x1000		0x00000006
		read:m,off=0x1000		0x00000005
		folio:m,off=0x1000		refs=1 mapcount=1 *
		write:m,off=0x1000,val=7
		c/read:m,off=0x1000		0x00000006
		read:m,off=0x1000		0x00000007
		leaf:m,off=0x1000,pfn		=copy
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		leaf:m,off=0x1000		COPIED
		c/leaf:m,off=0x1000		COPIED
		word:mmio+0x11000		0x00001c0300001c00
		list:mmio+$OFF,len=0x4000	LIST2
	END
}

@test "T6: a parent that writes to a shared copy first leaves the child the old page" {
	cow <<-END
		write:m,off=0x1000,val=5
		fork:c
		write:m,off=0x1000,val=6
		c/read:m,off=0x1000	0x00000005
		c/leaf:m,off=0x1000	COPY dirty*
		c/write:m,off=0x1000,val=7
		read:m,off=0x1000	0x00000006
		c/read:m,off=0x1000	0x00000007
		leaf:m,off=0x1000	COPIED
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		exit:c
		read:m,off=0x1000	0x00000006
		leaf:m			DEV0
		vma:m			VMA1
	END
}

@test "T6: fork works after the last page was copied" {
	cow <<-END
		write:m,off=0x3000,val=5
		fork:c
		c/read:m,off=0x3000		0x00000005
		c/leaf:m,off=0x2000		IDLE2
		vma:m				VMA2
		list:mmio+$OFF,len=0x4000	LIST2
		exit:c
		list:mmio+$OFF,len=0x4000	LIST1
	END
}

@test "T6: fork after the first page was copied works, or on old kernels fails" {
	local in_child=''

	first_copied 1
	# Where it fails, nothing else has changed.
	if [[ $FORK == ok ]]; then
		in_child="
			leaf:m				SHARED
			vma:m				VMA2
			c/vma:m				VMA2
			list:mmio+$OFF,len=0x4000	LIST2
			c/read:m			0x00000005
			c/write:m,val=6
			c/leaf:m			COPIED
			read:m				0x00000005
			write:m,val=7
			c/read:m			0x00000006
			c/check:m,off=4,len=0xffc,val=$((W0 + 3)),inc=3
			c/leaf:m,off=0x1000		IDLE1
			exit:c"
		behaviour "fork works after the first page of a private mapping was copied" fixed
	else
		behaviour "fork works after the first page of a private mapping was copied" \
			"bug reproduced"
	fi
	cow <<-END
		write:m,val=5
		fork:c				$FORK
		$in_child
		leaf:m				COPY *
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	$KEPT
		read:m				0x0000000[57]
		check:m,off=4,len=0xffc,val=$((W0 + 3)),inc=3
		leaf:m,off=0x1000		DEV1
		munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
}

@test "T6: with the first page copied each fork does as the first did, and works after munmap" {
	first_copied 2
	# There is one reservation if both forks fail, and one, since 6.16, if they succeed.
	cow <<-END
		write:m,val=5
		fork:c				$FORK
		list:mmio+$OFF,len=0x4000	$KEPT
		fork:d				$FORK
		list:mmio+$OFF,len=0x4000	$KEPT
		read:m				0x00000005
		munmap:m
		fork:e
	END
}

@test "T6: fork works after all pages were copied, and each process has its own (6.16)" {
	need_fork
	cow <<-END
		write:m,val=1
		write:m,off=0x1000,val=2
		write:m,off=0x2000,val=3
		write:m,off=0x3000,val=4
		fork:c
		c/read:m			0x00000001
		c/read:m,off=0x1000		0x00000002
		c/read:m,off=0x2000		0x00000003
		c/read:m,off=0x3000		0x00000004
		fill:m,val=9
		c/read:m,off=0x1000		0x00000002
		c/check:m,off=0x3004,val=$((W3 + 3)),inc=3
		c/fill:m,val=8
		check:m,val=9
		c/check:m,val=8
		vma:m				VMA2
		list:mmio+$OFF,len=0x4000	LIST2
	END
}

# Before 6.16 a fork fails only if the forking process itself has a copy of the first page.
@test "T6: a first page that the child alone has copied does not stop the parent's fork" {
	first_copied 1
	cow <<-END
		fork:c
		c/write:m,val=5
		c/fork:g	$FORK
		fork:d
		d/leaf:m	IDLE0
		d/read:m	$W0
		c/read:m	0x00000005
		exit:d
	END
}

@test "T6: a first page that the parent copied after a fork does not stop the child's fork" {
	first_copied 1
	cow <<-END
		fork:c
		write:m,val=5
		c/fork:g
		c/g/leaf:m			IDLE0
		c/g/read:m			$W0
		list:mmio+$OFF,len=0x4000	LIST3
		c/exit:g
		fork:d				$FORK
		c/read:m			$W0
		exit:c
	END
}

@test "fork: a grandchild has what was copied when it was made" {
	cow <<-END
		write:m,off=0x1000,val=5
		fork:c
		c/write:m,off=0x2000,val=6
		c/fork:g
		c/g/read:m,off=0x1000		0x00000005
		c/g/read:m,off=0x2000		0x00000006
		c/g/leaf:m,off=0x3000		IDLE3
		write:m,off=0x1000,val=7
		c/write:m,off=0x1000,val=8
		c/g/write:m,off=0x1004,val=9
		c/g/read:m,off=0x1000		0x00000005
		read:m,off=0x1000		0x00000007
		read:m,off=0x1004		0x00001c03
		read:m,off=0x2000		$W2
		list:mmio+$OFF,len=0x4000	LIST3
		c/exit:g
		list:mmio+$OFF,len=0x4000	LIST2
		c/read:m,off=0x1000		0x00000008
		exit:c
		list:mmio+$OFF,len=0x4000	LIST1
		read:m,off=0x1000		0x00000007
	END
}

@test "fork: the child leaves first, and the copy is the parent's alone again" {
	cow <<-END
		write:m,off=0x1000,val=5
		put:/proc/sys/vm/drop_caches,text=1
		leaf:m,off=0x1000,pfn	=copy pfn=0x*
		fork:c
		exit:c
		leaf:m,off=0x1000	SHARED
		folio:m,off=0x1000	refs=1 mapcount=1 *
		write:m,off=0x1000,val=6
		leaf:m,off=0x1000,pfn	=copy
		leaf:m,off=0x1000	COPIED
		read:m,off=0x1004	0x00001c03
	END
}

@test "fork: the parent unmaps first, and the child keeps copy and range" {
	cow <<-END
		write:m,off=0x1000,val=5
		fork:c
		munmap:m
		c/read:m,off=0x1000		0x00000005
		c/leaf:m			IDLE0
		c/vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		c/write:m,off=0x1000,val=6
		c/read:m,off=0x1000		0x00000006
		c/munmap:m
		list:mmio+$OFF,len=0x4000	none
	END
}

@test "fork: a killed child takes nothing with it" {
	cow <<-END
		write:m,off=0x1000,val=5
		fork:c
		c/write:m,off=0x1000,val=6
		c/write:m,off=0x2000,val=6
		list:mmio+$OFF,len=0x4000	LIST2
		kill:c				SIGKILL
		list:mmio+$OFF,len=0x4000	LIST1
		vma:m				VMA1
		read:m,off=0x1000		0x00000005
		leaf:m,off=0x2000		DEV2
		write:m,off=0x1000,val=7
		read:m,off=0x1000		0x00000007
	END
}

@test "fork: MADV_DONTFORK leaves copies and range to the parent, first page or not" {
	cow <<-END
		write:m,val=5
		madvise:m,advice=dontfork
		fork:c
		c/read:m			SIGSEGV
		c/leaf:m			EFAULT
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		read:m				0x00000005
		leaf:m				COPIED
		exit:c
		vma:m				VMA1
	END
}

# The parent must keep a page that is pinned for DMA: the child gets a copy of its own at once.
@test "fork: a pinned copy stays the parent's" {
	need_fast_gup
	cow <<-END
		write:m,off=0x1000,val=5
		put:/proc/sys/vm/drop_caches,text=1
		p=pin:m,off=0x1000,either,write	ok word=0x00001c0300000005
		leaf:m,off=0x1000,pfn		=copy pfn=0x*
		fork:c
		leaf:m,off=0x1000		COPIED
		folio:m,off=0x1000		refs=1025 mapcount=1 *
		c/leaf:m,off=0x1000		COPY writable dirty*
		c/leaf:m,off=0x1000,pfn		!=copy pfn=0x*
		c/read:m,off=0x1000		0x00000005
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		write:m,off=0x1000,val=6
		leaf:m,off=0x1000,pfn		=copy
		c/read:m,off=0x1000		0x00000005
		q=pin:m,off=0x1000,fast		ok word=0x00001c0300000006
		unpin:p
		unpin:q
		exit:c
	END
	behaviour "a pinned copy in a private mapping of pfns is not shared by fork" ok
}

# A mere reference does not keep the page: as with any anonymous page, the first to write
# gets another one.
@test "fork: a copy with a reference is shared, and the first to write gets another" {
	need_fast_gup
	cow <<-END
		write:m,off=0x1000,val=5
		put:/proc/sys/vm/drop_caches,text=1
		s=splice:m,off=0x1000
		leaf:m,off=0x1000,pfn	=copy pfn=0x*
		fork:c
		folio:m,off=0x1000	refs=3 mapcount=2 *
		write:m,off=0x1000,val=6
		leaf:m,off=0x1000,pfn	!=copy pfn=0x*
		c/read:m,off=0x1000	0x00000005
		unsplice:s		0x00000005
		read:m,off=0x1000	0x00000006
	END
}

@test "fork: a child has copies, too, that are read-only or inaccessible" {
	cow <<-END
		write:m,off=0x1000,val=5
		mprotect:m,prot=r
		fork:c
		c/read:m,off=0x1000		0x00000005
		c/write:m,off=0x1000,val=6	SIGSEGV
		c/mprotect:m,prot=rw
		c/write:m,off=0x1000,val=6
		read:m,off=0x1000		0x00000005
		exit:c
		mprotect:m,prot=none
		fork:d
		d/read:m,off=0x1000		SIGSEGV
		d/mprotect:m,prot=rw
		d/read:m,off=0x1000		0x00000005
		d/write:m,off=0x1000,val=7
		exit:d
		mprotect:m,prot=rw
		read:m,off=0x1000		0x00000005
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
	END
}

@test "fork: smaps counts a copy that both have as shared, by halves, until one writes" {
	local shared own

	since 6.2 || skip "before 6.2 smaps did not walk mappings of pfns"
	shared="rss=4kB pss=2kB anon=4kB private_dirty=0kB shared_dirty=4kB *"
	own="rss=4kB pss=4kB anon=4kB private_dirty=4kB shared_dirty=0kB *"
	cow <<-END
		write:m,off=0x1000,val=5
		proc:m,file=smaps		$own
		fork:c
		proc:m,file=smaps		$shared
		c/proc:m,file=smaps		$shared
		c/write:m,off=0x1000,val=6
		proc:m,file=smaps		$own
		c/proc:m,file=smaps		$own
		exit:c
	END
}
