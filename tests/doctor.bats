#!/usr/bin/env bats
# shellcheck disable=SC2154 # stderr is what run leaves
# pfnmapctl doctor where all is well, and where something is missing that a test can take away
# without another boot. tests/boots has guests for the rest.

load helpers/common
load shared/doctor

@test "doctor: a stock kernel lacks nothing, and a method that is missing has its reason" {
	# shellcheck disable=SC2153 # setup_suite's
	target_has "/boot/config-$RELEASE" || skip "no stock kernel"
	if has_thp; then
		doctor 0
		missing
	else
		# Whatever is missing wants that option.
		doctor 1
		assert_equal "$(jq -r '.[] | select(.state == "missing" and
			((.why + .advice) | contains("CONFIG_TRANSPARENT_HUGEPAGE") | not)) | .check' \
			<<<"$DOCTOR")" ""
		says vmf_insert_pfn_pmd missing "it needs CONFIG_TRANSPARENT_HUGEPAGE" "build the kernel with it"
	fi
	says config ok "/boot/config-" ""
	says module ok loaded ""
	if [[ $MACHINE == x86_64 ]]; then
		says pat ok on ""
		says "memtype query" ok "by ioctl" ""
	fi
	assert_equal "$(jq '[.[] | select(.state == "warning" and .check != "taint")]' <<<"$DOCTOR")" "[]"
	assert_equal "$(jq -r '.[] | select(.why | startswith("not on this kernel")) | .check' <<<"$DOCTOR")" \
		"$(info_json | jq -r '.[] | select(.kind == "method" and (.available | not)) | .name')"
	run pfnmapctl doctor
	assert_equal "$status" "$(has_thp && echo 0 || echo 1)"
	assert_line --regexp "^check +state +why"
}

@test "doctor: huge pages, or their zero page, are missing when switched off" {
	local thp=/sys/kernel/mm/transparent_hugepage was

	need_thp
	was=$(target_read $thp/enabled | grep -o '\[.*\]' | tr -d '[]')
	target_write $thp/enabled never
	doctor 1
	target_write $thp/enabled "$was"
	says thp missing "never: " "echo madvise >$thp/enabled"
	target_write $thp/use_zero_page 0
	doctor 1
	target_write $thp/use_zero_page 1
	says thp missing "use_zero_page is off" "echo 1 >$thp/use_zero_page"
}

@test "doctor: debugfs is missing, and lockdown not known, where nobody has mounted them" {
	target_has "$MEMTYPE_LIST" || skip "no debugfs to unmount"
	run -1 --separate-stderr on unshare -m sh -c 'umount -l /sys/kernel/debug
		umount -l /sys/kernel/security 2>/dev/null
		exec pfnmapctl doctor -j'
	DOCTOR=$output
	says debugfs missing "not mounted" "mount -t debugfs none /sys/kernel/debug"
	says lockdown warning "can't be read" "mount -t securityfs"
}

@test "doctor: an option that the kernel's configuration lacks is missing" {
	local config
	config=/boot/config-$RELEASE

	target_has "$config" || skip "no configuration here"
	# shellcheck disable=SC2016 # expanded there
	target_shell 'grep -v CONFIG_ZONE_DEVICE= "$1" >"$2"' "$config" "$TARGET_TMP/config"
	run -1 --separate-stderr on unshare -m sh -c "mount --bind '$TARGET_TMP/config' '$config'
		exec pfnmapctl doctor -j"
	DOCTOR=$output
	says CONFIG_ZONE_DEVICE missing "not set: there is no dax region" "build the kernel with it"
	run --separate-stderr on unshare -m sh -c "mount --bind /dev/null '$config'
		exec pfnmapctl doctor -j"
	DOCTOR=$output
	says config warning "not found" "modprobe configs"
}

@test "doctor: a user who is not root is told to be root" {
	need_program setpriv
	run -1 --separate-stderr on setpriv --reuid=65534 --clear-groups pfnmapctl doctor -j
	DOCTOR=$output
	says user missing "not root" "run pfnmapctl as root"
	says module missing EACCES "run pfnmapctl as root"
}

@test "doctor: a node that is not there, or another driver's, is no module" {
	run -1 --separate-stderr pfnmapctl doctor -j --device /nonexistent
	DOCTOR=$output
	says module missing "/nonexistent: ENOENT" "mount devtmpfs on /dev, or name the node"
	run -1 --separate-stderr pfnmapctl doctor -j --device /dev/null
	DOCTOR=$output
	says module missing "/dev/null: ENOTTY" "not a device of pfnmap_test"
}

# strace changes the answer of the first ioctl on the node, GET_INFO.
@test "doctor: a module that is older than pfnmapctl is told of" {
	need_program strace
	plain_programs
	run -1 --separate-stderr on strace -qqq -o /dev/null -P /dev/pfnmap_test -e trace=ioctl \
		-e inject=ioctl:poke_exit=@arg3=2800000001000000:when=1 pfnmapctl doctor -j
	DOCTOR=$output
	says abi missing "the module has 1, pfnmapctl needs" "build both anew, unload, and load"
}

@test "doctor: a region that was not asked for is missing, and the reason is told" {
	rmmod pfnmap_test
	pfnmapctl load ${PFNMAP_TEST_KO:+"$PFNMAP_TEST_KO"} mmio=off
	doctor 1
	rmmod pfnmap_test
	suite_load
	says "region mmio" missing "the module was loaded with mmio=off" "load it without that parameter"
	says "region ram" ok "bytes at 0x" ""
}

@test "doctor: a module that is not loaded, not there, or another kernel's is told of" {
	local ko=${PFNMAP_TEST_KO:-$(modinfo -n pfnmap_test)} other=$TARGET_TMP/other.ko
	local release at before

	# A kernel may lack what a method needs.
	run pfnmapctl doctor
	before=$status
	rmmod pfnmap_test
	run --separate-stderr pfnmapctl doctor -j
	suite_load
	DOCTOR=$output
	assert_equal "$status" 4
	if has_thp; then missing module; else missing module thp; fi
	says module missing "not loaded" "pfnmapctl load"
	says memory ok "of the topmost [0-9]+ memory blocks" "'pfnmapctl load --dry-run' tells more"

	release=$RELEASE
	release=${release//+/.}
	on cp "$ko" "$other"
	at=$(on grep -obUa vermagic= "$other")
	on -i dd of="$other" bs=1 seek=$((${at%%:*} + 9)) count=1 conv=notrunc status=none <<<0
	PFNMAP_TEST_KO=$other doctor 1
	says "module file" missing "${other//+/.} is built for 0${release:1}" "build it for this kernel"
	PFNMAP_TEST_KO=/nonexistent doctor "$before"
	says "module file" warning "/nonexistent: ENOENT" "make install"
}
