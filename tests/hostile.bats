#!/usr/bin/env bats
# A program that has the device open and means harm: it tries to reach memory that is not the
# module's, and to read what the kernel left in the memory of an answer. uapi.bats has what an
# open file can do that was passed to a process without rights.

load helpers/common

# Prints a line for each method and region: method, device, region, its bytes, largest level.
mappable() {
	info_json | jq -r '
		(.[] | select(.kind == "region" and .bytes > 0)) as $region
		| .[] | select(.kind == "method" and .available)
		| select(.regions | split(",") | index($region.name))
		| [.name, (if .flags | test("prepare") then "open:prepare" else "open" end),
			$region.name, $region.bytes, (.levels | split(",") | last)] | @tsv'
}

# Offsets past the end, around the sign bit and around the largest address, and growth
# afterwards. The test first maps a valid range, so that it would notice a mapping made in
# its place.
@test "hostile: no method maps what is behind its region, at any offset or size" {
	local method device region bytes level set n=0 last unit

	# shellcheck disable=SC2034 # of check
	TERMS=([NO_MAP]="@(EINVAL|EOVERFLOW|ENOMEM)" [NO_REMAP]="@(EINVAL|EOVERFLOW|ENODEV)")
	while read -r method device region bytes level; do
		unit=${LEAF_BYTES[$level]}
		((bytes >= unit)) || continue
		printf -v last 0x%x $((bytes - unit))
		set="set:a,region=$region,method=$method,mode=write-back,level=$level"
		check <<-END
			a=$device
			$set	=set @(ok|EOPNOTSUPP|EBUSY)
		END
		[[ ${SAID[set]} == ok ]] || continue
		n=$((n + 1))
		check <<-END
			a=$device
			$set
			m=mmap:a,off=$last,len=$unit
			n=mmap:a,off=$last,len=$((2 * unit))			NO_MAP
			n=mmap:a,off=$bytes,len=$unit				NO_MAP
			n=mmap:a,off=0x7ffffffffffff000,len=$unit		NO_MAP
			n=mmap:a,off=0x8000000000000000,len=$unit		NO_MAP
			n=mmap:a,off=0xfffffffffffff000,len=$unit		NO_MAP
			n=mmap:a,len=$((bytes + unit))				NO_MAP
			n=mmap:a,len=0x7ffffffff000				NO_MAP
			mremap:m,len=$((2 * unit)),maymove			@(EFAULT|EINVAL)
			mremap:m,old=0,len=$unit,maymove			@(EFAULT|EINVAL)
			remapfile:m,len=$unit,pgoff=$((bytes / 4096))		NO_REMAP
			remapfile:m,len=$unit,pgoff=0x8000000000000		NO_REMAP
			munmap:m
		END
	done < <(mappable)
	((n >= 10))
}

# An answer does not depend on what was in its place before: each byte was written, or was
# the caller's. So ask twice, over different bytes.
same_answer() { # NR SIZE FIELD=VALUE...
	local fields fill

	fields=$(printf ',%s' "${@:3}")
	for fill in 0 0xa5; do
		ASKED+="ioctl:a,nr=$1,size=$2,dump,fill=$fill$fields =$1$fields ok bytes=*"$'\n'
	done
}

@test "hostile: no answer has bytes that nobody wrote" {
	local ASKED='' i answer

	need_memtype
	# Set the input fields and the reserved ones, and leave all others filled.
	same_answer 0 40
	for i in 1 2 3 4; do
		same_answer 1 96 "u32@4=$i" u32@8=1 u32@20=0
	done
	same_answer 3 40 u64@16=ram+0x1000
	same_answer 3 40 u64@16=0xfee00000
	same_answer 4 48 u64@8=0 u64@16=0xffffffffffffffff u64@24=0 u32@32=0 u32@36=16 u64@40=n+0x0
	same_answer 7 40 u32@20=0 u64@24=m+0x0
	same_answer 7 40 u32@20=0 u64@24=n+0x0
	same_answer 7 40 u32@20=0 u64@24=n+0x10000
	same_answer 8 72 u64@16=m+0x0
	same_answer 8 72 u64@16=n+0x0
	same_answer 10 56 u32@4=2 u64@8=0x1000
	same_answer 10 56 u32@4=0 u64@8=n+0x0
	same_answer 13 32 u32@4=2 u32@8=0 u32@12=0 u64@16=0x1000
	check <<-END
		a=open
		set:a,region=ram,mode=write-back
		m=mmap:a,len=0x4000
		read:m	0x*
		n=anon:len=0x20000
		fill:n,len=0x2000,val=0xa5a5a5a5
		$ASKED
		check:n,off=0x1000,len=0x1000,val=0xa5a5a5a5
	END
	for answer in "${SAID[@]}"; do
		# Nothing looks like a kernel address, but for the end of the list that the
		# test itself gave.
		refute_regex "${answer/ffffffffffffffff/}" 'ffff(ffff|[89a-f][0-9a-f]{3})'
	done
}

# The entries are as long as LIST says, and the bytes behind them stay.
@test "hostile: a list writes its entries and no byte more" {
	need_region mmio
	need_pat
	need_memtype
	check <<-END
		a=open
		set:a,region=mmio,mode=write-back
		m=mmap:a,len=0x4000
		n=anon:len=0x1000
		fill:n,len=0x1000,val=0xa5a5a5a5
		ioctl:a,nr=4,size=48,u64@8=mmio+0x0,u64@16=mmio+0x3fff,u32@36=8,u64@40=n+0x0,u32@36=?	ok u32@36=0x1
		read:n,off=0x14										0x00000000
		check:n,off=0x18,len=0xfe8,val=0xa5a5a5a5
	END
}

# The argument of a refused ioctl comes back as it was given.
@test "hostile: a refused ioctl writes nothing" {
	local untouched header=$BATS_TEST_DIRNAME/../module/uapi/pfnmap_test.h numbers

	numbers=$(sed -nE 's/.*_IO\(PFNMAP_TEST_IOC_TYPE, (0x..)\).*/\1/p' "$header")
	[[ -n $numbers ]] || fail "no ioctl in $header"
	# Longer than any argument.
	printf -v untouched 'a5%.0s' {1..252}
	# shellcheck disable=SC2086 # words
	printf 'ioctl:a,nr=%d,size=256,dump,fill=0xa5 E2BIG bytes=00010000'"$untouched"'\n' $numbers \
		>"$BATS_TEST_TMPDIR/rows"
	check <<-END
		a=open
		$(<"$BATS_TEST_TMPDIR/rows")
	END
}

# STRICT_DEVMEM lets /dev/mem map memory that is not RAM; IO_STRICT_DEVMEM refuses busy ranges.
@test "hostile: nobody maps the regions by /dev/mem" {
	local region start

	on test -c /dev/mem || skip "no /dev/mem: no CONFIG_DEVMEM"
	for region in mmio dax; do
		start=$(region_field $region start)
		[[ $start != 0 ]] || continue
		check <<-END
			a=file:/dev/mem
			m=mmap:a,off=$start,len=0x1000	=map @(ok|EPERM)
		END
		[[ ${SAID[map]} != EPERM ]] || continue
		! on grep -qx CONFIG_IO_STRICT_DEVMEM=y "/boot/config-$RELEASE" 2>/dev/null ||
			fail "/dev/mem maps the $region region"
		skip "this kernel's /dev/mem maps what is busy: no CONFIG_IO_STRICT_DEVMEM"
	done
}
