#!/usr/bin/env bats
# Controls: fs/dax runs the reference suite of the dax region. Rows D11 to D16 and D22.

load helpers/common
load helpers/control
load helpers/fsdax

# bats_test_function
bats_require_minimum_version 1.11.0

control fs/dax '(D11|D13|D16): [^,]*(, (pte|pmd)$|$)|, (pte|pmd)$' zone-device-refs

load helpers/fsdax-subject

setup_file() {
	fsdax_begin ext4
}

teardown_file() {
	fsdax_end
}
