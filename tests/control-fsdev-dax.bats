#!/usr/bin/env bats
# Controls: fsdev_dax, device-dax's other driver (7.2), whose memory is for file systems: page map
# FS_DAX, folios of one page, and no mmap(). fsdev_dax takes over memory that device_dax had in
# large folios, and device_dax gets it back.

load helpers/common
load shared/device-dax

FSDEV=/sys/bus/dax/drivers/fsdev_dax

setup_file() {
	device_dax_begin
	[[ -n ${NO_DAX-} ]] || on modprobe fsdev_dax 2>/dev/null ||
		export NO_DAX="no CONFIG_DEV_DAX_FSDEV here"
}

teardown_file() {
	rmmod fsdev_dax 2>/dev/null || true
	device_dax_end
}

setup() {
	need_device_dax
	invariants_note
}

# new_id binds the device at once if no other driver has it.
# shellcheck disable=SC2016 # expanded there
driver() { # FROM TO
	target_shell 'cd /sys/bus/dax/drivers
		echo "$3" >"$1/unbind"
		echo "$3" >"$2/new_id"
		[ -e "$2/$3" ]' "$1" "$2" "$DAX_NAME"
}

# Gives the device back to device_dax.
clean_up() {
	! target_has "$FSDEV/$DAX_NAME" || driver fsdev_dax device_dax
	[[ -n ${NO_DAX-} ]] || target_has "/sys/bus/dax/drivers/device_dax/$DAX_NAME"
}

with() { # ALIGNMENT LEVEL
	local at

	device_dax_given
	at=$REPLY
	need_device_dax "$1"
	check <<-END
		a=file:$DAX
		ask=open
		m=mmap:a,len=$1
		write:m,val=7
		leaf:m	$2 write-back pfn=other writable dirty young*
		folio:m	refs=2 mapcount=1 * pgmap=generic *
	END
	driver device_dax fsdev_dax
	check <<-END
		a=file:$DAX
		ask=open
		m=mmap:a,len=$1			ENODEV
		m=mmap:a,len=0x1000,private	ENODEV
		lookup:$at			write-back tracked count=1 *
	END
	driver fsdev_dax device_dax
	check <<-END
		a=file:$DAX
		ask=open
		m=mmap:a,len=$1
		read:m	0x00000007
		leaf:m	$2 write-back pfn=other *
		folio:m	refs=2 mapcount=1 * pgmap=generic *
	END
}

@test "fsdev_dax: takes memory over from device_dax and gives it back, pages" {
	with 0x1000 pte
}

@test "fsdev_dax: takes memory over from device_dax and gives it back, 2 MiB folios" {
	with 0x200000 pmd
}

@test "fsdev_dax: takes memory over from device_dax and gives it back, a 1 GiB folio" {
	with 0x40000000 pud
}
