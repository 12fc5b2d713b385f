#!/usr/bin/env bats
# Every method, region, mode and sharing, reserved first or not, against the one table of
# expected results, tests/expect/atlas.txt: a test for each method and region.
# shellcheck disable=SC2016 # jq's variables

load helpers/common

EXPECT=$BATS_TEST_DIRNAME/expect

# Prints as JSON what the table asks of the kernel under test, and of the loaded module.
atlas_facts() {
	local wanted symbols

	wanted=$(awk '$1 == "when" && $3 == "symbol" { print $4 }' "$EXPECT/atlas.txt")
	symbols=$(on grep -oE " (${wanted//$'\n'/|})([[:space:]]|\$)" /proc/kallsyms |
		tr -d ' \t' | sort -u)
	info_json | jq --arg release "$RELEASE" --arg symbols "$symbols" \
		'{$release, symbols: ($symbols | split("\n")), info: .}'
}

# atlas PROGRAM [FILE]: runs the jq program over the rows, with $facts and $table.
atlas() {
	jq -r -L "$EXPECT" --slurpfile facts "$BATS_FILE_TMPDIR/facts" \
		--rawfile text "$EXPECT/atlas.txt" "include \"atlas\";
		\$facts[0] as \$facts | (\$text | atlas_table) as \$table | $1" \
		"${2:-$BATS_FILE_TMPDIR/judged}"
}

# Runs all rows at once: each test looks up the results of its rows.
setup_file() {
	[[ $PAT == on ]] || return 0
	need_copied_kept
	cd "$BATS_FILE_TMPDIR" || return
	invariants_note
	pfnmapctl atlas --reserved -j >rows
	[[ -z ${RUN:-} ]] || jq 'map(select(.reserved | not))' rows >"$RUN/atlas-$RELEASE.json"
	invariants_check >disturbed || echo "# the atlas left something behind" >>disturbed
	atlas_facts | jq --slurpfile rows rows '.rows = $rows[0]' >facts
	atlas 'atlas_judge($facts; $table)' rows >judged
	# A line for each method and region: the worst of its rows, and why.
	atlas 'group_by(.method, .region)[]
		| [.[0].method, .[0].region // "-", atlas_worst, .[].reasons[]] | join("\t")' >cases
}

# In place of those in helpers/common.bash: setup_file looks at the invariants around the atlas, and
# the tests only read what it has written.
setup() {
	need_pat
	cd "$BATS_FILE_TMPDIR" || return
}

teardown() {
	:
}

# The rows of a method and a region are as the table says.
as_expected() {
	local method region verdict reasons

	while IFS=$'\t' read -r method region verdict reasons; do
		[[ $method != "$1" || $region != @("$2"|-) ]] || break
	done <cases
	case $verdict in
	ok) [[ $region != - ]] || skip "not on this kernel, which is as it should be" ;;
	small) skip "the $2 region is too small for the leaf: reserve 1 GiB at boot" ;;
	'')
		need_region "$2"
		fail "no rows"
		;;
	*) fail "${reasons//$'\t'/$'\n'}" ;;
	esac
}

# A test for each method and region that a line of the table is about.
register() {
	local words methods=() method region seen=' '

	while read -ra words; do
		case ${words[*]} in
		'' | '#'* | 'when '* | 'absent '*) ;;
		*:) methods=("${words[@]%:}") ;;
		*)
			for method in "${methods[@]#\*}"; do
				for region in ${words[0]//,/ }; do
					[[ -n $method && $seen != *" $method $region "* ]] || continue
					seen+=" $method $region "
					bats_test_function --description "atlas: $method, $region: every row is as the table says" \
						-- as_expected "$method" "$region"
				done
			done
			;;
		esac
	done <"$EXPECT/atlas.txt"
}

# bats before 1.11 can't register tests: the tests below, for all rows, have to do then.
IFS=. read -r major minor _ <<<"$BATS_VERSION"
((major == 1 && minor < 11)) || register

@test "atlas: the table has a line about every row, and the line is right" {
	run -0 atlas '.[] | select(.verdict != "ok" and .verdict != "small") | .reasons[]'
	assert_output ""
}

@test "atlas: there is a row for every line of the table that is about this kernel" {
	run -0 atlas 'atlas_unused($facts; $table)[]'
	assert_output ""
}

@test "atlas: there is a row for each method, region, mode and way to map" {
	run -0 atlas '"\(length) of \([] | atlas_count($facts; true))"'
	assert_output --regexp '^([0-9]+) of \1$'
	((${output% of*} > 2 * 6 * 2 * 2))
}

@test "atlas: 11 methods or more work where VMAs keep a counted range" {
	run -0 atlas 'atlas_when($facts; $table; "track_ctx")'
	[[ $output == true ]] || skip "this kernel has VM_PAT"
	run -0 atlas 'map(select(.result == "ok") | .method) | unique | length'
	((output >= 11))
}

@test "atlas: every method that can make 1 GiB leaves makes them" {
	[[ -n $(suite_params) ]] || skip "no two ranges of 1 GiB were reserved at boot"
	run -0 atlas 'map(select(.result == "ok" and .level == "pud") | .method) | unique
		== ([atlas_when($facts; $table; "huge_pfnmap", "counted", "large")] |
		    [if .[2] | not then empty elif .[0] then "vmf_insert_pfn_pud" else empty end,
		     if .[2] | not then empty elif .[1] then "vmf_insert_folio_pud" else "devmap_pud" end] | sort)'
	assert_output true
}

@test "atlas: get_user_pages_fast() takes a small page that has no mapping" {
	local told=fixed

	run -0 atlas 'atlas_when($facts; $table; "gup_mapping")'
	[[ $output == false ]] || told="bug reproduced"
	known_bug "get_user_pages_fast() takes a small page that has no mapping" "$told" 7.3
}

# A condition of the table may be what a row of the atlas shows ("when NAME row ..."). Then the
# table can't find that row wrong. So known_bug(), here, in dax.bats and in series.bats, says which
# kernels must have the fix, and this test says which kernels can't have the bug yet.
@test "atlas: no kernel has a fault that came with a later one" {
	local condition brought

	run -0 atlas '["pud_asked 6.4", "gup_mapping 6.10", "folio_special 6.15"][]
		| select((. / " ")[0] as $name | atlas_when($facts; $table; $name))'
	while read -r condition brought; do
		[[ -z $condition ]] || since "$brought" ||
			fail "$condition is true of $UPSTREAM, but the fault came with $brought"
	done <<<"$output"
}

@test "atlas: a run leaves no entry, no reference and no complaint behind" {
	run -0 cat disturbed
	assert_output ""
}
