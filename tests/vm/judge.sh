#!/bin/bash
# judge.sh MODE DIR: turns what a guest left in DIR (qemu.sh tells what that is)
# into an exit status, printing each reason why it is not a success. Leaves
# DIR/counts: passed, failed, skipped; a guest that failed otherwise than by a
# test counts as one more failure.
set -euo pipefail

mode=$1 dir=$2
touch "$dir/console.log" "$dir/tap"
reasons=()

# Kernel splats outside of where a test has announced one.
splats=$(awk '
	/pfnmap-test: expect-splat begin/ { expected = 1 }
	/pfnmap-test: expect-splat end/ { expected = 0 }
	!expected && /kernel BUG at|BUG:|WARNING:|Oops|general protection|possible (recursive|circular) locking|Bad page|bad p[gum4]d|KASAN|UBSAN|Kernel panic/ {
		print "    console.log:" NR ": " $0
	}
	END { if (expected) print "    a splat was announced and its end never said" }
' "$dir/console.log" | tr -d '\r')
[ -z "$splats" ] || reasons+=("the kernel complained:"$'\n'"$splats")

read -r plan passed failed skipped <<<"$(awk '
	/^1\.\.[0-9]+/ { plan = substr($0, 4) + 0 }
	/^not ok / { failed++ }
	/^ok / { if ($0 ~ / # skip/) skipped++; else passed++ }
	END { printf "%d %d %d %d", plan, passed, failed, skipped }
' "$dir/tap")"

if [ "$(cat "$dir/status")" = 124 ] || [ "$(cat "$dir/status")" = 137 ]; then
	reasons+=("the guest ran out of time")
elif [ ! -e "$dir/begun" ]; then
	reasons+=("the guest died before its first line")
elif [ ! -e "$dir/success" ] && [ "$failed" -eq 0 ]; then
	reasons+=("the guest did not say that it succeeded")
fi
if [ "$mode" = check ]; then
	total=$((passed + failed + skipped))
	[ "$plan" -gt 0 ] || reasons+=("no test was run")
	[ "$total" -ge "$plan" ] || reasons+=("$total results for a plan of $plan")
fi

for reason in ${reasons[@]+"${reasons[@]}"}; do
	printf 'error: %s\n' "$reason"
done
if [ ! -e "$dir/success" ] && [ "$failed" -eq 0 ] && [ -z "$splats" ]; then
	printf '  the last lines of its console:\n'
	tail -n 15 "$dir/console.log" | tr -d '\r' | sed 's/^/    /'
	cat "$dir/qemu.log" 2>/dev/null
fi
[ ${#reasons[@]} -eq 0 ] || failed=$((failed + 1))
printf '%s %s %s\n' "$passed" "$failed" "$skipped" >"$dir/counts"
[ "$failed" -eq 0 ] && [ -e "$dir/success" ]
