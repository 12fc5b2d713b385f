#!/usr/bin/env bats
# What PAT holds for a remap_pfn_range mapping in several processes. Rows T4, T6 and
# T13 of docs/glossary.md; see tracking.bats. Since 6.16 a child shares its parent's
# range; before, each process had a reservation of its own.

load helpers/common
load shared/tracked

setup_file() { fresh_load; }
teardown_file() { fresh_unload; }

MAPPED="0-4 m@0=1:0-4 | 0-4 m@0=pat"
FORKED="0-4 m@0=2:0-4 c/m@0=2:0-4 | 0-4 0-4 m@0=pat c/m@0=pat"

@test "T4: a child that exits first leaves the parent its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" exit:c "$MAPPED" munmap:m none
}

@test "T4: a parent that unmaps first leaves the child its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		munmap:m "0-4 c/m@0=1:0-4 | 0-4 c/m@0=pat" exit:c none
}

@test "T4: a child that unmaps first leaves the parent its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" c/munmap:m "$MAPPED" \
		"munmap:m exit:c" none
}

@test "T4: a parent that exits first leaves the child its range" {
	fresh 4
	tracked fork:p none "p/$(map)" "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		fork:c,of=p "0-4 p/m@0=2:0-4 | 0-4 0-4 p/m@0=pat" \
		exit:p "0-4 | 0-4" exit:c none
}

@test "T4: a parent that is killed first leaves the child its range" {
	fresh 4
	tracked fork:p none "p/$(map)" "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		fork:c,of=p "0-4 p/m@0=2:0-4 | 0-4 0-4 p/m@0=pat" \
		kill:p "=SIGKILL 0-4 | =SIGKILL 0-4" kill:c "=SIGKILL none"
}

@test "T4: a child that is killed leaves the parent its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		kill:c "=SIGKILL 0-4 m@0=1:0-4 | =SIGKILL 0-4 m@0=pat" munmap:m none
}

@test "T4: the oldest of three generations goes first, and the others keep the range" {
	fresh 4
	tracked fork:p none "p/$(map)" "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		fork:c,of=p "0-4 p/m@0=2:0-4 | 0-4 0-4 p/m@0=pat" \
		fork:d,of=c "0-4 p/m@0=3:0-4 | 0-4 0-4 0-4 p/m@0=pat" \
		exit:p "0-4 | 0-4 0-4" kill:c "=SIGKILL 0-4 | =SIGKILL 0-4" exit:d none
}

@test "T4: the second of three generations goes first, and the others keep the range" {
	fresh 4
	tracked fork:p none "p/$(map)" "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		fork:c,of=p "0-4 p/m@0=2:0-4 | 0-4 0-4 p/m@0=pat" \
		fork:d,of=c "0-4 p/m@0=3:0-4 | 0-4 0-4 0-4 p/m@0=pat" \
		exit:c "0-4 p/m@0=2:0-4 | 0-4 0-4 p/m@0=pat" \
		exit:d "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" exit:p none
}

@test "T4: the youngest of three generations goes first, and the others keep the range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		c/fork:d "0-4 m@0=3:0-4 | 0-4 0-4 0-4 m@0=pat" \
		c/exit:d "$FORKED" exit:c "$MAPPED" munmap:m none
}

@test "T4: eight children hold the range until the last one goes" {
	local i steps=() refs entries="0-4"

	fresh 4
	for i in {1..8}; do
		refs=$((i + 1))
		entries+=" 0-4"
		steps+=("fork:c$i" "0-4 m@0=$refs:0-4 | $entries m@0=pat")
	done
	tracked "$(map)" "$MAPPED" "${steps[@]}" munmap:m "0-4 | ${entries% *}" \
		"exit:c3 exit:c8 kill:c1 kill:c5 exit:c2 exit:c7 exit:c4" "0-4 | 0-4" \
		exit:c6 none
}

@test "T4: vfork shares the VMA" {
	fresh 4
	local seen="=0x0-0x4000 $MODE"

	tracked "$(map)" "$MAPPED" \
		"vfork/list:mmio+$BASE" "$seen 0-4 m@0=1:0-4 | $seen 0-4 m@0=pat" \
		vfork/munmap:m none
}

@test "T4: exec gives back what the child had" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		c/exec "$MAPPED" munmap:m none
}

@test "T4: exec of the only process that maps gives the range back" {
	fresh 4
	tracked fork:c none "c/$(map)" "0-4 c/m@0=1:0-4 | 0-4 c/m@0=pat" c/exec none
}

@test "T4: MADV_DONTFORK: the child has nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" madvise:m,advice=dontfork "$MAPPED" \
		fork:c "0-4 m@0=1:0-4 c/m@0=EFAULT | 0-4 m@0=pat c/m@0=EFAULT" \
		munmap:m none exit:c none
}

@test "T4: MADV_DONTFORK and MADV_DOFORK, which is refused: the child has nothing" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		"madvise:m,advice=dontfork madvise:m,advice=dofork" \
		"=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" \
		fork:c "0-4 m@0=1:0-4 c/m@0=EFAULT | 0-4 m@0=pat c/m@0=EFAULT" \
		"exit:c munmap:m" none
}

