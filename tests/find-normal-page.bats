#!/usr/bin/env bats
# find_normal_page: a step that takes away no entry of pages leaves these pages to the hook.

load helpers/common

@test "find_normal_page: pages are there after clear_refs" {
	need_method find_normal_page
	check <<-END
		a=open
		set:a,region=ram,method=find_normal_page,mode=write-back
		m=mmap:a,len=0x4000
		fill:m,len=0x4000,val=7
		put:/proc/self/clear_refs,text=4
		p=pin:m,slow,len=0x4000	ok *
		unpin:p
		munmap:m
		folio:ram+0x0		refs=1 mapcount=0 *
	END
}

@test "find_normal_page: pages are there after munmap and zap of others" {
	need_method find_normal_page
	check <<-END
		a=open
		set:a,region=ram,method=find_normal_page,mode=write-back
		m=mmap:a,len=0x4000
		n=mmap:a,off=0x4000,len=0x1000
		fill:m,len=0x4000,val=7
		read:n		0x*
		munmap:m,off=0x3000,len=0x1000
		zap:a,how=mapping,off=0x4000,len=0x1000
		leaf:n		none
		read:m		0x00000007
		p=pin:m,slow	ok word=0x0000000700000007
		q=pin:m,off=0x2000,slow,len=0x1000	ok word=0x0000000700000007
		unpin:p
		unpin:q
		munmap:m,len=0x3000
		folio:ram+0x0	refs=1 mapcount=0 *
	END
}

# Before 7.0 MADV_DOFORK undoes VM_DONTCOPY of such a mapping, and fork() copies its entries. The
# notifier hears of the parent's only: a page that the hook found for a child was put once too
# often.
@test "find_normal_page: a child that MADV_DOFORK gives the mapping to puts no page" {
	need_method find_normal_page
	check <<-END
		a=open
		set:a,region=ram,method=find_normal_page,mode=write-back
		m=mmap:a,len=0x2000
		write:m,val=7
		madvise:m,advice=dofork	@(ok|EINVAL)
		fork:c
		c/read:m		@(0x00000007|SIGSEGV)
		c/read:m,off=0x1000	@(0x????????|SIGSEGV)
		folio:ram+0x0		refs=1 mapcount=0 *
		c/munmap:m		*
		folio:ram+0x0		refs=1 mapcount=0 *
		folio:ram+0x1000	refs=1 mapcount=0 *
		fork:d
		d/madvise:m,advice=dontfork	*
		d/read:m,off=0x1000	@(0x????????|SIGSEGV)
		munmap:m
		exit:d
		folio:ram+0x0		refs=1 mapcount=0 *
		folio:ram+0x1000	refs=1 mapcount=0 *
	END
}
