#!/bin/bash
# join.sh DIR: of what guests have left in DIR/1, DIR/2 and so on, each of which ran a
# share of a kernel's tests, makes in DIR what one would have left that ran all.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$1"
for share in [0-9]*/; do
	# One that was never judged failed.
	[ -e "$share/counts" ] || echo 0 1 0 >"$share/counts"
	touch "$share"/{tap,console.log,seconds}
done
awk '{ passed += $1; failed += $2; skipped += $3 }
	END { print passed, failed, skipped }' [0-9]*/counts >counts
# They ran side by side.
sort -n [0-9]*/seconds | tail -n 1 >seconds
cat [0-9]*/console.log >console.log
# Tests are counted through, and the plan is for all.
awk '
	FNR == 1 { before += plan; plan = 0 }
	/^1\.\.[0-9]+/ { plan = substr($0, 4) + 0; next }
	match($0, /^(not )?ok [0-9]+/) {
		number = before + substr($0, index($0, "ok ") + 3) + 0
		sub(/ok [0-9]+/, "ok " number)
	}
	{ print }
	END { print "1.." before + plan }' [0-9]*/tap >tap
mkdir -p files
for file in [0-9]*/files/*; do
	[ ! -e "$file" ] || [ "${file##*/}" = behaviours.json ] || cat "$file" >>"files/${file##*/}"
done
if compgen -G '[0-9]*/files/behaviours.json' >/dev/null; then
	cat [0-9]*/files/behaviours.json | in_root jq -s add >files/behaviours.json
fi
