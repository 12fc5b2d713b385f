#!/bin/bash
# coverage.sh: shows which lines of the module and of the programs have run, by the counts of the
# guests of the last `make coverage`. Leaves in build/results/:
#	coverage.json				percentages: of all, and of each file
#	coverage/{module,userspace}/index.html	line by line
#	coverage/{module,userspace}.uncovered	FILE:LINE: FUNCTION: TEXT of what did not run
# and prints the percentages. Fails if uncovered.txt does not say why lines of the module did not
# run. goals/coverage.py runs the tests, and then this script, which may also run by itself.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=tests/vm/root/lib.sh
. "$(dirname "$0")/../root/lib.sh"

results=$BUILD/results
out=$results/coverage
# Objects and sources are in the roots that built them. gcovr reads the counts in a root of its own,
# where each file has the same path.
root_for() { # KIND
	# shellcheck disable=SC2016 # the other shell's
	ROOT_FOR=$1 bash -c '. "$1/lib.sh" && echo "$ROOT"' sh "$ROOT_DIR"
}
kernel_root=$(root_for kernel)
programs_root=$ROOT
failed=0

# Copies the counts of each guest, and beside each file of counts the notes that the compiler left
# with the object. Copies the sources to the path at which the compiler read them.
gather() { # RELEASE
	local counts guest
	mkdir -p "$ROOT$WORK" &&
		sync_tree "$kernel_root$WORK/$1/module" "$ROOT$WORK/$1/module" &&
		sync_tree "$programs_root$WORK/src" "$ROOT$WORK/src" || return
	rm -rf "$ROOT$WORK/counts"
	for counts in "$results"/gcov-*.tar.gz; do
		guest=$ROOT$WORK/counts/${counts##*/gcov-}
		mkdir -p "$guest$WORK/$1/module" "$guest$WORK/programs-coverage" &&
			tar -xzf "$counts" -C "$guest" &&
			notes "$guest" "$kernel_root" "$WORK/$1/module" &&
			notes "$guest" "$programs_root" "$WORK/programs-coverage" || return
	done
}

notes() { # GUEST FROM FOLDER
	local file
	(cd "$1$3" && find . -name '*.gcda') | while IFS= read -r file; do
		cp "$2$3/${file%.gcda}.gcno" "$1$3/${file%.gcda}.gcno" || return
	done
}

# Reports on the module or the programs. NAME is the key in coverage.json and in the results'
# names, SOURCES the folder of the compiled sources, OBJECTS that of the objects.
report() { # NAME SOURCES OBJECTS
	local guests=("$ROOT$WORK"/counts/*)
	guests=("${guests[@]#"$ROOT"}")
	mkdir -p "$ROOT$WORK/report/$1" &&
		in_root gcovr --gcov-executable gcov-14 \
			--gcov-ignore-errors source_not_found --root "$2" --filter "$2/" \
			--merge-mode-functions separate --html-details "$WORK/report/$1/index.html" \
			--html-title "pfnmap-test: $1" \
			--json "$WORK/report/$1.lines" \
			--json-summary "$WORK/report/$1.summary" \
			"${guests[@]/%/$3}"
}

reports() { # RELEASE
	rm -rf "$ROOT$WORK/report" "$out"
	report module "$WORK/$1/module" "$WORK/$1/module" &&
		report userspace "$WORK/src/userspace" "$WORK/programs-coverage" || return
	mkdir -p "$out" &&
		cp -a "$ROOT$WORK/report"/{module,userspace} "$out/"
}

summary() {
	# shellcheck disable=SC2016 # jq's variables
	in_root jq -n '
		def part: {
			lines_percent: .line_percent, lines_covered: .line_covered,
			lines_total: .line_total,
			files: (.files | map({(.filename): {
				lines_percent: .line_percent, lines_covered: .line_covered,
				lines_total: .line_total
			}}) | add)
		};
		{ module: ($module[0] | part), userspace: ($userspace[0] | part) }' \
		--slurpfile module "$WORK/report/module.summary" \
		--slurpfile userspace "$WORK/report/userspace.summary" >"$results/coverage.json"
}

# Prints FILE, LINE and function of each line that did not run.
missed() { # NAME
	# shellcheck disable=SC2016 # jq's variables
	in_root jq -r '.files[] | .file as $file | (.functions | sort_by(.lineno)) as $functions
		| .lines[] | select(.count == 0) | .line_number as $line
		| [$file, $line, ([$functions[] | select(.lineno <= $line)] | last.name)] | @tsv' \
		"$WORK/report/$1.lines"
}

uncovered() { # NAME FOLDER
	missed "$1" | (cd "$ROOT$2" && awk -F '\t' '
		$1 != file {
			if (file)
				close(file)
			file = $1
			n = 0
		}
		{
			while (n < $2 && (getline text <file) > 0)
				n++
			sub(/^[\t ]+/, "", text)
			printf "%s:%s: %s: %s\n", file, $2, $3, text
		}') >"$out/$1.uncovered"
}

# Lists the module's labels, to which errors jump, for coverage.json. A label has run if the next
# line that gcov counts has run.
labels() { # FOLDER
	(cd "$ROOT$1" && grep -nE '^[a-z_]+:$' -r . --include='*.c') |
		sed 's,^\./,,' >"$ROOT$WORK/report/labels"
	# shellcheck disable=SC2016 # jq's variables
	in_root jq -Rn '
		($lines[0].files | map({(.file): .lines}) | add) as $of
		| [inputs | capture("^(?<file>[^:]+):(?<line>[0-9]+):(?<label>.*):") | .line |= tonumber
			| .line as $line
			| .ran = ([$of[.file][]? | select(.line_number > $line)]
				| min_by(.line_number) | (.count // 0) > 0)]
		| { total: length, covered: map(select(.ran)) | length,
			not_covered: map(select(.ran | not) | "\(.file):\(.line): \(.label)") }' \
		--slurpfile lines "$WORK/report/module.lines" <"$ROOT$WORK/report/labels" \
		>"$ROOT$WORK/report/labels.json"
	# shellcheck disable=SC2016 # jq's variables
	in_root jq '.module.labels = $labels[0]' \
		--slurpfile labels "$WORK/report/labels.json" <"$results/coverage.json" \
		>"$results/coverage.json.new"
	mv "$results/coverage.json.new" "$results/coverage.json"
}

# uncovered.txt says why a function of the module has lines that no test runs. A function
# without a reason fails a whole run. A reason that is no longer true only gets a message.
reasons() {
	local why=$VM_DIR/goals/uncovered.txt
	missed module | cut -f 1,3 | tr '\t' ' ' | sort -u >"$out/functions"
	grep -v '^#' "$why" | cut -f 1 | sort -u | diff "$out/functions" - | sed -n \
		-e 's/^< /no test runs all of it, and uncovered.txt does not say why: /p' \
		-e 's/^> /it runs, whatever uncovered.txt says: /p' >"$out/reasons"
	rm "$out/functions"
	cat "$out/reasons"
	[ -n "${TESTS:-}" ] || ! grep -q "^no test" "$out/reasons"
}

table() {
	# shellcheck disable=SC2016 # jq's variables
	in_root jq -r '
		["", "lines", "run", "%"],
		(to_entries[] | .key as $part | .value
			| (.files | to_entries[]
				| ["\($part)/\(.key)", .value.lines_total, .value.lines_covered,
					.value.lines_percent]),
			["\($part)", .lines_total, .lines_covered, .lines_percent]) | @tsv' \
		<"$results/coverage.json" | in_root column -t -s $'\t' -R 2,3,4
}

release=$(cd "$kernel_root$WORK" && echo *-coverage)
export ROOT_FOR=coverage
ROOT=$(root_for coverage)
"$ROOT_DIR/root.sh"
all() {
	step "gathering what was counted" gather "$release" &&
		step "reading it" reports "$release" &&
		summary &&
		labels "$WORK/$release/module" &&
		uncovered module "$WORK/$release/module" &&
		uncovered userspace "$WORK/src/userspace"
}
with_lock "coverage-${WORK##*/}" all
table
in_root jq -r '.module.labels | "labels of the module: \(.covered) of \(.total)", .not_covered[]' \
	<"$results/coverage.json"
reasons || failed=1
printf 'did not run: %s\n' "$out"/*.uncovered
printf 'line by line: %s\n' "$out"/*/index.html
exit "$failed"
