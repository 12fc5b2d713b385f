#!/usr/bin/env bats
# The dax region's folios, counted: suites/zone-device-refs.bash.

load helpers/common
load helpers/zone-device

load suites/zone-device-refs
