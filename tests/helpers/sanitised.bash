# shellcheck shell=bash
# Programs built with ASan and UBSan, in the guest that has them (SANITISED of
# tests/vm/config.sh). In an emulator each takes a quarter of a second to begin, so not
# all tests have them: those of these files, which between them take all commands and most
# steps of the programs.
SANITISED_FILES=" cli cli-options cli-usage cow huge-zero pci zone-device-idle zone-device-pin "
SANITISED_FILES+="zone-device-poison zap-race "

sanitised_programs() {
	local file=${BATS_TEST_FILENAME##*/}

	[[ -n ${SANITISED_PROGRAMS-} && $SANITISED_FILES == *" ${file%.bats} "* ]] || return 0
	PATH=$SANITISED_PROGRAMS:$PATH
}

# From here on those without, for what can't be done with them.
plain_programs() {
	PATH=${PATH#"${SANITISED_PROGRAMS-}:"}
}

# What they had to say is in files, so that no test can miss it.
sanitiser_silent() {
	local report bad=0

	[[ -n ${SANITISED_PROGRAMS-} ]] || return 0
	for report in "$SANITISER_REPORTS"/*; do
		[[ -e $report ]] || continue
		cat "$report"
		rm "$report"
		bad=1
	done
	return $bad
}
