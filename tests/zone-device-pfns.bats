#!/usr/bin/env bats
# The contrast to zone-device-pin.bats: nobody can pin memory that is mapped as pfns, with
# struct pages behind it or not. Row D24 of docs/glossary.md, and C10.

load helpers/common
load helpers/zram
load helpers/methods

setup_file() {
	zram_begin 8M || true
	# Without CONFIG_MEMORY_FAILURE there is no advice to poison.
	has_poison || export NO_POISON=EINVAL
}

teardown_file() {
	zram_end
}

# SLOW is what the slow way says: EFAULT for a VMA of pfns. In VM_MIXEDMAP it looks at the entry,
# whose kind it can't take (EEXIST).
refused() { # METHOD REGION LEVEL SLOW
	local method=$1 region=$2 level=$3 slow=$4 mode=write-back node='' len

	need_zram
	need_method "$method"
	len=${LEAF_BYTES[$level]}
	need_room "$region" "$len"
	[[ $method != *_wc ]] || mode=write-combining
	[[ $method != mmap_* ]] || node=:prepare
	check <<-END
		a=open$node
		set:a,region=$region,method=$method,mode=$mode,level=$level
		m=mmap:a,len=$len
		read:m				0x????????
		p=pin:m,slow			$slow
		p=pin:m,slow,longterm		$slow
		p=pin:m,slow,write		$slow
		p=pin:m,fast			EFAULT
		p=pin:m,fast,write		EFAULT
		p=pin:m,either			$slow
		p=pin:m,either,longterm,write	$slow
		f=file:$ZRAM,direct
		pwrite:f,from=m			$slow
		pread:f,to=m			$slow
		u=ring:m			$slow
		s=splice:m			$slow
		vmread:m			EFAULT
		vmwrite:m,val=1			EFAULT
		poison:m			${NO_POISON:-$slow}
		read:m				0x????????
		munmap:m
	END
}

# name METHOD REGION LEVEL [SLOW]
name() {
	bats_test_function --description "D24: nobody pins pfns: $1, $2" \
		-- refused "$1" "$2" "$3" "${4:-EFAULT}"
}

for method in $(known remap pfn wc large); do
	level "$method"
	name "$method" mmio "$REPLY"
done
# This memory has struct pages, and by another method some of it can be pinned.
name remap_pfn_range dax pte
name vmf_insert_pfn dax pte
name vmf_insert_pfn_pmd dax pmd
name vmf_insert_pfn_pud dax pud
name vmf_insert_mixed dax pte EEXIST
name remap_pfn_range ram pte
name vmf_insert_pfn ram pte

@test "D24: one page, mapped by a folio and by pfn: the first is pinned, the second not" {
	need_region dax
	need_method vmf_insert_pfn
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pte]},mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=0x66
		set:a,region=dax,method=vmf_insert_pfn,mode=write-back
		n=mmap:a,len=0x1000
		read:n		0x00000066
		p=pin:m,fast	ok word=0x????????00000066
		q=pin:n,fast	EFAULT
		q=pin:n,slow	EFAULT
		p=pin:m,slow	ok word=0x????????00000066
		write:n,val=0x67
		read:m		0x00000067
	END
}
