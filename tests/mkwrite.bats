#!/usr/bin/env bats
# Which function the kernel asks before an entry of a shared mapping becomes writable: flag mkwrite
# of SET_MAP gives the mapping pfn_mkwrite() and page_mkwrite(), and CALLS counts the calls. With
# these functions vm_page_prot is read-only. Only then a helper's `write` argument shows: with
# another vm_page_prot, a read already makes the entry writable. A CPU that finds the entry
# read-only faults again, and so hides a helper that ignores `write`. fixup_user_fault() does not.

load helpers/common
load helpers/methods

# Cache modes do not matter here. But some methods insist on theirs.
map_of() { # METHOD REGION BYTES LEVEL [FLAGS]
	need_method "$1"
	need_room "$2" "$3"
	OPEN=open
	[[ $1 != mmap_* ]] || OPEN+=:prepare
	SET="set:a,region=$2,method=$1,level=$4${5:+,flags=$5}"
	[[ $2 == mmio ]] || SET+=,mode=write-back
	MAP="m=mmap:a,len=$3"
}

called() { # FAULT HUGE_FAULT PFN_MKWRITE PAGE_MKWRITE
	printf 'fault=%s huge_fault=%s pfn_mkwrite=%s page_mkwrite=%s' "$@"
}

# The kernel asks huge_fault() for 1 GiB first, and for 2 MiB if it falls back.
SEVERAL='[12]'

TERMS+=(
	[NOBODY]='fault=0 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0'
	[WRITABLE]='p* writable dirty *'
	# Behind the level, the mode and the page.
	[READONLY]='p?? +([! ]) +([! ]) young*'
)

@test "uapi: CALLS refuses its reserved field" {
	check <<-END
		a=open
		ioctl:a,nr=19,size=40,u32@4=1	EINVAL
	END
}

# plain METHOD REGION BYTES LEVEL: a read makes the entry writable, and the kernel asks nobody.
plain() {
	map_of "$@"
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m	0x*
		leaf:m	=plain p* writable*
		calls:a	NOBODY
	END
}

# asked METHOD REGION BYTES LEVEL WHO [FLAGS]: a read, a write after it, and a write alone. At the
# write after a read the kernel asks WHO: pfn for pfn_mkwrite(), page for page_mkwrite(), huge for
# huge_fault() once more. The helper for a page knows that the fault is a write, and makes the
# entry writable at once; vmf_insert_pfn() does not, nor vm_insert_page(), whose WHO is later.
asked() {
	local who=$5 read again write

	plain "${@:1:4}"
	# 6.1 has no large leaves of pfns.
	[[ ${SAID[plain]} != "pte "* || $who != huge ]] || who=pfn
	map_of "${@:1:4}" "mkwrite${6:++$6}"
	case $who in
	pfn)
		read=$(called 1 "[0-2]" 0 0)
		again=$(called 0 0 1 0)
		write=$(called 1 "[0-2]" 1 0)
		;;
	page)
		read=$(called 1 0 0 0)
		again=$(called 0 0 0 1)
		write=$read
		;;
	later)
		read=$(called 1 0 0 0)
		again=$(called 0 0 0 1)
		write=$(called 1 0 0 1)
		;;
	huge)
		read=$(called 0 "$SEVERAL" 0 0)
		again=$(called 0 1 0 0)
		write=$read
		;;
	esac
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m	0x*
		leaf:m	READONLY
		calls:a	$read
		write:m,val=1
		leaf:m	WRITABLE
		calls:a	$again
		zap:a,how=mapping
		write:m,val=2
		leaf:m	WRITABLE
		calls:a	$write
		read:m	0x00000002
	END
}

@test "mkwrite: vmf_insert_pfn: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked vmf_insert_pfn mmio 0x1000 pte pfn
}
@test "mkwrite: vmf_insert_pfn, ram: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked vmf_insert_pfn ram 0x1000 pte pfn
}
for method in $(known pfn wc); do
	[[ $method == vmf_insert_pfn ]] ||
		bats_test_function --description "mkwrite: $method: a write fault maps read-only, and pfn_mkwrite is asked" \
			-- asked "$method" mmio 0x1000 pte pfn
