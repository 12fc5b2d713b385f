#!/usr/bin/env bats
# shellcheck disable=SC2086 # numbers, of shared/uapi.bash
# The ioctls that ask for memtypes, or hold them, with arguments that they must refuse.

load helpers/common
load shared/uapi

reserve() { # ERRNO REGION MODE OFFSET BYTES
	refused "$1" $RESERVE $RESERVE_SIZE "u32@4=$2" "u32@8=$3" "u64@16=$4" "u64@24=$5"
}

@test "uapi: MEMTYPE_LOOKUP refuses addresses that no memory can have" {
	need_memtype
	refused EINVAL $LOOKUP $LOOKUP_SIZE u64@16=0xffffffffffffffff
	refused EINVAL $LOOKUP $LOOKUP_SIZE u64@16=0x8000000000000000
	settle
}

@test "uapi: MEMTYPE_LIST refuses a range that ends before it starts" {
	need_memtype
	refused EINVAL $LIST $LIST_SIZE u64@8=0x2000 u64@16=0x1fff u32@36=1
	settle
}

@test "uapi: MEMTYPE_LIST refuses an array without room, or without memory" {
	need_memtype
	refused EINVAL $LIST $LIST_SIZE u64@16=0xffffffffffffffff u32@36=0
	refused EFAULT $LIST $LIST_SIZE u64@16=0xffffffffffffffff u32@36=8 u64@40=0x1000
	settle
}

@test "uapi: MEMTYPE_LIST takes room for more than there can be" {
	need_memtype
	need_region mmio
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,len=4096
		n=mmap:a,off=0,len=4096
		ioctl:a,nr=$LIST,size=$LIST_SIZE,u64@8=mmio,u64@16=mmio,u32@36=0xffffffff,u64@40=n,u32@4=?,u32@36=?	@(ok u32@4=0x0 u32@36=0x2|EFAULT)*
	END
}

@test "uapi: MEMTYPE_RESERVE refuses unknown regions and modes" {
	need_reservations
	reserve EINVAL 0 1 0 4096
	reserve EINVAL 99 1 0 4096
	reserve EINVAL 2 0 0 4096
	reserve EINVAL 2 7 0 4096
	settle
}

@test "uapi: MEMTYPE_RESERVE refuses empty, unaligned and overflowing ranges" {
	need_reservations
	need_region mmio
	reserve EINVAL 1 1 0 0
	reserve EINVAL 1 1 1 4096
	reserve EINVAL 1 1 0 4095
	reserve EOVERFLOW 1 1 0 0x7ffffffffffff000
	reserve EOVERFLOW 1 1 0xfffffffffffff000 4096
	reserve EOVERFLOW 1 1 0xfffffffffffff000 0x2000
	settle
}

@test "uapi: MEMTYPE_RESERVE says EOPNOTSUPP for most modes of ram, and for write-protected" {
	local mode

	# All but uncached-minus and write-combining.
	for mode in 1 3 5 6; do
		reserve EOPNOTSUPP 2 "$mode" 0 4096
	done
	settle
	need_region mmio
	reserve EOPNOTSUPP 1 6 0 4096
	settle
}

@test "uapi: MEMREMAP_PAGES refuses other regions, reserved fields and what is not in 2 MiB" {
	local steps=("$MEMREMAP" "$MEMREMAP_SIZE") start

	refused EINVAL "${steps[@]}" u32@4=0 u64@24=0x200000
	refused EINVAL "${steps[@]}" u32@4=99 u64@24=0x200000
	refused EOPNOTSUPP "${steps[@]}" u32@4=2 u64@24=0x200000
	settle
	need_region mmio
	start=$(($(region_field mmio start) % 0x200000))
	refused EINVAL "${steps[@]}" u32@4=1 u32@12=1 u64@24=0x200000
	refused EINVAL "${steps[@]}" u32@4=1 "u64@16=$(((0x200000 - start) % 0x200000))"
	refused EINVAL "${steps[@]}" u32@4=1 "u64@16=$(((0x201000 - start) % 0x200000))" u64@24=0x200000
	refused EINVAL "${steps[@]}" u32@4=1 "u64@16=$(((0x200000 - start) % 0x200000))" u64@24=0x1000
	refused EOVERFLOW "${steps[@]}" u32@4=1 u64@24=0x7fffffffffe00000
	refused EOVERFLOW "${steps[@]}" u32@4=1 u64@16=0xffffffffffe00000 u64@24=0x200000
	settle
}

@test "uapi: MEMREMAP_PAGES makes pages once, until they are released" {
	need_room mmio 0x800000
	check <<-END
		a=open
		b=open
		folio:mmio+0x0			ENODATA
		p=memremap:a,len=0x400000
		folio:mmio+0x3ff000		refs=1 mapcount=0 order=0 * pgmap=generic *
		folio:mmio+0x400000		ENODATA
		q=memremap:b,off=0x200000	EBUSY
		q=memremap:b,len=0x800000	EBUSY
		release:p
		folio:mmio+0x0			ENODATA
		q=memremap:b,len=0x800000
		close:b
		folio:mmio+0x0,via=a		ENODATA
	END
}

@test "uapi: MEMTYPE_RELEASE says ENOENT for what this file does not hold" {
	refused ENOENT $RELEASE $RELEASE_SIZE u32@4=0
	refused ENOENT $RELEASE $RELEASE_SIZE u32@4=0xffffffff
	settle
	need_reservations
	need_region mmio
	check <<-END
		a=open
		b=open
		r=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
		ioctl:b,nr=$RELEASE,size=$RELEASE_SIZE,u32@4=1		ENOENT
		release:r
		ioctl:a,nr=$RELEASE,size=$RELEASE_SIZE,u32@4=1		ENOENT
	END
}
