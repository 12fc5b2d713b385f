#!/usr/bin/env bats
# WAIT_IDLE returns when nobody has a reference to a range any more. fs/dax waits in this way
# before it gives blocks to another file, dax_break_layout(); rows D2 to D7 of docs/glossary.md.
# The ioctl waits for pins, and for entries, too, where they count. Two CPUs use a page that was
# waited for: the page belongs to one of them.

load helpers/common
load helpers/cpus
load shared/zone-device

teardown_file() {
	cpus_back
}

at_once() {
	local len

	# shellcheck disable=SC2153 # helpers/common has it
	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		idle:dax+0
		m=mmap:a,len=$len
		idle:dax+0
		write:m,val=1
		munmap:m
		idle:dax+0
		idle:dax+0,len=$len
	END
}
zd_register "WAIT_IDLE returns at once where nobody has a reference" at_once

# WAIT_IDLE waits for the mapping as well, where an entry is a reference.
mapped() {
	local len answer=ok

	len=${LEAF_BYTES[$1]}
	! entries_count || answer=ETIMEDOUT
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		idle:dax+0,timeout=30	$answer
		zap:a,how=mapping
		idle:dax+0,timeout=30
		munmap:m
	END
}
zd_register "WAIT_IDLE waits for an entry since 6.15" mapped

# Pin, unmap, wait in a child, unpin after 0.3 s. The lines come in the order of time: a child
# that does not wait would print before.
waits_for() { # LEVEL HOW
	local len ended

	zd_need "$1"
	len=${LEAF_BYTES[$1]}
	zd_open "$1" a
	try "${REPLY[@]}" "m=mmap:a,len=$len" write:m,val=1 "p=pin:m,$2" munmap:m \
		idle:dax+0,timeout=30 fork:c 'c&/idle:dax+0' sleep:300 unpin:p join:c idle:dax+0,timeout=30
	# Both end at once: either line may come first.
	for ended in $'idle dax+0: ok\nunpin p: ok' $'unpin p: ok\nidle dax+0: ok'; do
		[[ $output != *$'\nidle dax+0: ETIMEDOUT\nfork c: ok\nsleep 300: ok\n'"$ended"$'\nidle dax+0: ok' ]] ||
			return 0
	done
	fail "$output"
}
for how in slow slow,longterm,write fast either,longterm; do
	zd_register "WAIT_IDLE waits until the last unpin, $how" waits_for $how
done

# The pin is in the folio's last page. WAIT_IDLE of any part of the folio waits for it.
@test "D16: a folio that is partly in the range is waited for, and others are not" {
	zd pmd <<-END
		m=mmap:a,len=0x400000
		write:m,val=1
		p=pin:m,off=0x1ff000,slow			PIN
		munmap:m
		idle:dax+0,timeout=20				ETIMEDOUT
		idle:dax+0x1fe000,timeout=20			ETIMEDOUT
		idle:dax+0x100000,len=0x200000,timeout=20	ETIMEDOUT
		idle:dax+0x200000
		idle:dax+0x200000,len=0x200000
		unpin:p
		idle:dax+0
	END
}

@test "D13: of two pages, the pinned one is waited for" {
	zd pte <<-END
		m=mmap:a,len=0x2000
		write:m,val=1
		p=pin:m,off=0x1000,slow			PIN
		munmap:m
		idle:dax+0
		idle:dax+0x1000,timeout=20		ETIMEDOUT
		idle:dax+0,len=0x2000,timeout=20	ETIMEDOUT
		idle:dax+0x2000
		unpin:p
		idle:dax+0,len=0x2000
	END
}

@test "D13: all of the region is waited for" {
	local bytes

	need_region dax
	bytes=$(region_field dax bytes)
	zd pte <<-END
		m=mmap:a,len=0x1000
		write:m,val=1
		p=pin:m,slow				PIN
		munmap:m
		idle:dax+0,len=$bytes,timeout=20	ETIMEDOUT
		unpin:p
		idle:dax+0,len=$bytes
	END
}

@test "D13: a signal ends the wait, and so does SIGKILL" {
	zd pte <<-END
		m=mmap:a,len=0x1000
		write:m,val=1
		p=pin:m,slow			PIN
		munmap:m
		alarm:100
		idle:dax+0			EINTR
		alarm:100
		idle:dax+0,timeout=100000	EINTR
		unpin:p
		idle:dax+0
	END
	try a=open "set:a,region=dax,method=${COUNTED[pte]},mode=write-back" m=mmap:a,len=0x1000 \
		write:m,val=1 p=pin:m,slow munmap:m fork:c 'c&/idle:dax+0' sleep:50 kill:c unpin:p
	[[ $output == *$'\nfork c: ok\nsleep 50: ok\nkill c: SIGKILL\nunpin p: ok' ]] || fail "$output"
}

# PFNMAP mappings of the same memory have no references, and nobody waits for them.
@test "D13: a mapping of pfns is not waited for" {
	need_region dax
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_pfn,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=1
		idle:dax+0,timeout=30
		leaf:m	pte write-back dax+0x0 *
	END
}

# Numbers and places of fields as in module/uapi/pfnmap_test.h. uapi.bats has what every ioctl
# refuses.
@test "uapi: WAIT_IDLE refuses what is not a range of the dax region" {
	local rows='' text region offset len reserved bytes

	need_region dax
	bytes=$(region_field dax bytes)
	# answer, region, offset, bytes, reserved
	while read -r text region offset len reserved; do
		rows+="ioctl:a,nr=16,size=32,u32@4=$region,u64@8=$offset,u64@16=$len,u32@24=1,u32@28=$reserved $text"$'\n'
	done <<-END
		ok 3 0 0x1000 0
		ok 3 0 $bytes 0
		EINVAL 0 0 0x1000 0
		EINVAL 99 0 0x1000 0
		EOPNOTSUPP 1 0 0x1000 0
		EOPNOTSUPP 2 0 0x1000 0
		EINVAL 3 0 0x1000 1
		EINVAL 3 1 0x1000 0
		EINVAL 3 0 0x1001 0
		EINVAL 3 0 0 0
		EOVERFLOW 3 0x1000 $bytes 0
		EOVERFLOW 3 $bytes 0x1000 0
		EOVERFLOW 3 0x1000 0xfffffffffffff000 0
	END
	check <<<"a=open"$'\n'"$rows"
}

# As a file system does: hold off faults, zap all mappings, wait, and give the page to another
# owner. An entry that is left is present, and the next access finds it; an entry left in the
# other CPU's TLB lets the old owner write to the new one's page (stale). Without the zap
# the wait never ends, or on old kernels entries are present.
reuse() { # LEVEL
	local len step

	need_cpus 2
	zd_need "$1"
	case $1 in
	pte) len=0x4000 step=0x1000 ;;
	pmd) len=0x400000 step=0x100000 ;;
	esac
	zd "$1" <<-END
		m=mmap:a,len=$len
		race:m,how=reuse,region=dax,step=$step,n=300	ok rounds=300 *present=0 stale=0
		munmap:m
		look						BY0
	END
}
# Not with 1 GiB leaves: a race in the kernel can lose these, see zap-race.bats.
for level in pte pmd; do
	zd_register_at $level "a page that is unmapped, waited for and used by another has no stale entry" reuse
done
