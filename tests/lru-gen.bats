#!/usr/bin/env bats
# MGLRU walks the page tables of processes, and clears young in the entries that it finds, to
# learn which pages are in use. Nobody reclaims a driver's pages. So MGLRU must leave out every
# VMA of a driver, as vmscan.c does by VM_SPECIAL: in a VMA of pfns MGLRU would look for pages.

load helpers/common
load helpers/methods
load helpers/cgroup

LRU_GEN=/sys/kernel/debug/lru_gen
ENABLED=/sys/kernel/mm/lru_gen/enabled

# Bit 1 of `enabled`: MGLRU clears young in page tables. The kernel leaves the bit out where the
# processor sets no young.
clears_young() {
	(($(target_read $ENABLED) & 2))
}

setup_file() {
	cgroup_begin
	if ! target_has $LRU_GEN; then
		export NO_LRU_GEN="no CONFIG_LRU_GEN (6.1)"
	elif [[ -z ${CGROUP:-} ]]; then
		export NO_LRU_GEN="no cgroup of our own here"
	elif ! clears_young; then
		lru_gen_on
	fi
}

lru_gen_on() {
	if [[ -z ${DISPOSABLE:-} ]]; then
		export NO_LRU_GEN="MGLRU is off: DISPOSABLE=1 allows to turn it on"
		return
	fi
	LRU_GEN_WAS=$(target_read $ENABLED)
	export LRU_GEN_WAS
	target_write $ENABLED y
	clears_young || export NO_LRU_GEN="the processor sets no young"
}

teardown_file() {
	[[ -z ${LRU_GEN_WAS:-} ]] || target_write $ENABLED "$LRU_GEN_WAS"
	cgroup_end
}

# Has MGLRU walk the processes of our cgroup once, whether it is worth while or not.
age() {
	local id newest

	read -r id newest < <(target_read $LRU_GEN | awk -v path="/${CGROUP##*/}" '
		$1 == "memcg" { here = $3 == path; id = $2; node = 0; next }
		$1 == "node" { node = $2; next }
		here && node == 0 && $1 ~ /^[0-9]+$/ { found = id; newest = $1 }
		END { print found, newest }')
	[[ -n $newest ]] || fail "$LRU_GEN does not know ${CGROUP##*/}"
	target_write $LRU_GEN "+ $id 0 $newest 1 1"
}

# The process has as many anonymous pages as MGLRU finds worth a walk.
aged_one() {
	local node=''

	[[ $FLAGS != *prepare* ]] || node=:prepare
	check_rows <<-END
		put:$CGROUP/cgroup.procs,text=0
		a=open$node
		set:a,region=$REGION,method=$METHOD,level=$LEVEL,mode=write-back
		z=anon:len=0x100000
		fill:z,val=1
		m=mmap:a,len=$BYTES
		write:m,val=1
		leaf:m		=$METHOD p* young*
		leaf:z		=touched p* young
		await
		leaf:z		=later p*
		leaf:m		=$METHOD
		read:m		0x00000001
	END
	beside "${CHECK_STEPS[@]}"
	age
	beside_end
	check_lines
	# Else MGLRU has not walked, and the test would say nothing.
	refute_regex "${SAID[later]}" young
	count=$((count + 1))
}

@test "MGLRU: ageing clears young of anonymous memory, and leaves each method's entry alone" {
	local count=0

	[[ -z ${NO_LRU_GEN:-} ]] || skip "$NO_LRU_GEN"
	methods_do aged_one
	((count > 0))
}
