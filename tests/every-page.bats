#!/usr/bin/env bats
# Every page of a mapping has memory of its own, and the mode and rights of all: across the
# borders of page tables, and after each change of the mapping. Other tests look at a page or two.

load helpers/common
load helpers/methods

# Page tables of every level end here: half of a mapping lies on either side.
BORDER=0x600000000000

hex() { printf -v REPLY 0x%x "$1"; }

# pieces ENTRY START-END...: $REPLY is what `leaves` says if these pieces are mapped, and no others.
# ENTRY is the entry of the first page, which maps the region's first page.
pieces() {
	local entry=$1 piece

	shift
	REPLY=
	for piece; do
		REPLY+="${REPLY:+, }$piece ${entry/+0x0/+${piece%-*}}"
	done
	REPLY=${REPLY:-none}
}

# mapped BORDER: maps two leaves of 2 MiB, one before the border and one behind, or half as much by
# small pages, by $METHOD at $LEVEL. $MAPPED is the rows that do so, and $entry the first page's
# entry without dirty and young.
mapped() {
	local mode=write-back node='' had=$LEVEL

	# Most helpers give the entry another mode. So an operation that goes by vm_page_prot, and
	# not by the entry, shows.
	[[ $REGION != mmio || $PAT == off ]] || mode=write-combining
	[[ $FLAGS != *prepare* ]] || node=:prepare
	if [[ $KIND == pfns ]]; then
		pfn_level "$LEVEL"
		had=$REPLY
	fi
	MAPPED="a=open$node
		set:a,region=$REGION,method=$METHOD,level=$LEVEL,mode=$mode
		m=mmap:a,len=$bytes,fixed=$(($1 - half))"
	check <<-END
		$MAPPED
		leaves:m,touch	=leaves
		leaf:m		=entry $had * $REGION+0x0 writable*
	END
	entry=${SAID[entry]/ dirty/}
	entry=${entry/ young/}
	pieces "$entry" "0x0-$bytes"
	assert_equal "${SAID[leaves]}" "$REPLY"
}

# sizes: how much is mapped, $half on either side of the border.
sizes() {
	half=0x200000 to=0x610000000000
	# Small pages move to other places in their page tables, and across a border, too.
	[[ $LEVEL != pte ]] || half=0x100000 to=0x60fffff81000
	hex $((2 * half)) && bytes=$REPLY
	# With VM_PAT (before 6.16) the split of a VMA loses its reservation. So the "upper part" is
	# the whole mapping there.
	upper=$half
	family "$METHOD"
	[[ $TRACKING != *vm_pat || $REPLY != remap ]] || upper=0x0
}

# changes: what is inherited, protected and zapped.
changes() {
	local half bytes to upper entry all protected freed one two again="SIGBUS at 0x0"
	local first inherited=none zap=zap:a,how=mapping

	sizes
	mapped "$BORDER"
	pieces "$entry" "0x0-$bytes" && all=$REPLY
	# fork() copies the entries that no fault would bring back. They are idle in the child.
	case $METHOD,$KIND in
	find_normal_page,*) first=EFAULT ;;
	*,folio) first=none ;;
	*) first=${entry/ writable/ writable?( dirty)} inherited=$all ;;
	esac
	protected=${all// writable/}
	freed=$all
	if [[ $upper != 0x0 ]]; then
		pieces "${entry/ writable/}" "0x0-$upper"
		freed="$REPLY, "
		pieces "$entry" "$upper-$bytes"
		freed+=$REPLY
	fi
	pieces "$entry" "$half-$bytes" && two=$REPLY
	one=$two
	if [[ $entry == "pte "* ]]; then
		pieces "$entry" 0x0-0x1000 "0x2000-$bytes"
		one=$REPLY
	fi
	[[ $KIND != pfns ]] || zap=zap:m,how=vma
	! by_fault || again=$all
	check <<-END
		$MAPPED
		leaves:m,touch					$all
		fork:c
		c/leaf:m					$first
		c/leaves:m					$inherited
		exit:c
		mprotect:m,prot=r
		leaves:m					$protected
		mprotect:m,off=$upper,prot=rw
		leaves:m					$freed
		proc:m,file=maps,off=$upper			* offset=$upper *
		mprotect:m,prot=rw
		leaves:m					$all
		zap:a,how=mapping,off=0x1000,len=0x1000
		leaves:m					$one
		$zap,len=$half
		leaves:m					$two
		$zap,off=$half,len=$half
		leaves:m					none
		leaves:m,touch					$again
	END
}

