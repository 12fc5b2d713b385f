#!/usr/bin/env bats
# A machine that was booted with lockdown=confidentiality.

load ../helpers/common
load ../shared/doctor

@test "doctor, lockdown: the module can't be loaded, and the reason is told" {
	run ! insmod "$PFNMAP_TEST_KO"
	doctor 4
	says lockdown missing "confidentiality: no unsigned module" "boot without lockdown="
	says module missing "not loaded" "see above"
	run -1 pfnmapctl load
	assert_output --partial lockdown
}