done
@test "mkwrite: vmf_insert_mixed, mmio: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked vmf_insert_mixed mmio 0x1000 pte pfn
}
@test "mkwrite: vmf_insert_mixed, ram: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked vmf_insert_mixed ram 0x1000 pte pfn
}
@test "mkwrite: vmf_insert_mixed, dax: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked vmf_insert_mixed dax 0x1000 pte pfn
}
@test "mkwrite: devmap_pte: a write fault maps read-only, and pfn_mkwrite is asked" {
	asked devmap_pte dax 0x1000 pte pfn
}
@test "mkwrite: vmf_insert_page_mkwrite: a write fault asks nobody, a write after a read page_mkwrite" {
	asked vmf_insert_page_mkwrite dax 0x1000 pte page
}
@test "mkwrite: vm_insert_page by fault: a write fault leaves it to page_mkwrite" {
	asked vm_insert_page ram 0x1000 pte later by_fault
}
@test "mkwrite: vmf_insert_pfn_pmd: huge_fault is called again, for the write" {
	asked vmf_insert_pfn_pmd mmio 0x200000 pmd huge
}
@test "mkwrite: vmf_insert_pfn_pud: huge_fault is called again, for the write" { asked vmf_insert_pfn_pud mmio 0x40000000 pud huge; }
# huge_fault() refuses the large leaf, and the kernel asks fault() or huge_fault() again.
@test "mkwrite: vmf_insert_pfn_pmd that may map small leaves alone" {
	asked vmf_insert_pfn_pmd mmio 0x200000 pte pfn
}
@test "mkwrite: vmf_insert_pfn_pud that may map 2 MiB leaves at most" {
	asked vmf_insert_pfn_pud mmio 0x200000 pmd huge
}
@test "mkwrite: vmf_insert_pfn_pud that may map small leaves alone" {
	asked vmf_insert_pfn_pud mmio 0x200000 pte pfn
}
@test "mkwrite: vmf_insert_folio_pmd: huge_fault is called again, for the write" { asked vmf_insert_folio_pmd dax 0x200000 pmd huge; }
@test "mkwrite: vmf_insert_folio_pud: huge_fault is called again, for the write" { asked vmf_insert_folio_pud dax 0x40000000 pud huge; }
@test "mkwrite: devmap_pmd: huge_fault is called again, for the write" { asked devmap_pmd dax 0x200000 pmd huge; }
@test "mkwrite: devmap_pud: huge_fault is called again, for the write" { asked devmap_pud dax 0x40000000 pud huge; }

# The hook finds a normal page, until a zap. Then the entry is a pfn.
@test "mkwrite: find_normal_page: page_mkwrite is asked, and after a zap pfn_mkwrite" {
	map_of find_normal_page ram 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m	0x*
		leaf:m	READONLY
		calls:a	fault=1 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0
		write:m,val=1
		leaf:m	WRITABLE
		calls:a	fault=0 huge_fault=0 pfn_mkwrite=0 page_mkwrite=1
		zap:a,how=mapping
		write:m,val=2
		leaf:m	WRITABLE
		calls:a	fault=1 huge_fault=0 pfn_mkwrite=1 page_mkwrite=0
	END
}

# at_once METHOD REGION: maps in mmap, while vm_page_prot is still writable.
at_once() {
	map_of "$1" "$2" 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		leaf:m	pte * writable*
		write:m,val=1
		leaf:m	WRITABLE
		calls:a	NOBODY
	END
}

@test "mkwrite: remap_pfn_range maps in mmap: nobody is asked" { at_once remap_pfn_range mmio; }
@test "mkwrite: io_remap_pfn_range maps in mmap: nobody is asked" {
	at_once io_remap_pfn_range mmio
}
@test "mkwrite: vm_insert_page maps in mmap: nobody is asked" { at_once vm_insert_page ram; }
@test "mkwrite: vm_insert_pages maps in mmap: nobody is asked" { at_once vm_insert_pages ram; }
@test "mkwrite: mmap_action_remap: nobody is asked" { at_once mmap_action_remap mmio; }

