#!/usr/bin/env bats
# Loading and unloading: the regions' sources, what the module must refuse, and that
# the machine is whole afterwards. Ends with the module loaded as it was.

load helpers/common

setup_file() {
	rmmod pfnmap_test
}

teardown_file() {
	module_loaded || suite_load
}

# After a red test the module is loaded (invariants_check).
setup() {
	! module_loaded || rmmod pfnmap_test
	state_kept || invariants_note
}

clean_up() {
	! module_loaded || rmmod pfnmap_test || return
	! target_read /proc/iomem | grep -q pfnmap_test
}

# refused REASON MMIO: insmod fails and the log says why, in one line.
refused() {
	run module_load "mmio=$2"
	assert_failure
	run ! module_loaded
	run -0 log
	assert_line --partial "mmio=$2: "
	assert_line --partial "$1"
}

direct_map() {
	target_read /proc/meminfo | awk '/^DirectMap/ { sum += $2 } END { print sum }'
}

# whole MEMTOTAL DIRECTMAP: no memory is gone since these were noted. There may be a
# little more: boot memory that the module takes for the first time comes back with a
# memmap that the kernel can free, one page in 64.
whole() {
	local now

	now=$(meminfo MemTotal)
	assert_equal "$(direct_map)" "$2"
	((now >= $1 && now <= $1 + $1 / 64)) || fail "MemTotal was $1 kB, is $now kB"
}

@test "module: its modinfo says that it is a test module" {
	[[ -n ${PFNMAP_TEST_KO:-} ]] || skip "no PFNMAP_TEST_KO"
	run -0 modinfo -F test "$PFNMAP_TEST_KO"
	assert_output Y
}

@test "module: a plain load works without boot parameters, and unload gives the memory back" {
	local total direct

	total=$(meminfo MemTotal)
	direct=$(direct_map)
	module_load
	check <<-END
		a=open
		m=mmap:a,len=4096
		read:m	0x00000000
	END
	rmmod pfnmap_test
	whole "$total" "$direct"
}

@test "module: the region shows in /proc/iomem, and its memory not in MemTotal" {
	local total

	module_load
	need_region mmio
	target_read /proc/iomem | grep -q ' : pfnmap_test mmio$'
	total=$(meminfo MemTotal)
	rmmod pfnmap_test
	(($(meminfo MemTotal) > total))
}

@test "module: the memory that was taken holds no former owner's data" {
	local _

	for _ in 1 2; do
		module_load
		need_region mmio
		check <<-END
			a=open
			m=mmap:a,len=0x10000
			check:m,val=0
			fill:m,val=0x67
			munmap:m
		END
		rmmod pfnmap_test
	done
}

# A load takes half a second. `make storm CYCLES=500` has the many.
@test "module: ten loads and unloads with memory in use leave the machine whole" {
	local direct total

	on fallocate -l $(($(meminfo MemAvailable) / 4))K "$TARGET_TMP/fill"
	direct=$(direct_map)
	total=$(meminfo MemTotal)
	load_command
	# shellcheck disable=SC2016 # expanded there
	target_shell 'for i in $(seq 10); do
			"$@"
			rmmod pfnmap_test
		done' "${LOAD[@]}"
	on rm "$TARGET_TMP/fill"
	whole "$total" "$direct"
}

# The first setting is the default of a kernel such as 6.1: auto_online_blocks says offline.
@test "module: memory comes back online, whatever auto_online_blocks says" {
	local file=/sys/devices/system/memory/auto_online_blocks was total

	target_has $file || skip "no CONFIG_MEMORY_HOTPLUG"
	was=$(target_read $file)
	target_write $file offline
	module_load dax=off
	rmmod pfnmap_test
	total=$(meminfo MemTotal)
	module_load dax=off
	rmmod pfnmap_test
	target_write $file "$was"
	# More where the second load took other memory than the first: see whole.
	(($(meminfo MemTotal) >= total)) || fail "MemTotal was $total kB, is $(meminfo MemTotal) kB"
	assert_equal "$(offline_blocks)" ""
}

