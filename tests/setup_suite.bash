# shellcheck shell=bash
# Once for the whole suite: the module goes in before the first test and comes
# out after the last one.
#
#   PFNMAP_TEST_KO	the module to test; without it modprobe finds one

setup_suite() {
	if [[ -e /sys/module/pfnmap_test ]]; then
		echo "pfnmap_test is loaded already: unload it first" >&2
		return 1
	fi

	export BATS_NO_PARALLELIZE_WITHIN_FILE=1
	export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
	module_load

	# What this kernel tracks PFNMAP VMAs with: ctx (6.16) or vm_pat.
	TRACKING=$(pfnmap-try a=open m=mmap:a,len=4096 vma:m | grep -o 'tracking=[a-z_]*')
	export TRACKING
	PAT=$(pfnmapctl info -j | jq -r '.[] | select(.name == "pat") | if .available then "on" else "off" end')
	export PAT
}

teardown_suite() {
	rmmod pfnmap_test
}

# For the tests too, which load this file for it.
# shellcheck disable=SC2120
module_load() { # [PARAM=VALUE...]
	if [[ -n ${PFNMAP_TEST_KO:-} ]]; then
		insmod "$PFNMAP_TEST_KO" "$@"
	else
		modprobe pfnmap_test "$@"
	fi
}
