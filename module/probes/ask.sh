#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ask.sh ANSWERS RELEASE TREE CC FLAGS...: asks the kernel RELEASE the questions beside this
# file, and writes the header ANSWERS. TREE is the kernel's build tree, FLAGS are its flags
# for the compiler CC. Kbuild runs this script, by probes.mk.
#
# For each answer, the script compiles all questions at once. If the kernel lacks a form,
# the compiler reports an error in the question's file.
set -eu
export LC_ALL=C
answers=$1 release=$2
shift 3
here=$(cd "$(dirname "$0")" && pwd)
work=$answers.tmp

macro_of() { # FILE
	echo "PFNMAP_PROBE_$(basename "$1" .c | tr '[:lower:]' '[:upper:]')"
}

compile() { # ANSWER CC FLAGS...
	answer=$1
	shift
	for file in "$here"/*.c; do
		macro=$(macro_of "$file")
		grep -q "^#.*if $macro == $answer\$" "$file" || continue
		printf '#define %s %s\n#include "%s"\n' "$macro" "$answer" "$file"
		echo "$file" >>"$work/$answer.asked"
	done >"$work/$answer.c"
	# Other warnings are not of interest.
	"$@" -Wno-error -Werror=implicit-function-declaration -Werror=implicit-int \
		-Werror=incompatible-pointer-types -Werror=int-conversion -fms-extensions \
		-fsyntax-only -I. -include "$here/probe.h" "$work/$answer.c" \
		2>"$work/$answer.log" || true
	sed -n 's/^\([^ ]*\):[0-9]*:[0-9]*: \(fatal \)\{0,1\}error: .*/\1/p' \
		"$work/$answer.log" | sort -u >"$work/$answer.refused"
	if grep -vxF "$(cat "$work/$answer.asked")" "$work/$answer.refused" >&2; then
		echo "error: $release: these headers do not compile: see $work/$answer.log, and 'make prepare' in the tree" >&2
		touch "$work/failed"
	fi
}

rm -rf "$work"
mkdir -p "$work"
for answer in 0 1 2; do
	compile "$answer" "$@" &
done
wait
[ ! -e "$work/failed" ] || exit 1

{
	echo "/* SPDX-License-Identifier: GPL-2.0-only */"
	echo "/* What $release has, as ask.sh found out: 1 is the form of the newest kernel. */"
} >"$work/answers"
failed=
for file in "$here"/*.c; do
	question=$(sed -n '2s,^/\* \(.*\) \*/$,\1,p' "$file")
	found=
	for answer in 0 1 2; do
		! grep -qxF "$file" "$work/$answer.asked" ||
			grep -qxF "$file" "$work/$answer.refused" || found="$found $answer"
	done
	case $found in
	' '?) printf '#define %s %s\t/* %s */\n' "$(macro_of "$file")" "${found# }" "$question" ;;
	'') failed=y && echo "error: probes/$(basename "$file"): $release has no form of: $question" >&2 ;;
	*) failed=y && echo "error: probes/$(basename "$file"): $release has the forms$found of: $question" >&2 ;;
	esac >>"$work/answers"
done
[ -z "$failed" ] || { echo "error: a form for this kernel is missing there: see $work/*.log" >&2; exit 1; }
{
	echo
	echo "#ifdef PFNMAP_PROBES_AGAIN"
	echo "#include \"probes/probe.h\""
	for file in "$here"/*.c; do
		echo "#include \"probes/$(basename "$file")\""
	done
	echo "#endif"
} >>"$work/answers"
mv "$work/answers" "$answers"
rm -rf "$work"
