#!/usr/bin/env bats
# fork() of a mapping that got another mode than the driver asked for. Before 6.16 (VM_PAT) fork()
# reserves the range a second time, and fails if the child does not get the mode that it requests:
# it requests the mode of the parent's entries. Since 6.16 the child shares the parent's range.

load helpers/common

setup_file() {
	need_pat
	need_memtype
}

# granted MODE REGION ROWS: the last of ROWS maps m in MODE; a child has m in MODE, too.
granted() {
	local mode=$1 region=$2

	# Entries of pfns are copied, or fault in again.
	check <<-END
		$3
		leaf:m		pte $mode $region+0x0 *
		fork:c
		c/leaf:m	@(none|pte $mode $region+0x0 *)
		c/read:m	0x*
		leaf:m		pte $mode $region+0x0 *
		exit:c
		munmap:m
		list:$region	0x0-0x* $mode
	END
}

@test "fork: a child has write-back dax memory as its parent, which asked for uncached" {
	need_region dax
	granted write-back dax "$(
		cat <<-END
			a=open
			set:a,region=dax,mode=uncached
			m=mmap:a,len=0x2000
		END
	)"
}

@test "fork: of dax memory that was asked for uncached, and is write-back, private" {
	need_region dax
	granted write-back dax "$(
		cat <<-END
			a=open
			set:a,region=dax,mode=uncached
			m=mmap:a,len=0x2000,private
		END
	)"
}

@test "fork: a child has the held mode that its parent got, after the holder has let go" {
	need_region mmio
	check <<-END
		a=open
		b=open
		set:a,region=mmio,mode=write-back
		r=reserve:b,region=mmio,len=0x2000,mode=write-combining	write-combining
		m=mmap:a,len=0x2000
		release:r
		leaf:m							pte write-combining mmio+0x0 *
		fork:c
		c/leaf:m						pte write-combining mmio+0x0 *
		c/read:m						0x*
		exit:c
		munmap:m
		list:mmio						none
	END
}

# while_held [WORD]: the mapping gets the mode of another open file, which goes on holding it.
while_held() {
	granted write-combining mmio "$(
		cat <<-END
			b=open
			a=open
			set:a,region=mmio,mode=write-back
			r=reserve:b,region=mmio,len=0x2000,mode=write-combining	write-combining
			m=mmap:a,len=0x2000${1+,$1}
		END
	)"
}

@test "fork: a child has the held mode that its parent got, while somebody holds it" {
	need_region mmio
	while_held
}

@test "fork: of a private mapping that got a held mode, while it is held" {
	need_region mmio
	while_held private
}
