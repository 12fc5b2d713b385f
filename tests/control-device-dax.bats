#!/usr/bin/env bats
# Controls: the tests of the dax region, on device-dax, the kernel's own driver for the same
# kind of memory.

load helpers/common
load shared/control
load shared/device-dax

control device-dax . zone-device-refs
control device-dax 'pin (slow|either,longterm,write|fast)[, ]|outlives|: a read-only|many pages|vmsplice:|process_vm' zone-device-pin

# The subject, see shared/zone-device.bash.
zd_need() { # LEVEL
	need_device_dax "${LEAF_BYTES[$1]}"
	# The page map's reference, and that of `watch`.
	# shellcheck disable=SC2034
	ZD_REFS=1 ZD_MAPS=0
	# shellcheck disable=SC2034
	! entries_count || ZD_REFS=2 ZD_MAPS=1
}

zd_open() { # LEVEL FILE
	local len=$((${LEAF_BYTES[$1]} * 2))

	[[ $1 != pud ]] || len=${LEAF_BYTES[pud]}
	control_watch "$DAX" "$len"
	[[ $2 == a ]] || REPLY=("$2=file:$DAX" ask=open)
}

setup_file() {
	device_dax_begin
}

teardown_file() {
	device_dax_end
}

# Cuts: device-dax maps whole folios, and refuses to cut one: __check_vma() and
# dev_dax_may_split(), drivers/dax/device.c:34 and :248 (7.2.13). Our driver allows cuts
# of its leaves, where the kernel can cut them.
whole() { # [LEVEL]
	local level=${1:-pmd} len half

	len=${LEAF_BYTES[$level]}
	half=$((len / 2))
	zd "$level" <<-END
		m=mmap:a,len=$len
		write:m,val=6
		look								BY1
		munmap:m,len=0x1000						EINVAL
		munmap:m,off=$half,len=$half					EINVAL
		mprotect:m,off=$half,len=$half,prot=r				EINVAL
		n=mremap:m,off=$half,old=$half,len=$half,fixed=0x600000000000	EINVAL
		n=mmap:a,off=0x1000,len=0x3000					EINVAL
		n=mmap:a,len=0x3000						EINVAL
		leaf:m								LEVEL AT+0x0 writable dirty young*
		look								BY1
		munmap:m
		look								BY0
	END
}
# shellcheck disable=SC2034 # shared/control.bash goes by it
CONTROL_DIFFERS=(
	["D16: munmap of part drops the leaf's reference, and pages take their own, pmd"]=whole
	["D15: munmap of part drops the leaf's reference, and pages take their own, pud"]=whole
	["D16: munmap of the second half drops the leaf's reference, pmd"]=whole
	["D15: munmap of the second half drops the leaf's reference, pud"]=whole
	["D16: mprotect of the second half splits, and drops the leaf's reference, pmd"]=whole
	["D15: mprotect of the second half splits, and drops the leaf's reference, pud"]=whole
	["D16: mremap of the second half drops the leaf's reference, pmd"]=whole
	["D11: pages of a large folio, mapped one by one, are counted in its head"]=whole
	["D11: a large folio counts a leaf and pages that map it at once"]=whole
)

# A mapping may grow, and be doubled: dax_mmap_prepare(), drivers/dax/device.c:293
# (7.2.13), does not set VM_DONTEXPAND; our driver does. Access past the end of the memory
# gets SIGBUS.
grows() {
	zd pte <<-END
		m=mmap:a,len=0x2000
		read:m				0x????????
		n=mremap:m,old=0,len=0x2000,maymove
		read:n				0x????????
		look				BY2
		n=mremap:n,len=0x4000,maymove
		look				BY2
		o=mmap:a,len=0x1000,private	EINVAL
		madvise:n,advice=remove		*
		munmap:n
		look				BY1
		munmap:m
		look				BY0
	END
}
CONTROL_DIFFERS["D13: refused operations change no reference"]=grows

# get_old_pud(), mm/mremap.c:90 (7.2.13), clears a 1 GiB entry as a bad one, and the entry's
# reference stays for ever. Our driver zaps the entry before.
lost() {
	skip "the kernel loses 1 GiB entries in mremap(): findings/mremap-loses-pud"
}
CONTROL_DIFFERS["D15: mremap moves the reference with the entry, pud"]=lost

# In 6.1 and 6.12 a read maps writable: vmf_insert_mixed() takes the VMA's protection, in
# __dev_dax_pte_fault(), drivers/dax/device.c:133 (6.12.107).
writable() { # LEVEL
	zd pte <<-END
		m=mmap:a,len=0x1000
		read:m	0x????????
		leaf:m	pte AT+0x0 writable young special
		write:m,val=1
		leaf:m	pte AT+0x0 writable dirty young special
		munmap:m
	END
}
# shellcheck disable=SC2034
entries_count || CONTROL_DIFFERS["D13: a write to what was read takes no second reference, pte"]=writable

# The first touch of a folio sets its index. So the test binds the device anew, and first touches it
# inside of a leaf. There dax_set_mapping() took the index of the next leaf, until 7fcbd9785d4c
# (CVE-2024-50022).
touched_within() { # LEVEL
	local len at=0x200000 index=0x200

	zd_need "$1"
	len=${LEAF_BYTES[$1]}
	[[ $1 != pud ]] || at=0x0 index=0x0
	fixed_in 6.12 6.11.4 6.6.57 6.1.113 ||
		skip "this kernel takes the index from the leaf after"
	device_dax_anew "$len"
	check <<-END
		ask=open
		a=file:$DAX
		m=mmap:a,len=$((at + len))
		read:m,off=$((at + 0x1ff000))	0x????????
		leaf:m,off=$at			$1 write-back pfn=other*
		folio:m,off=$at			* order=${ORDERS[$1]} * index=$index *mapping*
		munmap:m
	END
}

@test "device-dax: a 2 MiB leaf that is first touched inside has its own index" {
	touched_within pmd
}
@test "device-dax: a 1 GiB leaf that is first touched inside has its own index" {
	touched_within pud
}

# mmap() of more than the device has succeeds, and a fault behind the device's end does not
# (dax_pgoff_to_phys()).
ends() { # LEVEL
	local len end

	zd_need "$1"
	len=${LEAF_BYTES[$1]}
	end=$(target_read "$DAX_SYS/size")
	check <<-END
		ask=open
		a=file:$DAX
		m=mmap:a,off=$((end - len)),len=$((2 * len))
		read:m,off=$((len - 0x1000))	0x????????
		leaf:m				$1 write-back pfn=other*
		read:m,off=$len			SIGBUS
		write:m,off=$((2 * len - 4))	SIGBUS
		leaf:m,off=$len			none
		munmap:m
	END
}

@test "device-dax: the last page maps, and nothing behind it" { ends pte; }
@test "device-dax: the last 2 MiB map, and nothing behind them" { ends pmd; }

# device-dax of 2 MiB has no small entries to fall back to, where the process has no huge pages:
# dev_dax_huge_fault() is not called, and dev_dax_fault() refuses pages.
@test "device-dax: with PR_SET_THP_DISABLE a touch of 2 MiB memory is SIGBUS" {
	zd_need pmd
	check <<-END
		prctl:set_thp_disable
		ask=open
		a=file:$DAX
		m=mmap:a,len=0x400000
		read:m			SIGBUS
		leaf:m			none
		prctl:set_thp_disable,arg=0
		read:m			0x????????
		leaf:m			pmd write-back pfn=other*
		madvise:m,advice=nohugepage
		read:m,off=0x200000	SIGBUS
		munmap:m
	END
}
