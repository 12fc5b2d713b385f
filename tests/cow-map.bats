#!/usr/bin/env bats
# Private mappings by every method, in every cache mode and over every kind of memory: some
# copy on a write, some are read-only, and some mmap refuses.

# shellcheck disable=SC2086 # offsets are numbers
load helpers/common
load shared/cow
load helpers/methods

MODES="write-back write-combining uncached-minus uncached write-through write-protected"

# The methods by their family in the list. One case compares with what the module says.
COPIES=$(known remap mixed page)
REFUSES=$(known pfn wc large folio devmap zero hook)

# The copy is RAM, and still gets the mode of vm_page_prot.
mode_case() {
	MODE=$1
	cow <<-END
		leaf:m				DEV0
		write:m,off=0x1004,val=5
		leaf:m,off=0x1000		COPIED
		leaf:m				DEV0
		leaf:m,off=0x2000		DEV2
		read:m,off=0x1000		$W1
		read:m,off=0x1004		0x00000005
		check:m,off=0x1008,val=$((W1 + 6)),inc=3
		list:mmio+$OFF,len=0x4000	LIST1
		vma:m				VMA1
	END
}

for mode in $MODES; do
	bats_test_function --description "cow: a copy is mapped $mode, as the page was" -- mode_case "$mode"
done

hex() { printf 0x%x "$1"; }

