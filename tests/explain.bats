#!/usr/bin/env bats
# shellcheck disable=SC2034,SC2086,SC2154 # for shared/explain.bash; $DEV; what run leaves
# pfnmapctl explain, asked about mappings of every kind, the kernel's and this module's. A test does
# to such a mapping what each answer is about, in the same guest, so a wrong answer is red.

load helpers/common
load helpers/methods
load shared/explain
load shared/pfn-control

setup_file() {
	# Every method, in turn.
	time_limit 600
	zram_begin 8M || true
}

teardown_file() {
	zram_end
}

# The module gets at other processes by mm_access(), which it finds by kprobes.
need_explain() {
	local text

	text=$(pfnmap-try a=open inspect:0x1000,pid=1)
	[[ $text != *EOPNOTSUPP ]] || skip "no CONFIG_KPROBES, which finds mm_access()"
	need_pat
}

# A mapping of ours. Variables for more: MODE, SET (words of set:), NODE, HOW (words of mmap:).
by_method() { # METHOD REGION BYTES TOUCH
	need_explain
	need_method "$1"
	need_room "$2" "$3"
	BEFORE=("a=open${NODE:-}" "set:a,region=$2,method=$1,mode=${MODE:-write-back}${SET:-}")
	comes_true "$3" "mmap:a,len=$3${HOW:+,$HOW}" ${4:+$4}
}

@test "explain: remap_pfn_range: nobody pins pfns, and each answer comes true" {
	MODE=write-combining by_method remap_pfn_range mmio 0x4000 write:M,val=1
	says use pin EFAULT "^The VMA has VM_IO or VM_PFNMAP"
	says use mode write-combining "mode that vm_page_prot asks for"
	says question ibv_reg_mr EFAULT "FOLL_LONGTERM"
	says question cudaHostRegister EFAULT
	says question hipHostRegister EFAULT "hmm_range_fault"
	cell question ibv_reg_mr instead
	assert_regex "$REPLY" dmabuf
	held_by write-combining "process $PID \(pfnmap-try\), which maps /dev/pfnmap_test"
}

@test "explain: remap_pfn_range, private, read: each answer comes true" {
	HOW=private by_method remap_pfn_range mmio 0x4000 read:M
	says use write copied
}

# Before 6.16 the process can't fork. So it can't try ptrace: pfnmap-try's tracer is a child.
@test "explain: remap_pfn_range, private, written to: get_user_pages_fast() takes the copy" {
	local fork=entries

	[[ $TRACKING == *ctx ]] || SKIP_USES="fork ptrace" fork=ENOMEM
	HOW=private by_method remap_pfn_range mmio 0x4000 write:M,val=1
	says use pin EFAULT
	says use "longterm pin write" ok "private copy"
	says use fork "$fork"
	if [[ $fork == ENOMEM ]]; then
		# The fork that fails may take the reservation, and the unmap frees it again.
		[[ -z $FORK_TAKES ]] || INVALID_FREES=1
		try "${BEFORE[@]}" m=mmap:a,len=0x4000,private write:m,val=1 fork:
		assert_line "fork in vain: ENOMEM"
	fi
}

@test "explain: remap_pfn_range, read-only: each answer comes true" {
	HOW=prot=r by_method remap_pfn_range mmio 0x4000
	says use write SIGSEGV
}

@test "explain: vmf_insert_pfn, untouched: each answer comes true" {
	by_method vmf_insert_pfn mmio 0x4000
	says use "KVM and VFIO" EINVAL "fixup_user_fault"
	says use mode - "Nothing is present"
}

@test "explain: vmf_insert_pfn: write-combining was asked for, and is not had" {
	MODE=write-combining by_method vmf_insert_pfn mmio 0x4000 read:M
	says vma "mode asked for" write-combining
	says use mode uncached-minus "Nobody holds this memory"
	says vma tracked none
	cell use mode instead
	assert_regex "$REPLY" "arch_io_reserve_memtype_wc"
	refute_regex "$ROWS" '"about": *"held"'
}

@test "explain: vmf_insert_pfn: write-combining is had where somebody holds it" {
	need_explain
	need_reservations
	need_method vmf_insert_pfn
	need_region mmio
	beside_pid a=open r=reserve:a,region=mmio,mode=write-combining,len=0x4000 \
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-combining \
		"m=mmap:a,len=0x1000,fixed=$AT" read:m pid await
	explain_json "$PID" "$AT"
	beside_end
	says use mode write-combining "the mode that vm_page_prot asks for"
	held_by write-combining "the kernel, by ioremap\(\) from pfnmap_reserve"
}

