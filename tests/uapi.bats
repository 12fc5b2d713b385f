#!/usr/bin/env bats
# shellcheck disable=SC2086 # numbers, of shared/uapi.bash
# Every ioctl with arguments that it must refuse. uapi-memtype.bats has MEMTYPE_ ioctls and
# MEMREMAP_PAGES.

load helpers/common
load shared/uapi

set_map() { # ERRNO REGION METHOD MODE LEVEL FLAGS CHUNK
	refused "$1" $SET_MAP $SET_MAP_SIZE "u32@4=$2" "u32@8=$3" "u32@12=$4" \
		"u32@16=$5" "u32@20=$6" "u64@24=$7"
}

zap() { # ERRNO HOW FLAGS RESERVED START BYTES
	refused "$1" $ZAP $ZAP_SIZE "u32@4=$2" "u32@8=$3" "u32@12=$4" "u64@16=$5" "u64@24=$6"
}

@test "uapi: an unknown ioctl is ENOTTY" {
	refused ENOTTY 0x15 64
	refused ENOTTY 0xff 64
	settle
}

@test "uapi: another driver's ioctl is ENOTTY" {
	refused ENOTTY $INFO $INFO_SIZE type=0x54
	settle
}

# answers TEXT COMMAND...: the command fails, and its message has the errno's text.
answers() {
	run on "${@:2}"
	assert_failure
	assert_output --partial "$1"
}

@test "uapi: other programs get of the device what a driver without read() and write() gives" {
	answers 'Invalid argument' cat "$DEV"
	answers 'Invalid argument' dd if=/dev/zero of="$DEV" count=1
	answers 'Invalid argument' truncate -s 4096 "$DEV"
	answers 'No such device' fallocate -l 4096 "$DEV"
	answers 'Inappropriate ioctl' stty -F "$DEV"
	answers 'Inappropriate ioctl' blockdev --getsize64 "$DEV"
	assert_equal "$(on stat -c '%s %F' "$DEV")" '0 character special file'
}

@test "uapi: a struct that is too short is EINVAL, for every ioctl" {
	local one nr size

	for one in "${ALL[@]}"; do
		read -r nr size <<<"$one"
		refused EINVAL "$nr" "$size" size0=$((size - 1))
		refused EINVAL "$nr" "$size" size0=4
		refused EINVAL "$nr" "$size" size0=0
	done
	settle
}

@test "uapi: an unknown field that is not zero is E2BIG, for every ioctl" {
	local one nr size

	for one in "${ALL[@]}"; do
		read -r nr size <<<"$one"
		refused E2BIG "$nr" $((size + 8)) "u32@$((size + 4))=1"
	done
	settle
}

@test "uapi: an unknown field that is zero is taken" {
	check <<-END
		a=open
		ioctl:a,nr=$INFO,size=4096,u32@4=?	ok u32@4=0x4
	END
}

@test "uapi: a struct of more than a page is E2BIG" {
	refused E2BIG $INFO 4097
	refused E2BIG $INFO $INFO_SIZE size0=0xffffffff
	settle
}

@test "uapi: a pointer to nothing is EFAULT, for every ioctl" {
	local one nr size

	for one in "${ALL[@]}"; do
		read -r nr size <<<"$one"
		refused EFAULT "$nr" "$size" ptr=bad
	done
	settle
}

@test "uapi: a struct that ends before a hole is read whole and no further" {
	check <<-END
		a=open
		ioctl:a,nr=$INFO,size=$INFO_SIZE,alloc=end,u32@4=?	ok u32@4=0x4
	END
	refused EFAULT $INFO $INFO_SIZE alloc=end "size0=$((INFO_SIZE + 8))"
	settle
}

@test "uapi: a result that can't be written is EFAULT" {
	refused EFAULT $INFO $INFO_SIZE ptr=ro
	settle
}

@test "uapi: an ioctl whose result can't be written is undone" {
	need_region mmio
	need_reservations
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x1000
		ioctl:a,nr=$RESERVE,size=$RESERVE_SIZE,u32@4=1,u32@8=4,u64@24=0x1000,ptr=ro	EFAULT
		ioctl:a,nr=$MEMREMAP,size=$MEMREMAP_SIZE,u32@4=1,u64@24=0x200000,ptr=ro		EFAULT
		list:mmio									none
		ioctl:a,nr=$PIN,size=$PIN_SIZE,u32@4=1,u64@16=m,u64@24=0x1000,ptr=ro		EFAULT
		folio:ram+0x0									refs=2 mapcount=1 *
	END
}

