#!/usr/bin/env bats
# Copies in a private mapping of pfns are anonymous memory: the kernel swaps them out and
# in, and finds them by their vm_pgoff. It reclaims nothing else of the mapping. The test
# locks the rest of its process, so that copies are all that is in swap.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load shared/cow
load helpers/cgroup
load helpers/zram

# The cgroup to reclaim from, and somewhere to swap to: zram, or else the machine's swap. zram is
# so small that kernels before 6.15 do not hold back slots that were given up.
SWAP_BYTES=1M

setup_file() {
	cgroup_begin
	if ! target_has "${CGROUP:-}/memory.reclaim"; then
		export NO_RECLAIM="no memory.reclaim (5.19, CONFIG_MEMCG) in a cgroup of our own here"
	elif zram_begin $SWAP_BYTES; then
		on mkswap "$ZRAM" >/dev/null
		on swapon -p 32767 "$ZRAM"
	elif [[ $(target_read /proc/swaps | wc -l) -lt 2 ]]; then
		export NO_RECLAIM="nowhere to swap to: no CONFIG_ZRAM, and no swap"
	fi
}

teardown_file() {
	[[ -z ${ZRAM:-} ]] || on swapoff "$ZRAM"
	zram_end
	cgroup_end
}

need_reclaim() {
	[[ -z ${NO_RECLAIM:-} ]] || skip "$NO_RECLAIM"
}

setup() {
	need_reclaim
	invariants_note
	JOIN="put:$CGROUP/cgroup.procs,text=0"$'\nmlockall'
	RECLAIM=reclaim:m,cgroup=$CGROUP
	OUT="$RECLAIM gone"
	SWAP=get:$CGROUP/memory.swap.current
}

clean_up() {
	[[ -n ${MARKER:-} ]] || return 0
	same "swap in use" 0 "$(target_read "$CGROUP/memory.swap.current")"
}

# Since 6.5 a read brings a page back writable, as it was, if no other process has it.
# $BACK is the entry after the read.
back() {
	BACK="COPY writable young"
	since 6.5 || BACK="COPY young"
}

@test "reclaim: copies are swapped out, and the device's entries stay" {
	local smaps="rss=0kB * Swap=8kB *"

	# Before 6.2 smaps did not walk mappings of pfns.
	since 6.2 || smaps="rss=0kB *"
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x2000,val=$W3,inc=7
		$SWAP				0
		$OUT
		$SWAP				8192
		leaf:m				DEV0
		leaf:m,off=0x1000		none
		leaf:m,off=0x2000		none
		leaf:m,off=0x3000		DEV3
		proc:m,file=smaps		$smaps
		folio:m,off=0x1000		ENODATA
		p=pin:m,off=0x1000,fast		EFAULT
		follow:m,off=0x1000		EINVAL
		proc:m,off=0x1000,file=pagemap	present=0 file=0 *
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
		check:m,len=0x1000,val=$W0,inc=3
		check:m,off=0x3000,val=$W3,inc=3
		$SWAP				8192
	END
	behaviour "a copy in a private mapping of pfns can be swapped out" ok
}

# A page that is swapped in has its data, and the mode of vm_page_prot as before.
mode_case() {
	MODE=$1
	back
	cow <<-END
		$JOIN
		write:m,off=0x1004,val=5
		$OUT
		leaf:m,off=0x1000		none
		read:m,off=0x1000		$W1
		leaf:m,off=0x1000		$BACK
		read:m,off=0x1004		0x00000005
		check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3
		leaf:m				DEV0
		folio:m,off=0x1000		refs=* mapcount=1 order=0 *anon
		write:m,off=0x1000,val=6
		leaf:m,off=0x1000		COPIED
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
	END
}

for mode in write-back write-combining uncached-minus uncached write-through write-protected; do
	bats_test_function --description "reclaim: a copy comes back in $mode" -- mode_case "$mode"
done

@test "reclaim: a write brings a copy back, writable" {
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x1000,val=$W3,inc=7
		$OUT
		$SWAP			4096
		write:m,off=0x1ffc,val=5
		leaf:m,off=0x1000	COPIED
		check:m,off=0x1000,len=0xffc,val=$W3,inc=7
		word:mmio+0x11000	0x00001c0300001c00
	END
}

@test "reclaim: a copy comes back each time that it is swapped out" {
	local i rows=''

	for i in 1 2 3 4; do
		rows+="
			write:m,off=0x1000,val=$i
			$OUT
			leaf:m,off=0x1000		none
			read:m,off=0x1000		0x0000000$i"
	done
	cow <<-END
		$JOIN
		$rows
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
	END
}