@test "explain: vmf_insert_pfn: where another mode is held it is that one" {
	need_explain
	need_reservations
	need_region mmio
	beside_pid a=open r=reserve:a,region=mmio,mode=uncached,len=0x4000 \
		set:a,region=mmio,method=vmf_insert_pfn,mode=write-combining \
		"m=mmap:a,len=0x1000,fixed=$AT" read:m pid await
	explain_json "$PID" "$AT"
	beside_end
	says use mode uncached "take the mode that the memory is held in"
	held_by uncached ""
}

@test "explain: vmf_insert_mixed, shared: a pin finds no page although the VMA allows some" {
	by_method vmf_insert_mixed mmio 0x4000 read:M
	says use pin EEXIST special
}

@test "explain: vmf_insert_mixed, private: a pin to write copies" {
	HOW=private by_method vmf_insert_mixed mmio 0x4000 read:M
	says use "pin write" ok "private copy"
	says use pin EEXIST
}

@test "explain: vmf_insert_mixed, untouched: whether a pin works depends" {
	by_method vmf_insert_mixed ram 0x4000
	says use pin depends
}

@test "explain: vm_insert_page: pages can be pinned" {
	by_method vm_insert_page ram 0x4000 read:M
	says use "longterm pin write" ok
	says question ibv_reg_mr ok
}

# 8ac268436e6d, "mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to file-backed mappings", 6.5.
@test "explain: vm_insert_page with page_mkwrite(): no device may write unseen" {
	SET=,flags=mkwrite by_method vm_insert_page ram 0x4000 read:M
	if has_symbol vma_needs_dirty_tracking; then
		says use "longterm pin write" EFAULT "page_mkwrite"
	else
		says use "longterm pin write" ok
	fi
}

@test "explain: vm_insert_page: io_uring registers no file's mapping before 6.5" {
	local answer=ok

	has_symbol vma_needs_dirty_tracking || answer=EOPNOTSUPP
	by_method vm_insert_page ram 0x4000 read:M
	says question "io_uring buffers" "$answer"
	by_method vmf_insert_mixed ram 0x4000 read:M
	says question "io_uring buffers" EEXIST
	# The kernel says the same.
	run_on pfnmap-try m=anon:len=0x1000 r=ring:m
	[[ $output == *"ring r: ok"* ]] || return 0
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		m=mmap:a
		r=ring:m	$answer
		set:a,region=ram,method=vmf_insert_mixed,mode=write-back
		n=mmap:a
		read:n		0x????????
		s=ring:n	EEXIST
	END
}

@test "explain: vmf_insert_page_mkwrite: ZONE_DEVICE pages can be pinned" {
	by_method vmf_insert_page_mkwrite dax 0x4000 write:M,val=1
	says use "longterm pin write" ok ZONE_DEVICE
}

# Each method, at its largest level.
@test "explain: every method: each answer comes true" {
	local methods=0

	need_explain
	methods_do one_comes_true
	((methods > 5))
}

one_comes_true() {
	local node=''

	[[ $FLAGS != *prepare* ]] || node=:prepare
	BEFORE=("a=open$node" "set:a,region=$REGION,method=$METHOD,level=$LEVEL,mode=write-back")
	comes_true "$BYTES" "mmap:a,len=$BYTES" read:M || fail "$METHOD"
	methods=$((methods + 1))
}

anonymous() { # HOW TOUCH...
	need_explain
	BEFORE=(a=open)
	comes_true 0x4000 "mmap:a,len=0x4000,flags=anonymous,$1" "${@:2}"
}

@test "explain: anonymous memory, untouched: each answer comes true" { anonymous private; }
@test "explain: anonymous memory: each answer comes true" {
	anonymous private write:M,val=1
	says use "longterm pin write" ok
	says vma flags "read,write,mayread,maywrite,anon,anon_vma"
}
@test "explain: anonymous memory, shared: each answer comes true" { anonymous shared write:M,val=1; }
@test "explain: anonymous memory, read-only: each answer comes true" { anonymous private,prot=r read:M; }
@test "explain: anonymous memory, PROT_NONE: each answer comes true" {
	anonymous private,prot=none
	says use read SIGSEGV
}

@test "explain: a huge page: each answer comes true" {
	BEFORE=(a=open)
	need_explain
	comes_true 0x200000 "mmap:a,len=0x200000,flags=anonymous,private" write:M,val=1
}

