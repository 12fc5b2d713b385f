#!/usr/bin/env bats
# dkms builds the module from $SOURCE, a tree as `git archive` makes it, for the kernel $RELEASE, of
# which only the headers are here. The module that dkms installs stays in $KEEP: guests load it.
# tests/vm/root/packaging.sh runs this file in a root of its own. Each test continues where the one
# before it ended.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	# shellcheck source=/dev/null
	source "$SOURCE/dkms.conf"
	export NAME=$PACKAGE_NAME VERSION=$PACKAGE_VERSION
	export NEEDED=$BUILD_EXCLUSIVE_CONFIG TAKEN=$BUILD_EXCLUSIVE_KERNEL
	export TREE=/var/lib/dkms/$NAME INSTALLED=/lib/modules/$RELEASE/updates
	export LACKING=/lib/modules/6.1.9-lacking
	forget
}

teardown_file() {
	forget
}

# Removes what an interrupted run has left.
forget() {
	rm -rf "$TREE" "/usr/src/$NAME-$VERSION" "$INSTALLED" "$LACKING"
}

# of COMMAND [ARG...]: runs the dkms command for this module.
of() {
	dkms "$1" -m "$NAME" -v "$VERSION" "${@:2}"
}

# quiet: asserts that dkms printed no warning.
quiet() {
	refute_output --regexp '[Ww]arning|[Ee]rror|[Dd]eprecated'
}

@test "dkms: add takes the tree without a warning" {
	cp -a "$SOURCE" "/usr/src/$NAME-$VERSION"
	run -0 of add
	quiet
}

@test "dkms: the module builds without a warning" {
	of build -k "$RELEASE" >"$BATS_TEST_TMPDIR/said" || {
		cat "$TREE/$VERSION/build/make.log"
		fail "dkms build"
	}
	run -0 cat "$BATS_TEST_TMPDIR/said"
	quiet
	run -0 cat "$TREE/$VERSION/$RELEASE"/*/log/make.log
	assert_output --partial 'pfnmap_test.ko'
	quiet
}

@test "dkms: install puts this module alone, for this kernel, and signed" {
	run -0 of install -k "$RELEASE"
	quiet
	run -0 find "$INSTALLED" -type f
	assert_output "$INSTALLED/dkms/pfnmap_test.ko"
	run -0 modinfo -F vermagic "$output"
	assert_output --partial "$RELEASE SMP"
	run -0 modinfo -F signer "$INSTALLED/dkms/pfnmap_test.ko"
	assert_output --partial DKMS
	run -0 of status
	assert_output --partial "$NAME/$VERSION, $RELEASE, x86_64: installed"
	mkdir -p "$KEEP"
	cp "$INSTALLED/dkms/pfnmap_test.ko" "$KEEP/"
}

# passed_over RELEASE: asserts that dkms builds nothing for this kernel, and still succeeds.
passed_over() {
	run of build -k "$1"
	assert_failure 77
	assert_output --partial BUILD_EXCLUSIVE
	run -0 dkms autoinstall -k "$1"
	[[ ! -e /lib/modules/$1/updates ]]
}

@test "dkms: kernels since 6.1, and those of RHEL 9 since 9.2" {
	local kernel

	for kernel in 6.1.0-57-amd64 6.10.0 6.19.0-rc1 7.3.4+deb13-amd64 10.0.0 \
		5.14.0-284.30.1.el9_2.x86_64 5.14.0-391.el9.x86_64 5.14.0-570.32.1.el9_6.x86_64 \
		6.12.0-55.24.1.el10_0.x86_64; do
		[[ $kernel =~ $TAKEN ]] || fail "$kernel is passed over"
	done
	for kernel in 4.18.0-553.el8_10.x86_64 5.14.0-1-amd64 5.14.0-162.6.1.el9_1.x86_64 \
		5.14.0-300-generic 5.15.0-generic 6.0.19; do
		[[ ! $kernel =~ $TAKEN ]] || fail "$kernel is taken"
	done
}

@test "dkms: a kernel that is not configured for it is passed over" {
	local option config=$LACKING/build/include/config/auto.conf

	assert_equal "$(sed -n 's/^\tdepends on //p' "$SOURCE/module/Kconfig" | sed 's/ && / /g')" \
		"${NEEDED//CONFIG_/}"
	mkdir -p "${config%/*}"
	for option in $NEEDED; do
		grep -v "^$option=" "/lib/modules/$RELEASE/build/include/config/auto.conf" >"$config"
		cp "$config" "$LACKING/build/.config"
		passed_over "${LACKING##*/}"
	done
}

@test "dkms: remove leaves nothing" {
	run -0 of remove --all
	quiet
	[[ ! -e $TREE && ! -e $INSTALLED ]]
}
