#!/usr/bin/env bats
# Entries zapped while the VMA stays: what is left of mapping, mode and reservation.
# Rows Z1 and Z2 of docs/glossary.md; see also zap-private.bats, zap-tracking.bats,
# zap-enabled.bats (Z3) and zap-race.bats.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/zap

# zap_step HOW OFFSET BYTES: $REPLY is a zap of m, which file `a` maps from offset 0x2000 on.
zap_step() {
	case $1 in
	vma) REPLY=zap:m,how=vma,off=$2,len=$3 ;;
	mapping) REPLY=zap:a,how=mapping,off=$((0x2000 + $2)),len=$3 ;;
	esac
}

# zap_case METHOD HOW: zaps the second page of three.
zap_case() {
	local after='0x*'

	[[ $1 != remap_pfn_range ]] || after=SIGBUS
	zap_step "$2" 0x1000 0x1000
	check <<-END
		a=open
		set:a,method=$1
		m=mmap:a,off=0x2000,len=0x3000
		read:m			0x*
		read:m,off=0x1000	0x*
		read:m,off=0x2000	0x*
		$REPLY
		leaf:m			pte *
		leaf:m,off=0x1000	none
		leaf:m,off=0x2000	pte *
		read:m,off=0x1000	$after
	END
}

@test "zap: by VMA, a page of remap_pfn_range goes for good" { zap_case remap_pfn_range vma; }
@test "zap: by mapping, a page of remap_pfn_range goes for good" {
	zap_case remap_pfn_range mapping
}
@test "zap: by VMA, a page of vmf_insert_pfn faults in again" { zap_case vmf_insert_pfn vma; }
@test "zap: by mapping, a page of vmf_insert_pfn faults in again" { zap_case vmf_insert_pfn mapping; }

# keeps METHOD HOW FIRST PAGES [DEVICE]: zaps some of four pages of write-combining, mapped
# all at once. These are gone for good, the others are not touched, and the reservation stays
# until munmap.
keeps() {
	local method=$1 how=$2 first=$3 pages=$4 device=${5:-open} page at rows='' held
	local tracked=vm_pat then=none

	need_method "$method"
	need_tree
	[[ $TRACKING != *ctx ]] || tracked='ctx refs=1 range=mmio+0x2000-0x6000' then=$tracked
	for page in 0 1 2 3; do
		printf -v at 0x%x $((0x2000 + page * 0x1000))
		if ((page >= first && page < first + pages)); then
			set -- none SIGBUS SIGBUS
		else
			set -- "pte write-combining mmio+$at *" 0x5a5a5a5a ok
		fi
		printf -v at ',off=0x%x' $((page * 0x1000))
		rows+="leaf:m$at $1"$'\n'"read:m$at $2"$'\n'"write:m${at%000}004,val=1 $3"$'\n'
	done
	after_zap "0x2000-0x6000 write-combining"
	held=$REPLY
	zap_step "$how" $((first * 0x1000)) $((pages * 0x1000))
	check <<-END
		a=$device
		set:a,region=mmio,method=$method,mode=write-combining
		m=mmap:a,off=0x2000,len=0x4000
		fill:m,val=0x5a5a5a5a
		list:mmio	0x2000-0x6000 write-combining
		vma:m		* tracking=$tracked
		$REPLY
		list:mmio	$held
		vma:m		* tracking=$then
		$rows
		list:mmio	$held
		munmap:m
		list:mmio	none
	END
	fixed_by_ctx "zap: the reservation is kept"
}

@test "Z1: zap of all of a VMA, by VMA, keeps the reservation" { keeps remap_pfn_range vma 0 4; }
@test "Z1: zap of the first page, by VMA, keeps the reservation" { keeps remap_pfn_range vma 0 1; }
@test "Z1: zap of a page in the middle, by VMA, keeps the reservation" { keeps remap_pfn_range vma 1 1; }
@test "Z1: zap of the last page, by VMA, keeps the reservation" { keeps remap_pfn_range vma 3 1; }
@test "Z1: zap of two pages, by VMA, keeps the reservation" { keeps remap_pfn_range vma 1 2; }
@test "Z1: zap of all of a VMA, by mapping, keeps the reservation" { keeps remap_pfn_range mapping 0 4; }
@test "Z1: zap of the first page, by mapping, keeps the reservation" { keeps remap_pfn_range mapping 0 1; }
@test "Z1: zap of a page in the middle, by mapping, keeps the reservation" { keeps remap_pfn_range mapping 2 1; }
@test "Z1: zap of the last page, by mapping, keeps the reservation" { keeps remap_pfn_range mapping 3 1; }
@test "Z1: zap of two pages, by mapping, keeps the reservation" { keeps remap_pfn_range mapping 2 2; }
@test "Z1: zap of a page of io_remap_pfn_range keeps the reservation" { keeps io_remap_pfn_range vma 0 1; }
@test "Z1: zap of pages of vm_iomap_memory keeps the reservation" { keeps vm_iomap_memory mapping 1 2; }
@test "Z1: zap of a page of mmap_action_remap keeps the reservation" {
	keeps mmap_action_remap vma 1 1 open:prepare
}
@test "Z1: zap of all of mmap_action_ioremap keeps the reservation" {
	keeps mmap_action_ioremap mapping 0 4 open:prepare
}