hugetlb() { # HOW TOUCH...
	local huge=/proc/sys/vm/nr_hugepages before

	need_explain
	target_has $huge || skip "no CONFIG_HUGETLBFS"
	before=$(target_read $huge)
	target_write $huge $((before + 4))
	BEFORE=(a=open)
	# Each mapping reserves a page of its own, and a copy takes another.
	comes_true 0x200000 "mmap:a,len=0x200000,flags=anonymous+hugetlb,$1" "${@:2}" ||
		{ target_write $huge "$before"; return 1; }
	target_write $huge "$before"
	cell vma flags answer
	assert_regex "$REPLY" ",hugetlb,"
	says use "mremap grow" EINVAL
}

@test "explain: hugetlb, shared: each answer comes true" { hugetlb shared write:M,val=1; }
@test "explain: hugetlb, private: each answer comes true" { hugetlb private write:M,val=1; }

@test "explain: a file of tmpfs: each answer comes true" {
	need_explain
	BEFORE=(a=open "f=file:$TARGET_TMP/explained,create")
	on sh -c "dd if=/dev/zero of=$TARGET_TMP/explained bs=16k count=1 2>/dev/null"
	BEFORE=(a=open "f=file:$TARGET_TMP/explained")
	comes_true 0x4000 "mmap:f,len=0x4000" write:M,val=1
	on rm "$TARGET_TMP/explained"
	says vma file "$TARGET_TMP/explained"
}

@test "explain: udmabuf: each answer comes true" {
	need_explain
	on test -c /dev/udmabuf || skip "no CONFIG_UDMABUF"
	BEFORE=(a=open u=udmabuf:len=0x4000)
	comes_true 0x4000 "mmap:u,len=0x4000" write:M,val=1
	cell vma file answer
	assert_regex "$REPLY" "udmabuf|dmabuf"
}

by_file() { # FILE OFFSET TOUCH...
	need_explain
	need_memtype
	BEFORE=(ask=open "f=file:$1")
	comes_true 0x4000 "mmap:f,len=0x4000,off=$2" "${@:3}"
}

@test "explain: resourceN is uncached-minus, and its process is named" {
	control_pci "" uncached-minus
	by_file "$FILE" 0 read:M
	says use mode uncached-minus
	says use ptrace "access()"
	says question ibv_reg_mr EFAULT
	held_by uncached-minus "process $PID \(pfnmap-try\), which maps /sys/.*/${FILE##*/}"
}

@test "explain: resourceN_wc is write-combining" {
	control_pci _wc write-combining
	by_file "$FILE" 0 write:M,val=1
	says use mode write-combining
}

# The second mapping gets the mode of the first, and explain says whose mode this is.
@test "explain: resourceN_wc beside resourceN is not write-combining, and the holder is named" {
	local first

	control_pci "" uncached-minus
	need_explain
	need_memtype
	beside_pid ask=open "f=file:$FILE" m=mmap:f,len=0x1000 pid await
	first=$PID
	explain_json --file "${FILE}_wc"
	beside_end
	says vma "mode asked for" write-combining
	says use mode uncached-minus "Somebody held this memory before"
	held_by uncached-minus "process $first \(pfnmap-try\), which maps /sys/.*/${FILE##*/}"
	explain_json --file "${FILE}_wc"
	says use mode write-combining
}

@test "explain: /dev/mem: each answer comes true" {
	control_devmem
	by_file /dev/mem "$OFFSET" read:M
}

# /dev/mem with O_SYNC asks for uncached-minus over write-back, which the kernel refuses. On any
# error of remap_pfn_range(), mmap_mem() says EAGAIN (drivers/char/mem.c:360, 7.2.12).
@test "explain: /dev/mem: a mapping that conflicts is refused, and the holder is named" {
	control_devmem
	need_explain
	need_memtype
	beside_pid ask=open f=file:/dev/mem "m=mmap:f,len=0x4000,off=$OFFSET" pid await
	explain_json --file /dev/mem --offset "$OFFSET" --sync
	beside_end
	says use mmap EAGAIN "conflicts"
	held_by write-back "process $PID \(pfnmap-try\), which maps /dev/mem"
	explain_json --file /dev/mem --offset "$OFFSET" --sync
	says use mode uncached-minus
}

@test "explain: --file goes by --private, --touch, --length and --read-only" {
	need_explain
	need_region mmio
	explain_json --file $DEV --private --touch --length 0x2000
	says vma file $DEV
	says use write copied
	assert_equal "$(jq '[.[] | select(.about == "entries")][0].bytes' <<<"$ROWS")" 8192
	explain_json --file $DEV --read-only
	says use write SIGSEGV
}