# unload_without_sysfs COMMAND...: rmmod by COMMAND gives memory back, all of it online.
unload_without_sysfs() {
	local file=/sys/devices/system/memory/auto_online_blocks was

	target_has $file || skip "no CONFIG_MEMORY_HOTPLUG"
	need_carving
	need_program busybox # whose rmmod does without /sys
	was=$(target_read $file)
	module_load dax=off
	target_write $file offline
	on "$@"
	target_write $file "$was"
	assert_equal "$(offline_blocks)" ""
	run -0 log
	refute_line --partial "is back but offline"
}

@test "module: memory comes back online where rmmod runs without sysfs" {
	unload_without_sysfs unshare -m sh -c 'umount -l /sys && busybox rmmod pfnmap_test'
}

# The bind mount has none of the mounts below the root directory, so it has no /sys.
@test "module: memory comes back online where rmmod runs in a chroot" {
	# shellcheck disable=SC2016 # expanded there
	unload_without_sysfs unshare -m sh -c 'mkdir "$1" && mount --bind / "$1" &&
		chroot "$1" busybox rmmod pfnmap_test' sh "$TARGET_TMP/chroot"
	on rmdir "$TARGET_TMP/chroot"
}

# If the first process has no such files, the module can't online the memory, but it says so.
@test "module: memory that can't be onlined is back all the same, and the log says so" {
	local blocks=/sys/devices/system/memory was block

	target_has $blocks/auto_online_blocks || skip "no CONFIG_MEMORY_HOTPLUG"
	need_carving
	was=$(target_read $blocks/auto_online_blocks)
	module_load dax=off
	target_write $blocks/auto_online_blocks offline
	on mount -t tmpfs none $blocks
	rmmod pfnmap_test
	on umount $blocks
	target_write $blocks/auto_online_blocks "$was"
	run -0 log
	assert_line --partial "is back but offline"
	run -0 offline_blocks
	[[ -n $output ]]
	for block in "${lines[@]}"; do
		target_write "$blocks/$block" online
	done
}

@test "module: dax_align alone takes as much as one folio of that size" {
	has_method vmf_insert_folio_pmd || skip "this kernel has no folios to ask for"
	need_carving
	module_load mmio=off dax_align=2M
	assert_equal "$(region_field dax bytes)" $((2 << 20))
	check <<-END
		a=open
		folio:dax+0x0	refs=1 mapcount=0 order=9 *
	END
}

# Without 2 MiB memremap_pages() would warn.
@test "module: dax_align=4K alone takes 2 MiB, the least that has struct pages" {
	need_carving
	module_load mmio=off dax_align=4K
	assert_equal "$(region_field dax bytes)" $((2 << 20))
	check <<-END
		a=open
		folio:dax+0x0	refs=1 mapcount=0 order=0 *
	END
}

@test "module: dax=off leaves the other regions" {
	module_load dax=off
	check <<-END
		a=open
		set:a,region=dax	ENXIO
		set:a,region=ram
		m=mmap:a,len=0x1000
		read:m			0x00000000
		folio:dax+0x0		ENXIO
	END
}

@test "module: a plain load has ZONE_DEVICE memory, cleared, and gives it back" {
	local total direct

	total=$(meminfo MemTotal)
	direct=$(direct_map)
	module_load mmio=off
	need_region dax
	target_read /proc/iomem | grep -q ' : pfnmap_test dax$'
	check <<-END
		a=open
		set:a,region=dax,mode=write-back
		m=mmap:a,len=0x10000
		check:m,val=0
		fill:m,val=0x67
	END
	rmmod pfnmap_test
	whole "$total" "$direct"
}

# align SIZE ORDER: the region has folios of that size, and of no other.
align() {
	local range

	range=$(suite_params | grep -o 'dax=.*') || skip "no memmap= on the command line"
	has_method vmf_insert_folio_pud || skip "this kernel has no folios to ask for"
	module_load mmio=off "$range" "dax_align=$1"
	check <<-END
		a=open
		folio:dax+0x0								refs=1 mapcount=0 order=$2 *
		set:a,region=dax,method=vmf_insert_page_mkwrite,mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=1
		leaf:m									pte *
		folio:dax+0x0								refs=2 mapcount=1 order=$2 *
		munmap:m
		set:a,region=dax,method=vmf_insert_folio_pmd,level=pmd,mode=write-back	$3
		set:a,region=dax,method=vmf_insert_folio_pud,level=pud,mode=write-back	$4
	END
}