@test "zap: by mapping, a range that ends or begins outside of the VMA takes what is inside" {
	check <<-END
		a=open
		m=mmap:a,off=0x2000,len=0x4000
		zap:a,how=mapping,off=0x1000,len=0x2000
		zap:a,how=mapping,off=0x5000,len=0x4000
		leaf:m			none
		leaf:m,off=0x1000	pte *
		leaf:m,off=0x2000	pte *
		leaf:m,off=0x3000	none
	END
}

@test "zap: by mapping to the end takes all of this file's and none of another's" {
	check <<-END
		a=open
		b=open
		set:a,method=vmf_insert_pfn
		set:b,method=vmf_insert_pfn
		m=mmap:a,len=0x2000
		n=mmap:b,len=0x2000
		read:m			0x*
		read:m,off=0x1000	0x*
		read:n			0x*
		zap:a,how=mapping,off=0,len=0
		leaf:m			none
		leaf:m,off=0x1000	none
		leaf:n			pte *
	END
}

@test "zap: by mapping reaches another process's mapping of the same file" {
	check <<-END
		a=open
		set:a,method=vmf_insert_pfn
		m=mmap:a,len=0x1000
		fork:c
		c/read:m	0x*
		c/leaf:m	pte *
		zap:a,how=mapping,off=0,len=0x1000
		c/leaf:m	none
		exit:c
	END
}

@test "zap: of one VMA leaves another one of the same pfns, and file" {
	check <<-END
		a=open
		m=mmap:a,len=0x2000
		n=mmap:a,len=0x2000
		write:m,val=7
		zap:m,how=vma
		leaf:m			none
		leaf:n			pte *
		read:n			0x00000007
		leaf:n,off=0x1000	pte *
	END
}

# VFIO ran into this: after a zap of one page others could get all of the range, in a mode
# that conflicts with the mode in which the other pages are still mapped.
@test "Z1: pfns that a zapped VMA still maps can't be mapped in a conflicting mode" {
	local other=EINVAL leaf=EFAULT held=write-back

	need_tree
	[[ $TRACKING == *ctx ]] || other=ok leaf='pte write-combining mmio+0x1000 *' held=write-combining
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-back
		set:b,region=mmio,mode=write-combining
		m=mmap:a,len=0x2000
		n=mmap:b,len=0x2000	EINVAL
		zap:m,how=vma,len=0x1000
		n=mmap:b,len=0x2000	$other
		leaf:m,off=0x1000	pte write-back mmio+0x1000 *
		leaf:n,off=0x1000	$leaf
		list:mmio		0x0-0x2000 $held
		read:m			SIGBUS
	END
	fixed_by_ctx "zap, then another mapping: no page has two modes"
}

@test "Z1: a VMA that was zapped whole holds its mode against others until it goes" {
	local other=EBUSY held='0x0-0x2000 write-back'

	need_tree
	[[ $TRACKING == *ctx ]] || other=write-combining held='0x0-0x1000 write-combining'
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-back
		set:b,region=mmio,mode=write-combining
		m=mmap:a,len=0x2000
		zap:m,how=vma
		r=reserve:b,region=mmio,len=0x1000,mode=write-combining			$other
		list:mmio								$held
		read:m									SIGBUS
		munmap:m
		s=reserve:b,region=mmio,off=0x1000,len=0x1000,mode=write-combining	write-combining
	END
}

@test "Z2: a mode reserved meanwhile is what a refault gets" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=4096
		read:m							0x*
		leaf:m							pte uncached-minus *
		r=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
		leaf:m							pte uncached-minus *
		zap:m,how=vma,len=4096
		read:m							0x*
		leaf:m							pte write-combining *
	END
}

@test "Z2: a mode released meanwhile is lost at the refault" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		r=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
		m=mmap:a,len=4096
		read:m							0x*
		release:r
		leaf:m							pte write-combining *
		zap:m,how=vma
		read:m							0x*
		leaf:m							pte uncached-minus *
	END
}

# The refault takes its mode from the reservation of another mapping, which was zapped, too.
@test "Z2: the mode that a remap_pfn_range mapping holds outlives its zap, for others' faults" {
	local mode=write-combining

	need_region mmio
	need_pat
	[[ $TRACKING == *ctx ]] || mode=uncached-minus
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=0x2000
		set:b,region=mmio,method=vmf_insert_pfn
		n=mmap:b,len=0x2000
		read:n	0x*
		leaf:n	pte write-combining *
		zap:m,how=vma,off=0x1000,len=0x1000
		zap:n,how=vma
		read:n	0x*
		leaf:n	pte $mode *
		munmap:m
		zap:n,how=vma
		read:n	0x*
		leaf:n	pte uncached-minus *
	END
	fixed_by_ctx "zap, then a fault: the mode is the one before"
}

