#!/bin/bash
# What atlas.txt asks of the kernel it runs on, and of the module that is loaded, as JSON.
set -euo pipefail

table=${0%/*}/atlas.txt
wanted=$(awk '$1 == "when" && $3 == "symbol" { print $4 }' "$table")
symbols=$(awk '{ print $3 }' /proc/kallsyms | grep -Fx "$wanted" | sort -u || true)
pfnmapctl info -j | jq --arg release "$(uname -r)" --arg symbols "$symbols" \
	'{$release, symbols: ($symbols | split("\n")), info: .}'
