#!/bin/bash
# What `make bench` takes from one kernel; runs in the guest. The regions are ranges
# reserved at boot, 1 GiB each, and device-dax has as much of its own. device-dax has
# one level at a time: so they are measured one after the other, both sides together.
# TESTS names the groups, memtype and map; both otherwise. With PROFILE it tells where
# the kernel's functions are, for tests/vm/profile.sh.
set -euo pipefail

out=$RESULTS/rows-$(uname -r)
# shellcheck source=tests/helpers/device-dax.bash
. <(sed '/^load /d' tests/helpers/device-dax.bash)
# shellcheck source=tests/helpers/zone-device.bash
. <(sed '/^load /d' tests/helpers/zone-device.bash)

# SIZE$START,... of memmap=, as SIZE@START; /dev/mem may show the first.
IFS=, read -r low mmio dax <<<"${BOOT_RESERVED//\$/@}"
insmod "$PFNMAP_TEST_KO" mmio="$mmio" dax="$dax"
groups=${TESTS:-memtype map}
parts=()

# What the kernel has put off it does now; to be idle takes no time of the clock.
settle() { sleep 10; }

if [[ $groups == *memtype* ]]; then
	settle
	printf 'memtype ...\n'
	parts+=("$out.memtype.json")
	pfnmapctl bench memtype -j >"${parts[-1]}"
fi

peers=(--dev-mem "${low#*@}" --pci "/sys/bus/pci/devices/${IVSHMEM%/*}/resource${IVSHMEM#*/}_wc")
[ ! -e /dev/udmabuf ] || peers+=(--udmabuf)
device_dax_begin
levels=()
[[ $groups != *map* ]] ||
	mapfile -t levels < <(pfnmapctl info -j | jq -r '.[] | select(.kind == "level").name')
for level in "${levels[@]}"; do
	printf 'map, %s ...\n' "$level"
	with=("${peers[@]}")
	if [ -z "${NO_DAX:-}" ]; then
		device_dax_align "$(bytes "$level")"
		with+=(--device-dax "$DAX")
	fi
	settle
	parts+=("$out.map-$level.json")
	pfnmapctl bench map --level "$level" "${with[@]}" -j >"${parts[-1]}"
done
# What does not depend on the level comes with each.
jq -s 'add | reduce .[] as $row ([];
	if any(.name == $row.name and .peer == $row.peer) then . else . + [$row] end)
	' "${parts[@]}" >"$out.json"
rm "${parts[@]}"
[ -z "$PROFILE" ] || cat /proc/kallsyms >"$RESULTS/kallsyms"