# parts: the lower part is protected. The kernel makes a new VMA of the upper part, where changes()
# has it make one of the lower part.
parts() {
	local half bytes to upper entry parted

	sizes
	[[ $upper != 0x0 ]] || return 0
	mapped "$BORDER"
	pieces "${entry/ writable/}" "0x0-$upper" && parted=$REPLY
	pieces "$entry" "$upper-$bytes" && parted+=", $REPLY"
	check <<-END
		$MAPPED
		mprotect:m,len=$upper,prot=r
		leaves:m,touch			$parted
		proc:m,file=maps		* offset=0x0 *
		proc:m,file=maps,off=$upper	* offset=$upper *
	END
}

# moves: the upper part goes elsewhere.
moves() {
	local half bytes to upper entry moved stays=EFAULT left=none

	sizes
	mapped "$BORDER"
	hex $((bytes - upper))
	pieces "${entry/+0x0/+$upper}" "0x0-$REPLY"
	moved=$REPLY
	if [[ $upper != 0x0 ]]; then
		stays="${entry% writable*} writable*"
		pieces "$entry" "0x0-$upper" && left=$REPLY
	fi
	hex $((bytes - upper))
	check <<-END
		$MAPPED
		leaves:m,touch								*
		n=mremap:m,off=$upper,old=$REPLY,len=$REPLY,fixed=$to
		leaves:n								$moved
		proc:n,file=maps							* offset=$upper *
		leaf:m									$stays
		leaves:m								$left
	END
}

# begins: across the border to the next page table of the same PMD table, and of the same PUD
# table: at BORDER all tables change at once.
begins() {
	local half bytes to upper entry border

	sizes
	for border in 0x200000 0x40000000; do
		mapped $((BORDER + border))
	done
}

each_level() { # FUNCTION
	local methods=0

	methods_do at_level "$1"
	((methods > 5)) || fail "$methods methods"
}

at_level() { # FUNCTION
	# If the test fails, the last method in its output is the one whose pages are wrong.
	echo "$METHOD"
	kind "$METHOD"
	[[ $LEVEL != pud && $KIND != zero ]] || return 0
	"$1"
	methods=$((methods + 1))
}

@test "every page: each is its own across page tables, inherited, protected and zapped" {
	each_level changes
}
@test "every page: mprotect of the lower part leaves the upper part as it was" { each_level parts; }
@test "every page: an upper part that moves has its own pages, and the lower part, too" {
	each_level moves
}
@test "every page: each is its own where the next page table of the same upper table begins" {
	each_level begins
}

# zapped ZAP: the step takes all pages of three page tables, but the first one and the last one.
zapped() {
	need_region mmio
	hex $((BORDER - 0x200000))
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x600000,fixed=$REPLY
		leaves:m,touch				=all 0x0-0x600000 pte * mmio+0x0 *
		$1,off=0x1000,len=0x5fe000
		leaves:m				0x0-0x1000 pte * mmio+0x0 *, 0x5ff000-0x600000 pte * mmio+0x5ff000 *
		leaves:m,touch				=all
	END
}

@test "every page: zap by VMA takes all of three page tables, but what is before and behind" {
	zapped zap:m,how=vma
}
@test "every page: zap by mapping takes all of three page tables, but what is before and behind" {
	zapped zap:a,how=mapping
}

