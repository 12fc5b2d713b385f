#!/bin/bash
# What `make bench` takes from one kernel; runs in the guest. The regions are ranges
# reserved at boot, 1 GiB each, and device-dax has as much of its own. device-dax has
# one level at a time: so they are measured one after the other, both sides together.
# TESTS names the groups, memtype and map; both otherwise.
set -euo pipefail

out=$RESULTS/rows-$(uname -r)
# shellcheck source=tests/helpers/device-dax.bash
. <(sed '/^load /d' tests/helpers/device-dax.bash)

# SIZE$START,... of memmap=, as SIZE@START; /dev/mem may show the first.
IFS=, read -r low mmio dax <<<"${BOOT_RESERVED//\$/@}"
insmod "$PFNMAP_TEST_KO" mmio="$mmio" dax="$dax"
groups=${TESTS:-memtype map}

# What the kernel has put off it does now; to be idle takes no time of the clock.
settle() { sleep 10; }

if [[ $groups == *memtype* ]]; then
	settle
	printf 'memtype ...\n'
	pfnmapctl bench memtype -j >"$out.memtype.json"
fi

peers=(--dev-mem "${low#*@}" --pci "/sys/bus/pci/devices/${IVSHMEM%/*}/resource${IVSHMEM#*/}_wc")
[ ! -e /dev/udmabuf ] || peers+=(--udmabuf)
device_dax_begin
[[ $groups != *map* ]] || pfnmapctl info -j | jq -r '.[] | select(.kind == "level") | .name' | while read -r level; do
	printf 'map, %s ...\n' "$level"
	with=("${peers[@]}")
	if [ -z "${NO_DAX:-}" ]; then
		case $level in
		pte) device_dax_align 4096 ;;
		pmd) device_dax_align $((2 << 20)) ;;
		pud) device_dax_align $((1 << 30)) ;;
		esac
		with+=(--device-dax "$DAX")
	fi
	settle
	pfnmapctl bench map --level "$level" "${with[@]}" -j >"$out.map-$level.json"
done
jq -s 'add' "$out".*.json >"$out.json"
rm "$out".*.json
