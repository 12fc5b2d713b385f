#!/usr/bin/env bats
# `make install` of $SOURCE, built in $BUILD: which files it installs, that `make uninstall`
# leaves none of them, and that the manual page and the completions have every option and command
# of pfnmapctl's --help. tests/vm/root/packaging.sh runs this file in a root of its own.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
load ../shared/commands

setup_file() {
	make -j"$(nproc)" -C "$SOURCE/userspace" BUILD="$BUILD" all man
	export DEST=$BATS_FILE_TMPDIR/dest
	export PATH=$DEST/usr/sbin:$PATH
	userspace install
}

userspace() {
	make -C "$SOURCE/userspace" BUILD="$BUILD" DESTDIR="$DEST" PREFIX=/usr "$@"
}

installed() {
	(cd "$DEST" && find . ! -type d -printf '%m %P\n' | sort -k 2)
}

# options COMMAND: prints the options in its --help, in the form of the manual page:
# -x, --name=VALUE.
options() {
	# shellcheck disable=SC2086 # words
	ARGP_HELP_FMT=rmargin=1000 pfnmapctl $1 --help |
		sed -nE 's/^ +((-., )?--[a-z-]+(=[A-Z]+)?) .*/\1/p'
}

@test "install: each file is in its place" {
	run -0 installed
	assert_output - <<-'END'
		644 usr/include/pfnmap_test.h
		644 usr/lib/udev/rules.d/70-pfnmap-test.rules
		755 usr/sbin/pfnmapctl
		644 usr/share/bash-completion/completions/pfnmapctl
		644 usr/share/fish/vendor_completions.d/pfnmapctl.fish
		644 usr/share/man/man8/pfnmapctl.8
		644 usr/share/zsh/site-functions/_pfnmapctl
	END
}

@test "install: the module goes with it, and uninstall takes all away" {
	local module=lib/modules/1.2.3-none/updates/pfnmap_test.ko

	touch "$SOURCE/module/pfnmap_test.ko"
	mkdir "$BATS_TEST_TMPDIR/dest"
	DEST=$BATS_TEST_TMPDIR/dest
	for goal in install uninstall; do
		make -C "$SOURCE" KERNELRELEASE=1.2.3-none DESTDIR="$DEST" $goal
		[[ $goal == uninstall || -e $DEST/$module && -e $DEST/usr/local/sbin/pfnmapctl ]]
	done
	rm "$SOURCE/module/pfnmap_test.ko"
	run -0 installed
	assert_output ""
}

@test "install: a module that was built in a tree goes to the kernel of the tree" {
	local tree=$BATS_TEST_TMPDIR/tree

	mkdir -p "$tree/include/config"
	echo 1.2.3-tree >"$tree/include/config/kernel.release"
	touch "$SOURCE/module/pfnmap_test.ko"
	make -C "$SOURCE" KDIR="$tree" DESTDIR="$BATS_TEST_TMPDIR/dest" install
	rm "$SOURCE/module/pfnmap_test.ko"
	[[ -e $BATS_TEST_TMPDIR/dest/lib/modules/1.2.3-tree/updates/pfnmap_test.ko ]]
}

@test "install: before make, it says what to do" {
	run -2 make -C "$SOURCE" DESTDIR="$BATS_TEST_TMPDIR/dest" install
	assert_output --partial "install: there is no module/pfnmap_test.ko: run \`make\` first"
	[[ ! -e $BATS_TEST_TMPDIR/dest ]]
}

@test "install: pfnmapctl, dkms.conf and the Debian packages have one version" {
	local version
	# shellcheck source=/dev/null
	version=$(source "$SOURCE/dkms.conf" && echo "$PACKAGE_VERSION")
	assert_equal "$(pfnmapctl --version)" "pfnmapctl $version"
	assert_equal "$(dpkg-parsechangelog -l "$SOURCE/debian/changelog" -S Version)" "$version"
}

@test "install: the header is C by itself" {
	run -0 cc -std=c11 -Wall -Wextra -Werror -fsyntax-only -x c \
		-isystem "$DEST/usr/include" - <<<'#include <pfnmap_test.h>
int abi = PFNMAP_TEST_ABI;'
}

