#!/usr/bin/env bats
# userfaultfd on mappings of a driver's memory. Missing and minor faults are for anonymous
# memory, shmem and hugetlb. So is write protection, but WP_ASYNC (6.7) allows it on any
# VMA that has no flag of VM_SPECIAL; and a driver's VMA has VM_DONTEXPAND.
# shellcheck disable=SC2034 # each_method reads what the functions set

load helpers/common
load helpers/methods
load shared/huge-zero
load shared/private

need_userfaultfd() {
	on grep -qw userfaultfd_ioctl /proc/kallsyms || skip "no CONFIG_USERFAULTFD"
}

need_wp_async() {
	need_userfaultfd
	since 6.7 || skip "no UFFD_FEATURE_WP_ASYNC before 6.7"
	check <<-END
		u=uffd:features=wp_async+wp_unpopulated	=answer
	END
	[[ ${SAID[answer]} == ok ]] || skip "no CONFIG_PTE_MARKER_UFFD_WP here"
}

refused() {
	WANT=(ok "0x*" ok EINVAL EINVAL EINVAL EINVAL "0x*")
}

@test "userfaultfd: no mapping of ours is registered for missing, written or minor pages" {
	need_userfaultfd
	each_method refused read:m u=uffd uffdio:m,with=u,op=register,mode=missing \
		uffdio:m,with=u,op=register,mode=wp uffdio:m,with=u,op=register,mode=minor \
		uffdio:m,with=u,op=register,mode=missing+wp read:m
}

private_refused() {
	WANT=(ok ok ok EINVAL EINVAL EINVAL 0x00000003)
}

@test "userfaultfd: nor is a private one, whose copies are anonymous pages" {
	need_userfaultfd
	each_private private_refused write:m,off=0x1000,val=3 u=uffd \
		uffdio:m,with=u,op=register,mode=missing uffdio:m,with=u,op=register,mode=wp \
		uffdio:m,with=u,op=register,mode=minor read:m,off=0x1000
}

# In 7.2 and 6.12.105 vma_can_userfault() looks at VM_SPECIAL first. Nobody has listed the other
# stable kernels that do. So ask with one mapping what holds for all.
async_allowed() {
	check <<-END
		a=open
		set:a,region=ram,method=remap_pfn_range,mode=write-back
		m=mmap:a,len=0x1000
		u=uffd:features=wp_async+wp_unpopulated
		uffdio:m,with=u,op=register,mode=wp	=answer
	END
	[[ ${SAID[answer]} == ok ]]
}

async_refused() {
	WANT=(ok "0x*" ok EINVAL ENOENT ok "0x*")
	[[ -z $ALLOWED ]] || WANT=(ok "0x*" ok ok ok ok "0x*")
}

@test "userfaultfd: no mapping of ours is registered for asynchronous write protection" {
	need_wp_async
	ALLOWED=
	! async_allowed || ALLOWED=yes
	! fixed_in 7.2 6.12.105 || assert_equal "$ALLOWED" ""
	each_method async_refused read:m u=uffd:features=wp_async+wp_unpopulated \
		uffdio:m,with=u,op=register,mode=wp uffdio:m,with=u,op=wp write:m,val=3 read:m
	behaviour "userfaultfd: a driver's mapping is not write-protected" \
		"$([[ -z $ALLOWED ]] && echo fixed || echo "bug reproduced")"
}

unprotected() {
	WANT=(ok "0x*" ok EINVAL ENOENT "0x*")
	[[ -z $ALLOWED ]] || WANT=(ok "0x*" ok ok ok "0x*")
}

# By the sources of 6.12 to 7.1 change_huge_pud() warns: who takes protection away splits no leaf.
not_of_pud() { # STEP...
	[[ -n $ALLOWED && $LEVEL == pud ]] || one_method "$@"
}

@test "userfaultfd: nor is protection taken away that nobody could ask for" {
	local function=unprotected wrong=''

	need_wp_async
	ALLOWED=
	! async_allowed || ALLOWED=yes
	methods_do not_of_pud read:m u=uffd:features=wp_async+wp_unpopulated \
		uffdio:m,with=u,op=register,mode=wp uffdio:m,with=u,op=unwp read:m
	assert_equal "$wrong" ""
}

# PAGEMAP_SCAN protects what it finds only where somebody has registered the VMA for WP_ASYNC.
scan_refused() {
	WANT=(ok "0x*" none EPERM ok "0x*")
}

