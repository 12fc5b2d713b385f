#!/usr/bin/env bats
# Controls: fs/dax by xfs, whose files may share blocks. Row D8 of docs/glossary.md.

load helpers/common
load shared/fsdax

setup_file() {
	fsdax_begin xfs
}

teardown_file() {
	fsdax_end
}

setup() {
	need_fsdax
	invariants_note
}

# Makes files `one` and `two`, which share their blocks.
reflinked() {
	# Before 6.2: WARNING in dax_disassociate_entry(), fs/dax.c:404, when one of them goes.
	since 6.2 || skip "before 6.2 the kernel warns of shared pages that go"
	on rm -f "$FSDAX/one" "$FSDAX/two"
	new_file one
	on cp --reflink=always "$FSDAX/one" "$FSDAX/two" || skip "no reflinks with DAX here"
}

# A page that two files share has the mapping of neither, and its index is the number of files.
@test "D8: a page that two files share has no mapping, and is counted for both" {
	local maps=0 both=1 of_two=0

	! entries_count || maps=1 both=2 of_two=2
	reflinked
	check <<-END
		ask=open
		a=file:$FSDAX/one
		b=file:$FSDAX/two
		m=mmap:a,len=0x1000
		read:m	0x00000000
		folio:m	refs=1 mapcount=$maps order=0 * pgmap=fs_dax*
		n=mmap:b,len=0x1000
		read:n	0x*
		folio:m	refs=$both mapcount=$of_two order=0 * pgmap=fs_dax!(* mapping*)
		leaf:m,via=ask,pfn	=pfn
		leaf:n,via=ask,pfn	=pfn
		munmap:n
		folio:m	refs=1 mapcount=$maps *
	END
}

@test "D8: a write to one of two files that share gets a page of its own, and the other's stays" {
	local marked=' mapping'

	# Before 6.15 the kernel marks such a page by PAGE_MAPPING_DAX_SHARED, the bit of anonymous
	# pages.
	entries_count || marked=' zone-device anon'
	reflinked
	check <<-END
		ask=open
		a=file:$FSDAX/one
		b=file:$FSDAX/two
		m=mmap:a,len=0x1000
		read:m	0x*
		n=mmap:b,len=0x1000
		read:n	0x*
		write:n,val=7
		leaf:m,via=ask,pfn	=pfn
		leaf:n,via=ask,pfn	!=pfn
		read:m	0x00000000
		read:n	0x00000007
		folio:n	* pgmap=fs_dax index=0x0*$marked
	END
	if entries_count; then
		behaviour "xfs: a page of a reflinked file is none of anonymous memory (6.15)" fixed
	else
		behaviour "xfs: a page of a reflinked file is none of anonymous memory (6.15)" "bug reproduced"
	fi
}

# Before 6.15 the kernel takes the mark of a shared page for that of anonymous memory: GUP asks
# again and again for a copy of its own (gup_must_unshare(), mm/internal.h:1373 of 6.12), until
# a signal.
@test "D8: truncate of one file waits for a pin of a shared page, and spares the other file" {
	reflinked
	if ! entries_count; then
		run on -t 3 pfnmap-try ask=open "a=file:$FSDAX/one" m=mmap:a,len=0x1000 read:m \
			"b=file:$FSDAX/two" n=mmap:b,len=0x1000 read:n p=pin:m,slow
		assert_equal "$status" 124
		behaviour "xfs: a page of a reflinked file can be pinned (6.15)" "bug reproduced"
		return
	fi
	behaviour "xfs: a page of a reflinked file can be pinned (6.15)" fixed
	beside ask=open "a=file:$FSDAX/one" "b=file:$FSDAX/two" m=mmap:a,len=0x1000 read:m \
		n=mmap:b,len=0x1000 read:n p=pin:m,slow await unpin:p read:m
	run on -t 1 truncate -s 0 "$FSDAX/two"
	assert_equal "$status" 124
	beside_end
	assert_line "read m+0x0: 0x00000000"
	run -0 on -t 10 truncate -s 0 "$FSDAX/two"
	[[ $(on stat -c %s "$FSDAX/one") == $((LARGE)) ]]
}

# The kernel counts the files. If it lost count, the file that comes later would be the only one, and
# the page would have its mapping.
@test "D8: a page of two files still has no mapping where a third one gave it up before (6.15)" {
	local line

	entries_count || skip "before 6.15 no folio tells"
	reflinked
	on cp --reflink=always "$FSDAX/one" "$FSDAX/three"
	beside ask=open "a=file:$FSDAX/one" "b=file:$FSDAX/two" "c=file:$FSDAX/three" \
		m=mmap:a,len=0x1000 read:m n=mmap:b,len=0x1000 read:n munmap:n close:b await \
		o=mmap:c,len=0x1000 read:o folio:m
	run -0 on -t 10 truncate -s 0 "$FSDAX/two"
	beside_end
	on rm "$FSDAX/three"
	line=$(grep '^folio m' <<<"$output")
	[[ $line == *" refs=2 mapcount=2 "* && $line != *" mapping"* ]] || fail "$output"
}

@test "D7: xfs: unmount waits while a page of a file is pinned (6.15)" {
	fsdax_unmount_pinned
}
