#!/usr/bin/env bats
# The dax region's folios, counted: suites/zone-device-refs.bash.

load helpers/common
load shared/zone-device

load suites/zone-device-refs
