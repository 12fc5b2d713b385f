#!/usr/bin/env bats
# What the rest of the system makes of each method's mappings: /proc, ptrace and its like,
# core dumps, madvise, mlock, mprotect, mremap, munmap. A case is a method and some sections
# of expect/system.txt. That file has the steps and their answers, and explains its own form.

load helpers/common
load helpers/methods

EXPECT=$BATS_TEST_DIRNAME/expect/system

# Versions that answers depend on: the table says why.
VERSIONS="6.2 6.6 6.7 6.11 6.12 7.0 7.3"

# From 6.6 on x86's pmd_modify() drops the dirty bit of a large entry. 7.1.5 does so still,
# 7.2.12 and 6.12.118 do not, and no symbol tells which stable kernels have the fix. So look
# what mprotect() does to an entry of anonymous memory.
loses_dirty() {
	local leaf

	leaf=$(on pfnmap-try a=open z=anon:len=0x200000 write:z,val=1 mprotect:z,prot=r leaf:z)
	leaf=${leaf##*leaf z}
	[[ $leaf == *" pmd "* && $leaf != *" dirty"* ]]
}

setup_file() {
	local version

	SINCE=
	for version in $VERSIONS; do
		! since "$version" || SINCE+=" $version"
	done
	# Does a cut of a VMA split a 1 GiB leaf in it: split_huge_leaf() (6.12.118)?
	! has_symbol split_huge_leaf || SINCE+=" splits_pud"
	has_thp || SINCE+=" nothp"
	! loses_dirty || SINCE+=" loses_dirty"
	export SINCE
}

# The mode of the entries, where nobody has reserved another.
mode_of() {
	asked=write-back
	[[ $region != mmio || $PAT != on ]] || asked=write-combining
	effective=$asked
	# Without PAT no helper looks a mode up.
	[[ $PAT == on ]] || return 0
	case $region,$family,$flags, in
	mmio,pfn,*,reserves,*) ;;
	mmio,pfn,* | mmio,mixed,*)
		# Before the counted range, 1 GiB leaves got the requested mode.
		[[ $leaf,$TRACKING == pud,*vm_pat ]] || effective=uncached-minus
		;;
	esac
}

# The child of the step core inherits the filter: so the kernel dumps DAX mappings, too.
# shellcheck disable=SC2016 # expanded there
try() {
	run_on sh -c 'echo 0x1ff >/proc/self/coredump_filter; exec pfnmap-try "$@"' sh "$@"
}

run_steps() { # METHOD SECTION SHARING
	local device=open steps forks wrong

	local -x TITLE="$1, $2, $3" SECTION=$2 REGION=$region LEVEL=$leaf START=$start
	local -x LEN=$len HALF=$half ASKED=$asked MODE=$effective NAME=pfnmap_test
	local -x SPECIAL=" special" TAGS="$family $region $leaf level_$level $3 ${TRACKING#*=}$SINCE"

	case $family in
	remap) TAGS+=" pfnmap nopage" ;;
	pfn) TAGS+=" pfnmap nopage" ;;
	mixed) TAGS+=" nopage" ;;
	page) SPECIAL= ;;
	folio | zero) TAGS+=" dax" SPECIAL= ;;
	devmap)
		TAGS+=" dax"
		[[ $leaf == pte ]] || SPECIAL=
		;;
	esac
	[[ ,$flags,$3 != *,access,*shared ]] || TAGS+=" access"
	if [[ ,$flags, == *,prepare,* ]]; then
		device=open:prepare NAME+=_prepare
	elif [[ $family =~ ^(folio|zero|devmap)$ ]]; then
		NAME=anon_inode:$NAME
	fi

	[[ -z $NO_NUMA ]] || TAGS+=" nonuma"
	mapfile -t steps < <(awk -f "$EXPECT.awk" "$EXPECT.txt")
	[[ ${#steps[@]} -gt 0 ]]
	check <<-END
		a=$device
		set:a,region=$region,method=$1,mode=$asked,level=$level
		folio:$region+0		=before
		m=mmap:a,len=$len,$3
		$(printf '%s *\n' "${steps[@]}")
		munmap:m
		folio:$region+0		=after
	END
	# The first of these forks fails, and takes the reservation. Each further fork, and the unmap,
	# frees the reservation once more.
	if [[ -n $FORK_TAKES ]]; then
		forks=$(grep -cE '^(core|peek|poke) .*: (ENOMEM|EAGAIN)$' <<<"$output") || true
		INVALID_FREES=$((INVALID_FREES + forks))
	fi
	wrong=$(tail -n +5 <<<"$output" | awk -f "$EXPECT.awk" - "$EXPECT.txt")
	same "$1, $2, $3: references" "${SAID[before]% order=*}" "${SAID[after]% order=*}"
	assert_equal "$wrong" ""
}

# On kernels with VM_PAT an unmap of part of a tracked range leaks the rest; tracking.bats tests
# this. PAT does not track RAM, so use RAM, and leave out methods that can't map it.
untracked() {
	[[ $family == remap && $TRACKING == *vm_pat ]] || return 0
	region=ram
	[[ $regions == *ram* ]]
}

method_case() { # METHOD SECTION...
	local method=$1 available regions levels flags family='' region level leaf
	local start bytes asked effective len half section sections=0

	info_of method "$method" || skip "the module has no $method"
	read -r available _ _ regions levels flags <<<"$REPLY"
	[[ $available == yes ]] || skip "no $method on this kernel"
	need_method "$method"
	# expect/system.txt does not tell these families apart.
	family "$method"
	family=$REPLY
	[[ $family != @(wc|large) ]] || family=pfn
	level=${levels##*,}
	leaf=$level
	[[ $family != pfn || -n $LARGE_PFNS ]] || leaf=pte
	case $level in
	pte) len=0x4000 half=0x2000 ;;
	pmd) len=0x400000 half=0x200000 ;;
	pud) len=0x40000000 half=0x20000000 ;;
	esac

	shift
	for section; do
		region=ram
		[[ $regions != *mmio* ]] || region=mmio
		[[ $flags != *folio* ]] || region=dax
		[[ $section != split ]] || untracked || continue
		[[ $section != @(protect|split) || $level != pud ]] || ! panics_of_warnings || continue
		info_of region "$region"
		read -r _ start bytes _ <<<"$REPLY"
		((bytes >= len)) || skip "the $region region is too small"
		mode_of
		run_steps "$method" "$section" shared
		[[ $flags != *cow* || $family$FORGETS_COPIED == remapyes ]] ||
			run_steps "$method" "$section" private
		sections=$((sections + 1))
	done
	((sections)) || skip "none of these steps is for $method on this kernel"
}

