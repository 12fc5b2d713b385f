#!/usr/bin/env bats
# "Copy it": each pattern of module/patterns/, unchanged, is built into a driver of its own
# (tests/patterns/), and these tests look at what that maps. On a kernel without the helper
# the driver is built too, and refuses to load.

load helpers/common

# bats_test_function
bats_require_minimum_version 1.11.0

# What was built, by name, and where it is on the target: make check builds them.
PATTERNS=${PATTERNS-}
DRIVERS=${PFNMAP_TEST_KO:+${PFNMAP_TEST_KO%/*}/patterns}

# The memory is theirs for the time.
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

# What comes out, in LEVEL and MODE, of memory that is mapped uncached-minus where it is
# I/O memory, as drivers map registers.
expected() { # NAME
	LEVEL=pte MODE=uncached-minus
	case $1 in
	vmf_insert_pfn_p?d) ! since 6.12 || LEVEL=${1##*_} ;;
	*_pmd | *_pud) LEVEL=${1##*_} ;;
	esac
	case $1 in
	io_mapping_init_wc | arch_io_reserve_memtype_wc) MODE=write-combining ;;
	extents_vmf_insert_pfn) MODE=write-combining ;;
	vmf_insert_folio_* | vmf_insert_page_mkwrite) MODE=write-back ;;
	vm_insert_page* | vm_map_pages*) MODE=write-back ;;
	mmap_action_map_kernel_pages) MODE=write-back ;;
	esac
}

driver_maps() { # NAME
	local range len=0x400000

	expected "$1"
	# shellcheck disable=SC2016
	range=$(grep -oE '1G\$0x[0-9a-f]+' <<<"$CMDLINE" | head -n 1)
	[[ -n $range ]] || skip "no 1 GiB was reserved at boot for it, by memmap="
	range="start=${range#*\$} bytes=0x40000000"
	case $1 in
	vm_insert_page* | vm_map_pages*) range="bytes=$len" ;;
	mmap_action_map_kernel_pages) range="bytes=$len" ;;
	*_pud) len=0x40000000 ;;
	esac

	DRIVER=pattern_$1
	if ! has_method "$1"; then
		# shellcheck disable=SC2086 # words
		run insmod "$DRIVERS/$DRIVER.ko" $range
		assert_failure
		assert_output --partial "not supported"
		return
	fi
	# shellcheck disable=SC2086 # words
	insmod "$DRIVERS/$DRIVER.ko" $range
	try ask=open "a=file:/dev/$DRIVER" m=mmap:a,len=$len,fixed=0x600000000000 \
		write:m,off=0x3000,val=0x5a read:m,off=0x3000 leaf:m,off=0x3000 munmap:m close:a
	line 3 "mmap m: ok"
	line 5 "read m+0x3000: 0x0000005a"
	assert_regex "${lines[5]}" "^leaf m\+0x3000: $LEVEL $MODE "
	assert_regex "${lines[6]}" "^munmap m: ok"
}

built() {
	[[ -n $DRIVERS && -n $PATTERNS ]] || skip "no drivers of tests/patterns/ (make check builds them)"
}

# Of module/kernel-only/: nobody is to copy them.
NOT_FOR_DRIVERS="devmap_pte devmap_pmd devmap_pud huge_zero_folio find_normal_page"

@test "patterns: there is a driver of each method that is for drivers" {
	built
	# shellcheck disable=SC2086 # words
	assert_equal "$(printf '%s\n' $PATTERNS $NOT_FOR_DRIVERS | sort)" \
		"$(info_json | jq -r '.[] | select(.kind == "method") | .name' | sort)"
}

for driver in $PATTERNS; do
	bats_test_function --description "patterns: $driver, copied into a driver, maps" \
		-- driver_maps "$driver"
done