@test "uapi: what has no results needs no memory that can be written" {
	refused ok $SET_MAP $SET_MAP_SIZE u32@4=2 u32@8=1 u32@12=1 u32@16=1 ptr=ro
	settle
}

@test "uapi: DESCRIBE refuses unknown kinds, id 0 and reserved fields" {
	refused EINVAL $DESCRIBE $DESCRIBE_SIZE u32@4=0 u32@8=1
	refused EINVAL $DESCRIBE $DESCRIBE_SIZE u32@4=5 u32@8=1
	refused EINVAL $DESCRIBE $DESCRIBE_SIZE u32@4=1 u32@8=0
	refused EINVAL $DESCRIBE $DESCRIBE_SIZE u32@4=1 u32@8=1 u32@20=1
	settle
}

@test "uapi: DESCRIBE says ENOENT after the last of each kind" {
	local kind

	for kind in 1 2 3 4; do
		refused ENOENT $DESCRIBE $DESCRIBE_SIZE "u32@4=$kind" u32@8=99
		refused ENOENT $DESCRIBE $DESCRIBE_SIZE "u32@4=$kind" u32@8=0xffffffff
		refused ok $DESCRIBE $DESCRIBE_SIZE "u32@4=$kind" u32@8=1
	done
	settle
}

@test "uapi: SET_MAP refuses unknown regions, methods, modes and levels" {
	set_map EINVAL 0 1 1 1 0 0
	set_map EINVAL 99 1 1 1 0 0
	set_map EINVAL 2 0 1 1 0 0
	set_map EINVAL 2 99 1 1 0 0
	set_map EINVAL 2 1 0 1 0 0
	set_map EINVAL 2 1 7 1 0 0
	set_map EINVAL 2 1 1 0 0 0
	set_map EINVAL 2 1 1 4 0 0
	settle
}

@test "uapi: SET_MAP refuses unknown flags, and flags of another method" {
	set_map EINVAL 2 1 1 1 0x80000000 0
	set_map EINVAL 2 2 1 1 1 0
	settle
}

@test "uapi: SET_MAP says EOPNOTSUPP for a level that the method can't reach" {
	set_map EOPNOTSUPP 2 1 1 2 0 0
	set_map EOPNOTSUPP 2 2 1 3 0 0
	settle
}

@test "uapi: SET_MAP wants a chunk with the flag, none without, and in pages" {
	set_map EINVAL 2 1 1 1 2 0
	set_map EINVAL 2 1 1 1 0 4096
	set_map EINVAL 2 1 1 1 2 4095
	set_map ok 2 1 1 1 2 4096
	settle
}

@test "uapi: a refused SET_MAP changes nothing" {
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		set:a,mode=99	EINVAL
		m=mmap:a,len=4096,prot=r
		read:m		0x*
		leaf:m		pte write-back ram+0x0 *
	END
}

@test "uapi: LEAF and VMA say EFAULT where no VMA is" {
	refused EFAULT $LEAF $LEAF_SIZE u64@24=0
	refused EFAULT $LEAF $LEAF_SIZE u64@24=0xffffffffffffffff
	refused EFAULT $LEAF $LEAF_SIZE u64@24=0x800000000000
	refused EFAULT $VMA $VMA_SIZE u64@16=0
	refused EFAULT $VMA $VMA_SIZE u64@16=0xffffffffffffffff
	settle
}

@test "uapi: LEAF refuses reserved fields" {
	refused EINVAL $LEAF $LEAF_SIZE u32@20=1
	settle
}

@test "uapi: ZAP refuses unknown values and reserved fields" {
	zap EINVAL 0 0 0 0 4096
	zap EINVAL 3 0 0 0 4096
	zap EINVAL 2 2 0 0 4096
	zap EINVAL 2 0 1 0 4096
	zap EINVAL 1 1 0 0 4096
	settle
}

@test "uapi: ZAP refuses unaligned, empty and overflowing ranges" {
	zap EINVAL 2 0 0 1 4096
	zap EINVAL 2 0 0 0 4095
	zap EINVAL 1 0 0 0 0
	zap EOVERFLOW 1 0 0 0xfffffffffffff000 0x2000
	zap EOVERFLOW 2 0 0 0x7ffffffffffff000 0x2000
	zap EFAULT 1 0 0 0 4096
	settle
}

@test "uapi: ZAP refuses what is not one mapping of this file" {
	check <<-END
		a=open
		b=open
		m=mmap:a,len=8192
		zap:m,how=vma,off=4096,len=8192	EINVAL
		zap:m,how=vma,len=4096,via=b	EINVAL
		zap:m,how=vma,len=4096
	END
}

