#!/bin/bash
# receive.sh DIR PREFIX COMMENT: reads what a guest says on its second serial line
# (tests/vm/init tells what that is), shows the TAP lines as they come, each
# after PREFIX, and leaves in DIR: begun, tap, success, files/. COMMENT opens the
# TAP.
set -euo pipefail

dir=$1 prefix=$2 comment=$3
mkdir -p "$dir/files"
: >"$dir/tap"
show() {
	printf '%s\n' "$1" >>"$dir/tap"
	printf '%s%s\n' "$prefix" "$1"
}

file=
while IFS= read -r line || [ -n "$line" ]; do
	line=${line%$'\r'}
	case $line in
	'@@pfnmap begin '*)
		touch "$dir/begun"
		show "# $comment"
		;;
	'@@pfnmap success') touch "$dir/success" ;;
	'@@pfnmap file '*)
		file=${line#@@pfnmap file }
		file=${file##*/}
		: >"$dir/encoded"
		;;
	'@@pfnmap end')
		base64 -d <"$dir/encoded" >"$dir/files/$file"
		file=
		;;
	*)
		if [ -n "$file" ]; then
			printf '%s\n' "$line" >>"$dir/encoded"
		else
			show "$line"
		fi
		;;
	esac
done
