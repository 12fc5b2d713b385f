#!/usr/bin/env bats
# A machine that was booted with transparent_hugepage=never and debugfs=off.

load ../helpers/common
load ../shared/doctor

setup_file() {
	insmod "$PFNMAP_TEST_KO" mmio=4M dax=4M
}

teardown_file() {
	rmmod pfnmap_test
}

@test "doctor, transparent_hugepage=never: the huge zero folio is missing, and large leaves are not" {
	doctor 1
	missing debugfs thp
	says thp missing "never: the huge zero folio can't be had; large leaves of pfns and folios can" \
		"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"
	# Doctor is right: large leaves work, and the huge zero folio does not.
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn_pmd,level=pmd
		m=mmap:a,len=0x200000
		read:m	0x*
		leaf:m	pmd *
		b=open
		set:b,region=dax,method=vmf_insert_folio_pmd,level=pmd,mode=write-back
		n=mmap:b,len=0x200000
		read:n	0x*
		leaf:n	pmd *
		c=open
		set:c,region=dax,method=huge_zero_folio,level=pmd,mode=write-back	EOPNOTSUPP
	END
	target_write /sys/kernel/mm/transparent_hugepage/enabled madvise
	doctor 1
	missing debugfs
	target_write /sys/kernel/mm/transparent_hugepage/enabled never
}

@test "doctor, debugfs=off: there is nothing to compare with, and the reason is told" {
	doctor 1
	says debugfs missing "debugfs=off is on the kernel's command line" "boot without debugfs=off"
	says "memtype query" ok "by ioctl" ""
}