@test "uapi: what shows addresses or changes the kernel needs CAP_SYS_ADMIN" {
	local one nr size

	for one in "${ALL[@]:3}"; do
		read -r nr size <<<"$one"
		refused EPERM "$nr" "$size"
	done
	settle uid:nobody
}

@test "uapi: without CAP_SYS_ADMIN an open file still maps, and shows no address" {
	check <<-END
		a=open
		uid:nobody
		ioctl:a,nr=$DESCRIBE,size=$DESCRIBE_SIZE,u32@4=1,u32@8=2,u64@80=?,u64@88=?	ok u64@80=0x0 u64@88=0x[0-9a-f]*000
		set:a,region=ram,mode=write-back
		m=mmap:a,len=4096
		read:m										0x*
	END
}

@test "uapi: the node is root's alone" {
	assert_equal "$(on stat -c '%a %u' "$DEV")" "600 0"
	check <<-END
		uid:nobody
		a=open	EACCES
	END
}

@test "uapi: SET_MAP says EOPNOTSUPP for a method of the other device" {
	need_method mmap_action_remap
	check <<-END
		a=open
		b=open:prepare
		set:a,region=ram,method=mmap_action_remap,mode=write-back	EOPNOTSUPP
		set:b,region=ram,method=remap_pfn_range,mode=write-back		EOPNOTSUPP
		set:b,region=ram,method=mmap_action_remap,mode=write-back
		m=mmap:b,len=0x1000
		read:m								0x*
	END
}

@test "uapi: without SET_MAP the other device maps by mmap_action_remap" {
	need_method mmap_action_remap
	need_region mmio
	check <<-END
		a=open:prepare
		m=mmap:a,len=0x1000
		leaf:m	pte $NONCACHED mmio+0x0 *
		n=mmap:a,len=0x1000,private
		write:n,val=1
		leaf:n	pte * pfn=other writable*
	END
}

@test "uapi: a method that this kernel lacks keeps its name, and is EOPNOTSUPP" {
	local lacking

	run -0 pfnmapctl info -j
	lacking=$(jq -r '.[] | select(.kind == "method" and (.available | not)) | .name' <<<"$output")
	[[ -n $lacking ]]
	for method in $lacking; do
		check <<-END
			a=open
			set:a,region=dax,method=$method	EOPNOTSUPP
		END
	done
}

folio() { # ERRNO REGION ADDRESS
	refused "$1" $FOLIO $FOLIO_SIZE "u32@4=$2" "u64@8=$3"
}

@test "uapi: FOLIO refuses unknown regions and places that are not there" {
	folio EINVAL 9 0
	folio EOVERFLOW 2 0x10000000000
	folio EOVERFLOW 2 0xffffffffffffffff
	folio EFAULT 0 0
	folio EFAULT 0 0xffff800000000000
	settle
}

@test "uapi: FOLIO says ENODATA where nothing is mapped, or no struct page is" {
	need_region mmio
	check <<-END
		a=open
		set:a,region=ram,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x1000
		folio:m		ENODATA
		folio:mmio+0x0	ENODATA
		set:a,region=mmio
		n=mmap:a,len=0x1000
		folio:n		ENODATA
		read:m		0x*
		folio:m		refs=1 mapcount=0 order=0 page_refs=1 pgmap=none index=0x0?( dirty)
	END
}

pin() { # ERRNO HOW FLAGS ADDRESS BYTES
	refused "$1" $PIN $PIN_SIZE "u32@4=$2" "u32@8=$3" "u64@16=$4" "u64@24=$5"
}

@test "uapi: PIN refuses unknown values, and what is not in pages" {
	pin EINVAL 0 0 0 4096
	pin EINVAL 4 0 0 4096
	pin EINVAL 1 8 0 4096
	pin EINVAL 1 6 0 4096
	pin EINVAL 2 2 0 4096
	pin EINVAL 1 0 1 4096
	pin EINVAL 1 0 0 4095
	pin EINVAL 1 0 0 0
	pin EINVAL 1 0 0 0x40001000
	pin EOVERFLOW 1 0 0xfffffffffffff000 4096
	pin EFAULT 1 0 0x1000 4096
	pin EFAULT 2 0 0x1000 4096
	settle
}

@test "uapi: PIN is all or nothing" {
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x4000
		munmap:m,off=0x3000,len=0x1000
		p=pin:m,len=0x4000	EFAULT
		folio:ram+0x0		refs=2 mapcount=1 *
		q=pin:m,len=0x3000	ok *
		folio:ram+0x0		!(refs=2 *)
		unpin:q
		folio:ram+0x0		refs=2 mapcount=1 *
	END
}