@test "module: dax_align=4K gives folios of 4 KiB, and no others" {
	align 4K 0 EOPNOTSUPP EOPNOTSUPP
}
@test "module: dax_align=2M gives folios of 2 MiB, and no others" { align 2M 9 ok EOPNOTSUPP; }
@test "module: dax_align=1G gives folios of 1 GiB, and no others" { align 1G 18 EOPNOTSUPP ok; }

@test "module: a dax_align that is none is refused" {
	local align

	for align in 3M 0 512G x 2Mx ""; do
		run module_load mmio=off dax=off "dax_align=$align"
		assert_failure
		run -0 log
		assert_line --partial "dax_align=$align: not auto, 4K, 2M or 1G"
	done
}

@test "module: a dax range that is no multiple of 2 MiB, or of dax_align, is refused" {
	local range

	range=$(boot_reserved)
	[[ -n $range ]] || skip "no memmap= on the command line"
	run module_load mmio=off "dax=1M@${range#*@}"
	assert_failure
	run module_load mmio=off "dax=2M@$(printf 0x%x $((${range#*@} + 0x100000)))"
	assert_failure
	run module_load mmio=off "dax=2M@${range#*@}" dax_align=1G
	assert_failure
	run -0 log
	assert_equal "$(grep -c 'not a multiple of 2 MiB, or not of dax_align' <<<"$output")" 3
	module_load mmio=off "dax=2M@${range#*@}"
	check <<-END
		a=open
		folio:dax+0x0	* order=9 *
	END
}

@test "module: mmio and dax can't have the same range" {
	local range

	range=$(boot_reserved)
	[[ -n $range ]] || skip "no memmap= on the command line"
	run module_load "mmio=4M@${range#*@}" "dax=4M@${range#*@}"
	assert_failure
	run -0 log
	assert_line --partial "the range is busy"
}

@test "module: mmio=off leaves ram" {
	local reserve=ENXIO

	[[ $MACHINE == x86_64 ]] || reserve=EOPNOTSUPP
	module_load mmio=off
	check <<-END
		a=open
		set:a,region=mmio					ENXIO
		ioctl:a,nr=5,size=32,u32@4=1,u32@8=1,u64@24=4096	$reserve
		set:a,region=ram
		m=mmap:a,len=4096
		read:m							0x00000000
	END
	check <<-END
		a=open
		m=mmap:a,len=4096
		leaf:m	pte write-back ram+0x0 *
	END
}

@test "module: mmio=off still proves the memtype tree" {
	module_load mmio=off
	need_memtype
	try a=open lookup:0xfee00000
	refute_output --partial EOPNOTSUPP
}

@test "module: mmio=SIZE gives that much" {
	local size

	module_load mmio=auto
	need_region mmio
	rmmod pfnmap_test
	for size in 4096 3M; do
		module_load mmio=$size
		check <<-END
			a=open
			m=mmap:a,len=$size
			m=mmap:a,off=$size,len=4096	EINVAL
		END
		rmmod pfnmap_test
	done
}

