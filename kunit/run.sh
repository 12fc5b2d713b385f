#!/bin/bash
# run.sh [CONFIG[:build]...]: builds each kernel of our own (kernel.sh has their names),
# boots it, and runs the suites. Their KTAP comes from the guest's debugfs, is read
# by the kernel's own parser, and is counted in build/results/summary.json.
# With :build no more is asked than that the modules build. "all" is all of them.
#
# MAKE_JOBS is for make -j; TIMEOUT, ACCEL and CPUS are tests/vm/run.sh's.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/../tests/vm/lib.sh"

here=$TOP/kunit
results=$BUILD/results
"$VM_DIR/host.sh" kunit
"$VM_DIR/root.sh"
"$VM_DIR/build.sh" userspace
export CPUS=${CPUS:-$(nproc)}

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
	find "$run/$1/files" -name 'gcov-*' -exec cp -t "$results" {} +
	cp "$run/$1/console.log" "$ktap/console.log"
}

failed=0
# shellcheck disable=SC2086 # words
case $* in
'') set -- $KUNIT_KERNELS ;;
all) set -- $ALL_KUNIT_KERNELS ;;
esac
for config; do
	built=$("$here/kernel.sh" "$config")
	"$here/build.sh" "$built"
	read -r release _ image arch source <<<"$built"
	[ "$image" != - ] || continue
	if [ "$arch" != um ] && [ -z "${ACCEL:-}" ]; then
		ACCEL=$("$VM_DIR/accel.sh" "$release" "$image")
	fi
	start=$SECONDS
	ACCEL=${ACCEL:-} MACHINE=$arch "$VM_DIR/guest.sh" kunit "$release" "$image" \
		"$run/$release" "$release| " || failed=1
	keep "$release"
	"$here/judge.sh" "$results/kunit-$release" "$source" |
		tee "$results/kunit-$release/said"
	in_root jq -e '.failed == 0' <"$results/kunit-$release/counts.json" >/dev/null ||
		failed=1
	with_lock "results-${WORK##*/}" merge "$release" $((SECONDS - start))
done
printf 'results: %s\n' "$results"
exit "$failed"
