# shellcheck shell=bash
# The kernel's fault injection (Documentation/fault-injection): what it takes for
# /proc/self/fail-nth to reach allocations that may sleep, and to say nothing.

# What is set, as FILE VALUE below debugfs: 0 lines, then as it was.
INJECTION=("failslab/ignore-gfp-wait N" "failslab/verbose 0"
	"fail_page_alloc/ignore-gfp-wait N" "fail_page_alloc/ignore-gfp-highmem N"
	"fail_page_alloc/min-order 0" "fail_page_alloc/verbose 0" "fail_usercopy/verbose 0")

injection_on() {
	local file value

	[[ -w /proc/self/fail-nth ]] || return 0
	for file in "${INJECTION[@]}"; do
		value=${file#* } file=/sys/kernel/debug/${file% *}
		[[ -w $file ]] || continue
		cp "$file" "$BATS_FILE_TMPDIR/$(tr / - <<<"${file#/sys/kernel/debug/}")"
		echo "$value" >"$file"
	done
}

injection_off() {
	local file was

	for file in "${INJECTION[@]}"; do
		file=${file% *}
		was=$BATS_FILE_TMPDIR/$(tr / - <<<"$file")
		[[ ! -e $was ]] || cat "$was" >"/sys/kernel/debug/$file"
	done
}

injection_need() {
	[[ -w /proc/self/fail-nth ]] || skip "the kernel injects no faults"
}
