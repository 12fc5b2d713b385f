#!/usr/bin/env bats
# Controls: fs/dax by ext4. Holes and the huge zero folio, and which operations wait while a
# page of a file is pinned. Rows C6 to C9, D2 to D7, D18, D19 and D21 of docs/glossary.md.

load helpers/common
load shared/fsdax

setup_file() {
	fsdax_begin ext4
}

teardown_file() {
	fsdax_end
}

setup() {
	need_fsdax
	invariants_note
}

# A file without a block, of 4 MiB or of BYTES.
empty() { # [BYTES]
	# shellcheck disable=SC2016 # expanded there
	target_shell 'rm -f "$1" && truncate -s "$2" "$1"' "$FSDAX/hole" $((${1:-0x400000}))
}

# The same, for a test that reads the file by large leaves.
hole() { # [BYTES]
	need_large_leaves
	empty "$@"
}

# Prints the entry of a large hole: special since 6.18.
zero_leaf() {
	has_method huge_zero_folio && echo "pmd write-back pfn=other young special huge-zero" ||
		echo "pmd write-back pfn=other young*"
}

# fsdax FILE <<-END ...: as check, but `a` is FILE of the file system.
fsdax() {
	rows_given
	check <<-END
		ask=open
		a=file:$FSDAX/$1
		$REPLY
	END
}

@test "C7, C8: fs/dax: reading a large hole maps the huge zero folio, special" {
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE
		read:m			0x00000000
		leaf:m			$(zero_leaf)
		read:m,off=0x1ff000	0x00000000
		leaf:m,off=0x1ff000	$(zero_leaf)
		munmap:m
	END
	[[ $(on stat -c %b "$FSDAX/hole") == 0 ]]
	behaviour "fs/dax: the entry of a large hole is special (6.18)" \
		"$(has_method huge_zero_folio && echo fixed || echo "not applicable")"
}

# Anonymous memory reads this folio, too, and the kernel counts none of its mappings.
@test "C6, C9: fs/dax: the huge zero folio is not counted, and nobody's memory" {
	hole
	check <<-END
		ask=open
		a=file:$FSDAX/hole
		m=mmap:a,len=$LARGE
		read:m			0x00000000
		folio:m			=counts refs=* mapcount=0 order=9 *
		n=mmap:a,len=$LARGE
		read:n			0x00000000
		folio:m			=counts
		munmap:n
		folio:m			=counts
		proc:m,file=smaps	rss=0kB pss=0kB anon=0kB *
	END
}

@test "C8: fs/dax: GUP of a large hole: fast refuses the special entry, slow has the folio" {
	local fast=EFAULT

	# The entry is special since 6.18, as in anonymous memory (huge-zero.bats).
	has_method huge_zero_folio || fast="ok word=0x0000000000000000"
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE,prot=r
		read:m		0x00000000
		q=pin:m,fast	$fast
		p=pin:m,slow	ok word=0x0000000000000000
		unpin:p
		munmap:m
	END
}

@test "C7: fs/dax: a write to a large hole puts a block in its place, for all who map it" {
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE
		read:m			0x00000000
		n=mmap:a,len=$LARGE
		read:n			0x00000000
		leaf:n			$(zero_leaf)
		write:m,off=0x1000,val=7
		leaf:n			none
		read:n,off=0x1000	0x00000007
		read:n			0x00000000
		munmap:n
		munmap:m
	END
	[[ $(on stat -c %b "$FSDAX/hole") -gt 0 ]]
}

@test "C7: fs/dax: fork and munmap of part drop the huge zero entry, mprotect keeps the entry" {
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE
		read:m			0x00000000
		fork:c
		c/leaf:m		none
		c/read:m		0x00000000
		c/leaf:m		$(zero_leaf)
		exit:c
		leaf:m			$(zero_leaf)
		mprotect:m,prot=r
		leaf:m			$(zero_leaf)
		write:m			SIGSEGV
		munmap:m,len=0x1000
		leaf:m,off=0x1000	none
		read:m,off=0x1000	0x00000000
		leaf:m,off=0x1000	pte write-back pfn=other*
		munmap:m,off=0x1000,len=0x1ff000
	END
	behaviour "fs/dax: a huge zero entry is just dropped by a split" ok
}

# A private mapping maps the hole until a write, and then a copy.
@test "C7: fs/dax: a private mapping of a large hole: a write is the process's own" {
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE,private
		read:m	0x00000000
		write:m,val=5
		read:m	0x00000005
		n=mmap:a,len=$LARGE
		read:n	0x00000000
		munmap:n
		munmap:m
	END
	[[ $(on stat -c %b "$FSDAX/hole") == 0 ]]
}

