#!/usr/bin/env bats
# Copies in a private mapping of pfns are anonymous memory: the kernel swaps them out and
# in, and finds them by their vm_pgoff. It reclaims nothing else of the mapping. The test
# locks the rest of its process, so that copies are all that is in swap.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load helpers/cow
load helpers/reclaim

# bats_test_function
bats_require_minimum_version 1.11.0

setup_file() { reclaim_begin; }
teardown_file() { reclaim_end; }

setup() {
	need_reclaim
	invariants_note
	JOIN=("put:$CGROUP/cgroup.procs,text=0" ok mlockall ok)
	RECLAIM=reclaim:m,cgroup=$CGROUP
	OUT=("$RECLAIM" gone)
	SWAP=get:$CGROUP/memory.swap.current
}

clean_up() {
	[[ -n ${MARKER:-} ]] || return 0
	same "swap in use" 0 "$(target_read "$CGROUP/memory.swap.current")"
}

# Since 6.5 a read brings back what nobody else has as it was: writable.
# $BACK is the entry then.
back() {
	BACK="COPY writable young"
	since 6.5 || BACK="COPY young"
}

@test "reclaim: copies are swapped out, and the device's entries stay" {
	local smaps="rss=0kB * Swap=8kB *"

	# Before 6.2 smaps did not walk mappings of pfns.
	since 6.2 || smaps="rss=0kB *"
	cow "${JOIN[@]}" fill:m,off=0x1000,len=0x2000,val=$W3,inc=7 ok "$SWAP" 0 "${OUT[@]}" \
		"$SWAP" 8192 leaf:m DEV0 leaf:m,off=0x1000 none leaf:m,off=0x2000 none \
		leaf:m,off=0x3000 DEV3 proc:m,file=smaps "$smaps" folio:m,off=0x1000 ENODATA \
		p=pin:m,off=0x1000,fast EFAULT proc:m,off=0x1000,file=pagemap "present=0 file=0 *" \
		vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1 check:m,len=0x1000,val=$W0,inc=3 ok \
		check:m,off=0x3000,val=$W3,inc=3 ok "$SWAP" 8192
	behaviour "a copy in a private mapping of pfns can be swapped out" ok
}

# A page that is swapped in has its data, and the mode of vm_page_prot as before.
mode_case() {
	MODE=$1
	back
	cow "${JOIN[@]}" write:m,off=0x1004,val=5 ok "${OUT[@]}" leaf:m,off=0x1000 none \
		read:m,off=0x1000 "$W1" leaf:m,off=0x1000 "$BACK" read:m,off=0x1004 0x00000005 \
		check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3 ok leaf:m DEV0 \
		folio:m,off=0x1000 "refs=* mapcount=1 order=0 *anon" write:m,off=0x1000,val=6 ok \
		leaf:m,off=0x1000 COPIED vma:m VMA1 list:mmio+$OFF,len=0x4000 LIST1
}

for mode in write-back write-combining uncached-minus uncached write-through write-protected; do
	bats_test_function --description "reclaim: a copy comes back in $mode" -- mode_case "$mode"
done

@test "reclaim: a write brings a copy back, writable" {
	cow "${JOIN[@]}" fill:m,off=0x1000,len=0x1000,val=$W3,inc=7 ok "${OUT[@]}" "$SWAP" 4096 \
		write:m,off=0x1ffc,val=5 ok leaf:m,off=0x1000 COPIED \
		check:m,off=0x1000,len=0xffc,val=$W3,inc=7 ok word:mmio+0x11000 0x00001c0300001c00
}

@test "reclaim: over and over" {
	local i steps=()

	for ((i = 1; i < 5; i++)); do
		steps+=("write:m,off=0x1000,val=$i" ok "${OUT[@]}" "leaf:m,off=0x1000" none
			"read:m,off=0x1000" "0x0000000$i")
	done
	cow "${JOIN[@]}" "${steps[@]}" check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok
}

@test "reclaim: what the device says meanwhile is not what comes back" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok "${OUT[@]}" leaf:m,off=0x1000 none \
		word:mmio+0x11000,val=0x71 ok word:mmio+0x11008,val=0x72 ok \
		read:m,off=0x1000 0x00000005 check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok
}

