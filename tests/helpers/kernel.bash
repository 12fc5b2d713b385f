# shellcheck shell=bash
# Facts about the kernel under test, for tests whose answers depend on them. Ask the module
# where it can tell (has_method, $TRACKING). A version is the last resort.

# has_method NAME: whether the kernel has what the method maps by.
has_method() {
	[[ $METHODS == *" $1 "* ]]
}

# has_symbol NAME: whether the kernel under test has a function of that name. This also finds a
# fix that brought a function to a stable kernel.
has_symbol() {
	on grep -qw "$1" /proc/kallsyms
}

# Huge pages: CONFIG_TRANSPARENT_HUGEPAGE, which PREEMPT_RT excludes.
has_thp() {
	target_has /sys/kernel/mm/transparent_hugepage
}

need_large_leaves() {
	has_thp || skip "no CONFIG_TRANSPARENT_HUGEPAGE"
}

# Skips where the huge zero folio can't be had.
need_thp() {
	REPLY=$(target_shell 'cd /sys/kernel/mm/transparent_hugepage
		cat enabled use_zero_page' 2>/dev/null) ||
		skip "no huge pages here: no CONFIG_TRANSPARENT_HUGEPAGE"
	[[ $REPLY != *"[never]"* ]] || skip "no huge pages here"
	[[ $REPLY == *$'\n1' ]] || skip "use_zero_page is off"
}

need_large_pfns() {
	[[ -n $LARGE_PFNS ]] || skip "no large leaf in a VM_PFNMAP VMA before 6.12"
}

# $REPLY: the level that an entry of pfns has where LEVEL was asked for.
pfn_level() { # LEVEL
	REPLY=pte
	[[ -z $LARGE_PFNS ]] || ! has_thp || REPLY=$1
}

# Tests can inject memory failures: CONFIG_MEMORY_FAILURE.
has_poison() {
	target_read /proc/meminfo | grep -q ^HardwareCorrupted:
}

# since VERSION: whether the kernel under test is of that version, or newer. Use it where a
# test can't ask the kernel.
since() {
	local here wanted at

	IFS=.-+ read -ra here <<<"$UPSTREAM"
	IFS=. read -ra wanted <<<"$1"
	for at in "${!wanted[@]}"; do
		# An -rc has letters there.
		[[ ${here[at]-} =~ ^[0-9]+$ ]] || here[at]=0
		((here[at] == wanted[at])) || return $((here[at] < wanted[at]))
	done
}

# fixed_in VERSION [STABLE...]: since VERSION, or since the STABLE of the kernel's own series.
fixed_in() {
	local stable

	! since "$1" || return 0
	for stable in "${@:2}"; do
		if [[ $UPSTREAM == "${stable%.*}".* ]]; then
			since "$stable"
			return
		fi
	done
	return 1
}
