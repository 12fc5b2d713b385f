#!/usr/bin/env bats
# Entries of private mappings zapped while the VMA stays: what becomes of copies, and of pages
# that were not copied.
# shellcheck disable=SC2034 # each_private reads what the functions set

load helpers/common
load shared/faults
load helpers/methods
load shared/private
load shared/zap

# What each_private does before the zap: page 1 is copied, page 2 only read. Page 0 stays as it
# is, for kernels before 6.9 forget the reservation when the first page is a copy.
COPY='pte * pfn=other writable dirty*'
PREPARE=("read:m,off=0x2000" "write:m,off=0x1000,val=0x5eed1234" "leaf:m,off=0x1000")
LOOK=("leaf:m,off=0x1000" "read:m,off=0x1000" "leaf:m,off=0x2000" "read:m,off=0x2000")

# zapped COPY OTHER: what comes out if the zap takes copies, and what was not copied: yes or no.
zapped() {
	WANT=(ok "0x*" ok "$COPY" ok "$COPY" 0x5eed1234 "pte *" "0x*")
	if [[ $1 == yes ]]; then
		WANT[5]=none WANT[6]='0x!(5eed1234)'
		by_fault || WANT[6]=SIGBUS
	fi
	if [[ $2 == yes ]]; then
		WANT[7]=none
		by_fault || WANT[8]=SIGBUS
	fi
}

takes_all() {
	zapped yes yes
}

leaves_copies() {
	zapped no yes
}

# zap_vma_ptes() takes nothing of VM_MIXEDMAP; zap_special_vma_range() (7.1) does, copies too.
takes_by_vma() {
	local takes=yes

	[[ $KIND == pfns ]] || has_symbol zap_special_vma_range || takes=no
	zapped $takes $takes
}

@test "zap: private: every method, by mapping: copies stay, and what was not copied goes" {
	each_private leaves_copies "${PREPARE[@]}" zap:a,how=mapping "${LOOK[@]}"
}

@test "zap: private: every method, by mapping with even_cows: copies go, too" {
	each_private takes_all "${PREPARE[@]}" zap:a,how=mapping,even_cows "${LOOK[@]}"
}

@test "zap: private: every method, by VMA: copies of pfns go, and since 7.1 of what is mixed" {
	each_private takes_by_vma "${PREPARE[@]}" zap:m,how=vma "${LOOK[@]}"
}

# Zaps a private mapping of two pages: page 0 was copied, page 1 was not.
private_zap() { # LEAF READ [even_cows]
	local leaf=$1 read=$2

	need_tree
	after_zap "0x2000-0x4000 write-combining"
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,off=0x2000,len=0x2000,private
		write:m,val=0x77
		zap:a,how=mapping${3:+,$3}
		leaf:m			$leaf
		leaf:m,off=0x1000	none
		read:m,off=0x1000	SIGBUS
		read:m			$read
		list:mmio		$REPLY
		munmap:m
		list:mmio		none
	END
}

@test "zap: private: by mapping leaves copies, and takes what was not copied" {
	need_copied_kept
	private_zap "pte * pfn=other writable*" 0x00000077
}

@test "zap: private: by mapping with even_cows takes copies too" {
	need_copied_kept
	private_zap none SIGBUS even_cows
}

@test "zap: private: by VMA takes copies too" {
	need_copied_kept
	check <<-END
		a=open
		m=mmap:a,len=0x2000,private
		write:m,val=0x77
		zap:m,how=vma
		leaf:m			none
		leaf:m,off=0x1000	none
		read:m			SIGBUS
	END
}

# remap_pfn_range() makes the pfn the vm_pgoff of a private mapping.
@test "zap: private: by mapping goes by the pfn, and by the file's offset misses" {
	local start

	need_region mmio
	start=$(region_field mmio start)
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,off=0x2000,len=0x2000,private
		n=mmap:a,off=0x2000,len=0x2000
		zap:a,how=mapping,off=0x2000,len=0x2000
		leaf:m			pte *
		leaf:n			none
		zap:a,how=mapping,off=$((start + 0x3000)),len=0x1000
		leaf:m			pte *
		leaf:m,off=0x1000	none
	END
}

@test "zap: private: a copy by fault is lost with even_cows, and the memory's data comes back" {
	need_region dax
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_mixed,mode=write-back
		word:dax+0x0,val=0x11	*
		m=mmap:a,len=0x1000,private
		write:m,val=0x77
		zap:a,how=mapping
		read:m			0x00000077
		zap:a,how=mapping,even_cows
		leaf:m			none
		read:m			0x00000011
	END
}
