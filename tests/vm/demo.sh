#!/bin/bash
# What `make demo` shows of one kernel; runs in the guest.
set -euo pipefail

say() { printf '\n== %s\n' "$*"; }

say "$(uname -r): insmod pfnmap_test.ko"
insmod "$PFNMAP_TEST_KO"
dmesg | grep -o 'pfnmap_test: [^ ]*: \[mem.*'
pfnmapctl info

for method in remap_pfn_range vmf_insert_pfn; do
	for mode in write-combining uncached; do
		say "$method, $mode asked for"
		pfnmapctl map --region mmio --method "$method" --mode "$mode" --length 16K
	done
done

say "vmf_insert_pfn, write-combining asked for and reserved first"
pfnmapctl memtype reserve --region mmio --offset 0 --length 16K --mode write-combining -- \
	pfnmapctl map --region mmio --method vmf_insert_pfn --mode write-combining --length 16K

say "the PAT memtype tree, with two modes of ours held in it"
pfnmapctl memtype reserve --region mmio --offset 0 --length 16K --mode write-combining -- \
	pfnmapctl memtype reserve --region mmio --offset 16K --length 16K --mode uncached -- \
	pfnmapctl memtype list

say "the same as a picture: the mmio region, held by three in two modes"
pfnmapctl memtype reserve --region mmio --offset 0 --length 16K --mode write-combining -- \
	pfnmapctl memtype reserve --region mmio --offset 8K --length 8K --mode write-combining -- \
	pfnmapctl memtype reserve --region mmio --offset 16K --length 16K --mode uncached -- \
	pfnmapctl memtype map

say "what is missing here"
pfnmapctl doctor

say "atlas: every method, region and cache mode, shared and private"
pfnmapctl atlas
pfnmapctl atlas -j >"$RESULTS/atlas-$(uname -r).json"
