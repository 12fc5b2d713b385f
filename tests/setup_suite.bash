# shellcheck shell=bash
# bats runs this once: it loads the module before the first test, and unloads it after the last
# one. Where a runner has many runs on one target (vm/host), the module stays between them.
#
#   TARGET, TARGET_CLIENT	the target; without them it is this machine: helpers/target.bash
#   TARGET_TMP		a folder of the target's for what tests need there: /tmp
#   RUN			a folder of the runner's: behaviours, leaks, time-limit
#   PFNMAP_TEST_KO	the module to test, on the target; without it modprobe finds one
#   PFNMAP_TEST_RESERVED	where there is no memmap=, the memory that was kept from
#			the kernel otherwise, as memmap= would name it

setup_suite() {
	local here=${BASH_SOURCE[0]%/*} fact

	# shellcheck source=tests/helpers/target.bash
	source "$here/helpers/target.bash"
	# shellcheck source=tests/helpers/module.bash
	source "$here/helpers/module.bash"
	# shellcheck source=tests/helpers/kernel.bash
	source "$here/helpers/kernel.bash"

	rm -f "$TARGET_FOLDER/state-kept"
	if target_kept; then
		# shellcheck source=/dev/null
		source "$TARGET_FOLDER/facts"
		# A file before this one may have failed, and left the module unloaded.
		module_loaded pfnmap_test || suite_load
		return
	fi
	RELEASE=$(on uname -r)
	UPSTREAM=$(upstream_version)
	MACHINE=$(on uname -m)
	CMDLINE=$(target_read /proc/cmdline)
	export RELEASE UPSTREAM MACHINE CMDLINE
	if module_loaded pfnmap_test; then
		echo "pfnmap_test is loaded already: unload it first" >&2
		return 1
	fi
	suite_load
	target_is_set_up
	suite_facts
	for fact in RELEASE UPSTREAM MACHINE CMDLINE TRACKING PAT METHODS NO_MEMTYPE NO_NUMA \
		FORK_TAKES FORGETS_COPIED \
		LARGE_PFNS ZERO_SPECIAL FOLIOS_SPECIAL; do
		printf 'export %s=%q\n' "$fact" "${!fact}"
	done >"$TARGET_FOLDER/facts"
}

# Whether setup_suite has run since the target started. If so the module is loaded: a runner
# leaves it loaded from file to file.
target_kept() {
	[[ -n ${TARGET-} ]] && "$TARGET_CLIENT" "$TARGET" is-set-up
}

# upstream_version: prints the version of kernel.org that the kernel was made from. The release
# of Debian and Ubuntu does not have it, files in /proc do: 6.1.0-56-amd64 is 6.1.192.
upstream_version() {
	local text

	text=$(on sh -c 'cat /proc/version_signature /proc/version 2>/dev/null')
	if [[ $text =~ ^Ubuntu\ [^\ ]+\ ([0-9.]+) || $text =~ \ Debian\ ([0-9.]+) ]]; then
		echo "${BASH_REMATCH[1]}"
	else
		echo "$RELEASE"
	fi
}

# Facts about the kernel and the module that tests need all the time.
suite_facts() {
	# What this kernel tracks PFNMAP VMAs with: ctx (6.16) or vm_pat.
	TRACKING=$(on pfnmap-try a=open m=mmap:a,len=4096 vma:m | grep -o 'tracking=[a-z_]*')
	PAT=$(info_json | jq -r '.[] | select(.name == "pat") | if .available then "on" else "off" end')
	# The methods that this kernel has, between blanks.
	METHODS=" $(info_json |
		jq -r '[.[] | select(.kind == "method" and .available) | .name] | join(" ")') "
	# Why the module can't query the memtype tree, if so.
	NO_MEMTYPE=
	if on pfnmap-try a=open lookup:0x0 | grep -q EOPNOTSUPP; then
		NO_MEMTYPE=$(dmesg | grep 'no memtype query' | tail -n 1)
		NO_MEMTYPE=${NO_MEMTYPE:-nobody keeps track on $MACHINE}
	fi
	# Whether a fork() that fails frees the parent's reservation: until "x86/mm/pat: Fix VM_PAT
	# handling when fork() fails in copy_page_range()" (6.15, and stable kernels).
	FORK_TAKES=
	[[ $TRACKING != *vm_pat ]] || has_symbol untrack_pfn_copy || FORK_TAKES=yes
	# Whether the kernel forgets the reservation of a private mapping whose first page is a
	# copy: until "x86/mm/pat: fix VM_PAT handling in COW mappings". A kernel that has the
	# later fix above has this one too, whatever its version says.
	FORGETS_COPIED=
	[[ -z $FORK_TAKES ]] || fixed_in 6.9 6.8.6 6.6.27 6.1.86 || FORGETS_COPIED=yes
	# Whether a VM_PFNMAP VMA may have large leaves: "mm: allow THP orders for PFNMAPs" (6.12).
	# The same series brought the function.
	LARGE_PFNS=
	! has_symbol follow_pfnmap_start || LARGE_PFNS=yes
	# Whether the entry of the huge zero folio is special (6.18): one series with the function.
	ZERO_SPECIAL=
	! has_symbol vm_normal_page_pud || ZERO_SPECIAL=yes
	# Whether the large entry of a counted folio is special, and so nobody's: from 6.15 on, until
	# "mm/huge_memory: don't mark refcounted folios special in vmf_insert_folio_pmd()". The tests
	# then do without the two methods; dax.bats shows the fault.
	FOLIOS_SPECIAL=
	if [[ $METHODS == *" vmf_insert_folio_pmd "* ]] && ! fixed_in 6.17 6.16.2 && special_folio; then
		FOLIOS_SPECIAL=yes
		METHODS=${METHODS/ vmf_insert_folio_pmd / }
		METHODS=${METHODS/ vmf_insert_folio_pud / }
	fi
	# Whether /proc lacks numa_maps.
	NO_NUMA=
	target_has /proc/self/numa_maps || NO_NUMA=yes
	export TRACKING PAT METHODS NO_MEMTYPE NO_NUMA FORK_TAKES FORGETS_COPIED LARGE_PFNS
	export ZERO_SPECIAL FOLIOS_SPECIAL
}

special_folio() {
	on pfnmap-try a=open set:a,region=dax,method=vmf_insert_folio_pmd,mode=write-back,level=pmd \
		m=mmap:a,len=0x200000 read:m leaf:m | grep -q '^leaf m.* pmd .* special'
}

teardown_suite() {
	target_kept || rmmod pfnmap_test
}