# A private mapping by METHOD, of each region that it maps. Entries of counted pages are not
# special, and a method that maps by faults has no entry at first.
copies() { # METHOD
	local region regions levels flags node='' special=' special' mode at=$((OFF))

	need_method "$1"
	info_of method "$1"
	read -r _ _ _ regions levels flags <<<"$REPLY"
	assert_regex ",$flags," ,cow,
	# vm_map_pages_zero() begins with the first page, whatever the offset.
	[[ $1 != vm_map_pages_zero ]] || at=0
	[[ ,$flags, != *,prepare,* ]] || node=:prepare
	kind "$1"
	[[ $KIND != counted ]] || special=''
	for region in ${regions//,/ }; do
		need_region "$region"
		mode=write-back
		# Nobody has reserved a mode, so the helper finds uncached-minus.
		[[ $KIND,$region,$PAT != special,mmio,on ]] || mode=uncached-minus
		check <<-END
			b=open
			set:b,region=$region,mode=write-back
			n=mmap:b,off=$at,len=0x3000
			fill:n,val=$W0,inc=3
			munmap:n
			a=open$node
			set:a,region=$region,method=$1,mode=write-back
			m=mmap:a,off=$at,len=0x3000,private
			read:m,off=0x1000	$W1
			leaf:m,off=0x1000	pte $mode $region+$(hex $((at + 0x1000))) young$special
			write:m,off=0x1ffc,val=5
			leaf:m,off=0x1000	pte write-back pfn=other writable dirty young
			check:m,off=0x1000,len=0xffc,val=$W1,inc=3
			folio:m,off=0x1000	* mapcount=1 order=0 * anon
			read:m			$W0
			leaf:m			pte $mode $region+$(hex $((at + 0x0000))) young$special
			read:m,off=0x2000	$W2
			leaf:m,off=0x2000	pte $mode $region+$(hex $((at + 0x2000))) young$special
			munmap:m
			n=mmap:b,off=$at,len=0x3000
			check:n,val=$W0,inc=3
		END
	done
}

# The driver refuses in mmap, where it can return an errno: in a fault the kernel would BUG.
refuses() { # METHOD
	local regions levels flags region level len node=''

	need_method "$1"
	info_of method "$1"
	read -r _ _ _ regions levels flags <<<"$REPLY"
	assert [ "${flags/cow/}" = "$flags" ]
	[[ ,$flags, != *,prepare,* ]] || node=:prepare
	region=${regions%%,*}
	level=${levels##*,}
	len=${LEAF_BYTES[$level]}
	need_room "$region" $((len))
	check <<-END
		a=open$node
		set:a,region=$region,method=$1,level=$level,mode=write-back
		m=mmap:a,len=$len,private		EINVAL
		m=mmap:a,len=$len,private,prot=r	EINVAL
		m=mmap:a,len=$len,prot=r
		read:m					0x*
	END
}

for method in $COPIES; do
	bats_test_function --description "cow: $method: a write to a private mapping copies" -- copies "$method"
done
for method in $REFUSES; do
	bats_test_function --description "cow: $method: a private mapping is refused" -- refuses "$method"
done

# words LIST: prints the words, sorted, one a line.
words() {
	# shellcheck disable=SC2086
	printf '%s\n' $1 | sort
}

@test "cow: every method says truly whether it copies" {
	assert_equal "$(words "$COPIES $REFUSES")" \
		"$(info_json | jq -r '.[] | select(.kind == "method") | .name' | sort)"
	# The module says nothing of a method that this kernel lacks.
	assert_equal "$(words "$COPIES" | grep -xF -f <(words "$METHODS"))" \
		"$(info_json | jq -r '.[] | select(.kind == "method" and
			(.flags | strings | contains("cow"))) | .name' | sort)"
}

@test "cow: entries of ram and dax, whose pages have struct pages, stay special" {
	local MODE=write-back

	# shellcheck disable=SC2034 # for cow
	for REGION in ram dax; do
		cow <<-END
			folio:m			refs=1 mapcount=0 *
			leaf:m,off=0x1000	DEV1
			write:m,off=0x1004,val=5
			leaf:m,off=0x1000	COPIED
			leaf:m			DEV0
			check:m,off=0x1008,val=$((W1 + 6)),inc=3
			folio:m			refs=1 mapcount=0 *
			folio:m,off=0x1000	refs=* mapcount=1 *anon
			p=pin:m,fast		EFAULT
		END
	done
}

# The other case is in cow-pfn.bats.
@test "C1, C2: pfns in a hole of RAM, below the last struct page, are copied" {
	local end start

	need_region mmio
	end=$((16#$(target_read /proc/iomem | sed -nE 's/^[0-9a-f]+-([0-9a-f]+) : System RAM$/\1/p' | tail -n 1)))
	start=$(region_field mmio start)
	((start < end)) || skip "mmio is not below the end of RAM here"
	cow <<-END
		folio:m			ENODATA
		leaf:m			DEV0
		write:m,off=0x1ffc,val=5
		leaf:m,off=0x1000	COPIED
		leaf:m			DEV0
		check:m,off=0x1000,len=0xffc,val=$W1,inc=3
		folio:m,off=0x1000	refs=* mapcount=1 *anon
		munmap:m
	END
}

@test "cow: a write without a read before copies the page" {
	need_copied_kept
	need_region mmio
	need_pat
	check <<-END
		a=open
		set:a,region=mmio,mode=$MODE
		word:mmio+0x10008,val=0x77	*
		m=mmap:a,off=0x10000,len=0x1000,private
		write:m,val=5
		leaf:m				pte $MODE pfn=other writable dirty young
		read:m,off=8			0x00000077
	END
}

@test "cow: part of a private mapping is refused, and nothing is left reserved" {
	local flags

	need_region mmio
	need_pat
	for flags in partial chunked,chunk=0x1000 chunked,chunk=0x3000; do
		check <<-END
			a=open
			set:a,region=mmio,mode=$MODE,flags=$flags
			m=mmap:a,off=$OFF,len=0x4000,private		EINVAL
			list:mmio+$OFF,len=0x4000			none
			m=mmap:a,off=$OFF,len=0x4000,private,prot=r	EINVAL
			list:mmio+$OFF,len=0x4000			none
			m=mmap:a,off=$OFF,len=0x4000
		END
	done
	behaviour "part of a private mapping of pfns is refused" ok
}

# remap_pfn_range() sets vm_pgoff for each chunk. On UML, where no entry is special, munmap() took
# the pages before the last chunk for pages of its own, and freed them: Bad page state.
@test "cow: a private mapping in chunks, each as all of the VMA, is refused" {
	need_region ram
	check <<-END
		a=open
		set:a,region=ram,method=remap_pfn_range,flags=chunked+narrowed,chunk=0x1000
		m=mmap:a,len=0x4000,private		EINVAL
		m=mmap:a,len=0x4000,private,prot=r	EINVAL
		folio:ram+0x0				refs=1 mapcount=0 *
	END
}

@test "cow: a conflicting mode is refused, and nothing is left of the mapping" {
	need_pat
	cow <<-END
		b=open
		set:b,region=mmio,mode=write-back
		r=mmap:b,off=$OFF,len=0x1000,private
		leaf:r					pte $MODE *
		write:r,val=5
		leaf:r					pte write-back pfn=other writable dirty young
		munmap:r
		set:b,region=mmio,mode=write-through
		r=mmap:b,off=$OFF,len=0x1000,private	EINVAL
		list:mmio+$OFF,len=0x4000		LIST1
		vma:m					VMA1
	END
}

@test "cow: a read-only mapping can be made writable, and then copies" {
	PROT=r cow <<-END
		write:m,val=5		SIGSEGV
		leaf:m			DEV0
		mprotect:m,prot=rw
		leaf:m			DEV0
		write:m,val=5
		leaf:m			COPIED
		leaf:m,off=0x1000	DEV1
		read:m,off=4		0x00001003
		mprotect:m,prot=r
		leaf:m			COPY dirty young
		write:m,val=6		SIGSEGV
		read:m			0x00000005
		word:mmio+$OFF		0x0000100300001000
		vma:m			VMA1
	END
}

@test "cow: a private mapping of a read-only file is writable, and copies" {
	need_copied_kept
	need_region mmio
	need_pat
	check <<-END
		a=open:ro
		set:a,region=mmio,mode=$MODE
		word:mmio+0x10008,val=0x77	*
		m=mmap:a,off=0x10000,len=0x1000,private
		write:m,val=5
		leaf:m				pte $MODE pfn=other writable dirty young
		read:m,off=8			0x00000077
		n=mmap:a,off=0x10000,len=0x1000,private,prot=r
		mprotect:n,prot=rw
		write:n,val=6
		leaf:n				pte $MODE pfn=other writable dirty young
		read:n,off=8			0x00000077
		o=mmap:a,off=0x10000,len=0x1000,prot=r
		mprotect:o,prot=rw		EACCES
	END
}

@test "cow: a mapping without access copies once access is given" {
	PROT=none cow <<-END
		read:m			SIGSEGV
		leaf:m			pte $MODE mmio+$OFF *
		mprotect:m,prot=rw
		read:m			$W0
		write:m,off=0x1004,val=5
		leaf:m,off=0x1000	COPIED
		read:m,off=0x1000	$W1
		leaf:m			DEV0
	END
}

# no_maywrite <<-END ...: as check, through a file whose mappings are read-only for ever
no_maywrite() {
	need_region mmio
	need_pat
	rows_given
	check <<-END
		a=open
		set:a,region=mmio,mode=$MODE,flags=no_maywrite${FLAGS:-}
		$REPLY
	END
}

@test "cow: without VM_MAYWRITE nobody can write, and nothing is ever copied" {
	# This is no CoW mapping, so maps shows the file's offset, and not the pfn.
	no_maywrite <<-END
		m=mmap:a,off=$OFF,len=0x4000,private	EACCES
		m=mmap:a,off=$OFF,len=0x4000		EACCES
		list:mmio+$OFF,len=0x4000		none
		m=mmap:a,off=$OFF,len=0x4000,private,prot=r
		leaf:m					pte $MODE mmio+$OFF young special
		mprotect:m,prot=rw			EACCES
		write:m,val=5				SIGSEGV
		memwrite:m,val=5			EIO
		p=pin:m,fast,write			EFAULT
		leaf:m					pte $MODE mmio+$OFF young special
		list:mmio+$OFF,len=0x4000		0x0-0x4000 $MODE
		proc:m,file=maps			r--p offset=$OFF name=pfnmap_test
		word:mmio+$OFF,val=0x77			*
		read:m					0x00000077
	END
}

@test "cow: without VM_MAYWRITE part of a private VMA can be mapped" {
	FLAGS=+partial no_maywrite <<-END
		m=mmap:a,off=$OFF,len=0x4000,private,prot=r
		leaf:m,off=0x2000		pte uncached-minus mmio+0x12000 young special
		leaf:m,off=0x3000		none
		list:mmio+$OFF,len=0x4000	none
		proc:m,file=maps		r--p offset=$OFF name=pfnmap_test
	END
	FLAGS=+chunked,chunk=0x1000 no_maywrite <<-END
		m=mmap:a,off=$OFF,len=0x4000,private,prot=r
		leaf:m,off=0x3000	pte uncached-minus mmio+0x13000 young special
		mprotect:m,prot=rw	EACCES
		proc:m,file=maps	r--p offset=$OFF name=pfnmap_test
	END
}

@test "cow: without VM_MAYWRITE a shared mapping is read-only too, and fork works" {
	no_maywrite <<-END
		m=mmap:a,off=$OFF,len=0x4000,prot=r
		n=mmap:a,off=$OFF,len=0x4000,private,prot=r
		mprotect:m,prot=rw	EACCES
		word:mmio+$OFF,val=0x78	*
		fork:c
		c/read:m		0x00000078
		c/read:n		0x00000078
		c/mprotect:n,prot=rw	EACCES
		exit:c
	END
}

# A driver that forgets to refuse private mappings. At a write fault the kernel has a page for the
# copy, but the helper has made the entry of the device's page writable already.
@test "private: vmf_insert_page_mkwrite lets a first write through to the device, and copies later" {
	local set=region=dax,method=vmf_insert_page_mkwrite,mode=write-back

	need_method vmf_insert_page_mkwrite
	need_room dax 0x2000
	check <<-END
		a=open
		set:a,$set
		s=mmap:a,len=0x2000
		fill:s,val=0x55
		r=open:ro
		set:r,$set
		m=mmap:r,len=0x2000,private		EINVAL
		set:r,$set,flags=private
		n=mmap:r,len=0x2000			EACCES
		m=mmap:r,len=0x2000,private
		write:m,val=0x66
		leaf:m			pte write-back dax+0x0 writable dirty young
		read:s			0x00000066
		read:m,off=0x1000	0x00000055
		leaf:m,off=0x1000	pte write-back dax+0x1000 young
		write:m,off=0x1000,val=0x77
		leaf:m,off=0x1000	pte write-back pfn=other writable dirty young
		read:s,off=0x1000	0x00000055
		munmap:m
		munmap:s
		folio:dax+0x0		refs=1 mapcount=0 *
	END
}
