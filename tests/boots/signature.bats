#!/usr/bin/env bats
# A machine that was booted with module.sig_enforce=1.

load ../helpers/common
load ../shared/doctor

@test "doctor, module.sig_enforce=1: the module can't be loaded, and the reason is told" {
	run ! insmod "$PFNMAP_TEST_KO"
	doctor 4
	missing "module file" module
	says "module file" missing "sig_enforce is on, and ${PFNMAP_TEST_KO//+/.} is not signed" \
		"boot without module.sig_enforce=1, or sign it"
	says module missing "not loaded" "see above"
	run -1 pfnmapctl load
	assert_output --partial "signed modules only"
}
