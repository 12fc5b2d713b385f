#!/bin/bash
# What `make atlas` takes from one kernel; runs in the guest. The mmio and dax
# regions are ranges reserved at boot, 1 GiB each, so that every level is tried.
set -euo pipefail

# SIZE$START,... of memmap=, as SIZE@START; the first is not 1 GiB.
IFS=, read -r _ mmio dax <<<"${BOOT_RESERVED//\$/@}"
insmod "$PFNMAP_TEST_KO" mmio="$mmio" dax="$dax"
pfnmapctl info
pfnmapctl atlas -j >"$RESULTS/atlas-$(uname -r).json"
bash tests/expect/facts.sh >"$RESULTS/facts-$(uname -r).json"
