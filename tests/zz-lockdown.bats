#!/usr/bin/env bats
# bats file_tags=spoils
# Kernel lockdown. Only a reboot ends it. So this is the last file of all, and only for
# machines that nobody needs afterwards, such as guests.

load helpers/common

@test "lockdown: memory that may be a device's can't be reached, what was RAM can" {
	local file=/sys/kernel/security/lockdown

	[[ -n ${DISPOSABLE:-} ]] || skip "lockdown would stay until the next boot: DISPOSABLE=1 allows it"
	target_has $file || on mount -t securityfs securityfs /sys/kernel/security 2>/dev/null || true
	target_has $file || skip "no CONFIG_SECURITY_LOCKDOWN_LSM"
	need_region mmio
	beside a=open set:a,region=mmio m=mmap:a,len=0x1000 await munmap:m
	target_write $file integrity
	check <<-END
		a=open
		set:a,region=mmio
		n=mmap:a,len=0x1000		EPERM
		n=mmap:a,len=0x1000,private	EPERM
		set:a,region=mmio,method=vmf_insert_pfn
		n=mmap:a,len=0x1000		EPERM
		word:mmio+0x0			EPERM
		word:mmio+0x0,val=1		EPERM
		word:ram+0x0			0x*
		set:a,region=ram,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=5
		read:m				0x00000005
	END
	# An earlier mapping stays, as it does with /dev/mem.
	beside_end
	assert_line "munmap m: ok"

	# Lockdown also refuses to load a module that is not signed.
	run pfnmapctl load "$PFNMAP_TEST_KO"
	assert_failure 1
	assert_output --partial "lockdown"
}
