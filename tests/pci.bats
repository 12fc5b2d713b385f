#!/usr/bin/env bats
# mmio=pci:DDDD:BB:DD.F/BAR: a prefetchable BAR of the PCI device that IVSHMEM names; in a
# guest the device is one of QEMU's. Ends with the module loaded as it was.

load helpers/common
load helpers/cpus
load shared/vfio

setup_file() {
	rmmod pfnmap_test
}

teardown_file() {
	cpus_back
	module_loaded || suite_load
}

setup() {
	[[ -n ${IVSHMEM:-} ]] || skip "no PCI device to try it on: set IVSHMEM=DDDD:BB:DD.F/BAR"
	# After a red test the module is loaded (invariants_check).
	! module_loaded || rmmod pfnmap_test
	invariants_note
}

clean_up() {
	[[ -z ${MARKER:-} ]] || ! module_loaded || rmmod pfnmap_test || return
	vfio_take_back
}

refused() { # REASON PARAM...
	local reason=$1
	shift
	run module_load "$@"
	assert_failure
	run -0 log
	assert_line --partial "$reason"
}

@test "pci: a prefetchable BAR is the mmio region, write-combining by default" {
	local bar=${IVSHMEM%/*} held='0x0-0x4000 write-combining'

	[[ $MACHINE == x86_64 ]] || held=EOPNOTSUPP
	module_load "mmio=pci:$IVSHMEM" dax=off
	check <<-END
		a=open
		m=mmap:a,len=0x4000
		write:m,val=0x1234
		leaf:m		pte write-combining mmio+0x0 writable dirty young special
		list:mmio	$held
		munmap:m
		word:mmio+0x0	0x0000000000001234
	END
	# start is the BAR's, and the module has claimed the BAR.
	target_read "/sys/bus/pci/devices/$bar/resource" | sed 's/0x//g' |
		grep -qi "^$(printf %016x "$(region_field mmio start)") "
	target_read /proc/iomem | grep -q ' : pfnmap_test$'
	run -0 pfnmapctl info -j
	run -0 jq -r '.[] | select(.kind == "region" and .name == "mmio") | .flags' <<<"$output"
	assert_output pci
}

@test "pci: every method that maps mmio maps a BAR" {
	local method regions node level mapped=0

	module_load "mmio=pci:$IVSHMEM" dax=off
	for method in $METHODS; do
		info_of method "$method"
		read -r _ _ _ regions _ <<<"$REPLY"
		[[ ,$regions, == *,mmio,* ]] || continue
		node=
		[[ $method != mmap_* ]] || node=:prepare
		level=pte
		[[ $method != *_pmd ]] || level=pmd
		check <<-END
			a=open$node
			set:a,region=mmio,method=$method,mode=write-combining,level=$level
			m=mmap:a,len=0x200000
			write:m,val=0x55
			leaf:m			p[mt][de] @(write-combining|uncached-minus) mmio+0x0 writable*
			word:mmio+0x0		0x0000000000000055
			word:mmio+0x0,val=0	*
		END
		mapped=$((mapped + 1))
	done
	((mapped > 5)) || fail "$mapped methods"
}

@test "pci: a device, function or BAR that is not there is refused" {
	local dev=${IVSHMEM%/*}

	refused "no such PCI device" mmio=pci:0000:ff:1f.7/0
	refused "no memory BAR" "mmio=pci:$dev/5"
	refused "no multiple of the page size" "mmio=pci:$dev/0"
}

@test "pci: what is no name of a BAR is refused" {
	local text

	for text in pci: pci:nonsense pci:0000:00:10.0 pci:0000:00:10.0/6 pci:0000:00:20.0/0 \
		pci:0000:00:10.8/0 "pci:$IVSHMEM,x"; do
		refused "not pci:DDDD:BB:DD.F/BAR" "mmio=$text"
	done
}

@test "pci: the module claims the BAR as long as it is loaded, and only mmio= takes one" {
	module_load "mmio=pci:$IVSHMEM" dax=off
	target_read /proc/iomem | grep -q ' : pfnmap_test$'
	rmmod pfnmap_test
	run ! grep ' : pfnmap_test$' <(target_read /proc/iomem)
	# The dax region takes no BAR.
	refused "only mmio= takes a BAR" "dax=pci:$IVSHMEM" mmio=off
}

# With a driver, sysfs lets nobody disable the device, resize its BARs or bind another driver.
@test "pci: the module is the device's driver as long as it is loaded" {
	local bar=${IVSHMEM%/*} driver

	driver=/sys/bus/pci/devices/$bar/driver
	module_load "mmio=pci:$IVSHMEM" dax=off
	run -0 on readlink "$driver"
	assert_output --regexp '/pfnmap_test$'
	run target_write "/sys/bus/pci/devices/$bar/enable" 0
	assert_failure
	rmmod pfnmap_test
	run ! target_has "$driver"
}

@test "pci: a device that a driver has is refused, even if the driver has claimed no BAR" {
	vfio_begin
	vfio_give "${IVSHMEM%/*}"
	refused "has a driver" "mmio=pci:$IVSHMEM" dax=off
	vfio_take_back
	vfio_end
	module_load "mmio=pci:$IVSHMEM" dax=off
}

@test "pci: who unbinds the device waits until nobody has its BAR open or mapped" {
	local driver=/sys/bus/pci/drivers/pfnmap_test bar=${IVSHMEM%/*} enabled

	enabled=get:/sys/bus/pci/devices/$bar/enable
	module_load "mmio=pci:$IVSHMEM" dax=off
	# The module disables the device when the wait is over.
	try fork:c a=open m=mmap:a,len=0x4000 write:m,val=0x77 close:a \
		"c&/put:$driver/unbind,text=$bar" sleep:500 read:m "$enabled" \
		b=open set:b,region=mmio close:b munmap:m join:c "$enabled"
	assert_equal "$(grep '^get enable' <<<"$output")" $'get enable: 1\nget enable: 0'
	assert_line "read m+0x0: 0x00000077"
	assert_line "set b: ENXIO"
	run target_write "$driver/bind" "$bar"
	assert_failure
	rmmod pfnmap_test
	module_load "mmio=pci:$IVSHMEM" dax=off
}

# Someone unbinds the device again and again. A load then finds itself to be no driver any more
# either at once, or when it wants to hear of the device's removal.
@test "pci: a load fails whose device is taken away meanwhile, and the log says so" {
	local bar=${IVSHMEM%/*} loads failed

	need_cpus 2
	load_command
	# shellcheck disable=SC2016 # expanded there
	run -0 target_shell 'bar=$1 failed=0 i=0
		shift
		while :; do
			echo "$bar" >/sys/bus/pci/drivers/pfnmap_test/unbind || true
		done 2>/dev/null &
		while [ $i -lt 300 ] && ! dmesg | grep -q "was taken from the module"; do
			i=$((i + 1))
			if "$@" 2>/dev/null; then rmmod pfnmap_test; else failed=$((failed + 1)); fi
		done
		kill $!
		echo "$i $failed"' "$bar" "${LOAD[@]}" "mmio=pci:$IVSHMEM" dax=off
	read -r loads failed <<<"$output"
	run -0 log
	# One insmod may try twice.
	(($(grep -c 'mmio=pci:.* (error -' <<<"$output") >= failed)) ||
		fail "$failed loads failed, and the log says: $output"
	[[ $output == *"was taken from the module"* ]] || skip "not met in $loads loads"
	echo "# met in load $loads" >&3
}

# After the removal another device may get its addresses. So the removal waits.
@test "pci: a device is removed when nobody has its BAR open or mapped any more" {
	local sys=/sys/bus/pci/devices/${IVSHMEM%/*}

	module_load "mmio=pci:$IVSHMEM" dax=off
	# The child has nothing open.
	try fork:c a=open m=mmap:a,len=0x4000 write:m,val=0x77 close:a \
		"c&/put:$sys/remove,text=1" sleep:500 "f=file:$sys/vendor,ro" close:f read:m \
		b=open set:b,region=mmio close:b munmap:m join:c "f=file:$sys/vendor,ro"
	assert_line "file f: ok"
	assert_line "read m+0x0: 0x00000077"
	assert_line "set b: ENXIO"
	assert_equal "${output##*$'\n'}" "file f: ENOENT"
	rmmod pfnmap_test
	target_write /sys/bus/pci/rescan 1
	target_has "$sys/vendor"
	run -0 log
	assert_line --partial "is being removed: "
	refute_line --partial "nonexistent resource"
}

# T3, the other way round: the holder of a range decides in which mode memremap_pages()
# may track it.
@test "T3: memremap_pages() over a BAR gets the write-combining that others hold" {
	local start bytes held path=/sys/bus/pci/devices/${IVSHMEM%/*}/resource${IVSHMEM#*/}_wc

	target_has "$path" || skip "no $path"
	module_load "mmio=pci:$IVSHMEM" dax=off
	start=$(region_field mmio start)
	bytes=$(region_field mmio bytes)
	need_pat
	need_memtype
	rmmod pfnmap_test

	PFNMAP_TEST_DEVICE=$path beside a=open m=mmap:a,len=0x2000 await read:m
	run module_load mmio=off "dax=$(printf '0x%x@0x%x' "$bytes" "$start")"
	# Write-back over write-combining silently gets the held mode. But when a driver
	# claims a range of I/O memory, the kernel zaps user space's mappings of it
	# (revoke_iomem(), CONFIG_IO_STRICT_DEVMEM), and before 6.16 a zap gave the
	# reservation back.
	assert_success
	check <<-END
		a=open
		lookup:dax+0x0	=held
	END
	held=${SAID[held]}
	beside_end
	if [[ $TRACKING == *ctx || ${output##*$'\n'} != "read m+0x0: SIGBUS" ]]; then
		assert_regex "$held" '^write-combining tracked count=2 '
	else
		# The MTRRs decide what write-back becomes at the BAR's addresses.
		assert_regex "$held" '^(uncached-minus|write-back) tracked count=1 '
		behaviour "who claims I/O memory leaves its users' reservations" "bug reproduced"
	fi
	[[ $TRACKING != *ctx ]] ||
		behaviour "who claims I/O memory leaves its users' reservations" fixed
}