# The core maps pages when vm_page_prot is read-only already; vm_insert_pages() in mmap maps
# before. mmap_action_remap() has taken the descriptor's page_prot before, too.
@test "mkwrite: mmap_action_map_kernel_pages: page_mkwrite is asked" {
	map_of mmap_action_map_kernel_pages ram 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		leaf:m	READONLY
		write:m,val=1
		leaf:m	WRITABLE
		calls:a	$(called 0 0 0 1)
	END
}

# pinned METHOD REGION BYTES LEVEL WHO [FLAGS]: GUP for write, without and after a read. Only the
# helper can make the entry writable for GUP, or a second fault of GUP's own.
pinned() {
	local alone after

	map_of "${@:1:4}" "mkwrite${6:++$6}"
	case $5 in
	pfn) alone=$(called 1 "[0-2]" 1 0) after=$(called 0 0 1 0) ;;
	page) alone=$(called 1 0 0 0) after=$(called 0 0 0 1) ;;
	later) alone=$(called 1 0 0 1) after=$(called 0 0 0 1) ;;
	huge) alone=$(called 0 "$SEVERAL" 0 0) after=$(called 0 1 0 0) ;;
	esac
	check <<-END
		a=$OPEN
		$SET
		$MAP
		p=pin:m,slow,write	ok *
		leaf:m			WRITABLE
		calls:a			$alone
		unpin:p
		zap:a,how=mapping
		read:m			0x*
		q=pin:m,fast,write	EFAULT
		leaf:m			READONLY
		calls:a			*
		q=pin:m,slow,write	ok *
		leaf:m			WRITABLE
		calls:a			$after
		unpin:q
	END
}

@test "mkwrite: GUP for write asks whom a write asks: vmf_insert_page_mkwrite" {
	pinned vmf_insert_page_mkwrite dax 0x1000 pte page
}
@test "mkwrite: GUP for write asks whom a write asks: vmf_insert_folio_pmd" {
	pinned vmf_insert_folio_pmd dax 0x200000 pmd huge
}
@test "mkwrite: GUP for write asks whom a write asks: vmf_insert_folio_pud" {
	pinned vmf_insert_folio_pud dax 0x40000000 pud huge
}

@test "mkwrite: GUP for write: vm_insert_page by fault" {
	pinned vm_insert_page ram 0x1000 pte later by_fault
}
@test "mkwrite: GUP for write: devmap_pte" { pinned devmap_pte dax 0x1000 pte pfn; }
@test "mkwrite: GUP for write: devmap_pmd" { pinned devmap_pmd dax 0x200000 pmd huge; }
@test "mkwrite: GUP for write: devmap_pud" { pinned devmap_pud dax 0x40000000 pud huge; }

# The kernel has mapped the page already, as read-only.
@test "mkwrite: GUP for write: mmap_action_map_kernel_pages: page_mkwrite is asked" {
	map_of mmap_action_map_kernel_pages ram 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		p=pin:m,fast,write	EFAULT
		p=pin:m,slow		ok *
		leaf:m			READONLY
		calls:a			NOBODY
		unpin:p
		p=pin:m,slow,write	ok *
		leaf:m			WRITABLE
		calls:a			$(called 0 0 0 1)
		unpin:p
	END
}

# populated METHOD REGION BYTES LEVEL [FLAGS]: MADV_POPULATE_WRITE, without and after a read.
populated() {
	map_of "${@:1:4}" "mkwrite${5:++$5}"
	check <<-END
		a=$OPEN
		$SET
		$MAP
		madvise:m,len=0x1000,advice=populate_write
		leaf:m	WRITABLE
		zap:a,how=mapping
		read:m	0x*
		leaf:m	READONLY
		madvise:m,len=0x1000,advice=populate_write
		leaf:m	WRITABLE
	END
}

