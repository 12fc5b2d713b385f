#!/usr/bin/env bats
# Our mappings as a virtual machine's memory: which ones KVM maps, and by which entries, and which
# ones it refuses; and that a zap reaches the machine. Its processor runs a few instructions.

load helpers/common
load helpers/methods

setup_file() {
	local why

	if [[ $MACHINE != x86_64 ]]; then
		NO_KVM="the virtual machine's code is for x86-64"
	elif ! on modprobe kvm-amd 2>/dev/null && ! on modprobe kvm-intel 2>/dev/null; then
		why=$(dmesg | grep -i 'kvm.*not supp\|kvm.*disabled' | tail -n 1)
		NO_KVM="no kvm-amd or kvm-intel: ${why:-no CONFIG_KVM_AMD or CONFIG_KVM_INTEL}"
	elif ! on pfnmap-try k=kvm | grep -q ok; then
		NO_KVM="no machine of /dev/kvm: $(on pfnmap-try k=kvm)"
	fi
	export NO_KVM
}

teardown_file() {
	on modprobe -r kvm-amd kvm-intel ccp 2>/dev/null || true
}

setup() {
	[[ -z ${NO_KVM-} ]] || skip "$NO_KVM"
	invariants_note
	KVM_BEFORE=$(kvm_refs)
}

clean_up() {
	[[ -z ${KVM_BEFORE-} ]] || same "what is open of kvm" "$KVM_BEFORE" "$(kvm_refs)"
}

kvm_refs() {
	target_read /sys/module/kvm/refcnt
}

need_prefault() {
	check <<-END
		k=kvm
		kvm_prefault:k,gpa=0x1000	=answer
	END
	[[ ${SAID[answer]} == ok ]] || skip "KVM_PRE_FAULT_MEMORY says ${SAID[answer]}"
}

# $REPLY: the level that an entry has where LEVEL was asked for.
level_of() { # REGION LEVEL
	REPLY=$2
	[[ $1 != mmio ]] || pfn_level "$2"
}

# $REPLY: what kvm_pages says of an entry of that level. One 4 KiB entry is the machine's program.
pages_of() { # LEVEL
	case $1 in
	none) REPLY="4k=1 2m=0 1g=0" ;;
	pte) REPLY="4k=2 2m=0 1g=0" ;;
	pmd) REPLY="4k=1 2m=1 1g=0" ;;
	pud) REPLY="4k=1 2m=0 1g=1" ;;
	esac
}

# $REGION, $LEVEL, $FLAGS: what the module says of a method, as methods_do has it. False if this
# kernel or machine does not have the method.
row_of() { # METHOD
	read -r _ REGION LEVEL FLAGS _ < <(method_rows | grep "^$1"$'\t')
}

# Prints the steps that make the mapping m the machine's memory at 1 GiB.
kvm_begin() { # REGION METHOD LEVEL [FLAGS]
	local node=''

	[[ ${4-} != *prepare* ]] || node=:prepare
	cat <<-END
		a=open$node
		set:a,region=$1,method=$2,mode=write-back,level=$3
		m=mmap:a,len=${LEAF_BYTES[$3]}
		k=kvm
		kvm_map:k,map=m,gpa=0x40000000
	END
}

# $REPLY: the level of the method's entries. TERMS: what kvm_pages says of one of them, and of none.
# shellcheck disable=SC2034 # TERMS are for check
entry_of() { # REGION LEVEL
	local level

	pages_of none
	TERMS[NONE]=$REPLY
	level_of "$@"
	level=$REPLY
	pages_of "$level"
	TERMS[MAPPED]=$REPLY
	REPLY=$level
}

