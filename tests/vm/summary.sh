#!/bin/bash
# summary.sh RUN-DIR: brings the results of a run (one folder per release, as
# judge.sh leaves it) to build/results, merges them into summary.json without
# touching those of other kernels, and prints a table of behaviours, the totals, and
# at the very end what failed.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

run=$1
results=$BUILD/results
jq() { in_root jq "$@"; }

merge() {
	local dir=$1 release=$2 summary behaviours=null new
	summary=$(cat "$results/summary.json" 2>/dev/null) &&
		jq -e 'has("kernels")' <<<"$summary" >/dev/null ||
		summary='{"kernels": {}, "kunit": {}, "behaviours": {}}'
	if [ -e "$dir/files/behaviours.json" ]; then
		behaviours=$(cat "$dir/files/behaviours.json")
	fi
	# shellcheck disable=SC2016 # jq's variables
	new=$(jq --arg release "$release" --argjson behaviours "$behaviours" \
		--argjson passed "$3" --argjson failed "$4" \
		--argjson skipped "$5" --argjson seconds "$6" '
		.kernels[$release] = {$passed, $failed, $skipped, $seconds}
		| .behaviours |= map_values(del(.[$release]))
		| reduce (($behaviours // {}) | to_entries[]) as $b (.;
			.behaviours[$b.key][$release] = $b.value)
		| .behaviours |= with_entries(select(.value != {}))
		' <<<"$summary")
	printf '%s\n' "$new" >"$results/summary.json.new"
	mv "$results/summary.json.new" "$results/summary.json"
}

collect() {
	local dir release passed failed skipped seconds
	local all_passed=0 all_failed=0 all_skipped=0
	mkdir -p "$results"
	printf '\n'
	for dir in "$run"/*/; do
		dir=${dir%/}
		release=${dir##*/}
		# A guest that was never judged failed.
		[ -e "$dir/counts" ] || echo 0 1 0 >"$dir/counts"
		touch "$dir/tap" "$dir/console.log"
		read -r passed failed skipped <"$dir/counts"
		seconds=$(cat "$dir/seconds" 2>/dev/null || echo 0)
		cp "$dir/tap" "$results/$release.tap"
		cp "$dir/console.log" "$results/$release.console.log"
		find "$dir/files" -type f ! -name behaviours.json \
			-exec cp -t "$results" {} + 2>/dev/null || true
		merge "$dir" "$release" "$passed" "$failed" "$skipped" "$seconds"
		printf '%-28s %4d ok %4d not ok %4d skipped %5d s\n' "$release" \
			"$passed" "$failed" "$skipped" "$seconds"
		all_passed=$((all_passed + passed))
		all_failed=$((all_failed + failed))
		all_skipped=$((all_skipped + skipped))
	done
	behaviours
	printf 'results: %s\n' "$results"
	printf '%d passed, %d failed, %d skipped\n' \
		"$all_passed" "$all_failed" "$all_skipped"
	failures
}

# Each failed test, with the first lines of why.
failures() {
	local dir
	for dir in "$run"/*/; do
		awk -v release="$(basename "$dir")" -v most=8 '
			/^(not )?ok / { left = /^not/ ? most + 1 : 0 }
			left && !/^#( --.*)?$/ { print release "| " $0; left-- }
			' "$dir/tap"
	done
}

# What this run's kernels do, as their tests have seen it: - where none has said.
behaviours() {
	local releases
	releases=$(cd "$run" && printf '%s\n' */files/behaviours.json | sed 's,/.*,,' | jq -Rn '[inputs]')
	# shellcheck disable=SC2016 # jq's variables
	jq -r --argjson releases "$releases" '
		[.behaviours | to_entries[]
			| [.key, ($releases[] as $release | .value[$release] // "-")]
			| select(.[1:] | any(. != "-"))]
		| select(length > 0)
		| ["behaviour", $releases[]], .[] | @tsv
		' <"$results/summary.json" >"$results/behaviours.tsv"
	[ -s "$results/behaviours.tsv" ] || return 0
	printf '\n'
	in_root column -t -s $'\t' <"$results/behaviours.tsv"
	printf '\n'
}
with_lock "results-${WORK##*/}" collect