@test "userfaultfd: PAGEMAP_SCAN write-protects no mapping of ours" {
	since 6.7 || skip "no PAGEMAP_SCAN before 6.7"
	each_method scan_refused read:m scan:m,flags=wp_matching \
		scan:m,flags=wp_matching+check_wpasync write:m,val=3 read:m
}

# The kernel moves no driver's page into registered anonymous memory. Before 6.8 there is no
# such ioctl, which is EINVAL, too.
move_refused() {
	WANT=(ok "0x*" ok ok EINVAL ok EINVAL EINVAL "0x*")
}

@test "userfaultfd: UFFDIO_MOVE takes no page of ours, and puts none there" {
	need_userfaultfd
	each_method move_refused read:m u=uffd n=anon:len=0x200000 \
		uffdio:n,with=u,op=move,len=0x1000,from=m \
		uffdio:n,with=u,op=register,mode=missing uffdio:n,with=u,op=move,len=0x1000,from=m \
		uffdio:m,with=u,op=move,len=0x1000,from=n read:m
}

# The entry moves as it is: nobody counts the folio, and no write reaches the folio. Before 6.8
# there is no such ioctl. 6.17 makes an entry of a folio that the kernel has not looked up
# (folio_mk_pmd() in move_pages_huge_pmd()); 6.18.35 and 7.0 move the entry.
@test "userfaultfd: UFFDIO_MOVE moves the entry of the huge zero folio as it is" {
	need_userfaultfd
	since 6.8 || skip "no UFFDIO_MOVE before 6.8"
	! since 6.16 || fixed_in 7.0 6.18.35 || skip "this kernel moves an entry of no folio"
	hz <<-END
		read:z			0x00000000
		folio:z			=counts
		n=anon:len=0x200000
		u=uffd:features=move
		uffdio:n,with=u,op=register,mode=missing
		uffdio:n,with=u,op=move,from=z
		leaf:z			none
		leaf:n			ZERO
		folio:n			=counts
		read:n			0x00000000
		read:z			0x00000000
		write:n,val=5
		read:n			0x00000005
		read:z			0x00000000
	END
}

# The kernel splits the entry at the write, and copies one page: the small entries around keep
# their protection.
@test "userfaultfd: PAGEMAP_SCAN protects the huge zero folio's entry, and tells what is written" {
	need_wp_async
	hz <<-END
		read:z			0x00000000
		folio:z			=counts
		u=uffd:features=wp_async+wp_unpopulated
		uffdio:z,with=u,op=register,mode=wp
		scan:z,get=wpallowed+written				0x0-0x200000 wpallowed written
		scan:z,get=written,flags=wp_matching+check_wpasync	0x0-0x200000 written
		leaf:z			ZERO
		scan:z,get=written	none
		scan:z,get=wpallowed+present	0x0-0x200000 wpallowed present
		write:z,off=0x3000,val=5
		scan:z,get=written	0x3000-0x4000 written
		read:z,off=0x3000	0x00000005
		read:z,off=0x4000	0x00000000
		uffdio:z,with=u,op=wake,off=0x3000,len=0x1000
		uffdio:z,with=u,op=unregister
		munmap:z
		y=anon:len=0x200000
		read:y			0x00000000
		folio:y			=counts
	END
}

# UFFDIO_COPY prepares the VMA for an anonymous page before it asks whether anybody has registered
# the VMA. Before "mm/userfaultfd: only allocate anon_vma in CoW mappings" (6.12.118) the kernel
# prepares any VMA without VM_SHARED. A shared mapping lacks this flag if the file is open for
# reading only. 6.1 asks first.
@test "userfaultfd: UFFDIO_COPY leaves no anon_vma in a shared mapping that nobody can write to" {
	local told=fixed

	need_userfaultfd
	need_region ram
	check <<-END
		a=open:ro
		set:a,region=ram,method=remap_pfn_range,mode=write-back
		m=mmap:a,len=0x1000,prot=r
		inspect:m		=before !(*anon_vma*|*,shared*|*maywrite*)
		n=anon:len=0x1000
		write:n,val=1
		u=uffd
		uffdio:m,with=u,op=copy,from=n,len=0x1000	@(ENOENT|EINVAL)
		inspect:m		=after *
	END
	if [[ ${SAID[after]} == *anon_vma* ]]; then
		told="bug reproduced"
	else
		assert_equal "${SAID[after]}" "${SAID[before]}"
	fi
	known_bug "userfaultfd: no anon_vma where nothing is copied" "$told" 7.4 6.12.118
}
