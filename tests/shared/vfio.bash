# shellcheck shell=bash
# PCI devices that vfio-pci has for the time of a test. Call vfio_begin and vfio_end from
# setup_file and teardown_file, vfio_give from setup, and vfio_take_back from clean_up.

VFIO_DEVICES=()

# $VFIO: who has the container /dev/vfio/vfio, type1 or iommufd. iommufd asks get_user_pages() for
# all that it maps, and so knows no pfns.
IOMMUFD_UNSAFE=/sys/module/iommufd/parameters/allow_unsafe_interrupts

# The offset in the device's file where vfio-pci has a BAR.
vfio_bar() { # INDEX
	printf -v REPLY 0x%x $(($1 << 40))
}

# $REPLY: the first PCI device of that vendor and device.
pci_find() { # VENDOR DEVICE
	# shellcheck disable=SC2016 # expanded there
	REPLY=$(target_shell 'cd /sys/bus/pci/devices || exit 0
		for device in *; do
			[ "$(cat "$device/vendor" "$device/device" | tr "\n" " ")" != "$1 $2 " ] ||
				echo "$device"
		done' "$1" "$2" | head -n 1)
}

vfio_begin() {
	if ! target_has /sys/kernel/iommu_groups/0; then
		export NO_VFIO="no IOMMU that the kernel uses (intel_iommu=on)"
	elif ! on modprobe vfio-pci 2>/dev/null; then
		export NO_VFIO="no CONFIG_VFIO_PCI here"
	elif on modprobe vfio_iommu_type1 allow_unsafe_interrupts=1 2>/dev/null; then
		export VFIO=type1
	elif target_has "$IOMMUFD_UNSAFE"; then
		target_write "$IOMMUFD_UNSAFE" 1
		export VFIO=iommufd
	else
		export NO_VFIO="no CONFIG_VFIO_IOMMU_TYPE1 or CONFIG_IOMMUFD_VFIO_CONTAINER here"
	fi
}

vfio_end() {
	[[ ${VFIO-} != iommufd ]] || target_write "$IOMMUFD_UNSAFE" 0
	on modprobe -r vfio-pci vfio_iommu_type1 2>/dev/null || true
}

# Who drives the devices, their PCI_COMMAND, and what is open of vfio.
# shellcheck disable=SC2016 # expanded there
vfio_state() { # DEVICE...
	target_shell 'for device; do
			cd "/sys/bus/pci/devices/$device"
			readlink driver || echo none
			od -An -t x2 -j 4 -N 2 config
		done
		cd /sys/module
		cat vfio/refcnt vfio_pci/refcnt vfio_iommu_type1/refcnt iommufd/refcnt 2>/dev/null || true' "$@"
}

# shellcheck disable=SC2016 # expanded there
vfio_give() { # DEVICE...
	[[ -z ${NO_VFIO-} ]] || skip "$NO_VFIO"
	VFIO_BEFORE=$(vfio_state "$@")
	[[ $VFIO_BEFORE != *../* ]] || skip "a driver has one of $*"
	VFIO_DEVICES=("$@")
	target_shell 'for device; do
			echo vfio-pci >"/sys/bus/pci/devices/$device/driver_override"
			echo "$device" >/sys/bus/pci/drivers/vfio-pci/bind
		done' "$@"
	VFIO_BOUND=$(vfio_state "$@")
}

# Each group, container and device that the test opened is closed, and the devices are as before.
# shellcheck disable=SC2016 # expanded there
vfio_take_back() {
	local bad=0 devices=("${VFIO_DEVICES[@]}")

	((${#devices[@]})) || return 0
	VFIO_DEVICES=()
	same "what is open of vfio" "$VFIO_BOUND" "$(vfio_state "${devices[@]}")" || bad=1
	target_shell 'for device; do
			echo "$device" >/sys/bus/pci/drivers/vfio-pci/unbind
			echo >"/sys/bus/pci/devices/$device/driver_override"
		done' "${devices[@]}" || bad=1
	same "${devices[*]}" "$VFIO_BEFORE" "$(vfio_state "${devices[@]}")" || bad=1
	return $bad
}
