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
		fill:m,len=0x4000,val=7
		munmap:m,off=0x3000,len=0x1000
		zap:m,how=mapping
		read:m		*
		p=pin:m,slow	*
		unpin:p		*
	END
}