@test "mkwrite: MADV_POPULATE_WRITE makes entries writable: vmf_insert_page_mkwrite" {
	populated vmf_insert_page_mkwrite dax 0x1000 pte
}
@test "mkwrite: MADV_POPULATE_WRITE makes entries writable: vmf_insert_folio_pmd" {
	populated vmf_insert_folio_pmd dax 0x200000 pmd
}
@test "mkwrite: MADV_POPULATE_WRITE makes entries writable: vmf_insert_folio_pud" {
	populated vmf_insert_folio_pud dax 0x40000000 pud
}
@test "mkwrite: MADV_POPULATE_WRITE makes entries writable: vmf_insert_mixed" { populated vmf_insert_mixed dax 0x1000 pte; }
@test "mkwrite: populate for write: vm_insert_page by fault" {
	populated vm_insert_page ram 0x1000 pte by_fault
}
@test "mkwrite: populate for write: devmap_pte" { populated devmap_pte dax 0x1000 pte; }
@test "mkwrite: populate for write: devmap_pmd" { populated devmap_pmd dax 0x200000 pmd; }
@test "mkwrite: populate for write: devmap_pud" { populated devmap_pud dax 0x40000000 pud; }

# protected METHOD REGION BYTES LEVEL WHO: mprotect() takes the right to write, and gives it back.
# An entry that nobody has written to stays read-only, so that the kernel asks WHO at the first
# write. A dirty entry becomes writable at once, for the kernel has asked WHO before.
protected() {
	local asked

	map_of "${@:1:4}" mkwrite
	case $5 in
	pfn) asked=$(called 0 0 1 0) ;;
	page) asked=$(called 0 0 0 1) ;;
	huge) asked=$(called 0 1 0 0) ;;
	esac
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m	0x*
		leaf:m	READONLY
		mprotect:m,prot=r
		mprotect:m,prot=rw
		leaf:m	READONLY
		calls:a	*
		write:m,val=1
		leaf:m	WRITABLE
		calls:a	$asked
	END
	# Some kernels lose the dirty bit of a 2 MiB entry here (system.bats, loses_dirty).
	[[ $4 == pte ]] || return 0
	check <<-END
		a=$OPEN
		$SET
		$MAP
		write:m,val=1
		mprotect:m,prot=r
		leaf:m	p?? +([! ]) +([! ]) dirty young*
		mprotect:m,prot=rw
		leaf:m	WRITABLE
		calls:a	*
		write:m,val=2
		calls:a	NOBODY
		read:m	0x00000002
	END
}

@test "mkwrite: mprotect there and back makes no clean entry writable: vmf_insert_pfn" {
	protected vmf_insert_pfn mmio 0x1000 pte pfn
}
@test "mkwrite: mprotect there and back makes no clean entry writable: vmf_insert_mixed" {
	protected vmf_insert_mixed mmio 0x1000 pte pfn
}
@test "mkwrite: mprotect there and back makes no clean entry writable: mmap_action_map_kernel_pages" {
	protected mmap_action_map_kernel_pages ram 0x1000 pte page
}
@test "mkwrite: mprotect there and back makes no clean entry writable: vmf_insert_page_mkwrite" {
	protected vmf_insert_page_mkwrite dax 0x1000 pte page
}
@test "mkwrite: mprotect there and back makes no clean entry writable: vmf_insert_folio_pmd" {
	protected vmf_insert_folio_pmd dax 0x200000 pmd huge
}

# KVM looks at a mapping in this way.
@test "mkwrite: follow: vmf_insert_pfn: a page is not writable after one fixup for write" {
	map_of vmf_insert_pfn mmio 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		follow:m,fixup=write	* mmio+0x0 special
		calls:a			fault=1 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0
		follow:m,fixup=write	* mmio+0x0 writable special
		calls:a			fault=0 huge_fault=0 pfn_mkwrite=1 page_mkwrite=0
	END
}