@test "system: the list has every method that the module has" {
	# shellcheck disable=SC2086 # words
	assert_equal "$(info_json | jq -r '.[] | select(.kind == "method") | .name' | sort)" \
		"$(printf '%s\n' ${KNOWN_METHODS-} | sed 's/:.*//' | sort)"
}

for method in ${KNOWN_METHODS-}; do
	method=${method%:*}
	bats_test_function --description "system: $method: /proc, ptrace and madvise answer as the table says" \
		-- method_case "$method" proc access madvise
	bats_test_function --description "system: $method: mprotect, mremap and munmap answer as the table says" \
		-- method_case "$method" protect split
done

# PROCMAP_QUERY of /proc/PID/maps: _IOWR('f', 17, struct procmap_query), of 104 bytes. The answer is
# in the fields from 24 on: start, end, flags, page size and offset.
@test "system: PROCMAP_QUERY finds a mapping, and says of it what maps says" {
	local query=ioctl:p,nr=17,type=0xc06866,size=104 pfn
	local asked='u64@24=?,u64@32=?,u64@40=?,u64@48=?,u64@56=?'

	since 6.11 || skip "no PROCMAP_QUERY before 6.11"
	need_region mmio
	printf -v pfn 0x%x $(($(region_field mmio start) + 0x2000))
	# A query's flags ask for a mapping that is: 1 readable, 2 writable, 4 executable, 8 shared,
	# 0x10 the next one if none is there, 0x20 of a file.
	check <<-END
		a=open
		set:a,region=mmio
		m=mmap:a,off=0x2000,len=0x3000,fixed=0x600000001000
		n=mmap:a,off=0x2000,len=0x1000,private,prot=r,fixed=0x600000008000
		p=file:/proc/self/maps,ro
		$query,u64@16=m+0x2fff,$asked	ok u64@24=0x600000001000 u64@32=0x600000004000 u64@40=0xb u64@48=0x1000 u64@56=0x2000
		$query,u64@16=n+0,$asked	ok u64@24=0x600000008000 u64@32=0x600000009000 u64@40=0x1 u64@48=0x1000 u64@56=$pfn
		$query,u64@16=0x600000004000	ENOENT
		$query,u64@8=0x10,u64@16=0x600000000000,u64@24=?	ok u64@24=0x600000001000
		$query,u64@8=0x10,u64@16=0x600000004000,u64@24=?	ok u64@24=0x600000008000
		$query,u64@8=0x20,u64@16=n+0,u64@24=?	ok u64@24=0x600000008000
		$query,u64@8=0x8,u64@16=n+0	ENOENT
		$query,u64@8=0x2,u64@16=n+0	ENOENT
		$query,u64@8=0xb,u64@16=m+0,u64@24=?	ok u64@24=0x600000001000
	END
}