@test "reclaim: what the device says meanwhile is not what comes back" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		$OUT
		leaf:m,off=0x1000	none
		word:mmio+0x11000,val=0x71
		word:mmio+0x11008,val=0x72
		read:m,off=0x1000	0x00000005
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
	END
}

@test "reclaim: munmap gives the swap back, the first page swapped or not" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		$OUT
		$SWAP				4096
		munmap:m
		$SWAP				0
		list:mmio+$OFF,len=0x4000	none
	END
	cow <<-END
		$JOIN
		fill:m,val=5
		$OUT
		$SWAP				16384
		munmap:m,off=0x3000
		$SWAP				12288
		leaf:m				none
		munmap:m
		$SWAP				0
		list:mmio+$OFF,len=0x4000	none
	END
	behaviour "a private mapping with copies in swap gives all back" ok
}

@test "reclaim: exit gives the swap back, and so does being killed" {
	cow <<-END
		$JOIN
		fork:c
		c/mlockall
		c/fill:m,val=5
		c/$RECLAIM			gone
		c/leaf:m			none
		$SWAP				16384
		exit:c
		$SWAP				0
		fork:d
		d/mlockall
		d/fill:m,val=6
		d/$RECLAIM			gone
		$SWAP				16384
		kill:d				SIGKILL
		$SWAP				0
		vma:m				VMA1
		list:mmio+$OFF,len=0x4000	LIST1
	END
}

@test "reclaim: a child has the copy that was in swap at fork" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		$OUT
		fork:c
		c/mlockall
		leaf:m,off=0x1000		none
		c/leaf:m,off=0x1000		none
		$SWAP				4096
		c/read:m,off=0x1000		0x00000005
		leaf:m,off=0x1000		none
		c/write:m,off=0x1000,val=6
		read:m,off=0x1000		0x00000005
		write:m,off=0x1000,val=7
		c/read:m,off=0x1000		0x00000006
		read:m,off=0x1000		0x00000007
		c/check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		vma:m				VMA2
		list:mmio+$OFF,len=0x4000	LIST2
		exit:c
		list:mmio+$OFF,len=0x4000	LIST1
	END
}

@test "T6: fork with the first page in swap works, or on old kernels fails" {
	local fork=ok

	[[ $TRACKING != *vm_pat ]] || fork=ENOMEM
	# shellcheck disable=SC2034 # teardown's: the fork gives the range back, the unmap again
	[[ -z $FORK_TAKES ]] || INVALID_FREES=1
	cow <<-END
		$JOIN
		write:m,val=5
		$OUT
		leaf:m		none
		fork:c		$fork
		leaf:m		none
		$SWAP		4096
		read:m		0x00000005
		read:m,off=4	0x00001003
		munmap:m
	END
	behaviour "fork works with the first page of a private mapping in swap" "$(fixed_since_ctx)"
}

@test "reclaim: a copy that a child has, too, is swapped out of both" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		fork:c
		c/mlockall
		$OUT
		leaf:m,off=0x1000	none
		c/leaf:m,off=0x1000	none
		$SWAP			4096
		write:m,off=0x1000,val=6
		c/read:m,off=0x1000	0x00000005
		c/write:m,off=0x1004,val=7
		read:m,off=0x1000	0x00000006
		read:m,off=0x1004	0x00001c03
		c/read:m,off=0x1004	0x00000007
		c/check:m,off=0x1008,len=0xff8,val=$((W1 + 6)),inc=3
	END
}

@test "reclaim: mprotect of copies in swap holds when they come back" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		$OUT
		mprotect:m,prot=none
		leaf:m,off=0x1000		none
		read:m,off=0x1000		SIGSEGV
		mprotect:m,prot=r
		read:m,off=0x1000		0x00000005
		leaf:m,off=0x1000		COPY young
		write:m,off=0x1000,val=6	SIGSEGV
		$OUT
		leaf:m,off=0x1000		none
		mprotect:m,prot=rw
		write:m,off=0x1000,val=6
		leaf:m,off=0x1000		COPIED
		read:m,off=0x1004		0x00001c03
		mprotect:m,prot=none
		$OUT
		leaf:m,off=0x1000		none
		mprotect:m,prot=rw
		read:m,off=0x1000		0x00000006
	END
}

@test "reclaim: copies move while in swap, and are swapped out after a move" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		$OUT
		$SWAP			4096
		mremap:m,len=0x4000,fixed=0x600000000000
		leaf:m,off=0x1000	none
		$SWAP			4096
		read:m,off=0x1000	0x00000005
		$OUT
		leaf:m,off=0x1000	none
		write:m,off=0x1000,val=6
		munmap:m,off=0x3000
		$OUT
		leaf:m,off=0x1000	none
		read:m,off=0x1000	0x00000006
		read:m,off=0x1004	0x00001c03
		mremap:m,len=0x3000,fixed=0x600000100000
		write:m,off=0x1000,val=7
		$OUT
		leaf:m,off=0x1000	none
		read:m,off=0x1000	0x00000007
		munmap:m
	END
}

