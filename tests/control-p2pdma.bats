#!/usr/bin/env bats
# Controls: P2PDMA memory, such as an NVMe's controller memory buffer. The kernel counts its pages
# when it gives them out, and maps them by vm_insert_page(). A caller that says FOLL_PCI_P2PDMA
# can pin them. ivshmem has no driver that gives its BAR to P2PDMA, and the NVMe's does.

load helpers/common
load helpers/cgroup
load shared/faults
load shared/vfio

export SOURCE=nth

# The driver has the device before it makes the queues, which take some of the memory. So wait
# for the disk.
nvme_await() {
	local _

	for _ in {1..100}; do
		! target_has /dev/nvme0n1 || return 0
		sleep 0.1
	done
	fail "no /dev/nvme0n1"
}

setup_file() {
	pci_find 0x1b36 0x0010
	if [[ -z $REPLY ]]; then
		export NO_P2P="no NVMe of QEMU's"
	elif ! has_symbol pci_p2pdma_add_resource; then
		export NO_P2P="no CONFIG_PCI_P2PDMA here"
	elif ! on modprobe nvme 2>/dev/null; then
		export NO_P2P="no CONFIG_BLK_DEV_NVME here"
	else
		export NVME=$REPLY P2P=/sys/bus/pci/devices/$REPLY/p2pmem
		target_has "$P2P/allocate" || export NO_P2P="no $P2P/allocate (6.2)"
		nvme_await
	fi
	[[ -n ${NO_P2P-} ]] || warned
	cgroup_begin
	injection_on
}

# $P2P_WARNED: the kernel warns of an mmap(), once after each boot: so before the first test. The
# runner would take a warning on the console for a failure, and a test below tells of this one.
warned() {
	local printk=/proc/sys/kernel/printk before

	before=$(target_read $printk)
	target_write $printk 1
	on pfnmap-try ask=open "f=file:$P2P/allocate" m=mmap:f,len=0x1000
	target_write $printk "$before"
	! on dmesg | grep -q 'WARNING: .*p2pmem_alloc_mmap' || export P2P_WARNED=yes
}

# A reference that was lost would make the driver wait for ever: the last test says so in `lost`.
teardown_file() {
	injection_off
	cgroup_end
	[[ -z ${NVME-} || -e $BATS_FILE_TMPDIR/lost ]] || on -t 60 modprobe -r nvme
}

# shellcheck disable=SC2034 # TERMS are for check
setup() {
	[[ -z ${NO_P2P-} ]] || skip "$NO_P2P"
	invariants_note
	P2P_BEFORE=$(target_read "$P2P/available")
	TERMS[MINE]="order=0 page_refs=* pgmap=pci_p2pdma"
}

clean_up() {
	[[ -z ${P2P_BEFORE-} ]] || same "P2PDMA memory that can be had" "$P2P_BEFORE" \
		"$(target_read "$P2P/available")"
}

@test "p2pdma: a mapping is refused private, from an offset, and where memory is lacking" {
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x2000,private	EINVAL
		m=mmap:f,len=0x2000,off=0x1000	EINVAL
		m=mmap:f,len=0x40000000		ENOMEM
		m=mmap:f,len=0x2000
		get:$P2P/available		$((P2P_BEFORE - 0x2000))
		munmap:m,len=0x1000
		get:$P2P/available		$((P2P_BEFORE - 0x1000))
		munmap:m
		get:$P2P/available		$P2P_BEFORE
	END
}

@test "D10: p2pdma: a page has one reference, its mapping's, and is free with the last" {
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x2000
		folio:m			refs=1 mapcount=1 MINE*
		fork:c
		folio:m			refs=2 mapcount=2 MINE*
		exit:c
		p=pin:m,slow,p2pdma	ok *
		folio:m			refs=1025 mapcount=1 MINE*
		munmap:m
		get:$P2P/available	$((P2P_BEFORE - 0x1000))
		unpin:p
		get:$P2P/available	$P2P_BEFORE
	END
}

# vm_insert_page() takes the VMA's protection, and does not look the mode up: so the same memory
# has two modes.
@test "p2pdma: the entry is write-back, while the tree holds the memory uncached-minus" {
	local resource

	need_pat
	need_memtype
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x1000
		write:m,val=7
		leaf:m	pte write-back pfn=other writable dirty young*
		read:m	0x00000007
	END
	resource=$(target_read "/sys/bus/pci/devices/$NVME/resource" | grep -m 1 ' 0x.*c$')
	check <<-END
		a=open
		lookup:${resource%% *}	uncached-minus tracked count=*
	END
}

# From 6.10 to 7.2 the fast way of GUP takes no folio without a mapping: atlas.bats.
@test "D9: p2pdma: GUP takes a page with FOLL_PCI_P2PDMA, and is EREMOTEIO without" {
	local fast="@(EFAULT|ok word=0x????????00000007)"

	! since 7.3 || fast="ok word=0x????????00000007"
	check <<-END
		b=open
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x1000
		write:m,val=7
		p=pin:m,slow				EREMOTEIO
		p=pin:m,fast				EFAULT
		p=pin:m,either				EREMOTEIO
		p=pin:m,slow,longterm			EREMOTEIO
		p=pin:m,slow,p2pdma			ok word=0x????????00000007
		unpin:p
		q=pin:m,fast,p2pdma			$fast
		p=pin:m,either,p2pdma,write		ok word=0x????????00000007
		close:ask
		folio:m,via=b				refs=1 mapcount=1 MINE*
		p=pin:m,slow,p2pdma,longterm,via=b	EINVAL
		folio:m,via=b				refs=1 mapcount=1 MINE*
	END
}

