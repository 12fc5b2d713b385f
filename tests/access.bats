#!/usr/bin/env bats
# access() of struct vm_operations_struct: by it ptrace and /proc/PID/mem, gdb's ways to memory,
# read and write I/O memory, which GUP can't pin. generic_access_phys() is the kernel's own
# access(): it maps the page by ioremap_prot() for the time, in the mode of the entry.

load helpers/common

# by METHOD <<-END ...: as check, but file a first maps m, two pages, by the method
by() {
	local node=''

	need_method "$1"
	need_region mmio
	[[ $1 != mmap_* ]] || node=:prepare
	rows_given
	check <<-END
		a=open$node
		set:a,region=mmio,method=$1,mode=${MODE:-$NONCACHED}
		word:mmio+0x1008,val=0x5566	*
		m=mmap:a,len=0x2000${MAP:-}
		$REPLY
	END
}

reached() { # METHOD
	local mode

	need_pat
	need_memtype
	for mode in write-combining uncached-minus write-back; do
		# In the end the reservation of the kernel's own mapping is gone.
		MODE=$mode by "$1" <<-END
			memread:m,off=0x1008	0x00005566
			peek:m,off=0x1008	0x00005566
			memwrite:m,off=0x1008,val=0x77
			word:mmio+0x1008	0x0000000000000077
			poke:m,off=0x1008,val=0x88
			word:mmio+0x1008	0x????????00000088
			word:mmio+0x1010,val=0x1122334455667788	*
			memread:m,off=0x1014	0x11223344
			leaf:m,off=0x1008	pte $mode mmio+0x1000 *
			list:mmio		0x0-0x2000 $mode
		END
	done
}

@test "access: io_remap_pfn_range: ptrace and /proc/PID/mem read and write" { reached io_remap_pfn_range; }
@test "access: vm_iomap_memory: ptrace and /proc/PID/mem read and write" { reached vm_iomap_memory; }
@test "access: mmap_action_ioremap: ptrace and /proc/PID/mem read and write" { reached mmap_action_ioremap; }

@test "access: what is mapped read-only is read, and not written by force" {
	MAP=,prot=r by io_remap_pfn_range <<-END
		memread:m,off=0x1008		0x00005566
		memwrite:m,off=0x1008,val=0x77	EIO
		poke:m,off=0x1008,val=0x88	EIO
		word:mmio+0x1008		0x0000000000005566
	END
}

@test "access: counted pages that are mapped read-only are read, and not written by force" {
	local method

	for method in vm_insert_page vm_map_pages; do
		check <<-END
			a=open
			set:a,region=ram,method=$method,mode=write-back
			n=mmap:a,len=0x1000
			write:n,val=5
			m=mmap:a,len=0x1000,prot=r
			memread:m		0x00000005
			memwrite:m,val=6	EIO
			poke:m,val=7		EIO
			read:n			0x00000005
			memwrite:n,val=8
			read:m			0x00000008
		END
	done
}

# ptrace writes by force to a private mapping that nobody may write to. The write copies the page,
# and the copy is as read-only as the mapping.
@test "access: a private mapping that is read-only is written by force, and its copy is read-only" {
	need_method vm_insert_page
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		n=mmap:a,len=0x1000
		write:n,val=5
		m=mmap:a,len=0x1000,private,prot=r
		read:m		0x00000005
		poke:m,val=6
		leaf:m		pte write-back pfn=other !(*writable*)
		read:m		0x00000006
		write:m,val=7	SIGSEGV
		poke:m,val=8
		leaf:m		pte write-back pfn=other !(*writable*)
		read:m		0x00000008
		read:n		0x00000005
	END
}

# generic_access_phys() would map the copy by ioremap_prot(), which warns of RAM.
@test "access: a private mapping has no access(), so nobody warns of its copies" {
	need_copied_kept
	MAP=,private by io_remap_pfn_range <<-END
		memread:m,off=0x1008		EIO
		write:m,off=0x1008,val=5
		memread:m,off=0x1008		EIO
		memwrite:m,off=0x1008,val=6	EIO
		read:m,off=0x1008		0x00000005
	END
}

