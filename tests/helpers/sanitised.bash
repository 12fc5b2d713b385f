# shellcheck shell=bash
# Programs built with ASan and UBSan, in the guest that has them (SANITISED of
# vm/host/plan.py). In an emulator each takes a quarter of a second to begin, so not
# all tests have them: those of these files, which between them take all commands and most
# steps of the programs. What pfnmapctl says of wrong use is valgrind's (vm/goals/valgrind.sh);
# and what a test does on each level it does the same way, so that 2 MiB will do.
SANITISED_FILES=" cli cli-options cow huge-zero huge-zero-change pci zone-device-idle zone-device-pin "
SANITISED_FILES+="zone-device-poison zap-race "

# SANITISED_PROGRAMS and SANITISER_REPORTS are folders there. What the programs had to say is
# in the latter, so that no test can miss it: pfnmap-state.
sanitised_programs() {
	local file=${BATS_TEST_FILENAME##*/}

	[[ -n ${SANITISED_PROGRAMS-} && $SANITISED_FILES == *" ${file%.bats} "* &&
		${BATS_TEST_DESCRIPTION-} != *", p"[tu][ed] ]] || return 0
	ON=("PATH=$SANITISED_PROGRAMS:/usr/local/bin:/usr/bin"
		"ASAN_OPTIONS=log_path=$SANITISER_REPORTS/report:exitcode=86:detect_leaks=1"
		"UBSAN_OPTIONS=log_path=$SANITISER_REPORTS/report:print_stacktrace=1")
}

# From here on those without, for what can't be done with them.
plain_programs() {
	# shellcheck disable=SC2034 # of `on`
	ON=()
}