@test "C7: fs/dax: a page of a hole is the zero page, and a write to it takes it from all" {
	empty
	fsdax hole <<-END
		m=mmap:a,len=0x2000
		n=mmap:a,len=0x2000
		read:m,off=0x1000	0x00000000
		read:n			0x00000000
		read:n,off=0x1000	0x00000000
		leaf:n			pte write-back pfn=other young special
		leaf:n,off=0x1000	pte write-back pfn=other young special
		proc:n,file=smaps	rss=0kB pss=0kB anon=0kB *
		p=pin:n,fast		EFAULT
		p=pin:n,slow		ok word=0x0000000000000000
		unpin:p
		write:m,off=0x1000,val=7
		leaf:m,off=0x1000	pte write-back pfn=other writable dirty young*
		leaf:n,off=0x1000	none
		leaf:n			pte write-back pfn=other young special
		read:n,off=0x1000	0x00000007
		read:m			0x00000000
	END
}

# The file's tree has one entry for 2 MiB, or one for each page (grab_mapping_entry()). A fault for
# one page takes away the entry of the huge zero folio. From then on a large fault finds a page's
# entry in its way.
@test "C7: fs/dax: a fault of a page takes the huge zero folio from all, and pages come after" {
	hole
	fsdax hole <<-END
		m=mmap:a,len=$LARGE
		read:m			0x00000000
		leaf:m			$(zero_leaf)
		n=mmap:a,off=0x3000,len=0x1000
		read:n			0x00000000
		leaf:n			pte write-back pfn=other young special
		leaf:m			none
		write:n,val=7
		read:m,off=0x3000	0x00000007
		leaf:m,off=0x3000	pte *
		read:m			0x00000000
		leaf:m			pte *
	END
}

# dax_fault_check_fallback() refuses a leaf across the file's end or the mapping's end, and a leaf
# whose address is not as far into 2 MiB as the file's offset is.
@test "C7: fs/dax: a large leaf comes only where file, mapping and address allow one" {
	hole 0x201000
	fsdax hole <<-END
		m=mmap:a,len=0x400000
		read:m			0x00000000
		leaf:m			$(zero_leaf)
		z=anon:len=$LARGE
		n=mmap:a,off=0x1000,len=$LARGE,fixed=z
		read:n			0x00000000
		leaf:n			pte write-back pfn=other young special
		read:m,off=$LARGE	0x00000000
		leaf:m,off=$LARGE	pte write-back pfn=other young special
		read:m,off=0x201000	SIGBUS
		read:m,off=0x3ff000	SIGBUS
	END
	hole
	fsdax hole <<-END
		z=anon:len=$LARGE
		n=mmap:a,len=0x1ff000,fixed=z
		read:n			0x00000000
		leaf:n			pte write-back pfn=other young special
		read:n,off=0x1fe000	0x00000000
		leaf:n,off=0x1fe000	pte write-back pfn=other young special
	END
}

# D18: a file system may want its blocks back, so nobody may pin them for long.
@test "D18: longterm pins: fs/dax refuses them, and allows the others" {
	local refused

	new_file pinned
	# vma_is_fsdax() in check_vma_flags(), mm/gup.c, and since 6.15 by folio as well,
	# in folio_is_longterm_pinnable().
	refused=EOPNOTSUPP
	fsdax pinned <<-END
		m=mmap:a,len=0x1000
		write:m,val=7
		p=pin:m,slow,longterm		$refused
		p=pin:m,slow,longterm,write	$refused
		p=pin:m,either,longterm		$refused
		p=pin:m,slow			ok word=0x0000000000000007
		unpin:p
		p=pin:m,fast			ok word=0x0000000000000007
		unpin:p
		p=pin:m,either			ok word=0x0000000000000007
		unpin:p
		munmap:m
	END
}

@test "D18: longterm pins: the dax region allows them" {
	local level

	for level in pte pmd; do
		need_counted $level
		check <<-END
			a=open
			set:a,region=dax,method=${COUNTED[$level]},mode=write-back,level=$level
			m=mmap:a,len=${LEAF_BYTES[$level]}
			write:m,val=7
			p=pin:m,slow,longterm		ok word=0x????????00000007
			q=pin:m,either,longterm,write	ok word=0x????????00000007
		END
	done
}

# D2 to D5: an operation that frees blocks waits for their pins. Before 6.15 the pages had to
# be mapped besides, see below.
@test "D2, D3: fs/dax: truncate waits while a page is pinned, and goes on after" {
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x1000 write:m,val=0x77 p=pin:m,slow \
		close:a await unpin:p
	run on -t 1 truncate -s 0 "$FSDAX/busy"
	assert_equal "$status" 124
	[[ $(on stat -c %s "$FSDAX/busy") == $((LARGE)) ]]
	beside_end
	assert_line "unpin p: ok"
	run -0 on -t 10 truncate -s 0 "$FSDAX/busy"
	[[ $(on stat -c %s "$FSDAX/busy") == 0 ]]
}

