#!/bin/bash
# documents.sh: checks the documents against the tree: links lead to pages and headings that
# exist, the README is short, docs/patterns.md has each pattern and docs/uapi.md each ioctl,
# each pattern's comment has all parts, and each test that a document names exists.
# shellcheck disable=SC2016,SC2317 # backquotes are Markdown; wrong() calls what it is given
set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
failed=0
wrong() { # FILE COMMAND...: what the command prints is wrong with the file
	local found
	found=$("${@:2}")
	[ -n "$found" ] || return 0
	printf '%s\n' "$found" | sed "s,^,$1: ,"
	failed=1
}

# The headings of a page as GitHub names them in links.
anchors() { # FILE
	sed -nE '/^```/,/^```/d; s/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' |
		sed -E 's/[^[:alnum:] _-]//g; s/ /-/g'
}

links() { # FILE
	local link page
	while read -r link; do
		[[ $link != http*://* ]] || continue
		page=$(dirname "$1")/${link%%#*}
		[[ $link != '#'* ]] || page=$1
		if [ ! -e "$page" ]; then
			echo "no $link"
		elif [[ $link == *'#'* ]] && ! anchors "$page" | grep -qxF "${link#*#}"; then
			echo "no heading $link"
		fi
	done < <(grep -oE '\]\([^)]+\)' "$1" | sed 's/^](//; s/)$//')
}

# A reader who passes by reads no more lines than this.
README_LINES=90
short() { # FILE
	local lines
	lines=$(wc -l <"$1")
	[ "$lines" -le "$README_LINES" ] || echo "$lines lines, at most $README_LINES"
}

patterns() {
	local file
	for file in module/{patterns,kernel-only}/*.c; do
		grep -qF "](../$file)" docs/patterns.md || echo "nothing links to $file"
	done
}

# The comment above a pattern has all that a reader needs: the same parts, in this order.
headers() {
	local file parts
	for file in module/{patterns,kernel-only}/*.c; do
		parts=$(sed -nE '/^ \*\/$/q; s/^ \* ([A-Z][A-Za-z]+): .*/\1/p' "$file" | xargs)
		[ "${parts% See}" = "When VMA Mode Pitfall Since" ] || echo "$file: its comment has $parts"
		sed '/^ \*\/$/q' "$file" |
			grep -HnE --label="$file" '\b[a-z_]+\.[ch]\b|: (as for|likewise)' || true
	done
	for file in module/kernel-only/*.c; do
		[ "$(sed -n 3p "$file")" = " * Tests the kernel; not for your driver." ] ||
			echo "$file does not say that it is not for drivers"
	done
}

# A driver to copy can't read SET_MAP's flags: the code for these is in module/misuse.
no_misuse() {
	local found
	found=$(grep -nE 'm->flags|PFNMAP_TEST_MAP_' module/patterns/*.c) || return 0
	echo "a pattern reads flags of SET_MAP: $found"
}

# The last column of the traps names tests, as `make check TESTS=` takes them, and findings.
traps() {
	local row cell name rows=0
	while IFS= read -r row; do
		rows=$((rows + 1))
		cell=$(awk -F ' [|]' '{ print $(NF - 1) }' <<<"$row")
		[[ $cell == *'`'* ]] || echo "nothing shows: $row"
		while IFS= read -r name; do
			[ ! -d "tests/findings/$name" ] || continue
			grep -qF "\"$name" tests/*.bats || echo "no test $name"
			[[ $name != *[]\[\(\)*+?^$\|]* ]] || echo "no regular expression: $name"
		done < <(grep -oE '`[^`]+`' <<<"$cell" | tr -d '\`')
	done < <(sed -n '/^## Traps/,$ { /^|/p }' docs/patterns.md | tail -n +3)
	[ "$rows" -gt 0 ] || echo "no traps"
}

# NAME NUMBER STRUCT CAPABILITY ABI of each ioctl, from the header and the module's table. ABI 1
# has the ioctls of the first version's header. The last ioctl of ABI 2 is FAIL_NEXT, 0x11, and
# the last one of ABI 3 is CALLS, 0x13.
ioctls() {
	local first=userspace/uapi-1/pfnmap_test.h header=module/uapi/pfnmap_test.h
	awk '
	FILENAME == ARGV[1] && $3 ~ /^_IO\(/ { first[$2] = 1 }
	FILENAME == ARGV[2] && $3 ~ /^_IO\(/ { number[$2] = tolower(substr($4, 1, 4)) }
	FILENAME == ARGV[3] && /^\tPFNMAP_IOCTL\(/ { text = $0; next_line = 1; next }
	FILENAME == ARGV[3] && next_line {
		text = text $0
		if ($0 !~ /\),$/)
			next
		next_line = 0
		n = split(text, word, /[ \t(),]+/)
		print "`" word[3] "`", number[word[3]], "`struct " word[5] "`", \
			text ~ /\.admin = true/ ? "yes" : "no", word[3] in first ? 1 : \
			number[word[3]] <= "0x11" ? 2 : number[word[3]] <= "0x13" ? 3 : 4
	}' "$first" "$header" module/chardev.c | sort
}
documented() {
	sed -nE 's/^\| (`PFNMAP_TEST_[A-Z_]+`) \| (0x[0-9a-f]+) \| (`[^`]+`) \| (yes|no) \| ([0-9]+) \|.*/\1 \2 \3 \4 \5/p' \
		docs/uapi.md | sort
}

# If the check sees no links, the check is wrong.
mapfile -t pages < <(find . -name '*.md' ! -path './build/*' ! -path './.git/*' -printf '%P\n' | sort)
[ "$(cat "${pages[@]}" | grep -cE '\]\([^)]+\)')" -gt 50 ]
for file in "${pages[@]}"; do
	wrong "$file" links "$file"
done
wrong README.md short README.md
wrong docs/patterns.md patterns
wrong module/patterns headers
wrong module/patterns no_misuse
wrong docs/patterns.md traps
[ -n "$(documented)" ]
diff -u --label docs/uapi.md --label 'header and module/chardev.c' <(documented) <(ioctls) || failed=1
exit "$failed"