@test "T4: MADV_DONTFORK of the head: the child has the rest" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		madvise:m,len=0x1000,advice=dontfork "0-4 m@0=2:0-4 m@1=2:0-4 | 0-4 m@0=pat m@1=pat" \
		fork:c "0-4 m@0=3:0-4 c/m@0=EFAULT c/m@1=3:0-4 | 0-4 1-4 m@0=pat c/m@0=EFAULT c/m@1=pat" \
		exit:c "0-4 m@1=2:0-4 | 0-4 m@1=pat" munmap:m "none | 0-1 !1"
}

@test "T4: MADV_DONTFORK of the tail: the child has the rest" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		madvise:m,off=0x3000,advice=dontfork "0-4 m@0=2:0-4 m@3=2:0-4 | 0-4 m@0=pat m@3=pat" \
		fork:c "0-4 c/m@0=3:0-4 c/m@3=EFAULT | 0-4 0-3 c/m@0=pat c/m@3=EFAULT" \
		"munmap:m,off=0x3000 munmap:m" "0-4 c/m@0=1:0-4 | 0-3 c/m@0=pat" exit:c none
}

@test "MADV_WIPEONFORK is refused, and the child has the mapping" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		madvise:m,advice=wipeonfork "=EINVAL 0-4 m@0=1:0-4 | =EINVAL 0-4 m@0=pat" \
		fork:c "$FORKED" "exit:c munmap:m" none
}

@test "T4: a child of a split VMA shares its parent's range (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		mprotect:m,len=0x1000,prot=r "0-4 m@0=2:0-4 | 0-4 m@0=pat" \
		fork:c "0-4 m@0=4:0-4 c/m@1=4:0-4 | 0-4 0-1 1-4 m@0=pat c/m@1=pat" \
		exit:c "0-4 m@0=2:0-4 | 0-4 m@0=pat" munmap:m "none | 0-1 !1"
}

@test "T4: a child that unmaps the head leaves the parent its range, and leaks nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		c/munmap:m,len=0x1000 "0-4 m@0=2:0-4 c/m@1=2:0-4 | 0-4 0-4 m@0=pat c/m@1=pat !1" \
		exit:c "0-4 m@0=1:0-4 | 0-4 0-1 m@0=pat" munmap:m "none | 0-1"
	fixed_by_ctx "munmap of the head in a child: nothing leaks"
}

@test "T4: a child that unmaps the tail leaves the parent its range" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		c/munmap:m,off=0x3000 "0-4 m@0=2:0-4 | 0-4 0-3 m@0=pat" \
		exit:c "$MAPPED" munmap:m none
}

@test "T4: a parent that unmaps the tail and a child that unmaps the head leak nothing (6.16)" {
	fresh 4
	tracked "$(map)" "$MAPPED" fork:c "$FORKED" \
		munmap:m,off=0x2000 "0-4 m@0=2:0-4 | 0-4 0-2 m@0=pat" \
		c/munmap:m,len=0x2000 "0-4 m@0=2:0-4 | 0-4 m@0=pat" \
		munmap:m "0-4 | 0-4 !1" exit:c "none | 0-2"
	fixed_by_ctx "parent and child that unmap different parts: nothing leaks"
}

@test "T4: a child shares what is left after the head was unmapped" {
	fresh 4
	tracked "$(map)" "$MAPPED" \
		munmap:m,len=0x1000 "0-4 m@1=1:0-4 | 0-4 m@1=pat !1" \
		fork:c "0-4 m@1=2:0-4 c/m@1=2:0-4 | 0-4 1-4 m@1=pat c/m@1=pat" \
		exit:c "0-4 m@1=1:0-4 | 0-4 m@1=pat" munmap:m "none | 0-1"
}

@test "T4: a child shares the range of a private mapping" {
	fresh 4
	tracked "$(map),private" "$MAPPED" fork:c "$FORKED" munmap:m "0-4 | 0-4" exit:c none
}

# f8e97613fed2 too: an old kernel takes the mode from the first page's entry, which
# after a write does not map the memory. The fork that fails may give back the parent's
# reservation (FORK_TAKES).
@test "T6: fork of a private mapping whose first page was written works, or before 6.16 fails" {
	need_copied_kept
	fresh 4
	local kept=0-4 end=none

	[[ -z $FORK_TAKES ]] || kept=none end="none !1"
	tracked fork:p none "p/$(map),private" "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		p/write:m,val=1 "0-4 p/m@0=1:0-4 | 0-4 p/m@0=pat" \
		p/fork:c "0-4 p/m@0=2:0-4 | =ENOMEM $kept p/m@0=pat" exit:p "none | $end"
	fixed_by_ctx "fork with a private mapping whose first page was written"
}

@test "T4: a child shares the range of a private mapping whose second page was written" {
	fresh 4
	tracked "$(map),private" "$MAPPED" write:m,off=0x1000,val=1 "$MAPPED" \
		fork:c "$FORKED" exit:c "$MAPPED" munmap:m none
}

@test "T4: fork of a partial remap tracks nothing" {
	fresh 4
	SET=flags=partial tracked "$(map)" "none m@0=none" fork:c "none c/m@0=none" \
		"munmap:m exit:c" none
}
