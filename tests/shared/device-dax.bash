# shellcheck shell=bash
# device-dax, only on memory that the command line gives for it (memmap=SIZE%ADDR, see
# vm/host/machines.py): other /dev/dax* of a machine may be in use. Call device_dax_begin and
# device_dax_end from setup_file and teardown_file.

DAX=/dev/${DAX_NAME-}
DAX_SYS=/sys/bus/dax/devices/${DAX_NAME-}

# $REPLY: where the memory is.
device_dax_given() {
	REPLY=$(sed -nE 's/.*[ =,]1G%(0x[0-9a-f]+)-1\+0xefffffff.*/\1/p' <<<"$CMDLINE")
	[[ -n $REPLY ]]
}

# $DAX_NAME, $DAX, $DAX_SYS: the device of the memory at $REPLY. It is dax1.0 where a region
# of nd_pmem's has number 0.
device_dax_find() {
	local file

	# shellcheck disable=SC2016 # expanded there
	file=$(target_shell 'cd /sys/bus/dax/devices && grep -lx "$1" */resource' "$REPLY") || return
	export DAX_NAME=${file%/resource}
	# shellcheck disable=SC2034 # for the tests
	DAX=/dev/$DAX_NAME DAX_SYS=/sys/bus/dax/devices/$DAX_NAME
}

device_dax_begin() {
	if ! device_dax_given; then
		export NO_DAX="no memory is given for device-dax"
	elif ! modprobe -a device_dax dax_hmem 2>/dev/null; then
		export NO_DAX="no CONFIG_DEV_DAX and CONFIG_DEV_DAX_HMEM here"
	elif ! device_dax_find; then
		export NO_DAX="no device of the memory at $REPLY"
	elif ! target_has "$DAX_SYS/driver"; then
		# The kernel gives such memory to dax_kmem, unless told otherwise.
		target_write /sys/bus/dax/drivers/device_dax/new_id "$DAX_NAME"
	fi
}

device_dax_end() {
	rmmod dax_hmem device_dax 2>/dev/null || true
}

# Binds the device anew, which makes pages of the size that it maps: one size, its alignment.
device_dax_anew() { # BYTES
	# shellcheck disable=SC2016 # expanded there
	target_shell 'cd /sys/bus/dax/drivers/device_dax
		echo "$1" >unbind
		echo "$2" >"/sys/bus/dax/devices/$1/align"
		echo "$1" >bind' "$DAX_NAME" $(($1))
}

# need_device_dax [BYTES]: skips unless the device is there; it then maps entries of BYTES.
need_device_dax() {
	[[ -z ${NO_DAX-} ]] || skip "$NO_DAX"
	(($# == 0)) || (($(target_read "$DAX_SYS/align") == $1)) || device_dax_anew "$1"
}
