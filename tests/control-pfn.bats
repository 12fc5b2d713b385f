#!/usr/bin/env bats
# Controls: the kernel's other mappings of pfns. A BAR's resourceN, its resourceN_wc, and
# /dev/mem give the same results as our mmio region: level, mode, flags, what PAT tracks and for
# how long, whose page it is after a private write, and that nobody can pin it.

load helpers/common
load shared/pfn-control

for_each() { # DESCRIPTION FUNCTION
	bats_test_function --description "resourceN: $1" -- with "$2" control_pci "" uncached-minus
	bats_test_function --description "resourceN_wc: $1" -- with "$2" control_pci _wc write-combining
	bats_test_function --description "/dev/mem: $1" -- with "$2" control_devmem
}

with() { # FUNCTION CONTROL...
	"${@:2}"
	"$1"
}

mapped() {
	as_ours "mode, level, flags, tracking" m=mmap:a,off=OFF,len=0x4000 leaf:m vma:m \
		lookup:AT+0x0 read:m,off=0x3000 leaf:m,off=0x3000 write:m,val=1 leaf:m \
		proc:m,file=smaps proc:m,file=pagemap munmap:m lookup:AT+0x0
}
for_each "mode, level, flags and tracking are as our region's" mapped

cut() {
	as_ours "munmap of parts" m=mmap:a,off=OFF,len=0x4000 munmap:m,len=0x1000 lookup:AT+0x0 \
		vma:m,off=0x1000 munmap:m,off=0x1000,len=0x3000
}
# Before 6.16 the first cut leaks what is left of the range. tracking.bats shows the leak, in
# memory that nobody needs.
cut_ctx() {
	[[ $TRACKING != *vm_pat ]] || skip "this kernel leaks here (tracking.bats)"
	cut
}
for_each "munmap of the head keeps the range (T8)" cut_ctx

forked() {
	as_ours "fork" m=mmap:a,off=OFF,len=0x4000 write:m,val=1 fork:c vma:m c/vma:m c/read:m \
		c/leaf:m lookup:AT+0x0 munmap:m lookup:AT+0x0 c/read:m exit:c lookup:AT+0x0
}
for_each "a child shares the range (T4)" forked

protected() {
	as_ours "mprotect" m=mmap:a,off=OFF,len=0x4000 write:m,val=1 \
		mprotect:m,off=0x1000,len=0x1000,prot=r vma:m vma:m,off=0x1000 vma:m,off=0x2000 \
		leaf:m,off=0x1000 write:m,off=0x1000,val=2 lookup:AT+0x0 \
		mprotect:m,off=0x1000,len=0x1000,prot=rw write:m,off=0x1000,val=2 leaf:m,off=0x1000 \
		lookup:AT+0x1000
}
protected_ctx() {
	[[ $TRACKING != *vm_pat ]] || skip "this kernel leaks here (tracking.bats)"
	protected
}
for_each "mprotect of a page makes three VMAs with one range (T4)" protected_ctx

pinned() {
	as_ours "nobody can pin" "${PINNED[@]}"
}
for_each "nobody can pin it" pinned

copied() {
	as_ours "a private write copies" m=mmap:a,off=OFF,len=0x4000,private read:m leaf:m \
		write:m,off=0x1000,val=7 leaf:m leaf:m,off=0x1000 \
		put:/proc/sys/vm/drop_caches,text=1 folio:m,off=0x1000 \
		proc:m,file=smaps vma:m lookup:AT+0x0 n=mmap:a,off=OFF,len=0x4000 \
		write:n,off=0x1000,val=9 read:m,off=0x1000 munmap:n p=pin:m,off=0x1000,fast \
		munmap:m lookup:AT+0x0
}
for_each "a private write copies, in the mode of the mapping (C11)" copied

dropped() {
	as_ours "madvise and mlock" "${ADVISED[@]}"
}
for_each "madvise and mlock refuse what they refuse of our region" dropped

remapped() {
	as_ours "mremap" m=mmap:a,off=OFF,len=0x4000 write:m,val=3 mremap:m,len=0x8000,maymove \
		n=mremap:m,len=0x4000,fixed=0x600000000000 leaf:n vma:n read:n lookup:AT+0x0 \
		munmap:n lookup:AT+0x0
}
for_each "mremap to elsewhere takes the range along, and does not grow" remapped

# The second mapping gets the mode of the first, or fails, in either order.
@test "resourceN and resourceN_wc: the first one decides the mode, ours as well" {
	control_pci "" uncached-minus
	as_ours "who is first decides" m=mmap:a,off=OFF,len=0x2000 leaf:m
	check <<-END
		ask=open
		a=file:$FILE
		b=file:${FILE}_wc
		m=mmap:a,len=0x2000
		n=mmap:b,len=0x2000
		leaf:m	pte uncached-minus *
		leaf:n	pte uncached-minus *
		munmap:m
		munmap:n
		n=mmap:b,len=0x2000
		m=mmap:a,len=0x2000
		leaf:n	pte write-combining *
		leaf:m	pte write-combining *
	END
}

# uncached_hole: $REPLY is the address of a page that an MTRR makes uncached, and that is in no
# resource but a PCI bus's. The test maps the page and never touches it.
uncached_hole() {
	local line at base end first last used=()

	while read -r line; do
		[[ $line =~ ^([0-9a-f]+)-([0-9a-f]+)\ :\ (.*) ]] || continue
		[[ ${BASH_REMATCH[3]} == "PCI Bus "* ]] ||
			used+=("0x${BASH_REMATCH[1]} 0x${BASH_REMATCH[2]}")
	done < <(target_read /proc/iomem)
	((${#used[@]})) || return
	while read -r line; do
		[[ $line =~ base=(0x[0-9a-f]+)\ .*size=\ *([0-9]+)MB,.*\ uncachable$ ]] || continue
		base=${BASH_REMATCH[1]} end=$((BASH_REMATCH[1] + (BASH_REMATCH[2] << 20)))
		for ((at = base; at < end; at += 1 << 20)); do
			for line in "${used[@]}"; do
				read -r first last <<<"$line"
				((at + 0xfff < first || at > last)) || continue 2
			done
			printf -v REPLY 0x%x "$at"
			return
		done
	done < <(target_read /proc/mtrr)
	return 1
}

# /dev/mem asks for write-back, but the processor lets an MTRR's uncached win. So the kernel makes
# the mapping uncached-minus, which other holders can share (pat_x_mtrr_type()).
@test "/dev/mem: what an MTRR makes uncached is uncached-minus, in the entry and in the tree" {
	need_pat
	need_memtype
	on test -c /dev/mem || skip "no /dev/mem: no CONFIG_DEVMEM"
	target_has /proc/mtrr || skip "no /proc/mtrr: no CONFIG_MTRR"
	uncached_hole || skip "no free page that an MTRR makes uncached"
	check <<-END
		ask=open
		lookup:$REPLY	uncached-minus untracked
		a=file:/dev/mem
		m=mmap:a,len=0x1000,off=$REPLY
		leaf:m		pte uncached-minus *
		lookup:$REPLY	uncached-minus tracked count=1 *
		munmap:m
		lookup:$REPLY	uncached-minus untracked
	END
}