@test "uapi: UNPIN says ENOENT for what this file does not hold, and close lets go" {
	check <<-END
		a=open
		b=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a,len=0x1000
		p=pin:m		*
		unpin:p,via=b	ENOENT
		unpin:p
		unpin:p		ENOENT
		q=pin:m,via=b	ok *
		close:b
		folio:ram+0x0	refs=2 mapcount=1 *
	END
}

word() { # ERRNO REGION FLAGS RESERVED OFFSET
	refused "$1" $WORD $WORD_SIZE "u32@4=$2" "u32@8=$3" "u32@12=$4" "u64@16=$5"
}

@test "uapi: WORD refuses unknown values, unaligned offsets and those past the end" {
	word EINVAL 9 0 0 0
	word EINVAL 0 0 0 0
	word EINVAL 2 2 0 0
	word EINVAL 2 0 1 0
	word EINVAL 2 0 0 4
	word EOVERFLOW 2 0 0 0x10000000000
	word EOVERFLOW 2 0 0 0xfffffffffffffff8
	word ok 2 0 0 0
	settle
}

enabled() { # ERRNO REGION ENABLED RESERVED
	refused "$1" $SET_ENABLED $SET_ENABLED_SIZE "u32@4=$2" "u32@8=$3" "u32@12=$4"
}

@test "uapi: SET_ENABLED refuses unknown regions, values and reserved fields" {
	enabled EINVAL 0 1 0
	enabled EINVAL 99 1 0
	enabled EINVAL 2 2 0
	enabled EINVAL 2 0xffffffff 0
	enabled EINVAL 2 1 1
	enabled EINVAL 2 0 0x80000000
	enabled ok 2 0 0
	enabled ok 2 1 0
	settle
}

@test "uapi: methods that reserve a mode, or make folios, need CAP_SYS_ADMIN" {
	local method

	for method in io_mapping_init_wc arch_io_reserve_memtype_wc; do
		need_region mmio
		check <<-END
			a=open
			uid:nobody
			set:a,region=mmio,method=$method	EPERM
		END
	done
	need_region dax
	for method in vmf_insert_page_mkwrite devmap_pte; do
		has_method "$method" || continue
		check <<-END
			a=open
			uid:nobody
			set:a,region=dax,method=$method	EPERM
		END
	done
}

# twice NR SIZE [FIELD=VALUE...]: rows in which a 64-bit and a 32-bit program get the same answer.
twice() {
	local fields=

	(($# == 2)) || printf -v fields ',%s' "${@:3}"
	echo "ioctl:a,nr=$1,size=$2,dump$fields =nr$1 ok bytes=*"
	echo "ioctl:a,nr=$1,size=$2,dump$fields,compat =nr$1"
}

@test "uapi: a 32-bit program gets the same answers" {
	check <<-END
		a=open
		ioctl:a,nr=$INFO,size=$INFO_SIZE,compat	=there @(ok|ENOSYS)
	END
	[[ ${SAID[there]} == ok ]] || skip "this kernel runs no 32-bit programs"
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		m=mmap:a,len=0x4000
		read:m	0x*
		$(twice $INFO $INFO_SIZE)
		$(twice $DESCRIBE $DESCRIBE_SIZE u32@4=1 u32@8=2)
		$(twice $LEAF $LEAF_SIZE u64@24=m+0x0)
		$(twice $VMA $VMA_SIZE u64@16=m+0x0)
		ioctl:a,nr=$DESCRIBE,size=$DESCRIBE_SIZE,u32@4=9,compat	EINVAL
		ioctl:a,nr=$LEAF,size=$LEAF_SIZE,u64@24=0x1000,compat	EFAULT
		ioctl:a,nr=0xff,size=64,compat				ENOTTY
		munmap:m
	END
}

@test "uapi: a 32-bit program's list goes to an address of 64 bits" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=0x4000
		n=anon:len=0x1000
		fill:n,len=0x1000,val=0
		ioctl:a,nr=$LIST,size=$LIST_SIZE,u64@8=mmio+0x0,u64@16=mmio+0x3fff,u32@36=8,u64@40=n+0x0,u32@36=?,compat	@(ok u32@36=0x1|ENOSYS *)
		read:n,off=0x10	=mode 0x*
	END
	[[ ${SAID[mode]} != 0x00000000 ]] || skip "this kernel runs no 32-bit programs"
}
