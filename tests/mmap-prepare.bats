#!/usr/bin/env bats
# mmap_prepare() as a contract: what an mmap() leaves that fails after the hook has
# succeeded. kunit/prepare.c has what else a driver's descriptor can ask for.

load helpers/common
load helpers/methods

# each_prepared FUNCTION: calls FUNCTION for each method of the prepare device.
each_prepared() {
	local methods=0

	methods_do if_prepared "$1"
	((methods)) || skip "no mmap_prepare() with an action on this kernel"
}

if_prepared() { # FUNCTION
	[[ $FLAGS == *prepare* ]] || return 0
	"$1"
	methods=$((methods + 1))
}

# Pages have one reference each, and no memory is reserved.
nothing_left() {
	case $REGION in
	ram) REPLY="folio:ram+0x0 refs=1 mapcount=0 *" ;;
	*) REPLY="list:$REGION *" ;;
	esac
	[[ $REGION != mmio || $PAT != on ]] || REPLY="list:mmio none"
}

# The kernel unmaps what is in the way before it calls the hook.
fails() {
	nothing_left
	check <<-END
		a=open:prepare
		ask=open
		n=mmap:ask,len=0x4000,flags=anonymous,private
		write:n,val=7
		set:a,region=$REGION,method=$METHOD,mode=write-back,flags=fail
		m=mmap:a,len=0x4000,fixed=n	EIO
		read:n				SIGSEGV
		$REPLY
	END
}

@test "prepare: mapped() fails: all that the core has mapped is gone, and so is what was there" {
	need_method mmap_prepare_vmf_insert_pfn
	each_prepared fails
}

# The driver's hook has succeeded when the core finds the conflict.
@test "prepare: another mode is held: mmap() fails after the hook, and what was there is gone" {
	local action

	need_region mmio
	need_pat
	need_memtype
	need_method mmap_action_remap
	for action in mmap_action_remap mmap_action_ioremap mmap_action_simple_ioremap; do
		has_method "$action" || continue
		check <<-END
			a=open:prepare
			ask=open
			r=reserve:ask,region=mmio,off=0x2000,len=0x1000,mode=write-back	write-back
			n=mmap:ask,len=0x4000,flags=anonymous,private
			write:n,val=7
			set:a,region=mmio,method=$action,mode=write-combining
			m=mmap:a,len=0x4000,fixed=n					EINVAL
			read:n								SIGSEGV
			list:mmio							0x2000-0x3000 write-back
		END
	done
}

@test "prepare: a mapping that does not fit is refused, and nothing of it is left" {
	does_not_fit() {
		nothing_left
		check <<-END
			a=open:prepare
			ask=open
			set:a,region=$REGION,method=$METHOD,mode=write-back
			m=mmap:a,len=0x4000,off=$(($(region_field "$REGION" bytes) - 0x1000))	EINVAL
			$REPLY
		END
	}
	each_prepared does_not_fit
}

# Before "mm/vma: correctly unaccount on mmap_prepare() failure" (7.3, 7.2.8) the kernel keeps the
# charge for a mapping whose hook failed.
@test "prepare: a private mapping that the hook refuses is not committed" {
	local commit=get:/proc/meminfo,key=Committed_AS before told=fixed

	need_method mmap_prepare_vmf_insert_pfn
	check <<-END
		a=open:prepare
		$commit							=before Committed_AS:*
		m=mmap:a,off=0x10000000000,len=0x10000000,private	EINVAL
		m=mmap:a,off=0x10000000000,len=0x10000000,private	EINVAL
		$commit							=after Committed_AS:*
	END
	committed before
	before=$REPLY
	committed after
	((REPLY < before + 256)) || told="bug reproduced"
	known_bug "mmap_prepare() that fails leaves nothing committed" "$told" 7.3 7.2.8
}