# Nobody has touched the mapping before the machine does: the machine's fault maps the page in the
# process, too. A zap takes both entries away. A page that was mapped in mmap() does not come back.
maps() { # METHOD
	local back=0x00000077 again=MAPPED

	need_method "$1"
	row_of "$1" || skip "no region is large enough for $1 here"
	by_fault || back=EFAULT again=NONE
	entry_of "$REGION" "$LEVEL"
	check <<-END
		$(kvm_begin "$REGION" "$1" "$LEVEL" "$FLAGS")
		kvm_run:k,gpa=0x40000800,val=0x77	0x00000077
		kvm_pages:k			MAPPED
		leaf:m				$REPLY * $REGION+0x0 writable *
		read:m,off=0x800		0x00000077
		zap:a
		kvm_pages:k			NONE
		leaf:m				none
		kvm_run:k,gpa=0x40000800	$back
		kvm_pages:k			$again
		munmap:m
		kvm_pages:k			NONE
		kvm_run:k,gpa=0x40000800	EFAULT
	END
}

prefaults() { # FAMILY
	local method methods=0

	need_prefault
	for method in $(known "$1"); do
		row_of "$method" || continue
		entry_of "$REGION" "$LEVEL"
		echo "$method:"
		check <<-END
			$(kvm_begin "$REGION" "$method" "$LEVEL" "$FLAGS")
			kvm_prefault:k,gpa=0x1000
			kvm_prefault:k,gpa=0x40000000
			kvm_pages:k			MAPPED
			leaf:m				$REPLY * $REGION+0x0 *
		END
		methods=$((methods + 1))
	done
	((methods)) || skip "no method of the family $1 here"
}

# The machine's entry may be writable, so mprotect() to read-only takes the entry away. mprotect()
# back to writable does the same.
protects() { # REGION METHOD LEVEL
	need_room "$1" "${LEAF_BYTES[$3]}"
	need_method "$2"
	entry_of "$1" "$3"
	check <<-END
		$(kvm_begin "$@")
		kvm_run:k,gpa=0x40000800,val=0x77	0x00000077
		kvm_pages:k			MAPPED
		mprotect:m,prot=r
		kvm_pages:k			NONE
		kvm_run:k,gpa=0x40000800	0x00000077
		mprotect:m,prot=rw
		kvm_pages:k			NONE
		kvm_run:k,gpa=0x40000800,val=0x78	0x00000078
		read:m,off=0x800		0x00000078
	END
}

refused() { # REGION METHOD
	need_room "$1" 0x1000
	need_method "$2"
	check <<-END
		$(kvm_begin "$1" "$2" pte)
		write:m,val=7
		kvm_run:k,gpa=0x40000000	EFAULT
	END
}

kvm_test() { # DESCRIPTION FUNCTION ARGUMENT...
	bats_test_function --description "kvm: $1" -- "${@:2}"
}

# Each family whose entries the machine takes as they are. Left out are `mixed`, which KVM refuses,
# `hook`, whose page is there only until the first zap, and `zero`, whose folio is there only until
# the first write.
for family in remap pfn wc large page folio devmap; do
	for method in $(known "$family"); do
		kvm_test "maps $method by one entry, and a zap reaches the machine" maps "$method"
	done
	kvm_test "prefaults each $family method by one entry" prefaults "$family"
done
for level in pte pmd pud; do
	kvm_test "mprotect reaches the machine, pfns, $level" protects_pfns $level
	kvm_test "mprotect reaches the machine, counted folios, $level" protects_counted $level
done
kvm_test "vmf_insert_mixed is EFAULT: neither a page nor VM_PFNMAP" refused mmio vmf_insert_mixed
unset family method level

protects_counted() {
	protects dax "${COUNTED[$1]}" "$1"
}

protects_pfns() {
	local method=vmf_insert_pfn

	[[ $1 == pte ]] || method+=_$1
	protects mmio "$method" "$1"
}

# KVM follows VM_IO, too, or the fast way of GUP takes the page: it does not look at the VMA.
@test "kvm: counted pages in a VMA of VM_IO are mapped, and nobody keeps a reference" {
	need_region ram
	need_method vm_insert_page
	entry_of ram pte
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back,flags=io
		m=mmap:a,len=0x1000
		k=kvm
		kvm_map:k,map=m,gpa=0x40000000
		kvm_run:k,gpa=0x40000800,val=0x77	0x00000077
		kvm_pages:k			MAPPED
		read:m,off=0x800		0x00000077
		folio:ram+0x0			refs=2 mapcount=1 *
		munmap:m
		kvm_pages:k			NONE
		folio:ram+0x0			refs=1 mapcount=0 *
	END
}