@test "D2, D3: fs/dax: a hole is punched only when nobody pins" {
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x1000 write:m,val=0x77 p=pin:m,slow \
		await read:m unpin:p
	run on -t 1 fallocate -p -o 0 -l 4096 "$FSDAX/busy"
	assert_equal "$status" 124
	# Nor in another part of the file: ext4_break_layouts(), fs/ext4/inode.c:4437
	# (7.2.13), asks about all of it.
	run on -t 1 fallocate -p -o 1M -l 4096 "$FSDAX/busy"
	assert_equal "$status" 124
	beside_end
	assert_line "read m+0x0: 0x00000077"
	run -0 on -t 10 fallocate -p -o 0 -l 4096 "$FSDAX/busy"
	assert_equal "$(first_word "$FSDAX/busy")" 00000000
}

# The kernel forgot a page that is pinned and no longer mapped: dax_layout_busy_page_range(),
# fs/dax.c, looked at nothing if nobody maps the file. The kernel then gave away a page
# under DMA, with a warning of dax_disassociate_entry(), fs/dax.c:390 (6.12).
@test "D5: fs/dax: truncate waits for a pin that has no mapping any more (6.15)" {
	entries_count || skip "this kernel does not wait, and warns"
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x1000 write:m,val=0x77 p=pin:m,slow \
		munmap:m close:a await unpin:p
	run on -t 1 truncate -s 0 "$FSDAX/busy"
	assert_equal "$status" 124
	beside_end
	run -0 on -t 10 truncate -s 0 "$FSDAX/busy"
}

@test "D4: fs/dax: truncate of what is mapped and not pinned does not wait" {
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x1000 write:m,val=0x77 await read:m leaf:m
	run -0 on -t 10 truncate -s 0 "$FSDAX/busy"
	beside_end
	assert_line "read m+0x0: SIGBUS"
	assert_line "leaf m+0x0: none"
}

# Before ext4 punches a hole, dax_layout_busy_page_range() looks for pins of the whole file, and
# first unmaps the file's pages. A private copy is the process's, and stays mapped: "dax:
# dax_layout_busy_page() should not unmap cow pages", 2019.
@test "D4: fs/dax: a hole is punched, and private copies of the file stay" {
	new_file busy
	beside ask=open "a=file:$FSDAX/busy" m=mmap:a,len=0x3000,private write:m,val=5 \
		write:m,off=0x2000,val=6 n=mmap:a,len=0x3000 write:n,off=0x1000,val=7 \
		read:m,off=0x1000 await leaf:n,off=0x1000 leaf:m,off=0x1000 read:m,off=0x1000 \
		read:m read:m,off=0x2000
	run -0 on -t 10 fallocate -p -o 8192 -l 4096 "$FSDAX/busy"
	beside_end
	assert_output --partial "$(printf '%s\n' "leaf n+0x1000: none" "leaf m+0x1000: none" \
		"read m+0x1000: 0x00000007" "read m+0x0: 0x00000005" "read m+0x2000: 0x00000006")"
}

@test "D6, D7: ext4: unmount waits while a page of a file is pinned (6.15)" {
	fsdax_unmount_pinned
}

# D21: a reference for each entry, and none besides. The first mapping of several sets the
# folio's mapping and index, and they go when the file gives the block up.
@test "D21: fs/dax: each entry of a page is a reference (6.15)" { fs_references pte 0; }
@test "D21: fs/dax: each entry of 2 MiB is a reference (6.15)" { fs_references pmd 9; }

fs_references() { # LEVEL ORDER
	local len order=$2 one="refs=1 mapcount=0" two="refs=1 mapcount=0" is

	[[ $1 != pmd ]] || need_large_leaves
	len=${LEAF_BYTES[$1]}
	if entries_count; then
		one="refs=1 mapcount=1" two="refs=2 mapcount=2"
	else
		order=0
	fi
	new_file "counted-$1" $((2 * LARGE))
	is="order=$order * pgmap=fs_dax index=0x0 *mapping*"
	check <<-END
		ask=open
		a=file:$FSDAX/counted-$1
		m=mmap:a,len=$len
		write:m,val=1
		folio:m		$one $is
		n=mmap:a,len=$len
		read:n		0x00000001
		folio:m		$two $is
		munmap:n
		folio:m		$one $is
		leaf:m		$1 write-back pfn=other writable dirty young*
	END
}

