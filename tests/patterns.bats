#!/usr/bin/env bats
# "Copy it": tests/patterns/ makes a driver of each pattern of module/patterns/, as one would
# submit it. These tests look at what the driver maps.

load helpers/common
load helpers/methods

# The names of the drivers that make check has built, and where they are on the target.
PATTERNS=${PATTERNS-}
DRIVERS=${PFNMAP_TEST_KO:+${PFNMAP_TEST_KO%/*}/patterns}

# Frees the module's memory, which the drivers map meanwhile.
setup_file() {
	rmmod pfnmap_test
	module_load mmio=off dax=off
}

teardown_file() {
	rmmod pfnmap_test
	suite_load
}

clean_up() {
	[[ -z ${DRIVER-} ]] || ! module_loaded "$DRIVER" || rmmod "$DRIVER"
}

# driver_maps NAME [PARAMETERS]: the driver maps at the largest level that the module says of the
# method, and in the mode of the memory: I/O memory as uncached-minus, as drivers map registers.
driver_maps() {
	local range regions levels flags len=0x400000 level mode=write-back

	info_of method "$1"
	read -r _ _ _ regions levels flags <<<"$REPLY"
	level=${levels##*,}
	if [[ $regions == *mmio* ]]; then
		mode=uncached-minus
		[[ ,$flags, != *,reserves,* && ${2-} != wc=1 ]] || mode=write-combining
	fi
	# shellcheck disable=SC2016
	range=$(grep -oE '1G\$0x[0-9a-f]+' <<<"$CMDLINE" | head -n 1)
	[[ -n $range ]] || skip "no 1 GiB was reserved at boot for it, by memmap="
	range="start=${range#*\$} bytes=0x40000000"
	[[ $regions != ram ]] || range="bytes=$len"
	[[ $level != pud ]] || len=0x40000000

	DRIVER=pattern_$1
	# shellcheck disable=SC2086 # words
	insmod "$DRIVERS/$DRIVER.ko" $range ${2-}
	check <<-END
		ask=open
		a=file:/dev/$DRIVER
		m=mmap:a,len=$len,fixed=0x600000000000
		write:m,off=0x3000,val=0x5a
		read:m,off=0x3000	0x0000005a
		leaf:m,off=0x3000	$level $mode *
		munmap:m		ok*
		close:a
	END
}

built() {
	[[ -n $DRIVERS && -n $PATTERNS ]] || skip "no drivers of tests/patterns/ (make check builds them)"
}

# The methods of module/kernel-only/, which are not for drivers to copy.
NOT_FOR_DRIVERS=$(known devmap zero hook)

@test "patterns: there is a driver of each method that is for drivers" {
	local name=''

	built
	# An older kernel with huge pages has the method, but maps by pages. The driver is for
	# kernels with large leaves, by their release, as extract.sh does not ask the kernel.
	since 6.12 || ! has_thp || name=$(known large)
	# shellcheck disable=SC2086 # words
	assert_equal "$(printf '%s\n' $PATTERNS $NOT_FOR_DRIVERS $name | sort)" \
		"$(printf '%s\n' $METHODS $NOT_FOR_DRIVERS | sort -u)"
}

for driver in $PATTERNS; do
	bats_test_function --description "patterns: $driver, copied into a driver, maps" \
		-- driver_maps "$driver"
done

@test "patterns: io_remap_pfn_range, copied into a driver, maps write-combining" {
	built
	need_pat
	driver_maps io_remap_pfn_range wc=1
}