@test "install: udev takes the rule" {
	run -0 udevadm verify --resolve-names=never "$DEST"/usr/lib/udev/rules.d/*
}

# page COMMAND: prints the command's part of the manual page, and the part for all commands.
page() {
	MANWIDTH=1000 man -l "$DEST/usr/share/man/man8/pfnmapctl.8" | col -b | awk -v command="$1" '
		/^[A-Z]/ { on = /^OPTIONS/ }
		/^ +pfnmapctl / { on = index($0, "pfnmapctl " command " [") }
		on'
}

@test "install: the manual page has every command and option" {
	local command option n=0

	while read -r command; do
		run -0 page "$command"
		assert_output --regexp "pfnmapctl $command \["
		while read -r option; do
			assert_output --regexp "(^|"$'\n'")  +$option("$'\n'"|$)"
			n=$((n + 1))
		done < <(options "$command" | sed 's/?/\\?/')
	done < <(commands)
	((n > 100))
}

@test "install: the manual page fills the paragraphs of the help" {
	run -0 page doctor
	assert_output --regexp "  Exit status: 0 .* not loaded, so that nothing can be tested"
}

@test "install: the manual page has no line that is not as it should be" {
	run -0 --separate-stderr man --warnings -E UTF-8 -l -Tutf8 -Z "$DEST/usr/share/man/man8/pfnmapctl.8"
	# shellcheck disable=SC2154
	assert_equal "$stderr" ""
}

# below COMMAND...: prints the words that may follow.
below() {
	pfnmapctl --complete "$@" | cut -f 1
}

@test "completion: every command and option is offered where it may come" {
	local command

	assert_equal "$(below "")" "$(pfnmapctl --help | sed -nE 's/^  ([a-z]+) .*/\1/p')"
	while read -r command; do
		# shellcheck disable=SC2086 # words
		assert_equal "$(below $command - | sort)" \
			"$(options "$command" | sed -E 's/^.*(--[a-z-]+).*/\1/' | sort)"
	done < <(commands)
}

@test "completion: no option is offered after --, and no word for an option's value" {
	assert_equal "$(below memtype reserve -- "")" ""
	assert_equal "$(below map --offset "")" ""
	assert_equal "$(below map -o "")" ""
	assert_equal "$(below --device /x m)" "$(below "")"
}

# bash_completes WORD...: prints how bash completes a line that ends with the last word.
bash_completes() {
	bash --norc -c '
		source "$DEST/usr/share/bash-completion/completions/pfnmapctl"
		COMP_WORDS=(pfnmapctl "$@")
		COMP_CWORD=$#
		_pfnmapctl
		echo "${COMPREPLY[*]}"' bash "$@"
}

@test "completion: bash completes commands and options" {
	assert_equal "$(bash_completes mem)" memtype
	assert_equal "$(bash_completes memtype l)" "list lookup"
	assert_equal "$(bash_completes pin --h)" "--how --hold --help"
	assert_equal "$(bash_completes map --offset = "")" ""
}

# fish_completes LINE
fish_completes() {
	# shellcheck disable=SC2016 # fish's
	run -0 fish --no-config -c \
		'source $DEST/usr/share/fish/vendor_completions.d/pfnmapctl.fish; complete -C $argv' \
		"pfnmapctl $*"
}

@test "completion: fish completes commands and files" {
	cd /
	fish_completes memtype l
	assert_output - <<-'END'
		list	all reservations, or those of a range or region
		lookup	mode and holder of one address
	END
	fish_completes load /etc/debian_v
	assert_output /etc/debian_version
}

@test "completion: zsh completes commands and files" {
	# zsh completes only in a terminal. So replace its functions by ones that print.
	# shellcheck disable=SC2016 # zsh's
	run -0 zsh -fc '
		_describe() { print -l "${(@P)2}" }
		_files() { print files }
		words=(pfnmapctl memtype l) CURRENT=3
		source $1
		words=(pfnmapctl map --offset "") CURRENT=4
		source $1' zsh "$DEST/usr/share/zsh/site-functions/_pfnmapctl"
	assert_equal "${lines[-1]}" files
	assert_line "lookup:mode and holder of one address"
	assert_equal "${#lines[@]}" "$(($(pfnmapctl --complete memtype l | wc -l) + 1))"
}