@test "explain: a range may have several mappings, and be written as in /proc/PID/maps" {
	need_explain
	beside_pid a=open "m=mmap:a,len=0x4000,flags=anonymous,private,fixed=$AT" \
		"n=mmap:a,len=0x2000,flags=anonymous,shared,fixed=0x600000008000" \
		write:m,val=1 write:m,off=0x2000,val=1 pid await
	explain_json "$PID" 600000000000-60000000b000
	run -1 --separate-stderr pfnmapctl explain "$PID" 600000010000-600000020000
	beside_end
	assert_equal "$(jq -c '[.[] | select(.about == "vma" and .what == "file") | .bytes]' <<<"$ROWS")" \
		"[16384,8192]"
	# Two touched pages, and the untouched ones behind each.
	assert_equal "$(jq -c '[.[] | select(.about == "entries") | [.level, .bytes]]' <<<"$ROWS")" \
		'[["pte",4096],["none",4096],["pte",4096],["none",4096],["none",8192]]'
	assert_regex "$stderr" "EFAULT"
}

# refuses STATUS TEXT ARGUMENT...
refuses() {
	run "-$1" --separate-stderr pfnmapctl explain "${@:3}"
	assert_regex "$stderr" "$2"
	assert_equal "$output" ""
}

@test "explain: wrong arguments are exit 2" {
	refuses 2 "which process"
	refuses 2 "which process" 1
	refuses 2 "not the number of a process" nonsense 0x1000
	refuses 2 "not the number of a process" 0 0x1000
	refuses 2 "not the number of a process" -- -1 0x1000
	refuses 2 "not the number of a process" 4294967296 0x1000
	refuses 2 "neither an address nor a range" 1 nonsense
	refuses 2 "neither an address nor a range" 1 0x1000-
	refuses 2 "neither an address nor a range" 1 -- -0x1000
	refuses 2 "neither an address nor a range" 1 0x10000000000000000
	refuses 2 "neither an address nor a range" 1 1000-2000-3000
	refuses 2 "ends before it begins" 1 2000-1000
	refuses 2 "ends before it begins" 1 1000-1000
	refuses 2 "one argument too many" 1 1000 2000
	refuses 2 "either a process or --file" 1 1000 --file /dev/zero
	refuses 2 "go with --file" 1 1000 --touch
}

@test "explain: an error tells what to do" {
	need_explain
	refuses 1 "ESRCH.*has ended" 2147483647 0x1000
	refuses 1 "EFAULT.*/proc/PID/maps" 1 0x1000
	refuses 1 "EFAULT" 1 ffffffffffffffff
	refuses 1 "EFAULT" 1 8000000000000000-ffffffffffffffff
	refuses 1 "ENOENT" --file /nonexistent
	[[ $(target_read /proc/2/comm) != kthreadd ]] || refuses 1 "ESRCH.*kernel thread" 2 0x1000
	need_program setpriv
	run -1 --separate-stderr on setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		pfnmapctl explain 1 0x1000
	if since 6.15; then	# see inspect.bats
		assert_regex "$stderr" "EFAULT"
	else
		assert_regex "$stderr" "EACCES.*CAP_SYS_PTRACE"
	fi
	run -1 --separate-stderr on setpriv --reuid=65534 --clear-groups pfnmapctl explain 1 0x1000
	assert_regex "$stderr" "EACCES|EPERM"
}

@test "explain: a file that can't be mapped is told so" {
	need_explain
	explain_json --file /dev/null
	says use mmap ENODEV
}

@test "explain: text for people has the same answers" {
	need_explain
	need_region mmio
	explain_json --file $DEV --touch
	run_on pfnmapctl explain --file $DEV --touch
	cell use pin answer
	assert_line --regexp "^  pin +$REPLY +The VMA has VM_IO"
	assert_line --regexp "^ +Instead: "
	assert_equal "$(awk 'length > 100' <<<"$output" | grep -v '^  flags\|^  0x')" ""
}

@test "explain: asking changes nothing: no entry, no fault, no flag of an entry" {
	need_explain
	need_region mmio
	need_method vmf_insert_pfn
	check_rows <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn,flags=mkwrite
		m=mmap:a,len=0x4000,fixed=$AT
		leaf:m		none
		inspect:m	=before
		pid		*
		await
		leaf:m		none
		inspect:m	=before
		calls:a		fault=0 huge_fault=0 pfn_mkwrite=0 page_mkwrite=0
	END
	beside_pid "${CHECK_STEPS[@]}"
	explain_json "$PID" "600000000000-600000004000"
	beside_end
	check_lines
}