# The block layer says FOLL_PCI_P2PDMA for a queue that can do P2PDMA. vmsplice and
# process_vm_readv() do not; process_vm_rw_single_vec() makes EFAULT of any error of the pin.
@test "D9: p2pdma: O_DIRECT of the NVMe reads into it, vmsplice and process_vm_readv do not" {
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x1000
		write:m,val=7
		b=file:/dev/nvme0n1,direct,ro
		pread:b,to=m,len=0x1000
		read:m		0x00000000
		vmsplice:m	EREMOTEIO
		vmread:m	EFAULT
		folio:m		refs=1 mapcount=1 MINE*
	END
}

@test "p2pdma: the driver goes while the memory is mapped: SIGBUS, and nothing is lost" {
	target_has "/sys/bus/pci/drivers/nvme/$NVME" || skip "another driver has it"
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0x2000
		write:m,val=7
		put:/sys/bus/pci/drivers/nvme/unbind,text=$NVME
		leaf:m	none
		read:m	SIGBUS
		munmap:m
		put:/sys/bus/pci/drivers/nvme/bind,text=$NVME
	END
	nvme_await
}

# Since 6.15 a page that nobody has taken has no reference, and the kernel with CONFIG_DEBUG_VM asks
# for one, until cb500023a752 ("PCI/P2PDMA: Fix p2pmem_alloc_mmap() warning condition").
@test "p2pdma: the kernel does not warn of an mmap()" {
	local told=fixed

	# dump_vma() is there with CONFIG_DEBUG_VM alone.
	[[ -n ${P2P_WARNED-} ]] || has_symbol dump_vma || skip "the kernel can't warn: no CONFIG_DEBUG_VM"
	[[ -z ${P2P_WARNED-} ]] || told="bug reproduced"
	known_bug "P2PDMA: no warning of an mmap() [cb500023a752]" "$told" 7.0 6.18.33
}

# The driver can go if no reference to the page map is lost: memunmap_pages() waits for each. Before
# 6220694c52a5 ("PCI/P2PDMA: Release per-CPU pgmap ref when vm_insert_page() fails") an mmap() that
# fails in the middle keeps one. No test can use the device after this.
driver_goes() {
	local told=fixed status=0

	# shellcheck disable=SC2016 # expanded there
	on -t 60 sh -c 'echo "$1" >/sys/bus/pci/drivers/nvme/unbind' sh "$NVME" || status=$?
	case $status in
	0)
		target_write /sys/bus/pci/drivers/nvme/bind "$NVME"
		nvme_await
		;;
	124)
		# The time was up.
		told="bug reproduced"
		P2P_BEFORE=
		touch "$BATS_FILE_TMPDIR/lost"
		# The driver has unmapped its BARs before it waits.
		invariants_note
		;;
	*) fail "unbind: exit status $status" ;;
	esac
	known_bug "P2PDMA: an mmap() that fails keeps no reference [6220694c52a5]" "$told" 7.0 6.18.33 6.12.118
}

need_driver() {
	[[ ! -e $BATS_FILE_TMPDIR/lost ]] || skip "a reference is lost: the driver does not go"
	target_has "/sys/bus/pci/drivers/nvme/$NVME" || skip "another driver has it"
}

# Two page tables, and what is above them, are more than the process gets. The kernel says in its
# log where it ran out of memory.
@test "p2pdma: an mmap() that runs out of memory in the middle leaves nothing, and the driver can go" {
	local steps

	need_driver
	need_limit c 0x4000
	steps=${LIMITED// /$'\n'}
	check <<-END
		ask=open
		f=file:$P2P/allocate
		m=mmap:f,len=0xc00000,fixed=0x100000000000
		munmap:m
		get:$P2P/available	$P2P_BEFORE
		fork:c
		$UNKILLABLE
		$steps
		c/m=mmap:f,len=0xc00000,fixed=0x200000000000	ENOMEM
		get:$P2P/available	$P2P_BEFORE
		exit:c
	END
	run -0 log
	assert_output --partial "pfnmap-try invoked oom-killer"
	assert_output --regexp "(vm_insert_page|p2pmem_alloc_mmap)\+0x"
	driver_goes
}

# vm_insert_page() gets no page table for the first page, or for the second, which is in another
# one.
@test "p2pdma: an mmap() that fails at any point leaves nothing, and the driver can go" {
	need_driver
	injection_need
	also z=open "f=file:$P2P/allocate"
	walk "mmap of P2PDMA memory" "$FAULTS" '!m=mmap:f,len=0x2000,fixed=0x1000001ff000' \
		'?munmap:m' "get:$P2P/available"
	walked
	driver_goes
}