@test "reclaim: munmap gives the swap back, the first page swapped or not" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok "${OUT[@]}" "$SWAP" 4096 munmap:m ok \
		"$SWAP" 0 list:mmio+$OFF,len=0x4000 none
	cow "${JOIN[@]}" fill:m,val=5 ok "${OUT[@]}" "$SWAP" 16384 munmap:m,off=0x3000 ok \
		"$SWAP" 12288 leaf:m none munmap:m ok "$SWAP" 0 list:mmio+$OFF,len=0x4000 none
	behaviour "a private mapping with copies in swap gives all back" ok
}

@test "reclaim: exit gives the swap back, and so does being killed" {
	cow "${JOIN[@]}" fork:c ok c/mlockall ok c/fill:m,val=5 ok "c/$RECLAIM" gone c/leaf:m none \
		"$SWAP" 16384 exit:c ok "$SWAP" 0 fork:d ok d/mlockall ok d/fill:m,val=6 ok \
		"d/$RECLAIM" gone "$SWAP" 16384 kill:d SIGKILL "$SWAP" 0 vma:m VMA1 \
		list:mmio+$OFF,len=0x4000 LIST1
}

@test "reclaim: fork with a copy in swap" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok "${OUT[@]}" fork:c ok c/mlockall ok \
		leaf:m,off=0x1000 none c/leaf:m,off=0x1000 none "$SWAP" 4096 \
		c/read:m,off=0x1000 0x00000005 leaf:m,off=0x1000 none c/write:m,off=0x1000,val=6 ok \
		read:m,off=0x1000 0x00000005 write:m,off=0x1000,val=7 ok \
		c/read:m,off=0x1000 0x00000006 read:m,off=0x1000 0x00000007 \
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok \
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 ok vma:m VMA2 \
		list:mmio+$OFF,len=0x4000 LIST2 exit:c ok list:mmio+$OFF,len=0x4000 LIST1
}

@test "T6: fork with the first page in swap works, or on old kernels fails" {
	local fork=ok

	[[ $TRACKING != *vm_pat ]] || fork=ENOMEM
	cow "${JOIN[@]}" write:m,val=5 ok "${OUT[@]}" leaf:m none fork:c $fork leaf:m none \
		"$SWAP" 4096 read:m 0x00000005 read:m,off=4 0x00001003 munmap:m ok
	behaviour "fork works with the first page of a private mapping in swap" "$(fixed_since_ctx)"
}

@test "reclaim: a copy that a child has too" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok fork:c ok c/mlockall ok "${OUT[@]}" \
		leaf:m,off=0x1000 none c/leaf:m,off=0x1000 none "$SWAP" 4096 \
		write:m,off=0x1000,val=6 ok c/read:m,off=0x1000 0x00000005 \
		c/write:m,off=0x1004,val=7 ok read:m,off=0x1000 0x00000006 \
		read:m,off=0x1004 0x00001c03 c/read:m,off=0x1004 0x00000007 \
		c/check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3 ok
}

@test "reclaim: mprotect of copies in swap" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok "${OUT[@]}" mprotect:m,prot=none ok \
		leaf:m,off=0x1000 none read:m,off=0x1000 SIGSEGV mprotect:m,prot=r ok \
		read:m,off=0x1000 0x00000005 leaf:m,off=0x1000 "COPY young" \
		write:m,off=0x1000,val=6 SIGSEGV "${OUT[@]}" leaf:m,off=0x1000 none \
		mprotect:m,prot=rw ok write:m,off=0x1000,val=6 ok leaf:m,off=0x1000 COPIED \
		read:m,off=0x1004 0x00001c03 mprotect:m,prot=none ok "${OUT[@]}" \
		leaf:m,off=0x1000 none mprotect:m,prot=rw ok read:m,off=0x1000 0x00000006
}

@test "reclaim: mremap of copies in swap, and reclaim of copies that were moved" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok "${OUT[@]}" "$SWAP" 4096 \
		mremap:m,len=0x4000,fixed=0x600000000000 ok leaf:m,off=0x1000 none "$SWAP" 4096 \
		read:m,off=0x1000 0x00000005 "${OUT[@]}" leaf:m,off=0x1000 none \
		write:m,off=0x1000,val=6 ok munmap:m,off=0x3000 ok "${OUT[@]}" \
		leaf:m,off=0x1000 none read:m,off=0x1000 0x00000006 read:m,off=0x1004 0x00001c03 \
		mremap:m,len=0x3000,fixed=0x600000100000 ok write:m,off=0x1000,val=7 ok "${OUT[@]}" \
		leaf:m,off=0x1000 none read:m,off=0x1000 0x00000007 munmap:m ok
}