@test "module: mmio=SIZE@ADDR takes a range reserved at boot, as it is" {
	local range

	need_pat
	range=$(boot_reserved)
	[[ -n $range ]] || skip "no memmap= on the command line"
	module_load "mmio=1M@${range#*@}"
	check <<-END
		a=open
		set:a,region=mmio,mode=write-combining
		m=mmap:a,len=0x100000
		write:m,val=0x600df00d
		list:mmio			0x0-0x100000 write-combining
		lookup:${range#*@}		write-combining tracked count=1 *
		n=mmap:a,off=0x100000,len=4096	EINVAL
	END
	rmmod pfnmap_test
	module_load "mmio=1M@${range#*@}"
	check <<-END
		a=open
		m=mmap:a,len=4096
		read:m	0x600df00d
	END
}

@test "module: a second load is refused, and the first goes on" {
	[[ -n ${PFNMAP_TEST_KO:-} ]] || skip "no PFNMAP_TEST_KO: modprobe loads nothing twice"
	module_load mmio=off dax=off
	run module_load mmio=off dax=off
	assert_failure
	assert_output --partial "File exists"
	check <<-END
		a=open
		set:a,region=ram
		m=mmap:a,len=4096
		write:m,val=7
		read:m	0x00000007
	END
	rmmod pfnmap_test
}

@test "module: a size of zero is refused" { refused "the size is zero" 0; }
@test "module: a size that is not in pages is refused" { refused "page size" 4095; }
@test "module: an address that is not in pages is refused" { refused "page size" 1M@0x300000001; }
@test "module: a number that overflows is refused" { refused "out of range" 16E; }
@test "module: a number of too many digits is refused" { refused "out of range" 99999999999999999999; }
@test "module: an end that overflows is refused" { refused "overflows" 8192@0xfffffffffffff000; }
@test "module: a range past physical memory space is refused" { refused "physical memory space" 1M@0xff00000000000000; }
@test "module: what is neither a size nor a range is refused" {
	refused "not auto, SIZE, SIZE@ADDR, pci:DDDD:BB:DD.F/BAR or off" 1M@
}
@test "module: trailing words are refused" { refused "not auto, SIZE, SIZE@ADDR, pci:DDDD:BB:DD.F/BAR or off" 1Mx; }
@test "module: an empty parameter is refused" { refused "not auto, SIZE, SIZE@ADDR, pci:DDDD:BB:DD.F/BAR or off" ""; }

@test "module: more memory than there is, is refused" {
	need_carving
	refused "too little memory" 1024G
}

@test "module: a range in System RAM is refused" {
	local start

	start=$(target_read /proc/iomem | awk -F- '/ : System RAM$/ { print $1 }' | tail -n 1)
	refused "overlaps System RAM" "1M@0x$start"
}

@test "module: a range that reaches into System RAM is refused" {
	local start

	start=$(target_read /proc/iomem | awk -F- '/ : System RAM$/ { print $1 }' | tail -n 1)
	refused "overlaps System RAM" "$(printf '8192@0x%x' $((0x$start - 4096)))"
}

@test "module: a busy range is refused" {
	local start

	start=$(target_read /proc/iomem | awk -F- '/ : IOAPIC 0$| : HPET 0$/ { sub(/^ */, "", $1); print $1; exit }')
	[[ -n $start ]] || skip "no IOAPIC and no HPET in /proc/iomem"
	refused "busy" "4096@0x$start"
}

@test "module: an unknown parameter is named in the log and ignored" {
	module_load mmoi=off
	module_loaded
	run -0 log
	assert_output --partial "unknown parameter 'mmoi' ignored"
}

@test "module: unload is refused while a file is open" {
	module_load
	beside a=open await
	run rmmod pfnmap_test
	assert_failure
	assert_output --partial "in use"
	beside_end
	rmmod pfnmap_test
}

@test "module: unload is refused while a mapping is there, with the file closed" {
	module_load
	beside a=open set:a,region=ram,mode=write-back m=mmap:a,len=4096 close:a await
	run rmmod pfnmap_test
	beside_end
	assert_failure
	rmmod pfnmap_test
}

# A path holds a mount and an inode, but not the module.
@test "module: unload works while somebody holds the path of folios that were mapped" {
	module_load mmio=off
	need_counted pte
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[pte]},mode=write-back
		m=mmap:a,len=0x1000
		write:m,val=1
		p=path:m
		munmap:m
		close:a
		rmmod:
		close:p
	END
}

# The pattern's mmap() registers a notifier for the VMA. If mmap() then fails to get the VMA's
# operations, it must unregister: the kernel would call a notifier in a module that is gone.
@test "module: unload works after an mmap of find_normal_page that failed behind its notifier" {
	module_load mmio=off dax=off
	need_method find_normal_page
	# Open the file anew each time: an open file keeps the operations.
	local set=set:a,region=ram,method=find_normal_page,mode=write-back,flags=mkwrite
	try "fail/a=open;$set;!m=mmap:a,len=0x1000;?munmap:m;close:a" rmmod: n=anon:len=0x1000 \
		munmap:n
	assert_line "fail: 2 times mmap m: ENOMEM"
	assert_line "rmmod pfnmap_test: ok"
	assert_line "munmap n: ok"
}
