# shellcheck shell=bash
# Programs built with ASan and UBSan, in the guest that has them (SANITISED of
# vm/host/plan.py). In an emulator each takes a quarter of a second to begin, so only the
# tests of these files use them: together they run all commands and most steps of the programs.
# Wrong use of pfnmapctl is for valgrind (vm/goals/valgrind.sh). Where a test does the same at
# each level, 2 MiB will do.
SANITISED_FILES=" cli cli-options cow huge-zero huge-zero-change huge-zero-leave pci zone-device-idle zone-device-pin "
SANITISED_FILES+="zone-device-poison zap-race "

# SANITISED_PROGRAMS and SANITISER_REPORTS are folders on the target. The programs write their
# reports to the latter, where pfnmap-state finds them: so no test can miss one.
sanitised_programs() {
	local file=${BATS_TEST_FILENAME##*/}

	[[ -n ${SANITISED_PROGRAMS-} && $SANITISED_FILES == *" ${file%.bats} "* &&
		${BATS_TEST_DESCRIPTION-} != *", p"[tu][ed] ]] || return 0
	ON=("PATH=$SANITISED_PROGRAMS:/usr/local/bin:/usr/bin"
		"ASAN_OPTIONS=log_path=$SANITISER_REPORTS/report:exitcode=86:detect_leaks=1"
		"UBSAN_OPTIONS=log_path=$SANITISER_REPORTS/report:print_stacktrace=1")
}

# From here on use the programs without sanitisers, for what can't be done with them.
plain_programs() {
	# shellcheck disable=SC2034 # of `on`
	ON=()
}