# refaults METHOD REGION LEVEL BYTES [held]: an entry is the same after zap and fault,
# and so is the data.
refaults() {
	local mode=write-back node='' held='' zap

	need_method "$1"
	need_room "$2" "$4"
	if [[ $2 == mmio ]]; then
		need_pat
		mode=write-combining
	fi
	[[ $1 != mmap_* ]] || node=:prepare
	[[ ${5-} != held ]] || held="r=reserve:a,region=$2,len=$4,mode=$mode $mode"
	for zap in zap:a,how=mapping zap:m,how=vma; do
		# Tests of their own show what a zap by VMA takes of other VMAs.
		[[ $zap != *vma || $2 == mmio ]] || continue
		# The last access decides whether the entry is writable and dirty.
		check <<-END
			a=open$node
			$held
			set:a,region=$2,method=$1,level=$3,mode=$mode
			m=mmap:a,len=$4
			write:m,off=16,val=0x1234
			leaf:m		=before +([a-z]) $mode $2+0x0 *
			$zap
			leaf:m		none
			read:m,off=16	0x00001234
			leaf:m		=after +([a-z]) $mode $2+0x0 *
		END
		assert_equal "${SAID[after]%% *}" "${SAID[before]%% *}"
	done
}

# name_refault METHOD: registers the test, with the region of the method's family.
name_refault() {
	local region=dax held='' level

	family "$1"
	case $REPLY in
	pfn | large) region=mmio held=held ;;
	wc) region=mmio ;;
	hook) region=ram ;;
	esac
	level "$1"
	level=$REPLY
	# shellcheck disable=SC2086 # or nothing
	bats_test_function --description "Z2: mode, level and data after a refault: $1" \
		-- refaults "$1" "$region" "$level" "${LEAF_BYTES[$level]}" $held
}

for method in $(known pfn wc large mixed folio devmap zero hook); do
	name_refault "$method"
done

# zap_part_of_pud METHOD REGION MODE: a zap of part leaves nothing of a 1 GiB leaf. Before 6.19
# zap_pud_range() warns of a part (finding zap-part-of-pud): so the driver zaps the whole leaf.
zap_part_of_pud() {
	need_method "$1"
	need_room "$2" 0x40000000
	check <<-END
		a=open
		set:a,region=$2,method=$1,level=pud,mode=$3
		m=mmap:a,len=0x40000000
		write:m,val=1
		leaf:m	=leaf p*
	END
	[[ ${SAID[leaf]} == "pud "* ]] || skip "no 1 GiB leaf here"
	check <<-END
		a=open
		set:a,region=$2,method=$1,level=pud,mode=$3
		m=mmap:a,len=0x40000000
		write:m,val=0x1234
		zap:a,off=0x200000,len=0x1000
		leaf:m			none
		leaf:m,off=0x3ffff000	none
		read:m			0x00001234
	END
}

@test "zap: by mapping of a page in a 1 GiB leaf takes the leaf: vmf_insert_pfn_pud" { zap_part_of_pud vmf_insert_pfn_pud mmio "$NONCACHED"; }
@test "zap: by mapping of a page in a 1 GiB leaf takes the leaf: vmf_insert_folio_pud" { zap_part_of_pud vmf_insert_folio_pud dax write-back; }
@test "zap: by mapping of a page in a 1 GiB leaf takes the leaf: devmap_pud" { zap_part_of_pud devmap_pud dax write-back; }

# zap_vma_ptes() silently did nothing if the VMA is not VM_PFNMAP. zap_special_vma_range(), its
# successor in 7.1, takes VM_MIXEDMAP, too.
takes_by_vma() {
	[[ $KIND == pfns || $KIND == @(special|counted) && -n $MIXED ]]
}

zapped_by_vma() {
	WANT=(ok ok "p[tmu][ed] *" ok "p[tmu][ed] *" 0x00001234)
	takes_by_vma || return 0
	WANT[4]=none
	by_fault || WANT[5]=SIGBUS
}

@test "zap: by VMA takes pfns, and since 7.1 what is mixed; never folios" {
	MIXED=
	! has_symbol zap_special_vma_range || MIXED=yes
	each_method zapped_by_vma write:m,off=16,val=0x1234 leaf:m zap:m,how=vma leaf:m read:m,off=16
}

@test "zap: by VMA gives back the reference of a page that vm_insert_page mapped, since 7.1" {
	local zapped="=mapped"

	! has_symbol zap_special_vma_range || zapped="=before"
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		folio:ram+0x0	=before refs=*
		m=mmap:a,len=0x1000
		folio:ram+0x0	=mapped !=before refs=*
		zap:m,how=vma
		folio:ram+0x0	$zapped
		munmap:m
		folio:ram+0x0	=before
	END
}