@test "kvm: a device that is disabled is EFAULT, and there when it is enabled again" {
	need_region mmio
	check <<-END
		$(kvm_begin mmio vfio_pci_vmf_insert_pfn pte)
		kvm_run:k,gpa=0x40000000,val=0x77	0x00000077
		disable:a,region=mmio
		kvm_run:k,gpa=0x40000000	EFAULT
		enable:a,region=mmio
		kvm_run:k,gpa=0x40000000	0x00000077
	END
}

# The machine reads the device's page until the process has a copy of the page. Only the notifier of
# the fault that copies takes the machine's entry away.
@test "kvm: a private mapping: the machine sees the copy as soon as there is one" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range,mode=write-back
		word:mmio+0x1800,val=0x11	*
		m=mmap:a,len=0x2000,private
		k=kvm
		kvm_map:k,map=m,gpa=0x40000000
		kvm_run:k,gpa=0x40001800	0x00000011
		kvm_pages:k			4k=2 2m=0 1g=0
		write:m,off=0x1000,val=5
		kvm_pages:k			4k=1 2m=0 1g=0
		write:m,off=0x1800,val=0x22
		kvm_run:k,gpa=0x40001800	0x00000022
		word:mmio+0x1800		0x0000000000000011
	END
}

# fork() makes the copy read-only, for the machine too. Else the machine would write to the child's
# memory.
@test "kvm: a private mapping: what the machine writes after a fork is not the child's" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=remap_pfn_range,mode=write-back
		m=mmap:a,len=0x2000,private
		write:m,off=0x1000,val=5
		k=kvm
		kvm_map:k,map=m,gpa=0x40000000
		kvm_run:k,gpa=0x40001800,val=0x77	0x00000077
		fork:c
		kvm_run:k,gpa=0x40001800,val=0x78	=ran *
		c/read:m,off=0x1800	0x00000077
		read:m,off=0x1800	=own 0x*
		exit:c
	END
	# Where KVM runs the write, it is the parent's.
	[[ ${SAID[ran]} == 0x00000078 ]] || SAID[ran]=0x00000077
	assert_equal "${SAID[own]}" "${SAID[ran]}"
}

# clear_refs of 4 goes through all of the process's memory, so the page of the machine's program
# goes, too.
@test "kvm: clear_refs of 4 takes away all that the machine has mapped" {
	need_region mmio
	on sh -c 'echo 4 >/proc/self/clear_refs' || skip "no clear_refs of 4: no CONFIG_PROC_PAGE_MONITOR"
	check <<-END
		$(kvm_begin mmio vmf_insert_pfn pte)
		kvm_run:k,gpa=0x40000800,val=0x77	0x00000077
		put:/proc/self/clear_refs,text=4
		kvm_pages:k			4k=0 2m=0 1g=0
		kvm_run:k,gpa=0x40000800	0x00000077
	END
}

# KVM finds the entry, and calls no fault for a write to it. On x86 KVM then emulates the
# instruction, by a write of the kernel's own to the process's memory, which asks pfn_mkwrite().
@test "kvm: the machine writes to a page that the process has read, whose entry is read-only" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-back,flags=mkwrite
		m=mmap:a,len=0x1000
		k=kvm
		kvm_map:k,map=m,gpa=0x40000000
		write:m,off=0x800,val=1
		zap:a,how=mapping
		read:m,off=0x800		0x00000001
		leaf:m				pte +([! ]) +([! ]) young special
		kvm_run:k,gpa=0x40000800	0x00000001
		leaf:m				pte +([! ]) +([! ]) young special
		calls:a				*
		kvm_run:k,gpa=0x40000800,val=0x77	0x00000077
		calls:a				fault=0 huge_fault=0 pfn_mkwrite=1 page_mkwrite=0
		leaf:m				pte * writable *
		read:m,off=0x800		0x00000077
	END
}