# read_first METHOD: a read leaves an entry that is not writable. A caller that then asks for a
# write finds the entry, and has no reason to call fixup_user_fault(). One call all the same makes
# the entry writable, where an untouched page takes two.
read_first() {
	map_of "$1" mmio 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m			0x*
		follow:m		* mmio+0x0 special
		calls:a			*
		follow:m,fixup=write	* mmio+0x0 writable special
		calls:a			fault=0 huge_fault=0 pfn_mkwrite=1 page_mkwrite=0
	END
}
@test "mkwrite: follow: vmf_insert_pfn: a page that was read takes one fixup for write" {
	read_first vmf_insert_pfn
}
for method in $(known pfn wc); do
	[[ $method == vmf_insert_pfn ]] || bats_test_function \
		--description "mkwrite: follow: $method: a page that was read takes one fixup" \
		-- read_first "$method"
done

# follow_large METHOD BYTES LEVEL: huge_fault() passes `write` to the helper, so one fixup is enough.
follow_large() {
	map_of "$1" mmio "$2" "$3" mkwrite
	need_large_pfns
	check <<-END
		a=$OPEN
		$SET
		$MAP
		follow:m,fixup=read	* mmio+0x0 special
		follow:m,fixup=write	* mmio+0x0 writable special
		zap:a,how=mapping
		follow:m,fixup=write	* mmio+0x0 writable special
	END
}

@test "mkwrite: follow: vmf_insert_pfn_pmd: a leaf is writable after one fixup for write" {
	need_large_leaves
	follow_large vmf_insert_pfn_pmd 0x200000 pmd
}
@test "mkwrite: follow: vmf_insert_pfn_pud: a leaf is writable after one fixup for write" {
	need_large_leaves
	follow_large vmf_insert_pfn_pud 0x40000000 pud
}

# alone METHOD REGION: a write to a private mapping copies, and the kernel asks nobody.
alone() {
	map_of "$1" "$2" 0x1000 pte mkwrite
	check <<-END
		a=$OPEN
		$SET
		$MAP,private
		read:m		0x*
		write:m,val=1
		leaf:m		pte * pfn=other writable dirty*
		calls:a		fault=[01] huge_fault=0 pfn_mkwrite=0 page_mkwrite=0
	END
}

@test "mkwrite: a private mapping asks nobody: remap_pfn_range" { alone remap_pfn_range ram; }
@test "mkwrite: a private mapping asks nobody: vmf_insert_mixed" { alone vmf_insert_mixed dax; }
@test "mkwrite: a private mapping asks nobody: vm_insert_page" { alone vm_insert_page ram; }

# forked METHOD REGION BYTES LEVEL CHILD PARENT [FLAGS]: a page that was read before the fork. What
# the child asks, which writes first, makes no entry of the parent's writable.
forked() {
	map_of "${@:1:4}" "mkwrite${7:++$7}"
	check <<-END
		a=$OPEN
		$SET
		$MAP
		read:m		0x*
		calls:a		*
		fork:c
		c/write:m,val=1
		c/leaf:m	WRITABLE
		calls:a		$5
		leaf:m		READONLY
		write:m,val=2
		leaf:m		WRITABLE
		calls:a		$6
		c/read:m	0x00000002
		exit:c
	END
}

@test "mkwrite: fork: each process asks for itself: vmf_insert_pfn" {
	forked vmf_insert_pfn mmio 0x1000 pte "$(called 0 0 1 0)" "$(called 0 0 1 0)"
}
@test "mkwrite: fork: each process asks for itself: vmf_insert_pfn_pmd" {
	need_large_pfns
	need_large_leaves
	forked vmf_insert_pfn_pmd mmio 0x200000 pmd "$(called 0 1 0 0)" "$(called 0 1 0 0)"
}
@test "mkwrite: fork: each process asks for itself: vm_insert_page by fault" {
	forked vm_insert_page ram 0x1000 pte "$(called 0 0 0 1)" "$(called 0 0 0 1)" by_fault
}
# The child does not get the entry: its write is its first fault, of which the helper knows.
@test "mkwrite: fork: each process asks for itself: vmf_insert_page_mkwrite" {
	forked vmf_insert_page_mkwrite dax 0x1000 pte "$(called 1 0 0 0)" "$(called 0 0 0 1)"
}
