#!/bin/bash
# syzkaller.sh [HEADER DESCRIPTION]: checks that the description says what the header does: the
# ioctls, the structs with their fields in order and their sizes, and the values that a caller
# can ask for. Prints the differences as diff does.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
header=${1:-$tests/../module/uapi/pfnmap_test.h}
description=${2:-$tests/syzkaller/dev_pfnmap_test.txt}

# Prefixes of values that only the module's answers have, and names that are no values. Methods
# count as answers: the description takes any number that GET_INFO's mask has room for, 1 to 63.
OUTPUT='METHOD|INFO|DESC|MEMTYPE|LIST|LEAF|FOLIO|TRACK|PGMAP|FOUND|INSPECT'
NO_VALUE='DEVICE|DEVICE_PREPARE|ABI|BIT|IOC_TYPE'

# ioctl NAME
# NAME.FIELD BITS
# value NAME
of_header() {
	awk -v output="^PFNMAP_TEST_($OUTPUT)_" -v no_value="^PFNMAP_TEST_($NO_VALUE)$" '
	/^#define PFNMAP_TEST_/ {
		sub(/\(.*/, "", $2)
		if ($3 ~ /^_IO\(/)
			print "ioctl", $2
		else if ($2 !~ output && $2 !~ no_value)
			print "value", $2
	}
	/^\tPFNMAP_TEST_/ {
		sub(/,.*/, "", $1)
		if ($1 !~ output)
			print "value", $1
	}
	/^struct / { name = $2 }
	/^}/ { name = "" }
	name && /^\t(__u|char )/ {
		field = $2
		bits = substr($1, 4)
		if ($1 == "char") {
			match(field, /[0-9]+/)
			bits = 8 * substr(field, RSTART, RLENGTH)
		}
		sub(/[[;].*/, "", field)
		print name "." field, bits
	}' "$header"
}

of_description() {
	# The description may define a named type before its first use, or at the end.
	awk '
	function bits_of(type, n) {
		if (type in size)
			return size[type]
		if (type ~ /^(vma64|ptr64)/)
			return 64
		if (type == "bool32")
			return 32
		n = 1
		if (type ~ /^array/ && match(type, /, [0-9]+/))
			n = substr(type, RSTART + 2, RLENGTH - 2)
		match(type, /int[0-9]+/)
		return n * substr(type, RSTART + 3, RLENGTH - 3)
	}
	/^#/ { next }
	/^resource / {
		split($2, part, /[][]/)
		match(part[2], /[0-9]+/)
		size[part[1]] = substr(part[2], RSTART, RLENGTH)
	}
	/^ioctl\$/ {
		match($0, /const\[[A-Z_]+/)
		print "ioctl", substr($0, RSTART + 6, RLENGTH - 6)
	}
	/^[a-z_]+ = / {
		gsub(/,/, "")
		for (i = 3; i <= NF; i++)
			if ($i ~ /^PFNMAP_TEST_/)
				print "value", $i
	}
	/^[a-z_]+ [{[]$/ { name = $1; choice = $2 == "[" }
	/^[]}]/ { name = "" }
	name && /^\t/ {
		field = $1
		type = $0
		sub(/^\t[a-z_]+\t+/, "", type)
		sub(/\t.*/, "", type)
		if (choice)
			size[name] = bits_of(type)
		else
			print name "." field, bits_of(type)
	}' "$description"
}

told() { # FUNCTION: prints its lines, and fails if a kind of line is missing
	local text

	text=$("$1" | sort -u)
	for what in '^ioctl ' '^value ' '\.size 32$'; do
		grep -q "$what" <<<"$text" || { echo "$1: no line is like $what: has the header or the description another form now?" >&2; return 1; }
	done
	# Only the order of fields matters.
	grep -v '\.' <<<"$text"
	"$1" | grep '\.' | awk -F '[. ]' '{ print $1, ++n[$1], $2, $3 }' | sort -k1,1 -k2,2n
}

diff -U0 --label "${header##*/}" --label "${description##*/}" <(told of_header) <(told of_description)