# Of three pages the middle one moves. The page table above them stays, so nothing but mremap()
# flushes the old address.
@test "every page: a page that mremap moved is not reached by its old address" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,len=0x3000,fixed=$BORDER
		write:m,off=0x1000,val=7
		n=mremap:m,off=0x1000,old=0x1000,len=0x1000,fixed=0x610000000000
		read:m,off=0x1000	SIGSEGV
		read:n			0x00000007
	END
}

# Here mremap() moves the page table as a whole. The mappings on both sides keep the table above it,
# so nothing but mremap() flushes, as before.
@test "every page: a page table that mremap moved is not reached by its old addresses" {
	local low high

	need_region mmio
	hex $((BORDER + 0x200000)) && low=$REPLY
	hex $((BORDER + 0x400000)) && high=$REPLY
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		p=mmap:a,len=0x1000,fixed=$BORDER
		m=mmap:a,off=0x1000,len=0x200000,fixed=$low
		q=mmap:a,len=0x1000,fixed=$high
		leaves:m,touch		0x0-0x200000 pte * mmio+0x1000 *
		read:p			0x*
		read:q			0x*
		write:m,val=7
		write:m,off=0x1ff000,val=8
		n=mremap:m,len=0x200000,fixed=0x610000000000
		read:m			SIGSEGV
		read:m,off=0x1ff000	SIGSEGV
		leaves:n		0x0-0x200000 pte * mmio+0x1000 *
		read:n			0x00000007
		read:n,off=0x1ff000	0x00000008
		leaf:p			pte * mmio+0x0 *
		leaf:q			pte * mmio+0x0 *
	END
}

@test "every page: a table of page tables that mremap moved is not reached, either" {
	local before low high

	need_room mmio 0x40000000
	hex $((BORDER + 0x3ffff000)) && before=$REPLY
	hex $((BORDER + 0x40000000)) && low=$REPLY
	hex $((BORDER + 0x80000000)) && high=$REPLY
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		p=mmap:a,len=0x1000,fixed=$before
		m=mmap:a,len=0x40000000,fixed=$low
		q=mmap:a,len=0x1000,fixed=$high
		read:p			0x*
		read:q			0x*
		write:m,val=7
		write:m,off=0x3ffff000,val=8
		n=mremap:m,len=0x40000000,fixed=0x610000000000
		read:m			SIGSEGV
		read:m,off=0x3ffff000	SIGSEGV
		leaf:n			pte * mmio+0x0 *
		leaf:n,off=0x3ffff000	pte * mmio+0x3ffff000 *
		leaf:n,off=0x1000	none
		read:n			0x00000007
		read:n,off=0x3ffff000	0x00000008
		leaf:p			pte * mmio+0x0 *
		leaf:q			pte * mmio+0x0 *
	END
}

# mremap() moves the middle one of three pages, so that there are three VMAs. The zap finds each VMA
# by its part of the file.
@test "every page: zap by mapping finds a page where mremap has moved it, and those that stayed" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		m=mmap:a,off=0x4000,len=0x3000,fixed=$BORDER
		leaves:m,touch		0x0-0x3000 pte * mmio+0x4000 *
		n=mremap:m,off=0x1000,old=0x1000,len=0x1000,fixed=0x610000000000
		zap:a,how=mapping,off=0x5000,len=0x1000
		leaf:n			none
		leaf:m			pte * mmio+0x4000 *
		leaf:m,off=0x2000	pte * mmio+0x6000 *
		read:n			0x*
		zap:a,how=mapping,off=0x6000,len=0x1000
		leaf:n			pte * mmio+0x5000 *
		leaf:m			pte * mmio+0x4000 *
		leaf:m,off=0x2000	none
		zap:a,how=mapping,off=0x4000,len=0x1000
		leaf:n			pte * mmio+0x5000 *
		leaf:m			none
	END
}
