#!/usr/bin/env bats
# access(): what gdb's way to memory, ptrace and /proc/PID/mem, makes of I/O memory that
# others can't reach. generic_access_phys() is the kernel's, which maps the page for itself
# meanwhile, as the entry is.

load helpers/common

# by METHOD STEP...: file a maps m, the first two pages, by the method
by() {
	local node=''

	need_method "$1"
	need_region mmio
	[[ $1 != mmap_action_* ]] || node=:prepare
	try "a=open$node" "set:a,region=mmio,method=$1,mode=${MODE:-$NONCACHED}" \
		word:mmio+0x1008,val=0x5566 "m=mmap:a,len=0x2000${MAP:-}" "${@:2}"
	line 4 "mmap m: ok"
}

reached() { # METHOD
	local mode

	need_pat
	need_memtype
	for mode in write-combining uncached-minus write-back; do
		MODE=$mode by "$1" memread:m,off=0x1008 peek:m,off=0x1008 \
			memwrite:m,off=0x1008,val=0x77 word:mmio+0x1008 \
			poke:m,off=0x1008,val=0x88 word:mmio+0x1008 \
			leaf:m,off=0x1008 list:mmio
		line 5 "memread m+0x1008: 0x00005566"
		line 6 "peek m+0x1008: 0x00005566"
		line 7 "memwrite m+0x1008: ok"
		line 8 "word mmio+0x1008: 0x0000000000000077"
		line 9 "poke m+0x1008: ok"
		assert_regex "${lines[9]}" '^word mmio\+0x1008: 0x[0-9a-f]{8}00000088$'
		assert_regex "${lines[10]}" "^leaf m\+0x1008: pte $mode mmio\+0x1000 "
		# What was reserved for the kernel's own mapping is gone.
		line 12 "list mmio: 0x0-0x2000 $mode"
	done
}

@test "access: io_remap_pfn_range: ptrace and /proc/PID/mem read and write" { reached io_remap_pfn_range; }
@test "access: vm_iomap_memory: ptrace and /proc/PID/mem read and write" { reached vm_iomap_memory; }
@test "access: mmap_action_ioremap: ptrace and /proc/PID/mem read and write" { reached mmap_action_ioremap; }

@test "access: what is mapped read-only is read, and not written by force" {
	MAP=,prot=r by io_remap_pfn_range memread:m,off=0x1008 memwrite:m,off=0x1008,val=0x77 \
		poke:m,off=0x1008,val=0x88 word:mmio+0x1008
	line 5 "memread m+0x1008: 0x00005566"
	line 6 "memwrite m+0x1008: EIO"
	line 7 "poke m+0x1008: EIO"
	line 8 "word mmio+0x1008: 0x0000000000005566"
}

# generic_access_phys() would map the copy by ioremap_prot(), which warns of RAM.
@test "access: a private mapping has none, so nobody warns of its copies" {
	need_copied_kept
	MAP=,private by io_remap_pfn_range memread:m,off=0x1008 write:m,off=0x1008,val=5 \
		memread:m,off=0x1008 memwrite:m,off=0x1008,val=6 read:m,off=0x1008
	line 5 "memread m+0x1008: EIO"
	line 6 "write m+0x1008: ok"
	line 7 "memread m+0x1008: EIO"
	line 8 "memwrite m+0x1008: EIO"
	line 9 "read m+0x1008: 0x00000005"
}

@test "access: nothing is reached where nothing is mapped any more" {
	by io_remap_pfn_range memread:m,off=0x1008 zap:a,how=mapping memread:m,off=0x1008
	line 5 "memread m+0x1008: 0x00005566"
	line 7 "memread m+0x1008: EIO"
}

@test "access: remap_pfn_range, without it, is not reached" {
	by remap_pfn_range memread:m,off=0x1008 peek:m,off=0x1008 memwrite:m,off=0x1008,val=1
	line 5 "memread m+0x1008: EIO"
	line 6 "peek m+0x1008: EIO"
	line 7 "memwrite m+0x1008: EIO"
}
