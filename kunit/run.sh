#!/bin/bash
# run.sh [CONFIG...]: builds each kernel of our own (kernel.sh has their names),
# boots it, and runs the suites. Their KTAP comes from the guest's debugfs, is read
# by the kernel's own parser, and is counted in build/results/summary.json.
# Of some kernels no more is asked than that the modules build.
#
# MAKE_JOBS is for make -j; TIMEOUT, ACCEL and CPUS are tests/vm/run.sh's.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

here=$TOP/kunit
results=$BUILD/results
"$VM_DIR/host.sh" kunit
"$VM_DIR/root.sh"

run=$(mktemp -d "${TMPDIR:-/tmp}/pfnmap-kunit.XXXXXX")
cleanup() {
	local file
	for file in "$run"/*/qemu.pid; do
		[ ! -e "$file" ] || kill "$(cat "$file" 2>/dev/null)" 2>/dev/null || true
	done
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# merge RELEASE SECONDS: counts.json of the run into summary.json.
merge() {
	local release=$1 summary
	summary=$(cat "$results/summary.json" 2>/dev/null) &&
		in_root jq -e 'has("kunit")' <<<"$summary" >/dev/null ||
		summary='{"kernels": {}, "kunit": {}, "behaviours": {}}'
	# shellcheck disable=SC2016 # jq's variables
	in_root jq --arg release "$release" --argjson seconds "$2" \
		--argjson counts "$(cat "$results/kunit-$release/counts.json")" \
		'.kunit[$release] = $counts + {$seconds}' <<<"$summary" \
		>"$results/summary.json.new"
	mv "$results/summary.json.new" "$results/summary.json"
}

# keep RELEASE: what the guest left.
keep() {
	local ktap=$results/kunit-$1
	rm -rf "$ktap"
	mkdir -p "$ktap"
	find "$run/$1/files" -name '*.ktap' -exec cp -t "$ktap" {} +
	cp "$run/$1/console.log" "$results/$1.console.log"
}

# What the kernel complains of ends it: whatever is said after that is worth little.
x86_64() {
	local release=$1 image=$2
	"$VM_DIR/build.sh" userspace
	if [ -z "${ACCEL:-}" ]; then
		ACCEL=$("$VM_DIR/accel.sh" "$release" "$image")
	fi
	export ACCEL CPUS="${CPUS:-2}" APPEND="panic_on_warn=1 ${APPEND:-}"
	"$VM_DIR/guest.sh" kunit "$release" "$image" "$run/$release" "$release| "
}

# A program like others: its second serial line is standard output, its console
# standard error.
um() {
	local release=$1 image=$2 dir=$run/$1 status=0
	"$VM_DIR/build.sh" userspace
	mkdir -p "$dir"
	"$VM_DIR/initramfs.sh" "$dir.initrd" "$release" kunit "$dir/none"
	timeout --kill-after=10 "$TIMEOUT" "$image" mem=1G initrd="$dir.initrd" rdinit=/init \
		ssl0=null ssl1=null,fd:1 con=null loglevel=7 panic=-1 \
		</dev/null 2>"$dir/console.log" |
		"$VM_DIR/receive.sh" "$dir" "$release| " "kernel $release" ||
		status=${PIPESTATUS[0]}
	printf '%s\n' "$status" >"$dir/status"
	"$VM_DIR/judge.sh" kunit "$dir"
}

failed=0
[ $# -gt 0 ] || set -- debug um
for config; do
	read -r release kdir image arch source <<<"$("$here/kernel.sh" "$config")"
	"$here/build.sh" "$release" "$kdir" "$arch"
	[ "$image" != - ] || continue
	start=$SECONDS
	"$arch" "$release" "$image" || failed=1
	keep "$release"
	"$here/judge.sh" "$results/kunit-$release" "$source"
	in_root jq -e '.failed == 0' <"$results/kunit-$release/counts.json" >/dev/null ||
		failed=1
	with_lock "results-${WORK##*/}" merge "$release" $((SECONDS - start))
done
printf 'results: %s\n' "$results"
exit "$failed"