@test "access: a page that was zapped is not reached" {
	by io_remap_pfn_range <<-END
		memread:m,off=0x1008	0x00005566
		zap:a,how=mapping
		memread:m,off=0x1008	EIO
	END
}

@test "access: a remap_pfn_range mapping has no access(), and is not reached" {
	by remap_pfn_range <<-END
		memread:m,off=0x1008		EIO
		peek:m,off=0x1008		EIO
		memwrite:m,off=0x1008,val=1	EIO
	END
}

# __access_remote_vm() passes on the whole length, and generic_access_phys() looks up the entry of
# the first page alone. Before "mm/memory: constrain generic_access_phys() to page boundary" (7.3.4,
# 6.12.118) an access that begins in a mapped page goes on into the physical memory behind the page:
# a read gets memory that the driver has not mapped, and a write changes memory that is mapped
# read-only.
@test "access: a request ends with the page where the request begins" {
	local behind=$((0x600000001000)) told

	need_method io_remap_pfn_range
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=io_remap_pfn_range,mode=$NONCACHED
		word:mmio+0x1000,val=0x99			*
		m=mmap:a,len=0x1000,fixed=0x600000000000
		n=anon:len=0x1000
		fill:n,len=0x1000,val=0
		f=file:/proc/self/mem
		pread:f,to=n,len=0x20,at=$((behind - 0x10))	=got *
		read:n,off=0x10					=behind *
		o=mmap:a,off=0x1000,len=0x1000,prot=r,fixed=$behind
		write:o,val=1					SIGSEGV
		fill:n,len=0x1000,val=0x55
		pwrite:f,from=n,len=0x10,at=$((behind - 8))	=put *
		word:mmio+0x1000				=word *
	END
	case "${SAID[got]} ${SAID[behind]}, ${SAID[put]} ${SAID[word]}" in
	"16 0x00000000, 8 0x0000000000000099") told=fixed ;;
	"ok 0x00000099, ok 0x0000005500000055") told="bug reproduced" ;;
	*) fail "read: ${SAID[got]} ${SAID[behind]}, written: ${SAID[put]} ${SAID[word]}" ;;
	esac
	known_bug "generic_access_phys() ends with the page" "$told" 7.4 7.3.4 6.12.118
}

# A pfn has no struct page, so the kernel copies the page by the user address at which it is mapped.
# Before "mm/memory: reject remote COW faults on PFN mappings" (6.12.118) the kernel reads that
# address in the writer's memory, even if the page is another process's: the other process then gets
# a copy of the writer's memory. GUP refuses a VMA with VM_PFNMAP before the fault, but no VMA with
# VM_MIXEDMAP alone.
@test "access: a write to another process's private pfn copies no memory of the writer's" {
	local there=$((0x600000000000)) told

	need_method vmf_insert_mixed
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_mixed,mode=$NONCACHED
		word:mmio+0x8,val=0x2222		*
		m=mmap:a,len=0x1000,private,fixed=$there
		read:m,off=0x8				0x00002222
		leaf:m					=device pte * special
		n=anon:len=0x1000
		fill:n,len=0x1000,val=0x33
		f=file:/proc/self/mem
		fork:c
		c/fill:m,len=0x1000,val=0x99
		c/pwrite:f,from=n,len=4,at=$there	=put *
		exit:c
		read:m					=first 0x*
		read:m,off=0x8				=word *
		leaf:m					=after *
	END
	case "${SAID[put]} ${SAID[word]}" in
	"EIO 0x00002222")
		told=fixed
		assert_equal "${SAID[after]}" "${SAID[device]}"
		;;
	"ok 0x00000099")
		told="bug reproduced"
		assert_equal "${SAID[first]}" 0x00000033
		;;
	*) fail "written: ${SAID[put]}, and read: ${SAID[first]} ${SAID[word]}" ;;
	esac
	known_bug "a remote write copies none of the writer's memory" "$told" 7.4 6.12.118
}