@test "reclaim: mlock keeps no copy in memory" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		mlock:m
		$OUT
		leaf:m,off=0x1000	none
		$SWAP			4096
		mlock:m
		leaf:m,off=0x1000	none
		read:m,off=0x1000	0x00000005
	END
}

@test "reclaim: a copy that is pinned stays" {
	cow <<-END
		$JOIN
		write:m,off=0x1000,val=5
		p=pin:m,off=0x1000,either,write	ok *
		leaf:m,off=0x1000,pfn		=copy pfn=0x*
		$RECLAIM			stays
		leaf:m,off=0x1000		COPY writable dirty*
		leaf:m,off=0x1000,pfn		=copy
		$SWAP				0
		unpin:p
		$OUT
		leaf:m,off=0x1000		none
		read:m,off=0x1000		0x00000005
	END
}

@test "reclaim: a zap of copies in swap gives the swap back" {
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x2000,val=5
		$OUT
		$SWAP			8192
		zap:m,how=vma,off=0x1000,len=0x1000
		$SWAP			4096
		read:m,off=0x1000	SIGBUS
		read:m,off=0x2000	0x00000005
		read:m			$W0
	END
}

@test "reclaim: a zap by mapping leaves copies in swap, and with even_cows takes them too" {
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x2000,val=5
		$OUT
		$SWAP			8192
		zap:a,how=mapping
		$SWAP			8192
		leaf:m			none
		read:m,off=0x1000	0x00000005
		leaf:m,off=0x2000	none
		zap:a,how=mapping,even_cows
		$SWAP			0
		read:m,off=0x1000	SIGBUS
		read:m,off=0x2000	SIGBUS
	END
}

@test "reclaim: swapoff brings copies back where they were" {
	[[ -n ${ZRAM:-} ]] || skip "the swap is not ours to turn off"
	need_region mmio
	need_pat
	check_rows <<-END
		a=open
		set:a,region=mmio,mode=$MODE
		n=mmap:a,off=0x10000,len=0x4000
		fill:n,val=$W0,inc=3
		munmap:n
		m=mmap:a,off=0x10000,len=0x4000,private
		$JOIN
		write:m,off=0x1000,val=5
		$RECLAIM			*
		$SWAP				4096
		leaf:m,off=0x1000		none
		await
		leaf:m,off=0x1000		pte $MODE pfn=other*
		$SWAP				0
		check:m,off=0x1004,len=0xffc,val=$((W1 + 3)),inc=3
		read:m,off=0x1000		0x00000005
		leaf:m				pte $MODE mmio+0x10000 young special
	END
	beside "${CHECK_STEPS[@]}"
	on swapoff "$ZRAM"
	on swapon -p 32767 "$ZRAM"
	beside_end
	check_lines
}

@test "reclaim: with nowhere to swap to, copies stay" {
	cow <<-END
		$JOIN
		put:$CGROUP/memory.swap.max,text=0
		write:m,off=0x1000,val=5
		$RECLAIM		stays
		leaf:m,off=0x1000	COPY writable dirty*
		$SWAP			0
		read:m,off=0x1000	0x00000005
		put:$CGROUP/memory.swap.max,text=max
		$OUT
		leaf:m,off=0x1000	none
	END
}

@test "reclaim: compaction and dropped caches leave copies and entries alone" {
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x1000,val=$W3,inc=7
		put:/proc/sys/vm/drop_caches,text=3
		put:/proc/sys/vm/compact_memory,text=1
		leaf:m,off=0x1000	COPY writable dirty*
		folio:m,off=0x1000	refs=1 mapcount=1 *
		check:m,off=0x1000,len=0x1000,val=$W3,inc=7
		leaf:m			DEV0
		leaf:m,off=0x2000	DEV2
		write:m,off=0x1000,val=5
		leaf:m,off=0x1000	COPIED
		$SWAP			0
	END
}

# KSM merges VMAs that madvise() has marked. Here madvise() succeeds, and marks nothing.
@test "reclaim: KSM merges no copies" {
	cow <<-END
		$JOIN
		fill:m,off=0x1000,len=0x2000,val=5
		madvise:m,advice=mergeable
		proc:m,file=smaps	* vmflags=rd wr mr mw me pf io de*
		leaf:m,off=0x1000	COPIED
		check:m,off=0x1000,len=0x2000,val=5
	END
	refute_output --regexp ' mg( |$)'
}
