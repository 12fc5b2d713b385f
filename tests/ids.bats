#!/usr/bin/env bats
# Ids of an open file that several threads share. An ioctl owns its object until it has told
# the object's id: a thread that guesses the id must not free the object before.

load helpers/common
load helpers/cpus

teardown_file() {
	cpus_back
}

# guess WHAT N: each of the N objects was given back once, by one thread or the other.
guess() {
	local made kept guessed

	need_cpus 2
	check <<-END
		a=open
		guess:a,what=$1,n=$2	=counts ok made=+([0-9]) kept=+([0-9]) guessed=+([0-9])
	END
	IFS=' =' read -r _ _ made _ kept _ guessed <<<"${SAID[counts]}"
	assert_equal "$made $((kept + guessed))" "$2 $2"
}

@test "ids: a pin that another thread guesses is freed once, after the pinning has ended" {
	guess pin 100000
}

@test "ids: a reservation that another thread guesses is freed once, and is in use no more" {
	need_region mmio
	need_reservations
	guess reserve 10000
}
