#!/usr/bin/env bats
# The dax region's folios, counted: suites/zone-device-refs.bash.

load helpers/common
load helpers/zone-device

# bats_test_function
bats_require_minimum_version 1.11.0

load suites/zone-device-refs
