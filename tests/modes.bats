#!/usr/bin/env bats
# On arm64 entries have cache modes, and the kernel tracks none: an entry has the requested mode,
# by every method. atlas.bats has machines with PAT.
# shellcheck disable=SC2016 # jq's variables

load helpers/common

# Runs all rows at once: each test looks up the results of its rows.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	info_json |
		jq '[.[] | select(.kind == "cache-mode")]' >modes
	[[ $PAT == off ]] || return 0
	invariants_note
	pfnmapctl atlas -j >rows
	jq -e 'any(.result == "ok")' rows >/dev/null
	invariants_check >disturbed || echo "# the atlas left something behind" >>disturbed
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	[[ $PAT == off ]] || skip "PAT says which mode may be had"
	there write-combining || skip "no entry has a mode of its own here"
	invariants_note
}

there() { # MODE
	jq -e --arg mode "$1" 'any(.name == $mode and .available)' modes >/dev/null
}

# rows PROGRAM [MODE]: runs the jq program, which has $mode, on the rows of the methods that this
# kernel has. $output is its rows, one a line.
rows() {
	run -0 --separate-stderr jq -c --arg mode "${2-}" \
		'map(select(.region != null)) | '"$1"' | .[] | del(.kernel)' rows
}

# Every entry has the requested mode, by every method. This includes the methods that on x86 reserve
# a mode of their own: nobody reserves here.
asked() { # MODE
	there "$1" || skip "no $1 here"
	rows 'map(select(.requested == $mode and .result == "ok" and .effective != $mode))' "$1"
	assert_output ""
	rows 'group_by(.method) | map(select(any(.requested == $mode and .result == "ok") | not)
		| .[0])' "$1"
	assert_output ""
}

@test "modes: every method maps write-back as asked" { asked write-back; }
@test "modes: every method maps write-combining as asked" { asked write-combining; }
@test "modes: every method maps uncached as asked" { asked uncached; }

@test "modes: a mode that is not there is EOPNOTSUPP by every method" {
	local mode missing=0

	for mode in uncached-minus write-through write-protected; do
		! there "$mode" || continue
		missing=$((missing + 1))
		rows 'map(select(.requested == $mode)) | if length == 0 then ["no rows"]
			else map(select(.result != "EOPNOTSUPP")) end' "$mode"
		assert_output ""
	done
	((missing > 0)) || skip "all modes are there"
}

@test "modes: nobody keeps track, and what asks for it is EOPNOTSUPP" {
	need_region mmio
	rows 'map(select(.tracked))'
	assert_output ""
	check <<-END
		a=open
		lookup:mmio						EOPNOTSUPP
		list:mmio						EOPNOTSUPP
		r=reserve:a,region=mmio,len=4096,mode=write-combining	EOPNOTSUPP
	END
}

@test "modes: the atlas leaves no complaint behind" {
	run -0 cat disturbed
	assert_output ""
}