@test "system: the size of a process is what it was once its mappings are gone" {
	local size=get:/proc/self/status,key=VmSize data=get:/proc/self/status,key=VmData

	need_region mmio
	# The kernel tracks no mapping of these methods: VM_PAT loses track of a VMA that is cut.
	check <<-END
		a=open
		set:a,region=mmio,method=vmf_insert_pfn
		$size			*
		$size			=none *
		m=mmap:a,len=0x400000,fixed=0x600000000000
		$size			=all !=none *
		mprotect:m,off=0x200000,prot=r
		$size			=all
		n=mremap:m,off=0x200000,old=0x200000,len=0x200000,fixed=0x610000000000
		$size			=all
		mremap:n,len=0x100000
		$size			=less !=all !=none *
		mremap:n,len=0x100000,fixed=0x620000000000
		$size			=less
		munmap:n
		munmap:m,len=0x200000
		$size			=none
	END
	check <<-END
		a=open
		set:a,region=ram,method=vm_insert_page,mode=write-back
		$data			*
		$data			=none *
		m=mmap:a,len=0x4000,private
		$data			=all !=none *
		mprotect:m,off=0x2000,len=0x2000,prot=r
		$data			=half !=all !=none *
		mprotect:m,prot=rw
		$data			=all
		n=mremap:m,len=0x2000,old=0x2000,fixed=0x600000000000
		$data			=all
		munmap:n
		$data			=half
		munmap:m,off=0x2000,len=0x2000
		$data			=none
		m=mmap:a,len=0x4000
		$data			=none
	END
}

# Each cut makes one VMA more, up to vm.max_map_count. At the limit the kernel cuts nothing, and a
# page that the cut was to take away is still there.
@test "system: VMAs are counted up and down, and none is cut at the limit" {
	local limit=/proc/sys/vm/max_map_count before page n fill=() round=() told

	[[ -n ${DISPOSABLE:-} ]] || skip "the limit holds for all processes: DISPOSABLE=1 allows it"
	need_room mmio 0x100000
	fill=("m=mmap:a,len=0x80000")
	for ((page = 1; page < 101; page += 2)); do
		fill+=("mprotect:m,off=$((page * 0x1000)),len=0x1000,prot=r")
	done
	fill+=("munmap:m,off=0x7e000,len=0x1000" "read:m,off=0x7e000" munmap:m)
	for _ in {1..10}; do
		round+=("n=mmap:a,len=0x4000,fixed=0x600000000000"
			"mprotect:n,off=0x1000,len=0x1000,prot=r"
			"munmap:n,off=0x2000,len=0x1000"
			"o=mremap:n,off=0x3000,old=0x1000,len=0x1000,fixed=0x610000000000"
			munmap:o "p=mmap:a,len=0x2000,fixed=n" munmap:p)
	done
	before=$(target_read "$limit")
	try a=open set:a,region=mmio,method=vmf_insert_pfn "put:$limit,text=100" \
		"${fill[@]}" "${round[@]}" "${fill[@]}"
	target_write "$limit" "$before"
	[[ $output != *"mmap m: ENOMEM"*"mmap m: ENOMEM"* ]] || skip "the process has 100 VMAs"
	refute_line --regexp "^[a-z]+ [nop]: E"
	mapfile -t told < <(printf '%s\n' "${lines[@]}" | grep -E '^[a-z]+ m[:+]')
	n=${#fill[@]}
	assert_equal "${#told[@]}" $((2 * n))
	assert_equal "${told[*]:n}" "${told[*]:0:n}"
	# The first cut, the last one, and the hole.
	assert_equal "${told[*]:0:2}" "mmap m: ok mprotect m: ok"
	assert_equal "${told[n - 4]}, ${told[n - 3]}" "mprotect m: ENOMEM, munmap m: ENOMEM"
	[[ ${told[n - 2]} == "read m+0x7e000: 0x"* ]] || fail "${told[n - 2]}"
	assert_equal "${told[n - 1]}" "munmap m: ok"
}

# "fs/proc/task_mmu: return -ENOTTY for unknown pagemap ioctls" (6.12.118). Before 6.7, which
# brought PAGEMAP_SCAN, pagemap has no ioctl at all.
@test "pagemap: an ioctl that nobody knows is ENOTTY" {
	local does=fixed

	target_has /proc/self/pagemap || skip "no CONFIG_PROC_PAGE_MONITOR"
	check <<-END
		a=open
		f=file:/proc/self/pagemap,ro
		ioctl:f,nr=0x7f,size=8,type=0x66	=said @(ENOTTY|EINVAL)
	END
	[[ ${SAID[said]} == ENOTTY ]] || does="bug reproduced"
	known_bug "pagemap: an unknown ioctl is ENOTTY" "$does" 7.4 6.12.118
}