@test "reclaim: mlock keeps no copy from it" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok mlock:m ok "${OUT[@]}" \
		leaf:m,off=0x1000 none "$SWAP" 4096 mlock:m ok leaf:m,off=0x1000 none \
		read:m,off=0x1000 0x00000005
}

@test "reclaim: not of a copy that is pinned" {
	cow "${JOIN[@]}" write:m,off=0x1000,val=5 ok p=pin:m,off=0x1000,either,write "ok *" \
		"$(pfn_of m 0x1000)" "ok *" "$RECLAIM" stays leaf:m,off=0x1000 "COPY writable dirty*" \
		"$(pfn_of m 0x1000)" "ok *" "$SWAP" 0 unpin:p ok "${OUT[@]}" leaf:m,off=0x1000 none \
		read:m,off=0x1000 0x00000005
	assert_equal "${lines[10]}" "${lines[13]}"
}

@test "reclaim: a zap of copies in swap gives the swap back" {
	cow "${JOIN[@]}" fill:m,off=0x1000,len=0x2000,val=5 ok "${OUT[@]}" "$SWAP" 8192 \
		zap:m,how=vma,off=0x1000,len=0x1000 ok "$SWAP" 4096 read:m,off=0x1000 SIGBUS \
		read:m,off=0x2000 0x00000005 read:m "$W0"
}

@test "reclaim: swapoff brings copies back where they were" {
	[[ -n ${ZRAM:-} ]] || skip "the swap is not ours to turn off"
	need_region mmio
	need_pat
	beside a=open "set:a,region=mmio,mode=$MODE" n=mmap:a,off=0x10000,len=0x4000 \
		fill:n,val=$W0,inc=3 munmap:n m=mmap:a,off=0x10000,len=0x4000,private \
		"put:$CGROUP/cgroup.procs,text=0" mlockall write:m,off=0x1000,val=5 \
		"$RECLAIM" "$SWAP" leaf:m,off=0x1000 await leaf:m,off=0x1000 "$SWAP" \
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3 read:m,off=0x1000 leaf:m
	on swapoff "/dev/$ZRAM"
	on swapon -p 32767 "/dev/$ZRAM"
	beside_end
	line 11 "get memory.swap.current: 4096"
	line 12 "leaf m+0x1000: none"
	assert_regex "${lines[12]}" "^leaf m\+0x1000: pte $MODE pfn=other"
	line 14 "get memory.swap.current: 0"
	line 15 "check m: ok"
	line 16 "read m+0x1000: 0x00000005"
	line 17 "leaf m+0x0: pte $MODE mmio+0x10000 young special"
}

@test "reclaim: with nowhere to swap to, copies stay" {
	cow "${JOIN[@]}" "put:$CGROUP/memory.swap.max,text=0" ok write:m,off=0x1000,val=5 ok \
		"$RECLAIM" stays leaf:m,off=0x1000 "COPY writable dirty*" "$SWAP" 0 \
		read:m,off=0x1000 0x00000005 "put:$CGROUP/memory.swap.max,text=max" ok \
		"${OUT[@]}" leaf:m,off=0x1000 none
}

@test "reclaim: compaction and dropped caches leave copies and entries alone" {
	cow "${JOIN[@]}" fill:m,off=0x1000,len=0x1000,val=$W3,inc=7 ok \
		put:/proc/sys/vm/drop_caches,text=3 ok put:/proc/sys/vm/compact_memory,text=1 ok \
		leaf:m,off=0x1000 "COPY writable dirty*" folio:m,off=0x1000 "refs=1 mapcount=1 *" \
		check:m,off=0x1000,len=0x1000,val=$W3,inc=7 ok leaf:m DEV0 leaf:m,off=0x2000 DEV2 \
		write:m,off=0x1000,val=5 ok leaf:m,off=0x1000 COPIED "$SWAP" 0
}

# KSM merges what is marked: it says yes here, and marks nothing.
@test "reclaim: KSM has no part in it" {
	cow "${JOIN[@]}" fill:m,off=0x1000,len=0x2000,val=5 ok madvise:m,advice=mergeable ok \
		proc:m,file=smaps "* vmflags=rd wr mr mw me pf io de*" \
		leaf:m,off=0x1000 COPIED check:m,off=0x1000,len=0x2000,val=5 ok
	refute_output --regexp ' mg( |$)'
}
