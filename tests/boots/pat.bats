#!/usr/bin/env bats
# A machine that was booted with nopat.

load ../helpers/common
load ../shared/doctor

@test "doctor, nopat: cache modes and the memtype query are missing, and the reason is told" {
	insmod "$PFNMAP_TEST_KO" mmio=4M dax=4M
	doctor 1
	missing pat "memtype query"
	says pat missing "nopat is on the kernel's command line" "boot without nopat"
	says "memtype query" missing "PAT is off" "see pat"
	rmmod pfnmap_test
	doctor 4
	says pat missing "nopat is on the kernel's command line" "boot without nopat"
}