# msync() makes the entries of written pages read-only and clean, in all mappings of the file. So
# the next write faults, which tells the file system. If an entry stays writable, nobody writes back
# what is written through it later: f729c8c9b24f, "dax: wrprotect pmd_t in
# dax_mapping_entry_mkclean".
synced() { # LEVEL
	local len clean dirty

	[[ $1 != pmd ]] || need_large_leaves
	len=${LEAF_BYTES[$1]}
	new_file "synced-$1" $((2 * LARGE))
	clean="$1 write-back pfn=other young*" dirty="$1 write-back pfn=other writable dirty young*"
	check <<-END
		ask=open
		a=file:$FSDAX/synced-$1
		m=mmap:a,len=$((2 * len))
		n=mmap:a,len=$len
		write:m,val=1
		write:m,off=$len,val=2
		write:n,off=4,val=3
		leaf:m			$dirty
		leaf:n			$dirty
		msync:m,len=0x1000
		leaf:m			$clean
		leaf:n			$clean
		leaf:m,off=$len		p?? write-back pfn=other writable dirty*
		read:m,off=4		0x00000003
		write:m,val=4
		leaf:m			$dirty
		leaf:n			$clean
		msync:m
		leaf:m			$clean
		leaf:m,off=$len		p?? write-back pfn=other young*
		read:n			0x00000004
		read:m,off=$len		0x00000002
	END
}

@test "fs/dax: msync makes a page's entries clean and read-only, in every mapping" { synced pte; }
@test "fs/dax: msync makes 2 MiB entries clean and read-only, in every mapping" { synced pmd; }

# A write fault of a MAP_SYNC mapping has the file system write its metadata first. Then
# dax_finish_sync_fault() inserts the entry. The file is a hole, so that there is metadata to write.
sync_fault() { # LEVEL
	local len leaf=pte refs="refs=1 mapcount=1" flags=flags=shared_validate+sync

	len=${LEAF_BYTES[$1]}
	# The file system may choose an extent that is not aligned to 2 MiB.
	[[ $1 == pte ]] || leaf="p[mt][de]"
	entries_count || refs="refs=1 mapcount=0"
	empty
	check <<-END
		a=file:$FSDAX/hole
		m=mmap:a,len=$len,$flags	=answer
	END
	[[ ${SAID[answer]} != EOPNOTSUPP ]] || skip "no MAP_SYNC on this disk"
	fsdax hole <<-END
		m=mmap:a,len=$len,$flags
		n=mmap:a,len=$len
		proc:m,file=smaps	* vmflags=* sf*
		write:m,off=8,val=7
		leaf:m			$leaf write-back pfn=other writable dirty young*
		folio:m			$refs *
		read:n,off=8		0x00000007
		msync:m
		leaf:m			$leaf write-back pfn=other young*
		write:m,off=8,val=8
		leaf:m			$leaf write-back pfn=other writable dirty young*
		msync:m
		leaf:m			$leaf write-back pfn=other young*
		munmap:n
		folio:m			$refs *
		read:m,off=8		0x00000008
	END
	[[ $(on stat -c %b "$FSDAX/hole") -gt 0 ]]
}

@test "fs/dax: MAP_SYNC: a write maps a page writable, with one reference" { sync_fault pte; }
@test "fs/dax: MAP_SYNC: a write maps 2 MiB writable, with one reference" { sync_fault pmd; }

# memory_failure() locks the file's entry (dax_lock_folio()), finds the mappings by the entry, and
# unmaps all of the entry. The file keeps its block. These tests are the last ones and leave their
# files, so that no other file gets a block that was hit. The pages go when nd_pmem goes.
hit() { # LEVEL LSB
	local len

	has_poison || skip "no CONFIG_MEMORY_FAILURE"
	[[ $1 != pmd ]] || need_large_leaves
	len=${LEAF_BYTES[$1]}
	new_file "hit-$1" $((2 * LARGE))
	check <<-END
		ask=open
		a=file:$FSDAX/hit-$1
		m=mmap:a,len=$((2 * len))
		write:m,val=0x44
		write:m,off=$len,val=0x45
		leaf:m			$1 *
		fork:c
		c/read:m		0x00000044
		poison:m		ok SIGBUS=1 code=BUS_MCEERR_AR addr=+0x0 lsb=$2
		leaf:m			none
		c/leaf:m		none
		leaf:m,off=$len		p?? write-back pfn=other writable dirty*
		read:m			0x00000044
		folio:m			*hwpoison*
		folio:m,off=$len	!(*hwpoison*)
		exit:c
		munmap:m
	END
}

@test "D14: fs/dax: a failure of a page takes it from all processes, with a signal" { hit pte 12; }
@test "D14: fs/dax: a failure in 2 MiB takes it from all processes, with a signal" { hit pmd 21; }
