#!/usr/bin/env bats
# Entries zapped on one CPU while another faults them in. Rows Z1 to Z3.

load helpers/common
load helpers/cpus

teardown_file() {
	cpus_back
}

# count NAME: $REPLY is that count of the row named race.
count() {
	# shellcheck disable=SC2153 # of check
	[[ ${SAID[race]} == *" $1="* ]]
	REPLY=${SAID[race]#*" $1="}
	REPLY=${REPLY%% *}
}

# raced ROUNDS SLOTS: asserts that both sides ran. After every 16th round the side that
# touches goes once around all slots. After a zap this takes at least one fault.
raced() {
	local turns=$((($1 + 15) / 16))

	count touched
	((REPLY >= turns * $2))
	count faults
	((REPLY >= turns))
}

# race METHOD REGION LEVEL BYTES STEP RACE...: no access in this race ever gets SIGBUS. FLAGS are
# SET_MAP's.
race() {
	local method=$1 region=$2 level=$3 bytes=$4 step=$5

	need_cpus 2
	need_method "$method"
	need_room "$region" "$bytes"
	shift 5
	check <<-END
		a=open
		set:a,region=$region,method=$method,level=$level,mode=write-back${FLAGS:+,flags=$FLAGS}
		m=mmap:a,len=$bytes
		race:m,step=$step,n=$ROUNDS$(printf ',%s' "$@")	=race ok rounds=$ROUNDS *
	END
	raced "$ROUNDS" $((bytes / step))
	count sigbus
	assert_equal "$REPLY" 0
}

ROUNDS=500
FLAGS=''

@test "cpus: two CPUs see one memtype tree, and map in the same modes" {
	local cpu said=()

	need_cpus 2
	need_region mmio
	need_pat
	need_memtype
	for cpu in 0 1; do
		run -0 --separate-stderr on taskset -c "$cpu" pfnmap-try a=open \
			r=reserve:a,region=mmio,len=0x1000,mode=write-combining \
			set:a,region=mmio,method=vmf_insert_pfn m=mmap:a,len=0x2000 write:m,val=1 leaf:m \
			write:m,off=0x1000,val=1 leaf:m,off=0x1000 list lookup:mmio+0x0
		said+=("$output")
	done
	assert_line --regexp '^leaf m\+0x0: pte write-combining '
	assert_line --regexp '^leaf m\+0x1000: pte uncached-minus '
	assert_equal "${said[0]}" "${said[1]}"
}

@test "cpus: an entry made on one CPU is read on another, in the same mode" {
	need_cpus 2
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=0x1000,mode=write-combining	write-combining
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x1000
		race:m,n=20						ok rounds=20 *
		leaf:m							pte write-combining *
	END
}

# Not with 1 GiB leaves: the finding zap-pud-race.
@test "race: no fault ends in SIGBUS beside a zap by VMA of all" { race vmf_insert_pfn mmio pte 0x4000 0x1000 how=vma; }
@test "race: no fault ends in SIGBUS beside a zap by VMA of one page" { race vmf_insert_pfn mmio pte 0x4000 0x1000 how=vma off=0x2000 len=0x1000; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of all" { race vmf_insert_pfn mmio pte 0x4000 0x1000 how=mapping; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of two pages" { race vmf_insert_pfn ram pte 0x4000 0x1000 how=mapping off=0x1000 len=0x2000; }
@test "race: no fault ends in SIGBUS beside a zap by VMA of 2 MiB leaves" { race vmf_insert_pfn_pmd mmio pmd 0x400000 0x100000 how=vma; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of a page in a 2 MiB leaf" { race vmf_insert_pfn_pmd mmio pmd 0x400000 0x100000 how=mapping off=0x200000 len=0x1000; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of vmf_insert_mixed" { race vmf_insert_mixed dax pte 0x4000 0x1000 how=mapping; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of small folios" { race vmf_insert_page_mkwrite dax pte 0x4000 0x1000 how=mapping; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of 2 MiB folios" { race vmf_insert_folio_pmd dax pmd 0x400000 0x100000 how=mapping; }
@test "race: no fault ends in SIGBUS beside a zap by mapping of devmap pages" { race devmap_pte dax pte 0x4000 0x1000 how=mapping; }
@test "race: no fault that inserts neighbours by vmf_insert_pfn ends in SIGBUS beside a zap" {
	FLAGS=around
	race vmf_insert_pfn mmio pte 0x10000 0x1000 how=mapping
}
@test "race: no fault that inserts neighbours by vm_insert_page ends in SIGBUS beside a zap" {
	FLAGS=around+by_fault
	race vm_insert_page ram pte 0x10000 0x1000 how=mapping
}
# A zap between the insert and the write takes away what the kernel asks about.
@test "race: no write that pfn_mkwrite allows ends in SIGBUS beside a zap" {
	FLAGS=mkwrite
	race vmf_insert_pfn mmio pte 0x4000 0x1000 how=mapping
}
@test "race: no write that page_mkwrite allows ends in SIGBUS beside a zap" {
	FLAGS=mkwrite+by_fault
	race vm_insert_page ram pte 0x4000 0x1000 how=mapping
}
@test "race: no write by a second huge_fault ends in SIGBUS beside a zap" {
	FLAGS=mkwrite
	race vmf_insert_pfn_pmd mmio pmd 0x400000 0x100000 how=mapping
}
@test "race: no fault ends in SIGBUS beside fork, a child's faults and exit, and a zap of both" {
	ROUNDS=50
	race vmf_insert_pfn mmio pte 0x4000 0x1000 how=fork
}
@test "race: no fault ends in SIGBUS beside mmap and munmap of another VMA, and a zap of both" {
	race vmf_insert_pfn mmio pte 0x4000 0x1000 how=mmap
}
@test "race: no fault ends in SIGBUS beside fork and exit, and a zap of folios in both" {
	ROUNDS=50
	race vmf_insert_page_mkwrite dax pte 0x4000 0x1000 how=fork
}

# The debug kernel BUGs if a leaf is back when the VMA has its new border:
# may_split_pud() (module/patterns/large_leaf.h) keeps faults out before it zaps.
@test "race: no fault ends in SIGBUS beside munmap at a 2 MiB border in a 1 GiB leaf" {
	ROUNDS=50
	race vmf_insert_pfn_pud mmio pud 0x40000000 0x200000 how=split
}
@test "race: no fault ends in SIGBUS beside munmap at a 2 MiB border in a 1 GiB folio" {
	ROUNDS=50
	race vmf_insert_folio_pud dax pud 0x40000000 0x200000 how=split
}

@test "race: mode and reservation are the same after zaps against faults" {
	need_cpus 2
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=0x4000,mode=write-combining	write-combining
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x4000
		race:m,n=100,how=vma					ok *
		zap:m,how=vma,len=0x1000
		read:m							0x*
		leaf:m							pte write-combining *
		list:mmio						0x0-0x4000 write-combining
	END
}

# The method has no fault(), so nothing comes back: every access after the first zap is SIGBUS.
@test "race: a page of remap_pfn_range that is zapped against access is SIGBUS from then on" {
	need_cpus 2
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=0x4000
		list:mmio					0x0-0x4000 write-combining
		race:m,n=20,how=vma,off=0x1000,len=0x1000	ok rounds=20 * sigbus=[1-9]* *
		read:m						0x*
		read:m,off=0x1000				SIGBUS
		munmap:m
		list:mmio					none
	END
}

# Off and on: when SET_ENABLED has returned, nothing is mapped, and no fault under way maps
# anything later. With the insert outside of the lock, 2 to 158 entries came after the zap in
# 2000 rounds, on two emulated CPUs.
off_and_on() { # REGION
	need_cpus 2
	need_region "$1"
	check <<-END
		a=open
		set:a,region=$1,method=vfio_pci_vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x10000
		race:m,how=toggle,region=$1,n=3000	=race ok rounds=3000 *
	END
	raced 3000 16
	count sigbus
	((REPLY >= 3000))
	count present
	assert_equal "$REPLY" 0
}

@test "Z3: off and on, against faults: nothing is mapped while off, mmio" { off_and_on mmio; }
@test "Z3: off and on, against faults: nothing is mapped while off, ram" { off_and_on ram; }

@test "Z3: no fault of a method that asks ends in SIGBUS beside a zap" {
	race vfio_pci_vmf_insert_pfn mmio pte 0x4000 0x1000 how=mapping
}
@test "Z3: no fault of a method that asks ends in SIGBUS beside fork and a zap" {
	ROUNDS=50
	race vfio_pci_vmf_insert_pfn mmio pte 0x4000 0x1000 how=fork
}
