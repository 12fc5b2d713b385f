#!/usr/bin/env bats
# Two mappings, or a mapping and a reservation, of one range in two modes: which one the kernel
# refuses, and which one silently gets the other's mode. conflict.bats has all pairs of holders
# and modes.

load helpers/common

LEN=16384

# is_new_memtype_allowed() decides which of two modes yields.
refuses() { # HELD ASKED
	need_region mmio
	need_pat
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=$1
		set:b,region=mmio,mode=$2
		m=mmap:a,len=$LEN
		fill:m,val=0x5a
		n=mmap:b,len=$LEN	EINVAL
		leaf:m			pte $1 *
		check:m,val=0x5a
		list:mmio		0x0-0x4000 $1
	END
	run -0 log
	assert_output --regexp "map pfn expected mapping type $2 for \[mem .*\], got $1"
}

yields() { # HELD ASKED
	need_region mmio
	need_pat
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=$1
		set:b,region=mmio,mode=$2
		m=mmap:a,len=$LEN
		fill:m,val=0x5a
		n=mmap:b,len=$LEN
		leaf:m		pte $1 *
		check:n,val=0x5a
		leaf:n		pte $1 *
		list:mmio	0x0-0x4000 $1, 0x0-0x4000 $1
	END
}

@test "conflict: write-combining is refused over write-back, the first unharmed" { refuses write-back write-combining; }
@test "conflict: uncached-minus is refused over write-back" { refuses write-back uncached-minus; }
@test "conflict: write-through is refused over write-back" { refuses write-back write-through; }
@test "conflict: write-through is refused over write-combining" { refuses write-combining write-through; }
@test "conflict: uncached over write-back silently becomes write-back" { yields write-back uncached; }
@test "conflict: write-back over write-combining silently becomes write-combining" { yields write-combining write-back; }
@test "conflict: write-back over uncached-minus silently becomes uncached-minus" { yields uncached-minus write-back; }
@test "conflict: uncached-minus over write-combining silently becomes write-combining" { yields write-combining uncached-minus; }

@test "conflict: an overlap at either end, or inside, is refused" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-back
		set:b,region=mmio,mode=write-combining
		m=mmap:a,off=0x4000,len=0x4000
		n=mmap:b,off=0x1000,len=0x4000	EINVAL
		n=mmap:b,off=0x7000,len=0x4000	EINVAL
		n=mmap:b,off=0x5000,len=0x1000	EINVAL
		n=mmap:b,off=0,len=0x10000	EINVAL
		list:mmio			0x4000-0x8000 write-back
	END
}

@test "conflict: ranges that only touch do not conflict" {
	need_region mmio
	need_pat
	TERMS+=([WC]=write-combining [WB]=write-back)
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-combining
		set:b,region=mmio,mode=write-back
		m=mmap:a,off=0x4000,len=0x4000
		n=mmap:b,off=0,len=0x4000
		o=mmap:b,off=0x8000,len=0x4000
		list:mmio	0x0-0x4000 WB, 0x4000-0x8000 WC, 0x8000-0xc000 WB
	END
}

@test "conflict: a reservation refuses a mapping, and the other way round" {
	need_region mmio
	need_pat
	check <<-END
		a=open
		r=reserve:a,region=mmio,len=4096,mode=write-back	write-back
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=4096					EINVAL
		release:r
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=4096
		s=reserve:a,region=mmio,len=4096,mode=write-combining	EBUSY
		list:mmio						0x0-0x1000 write-back
		munmap:m
		s=reserve:a,region=mmio,len=4096,mode=write-combining	write-combining
	END
}
