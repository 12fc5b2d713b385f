# shellcheck shell=bash disable=SC2154,SC2034 # lines is what try leaves, and TERMS is of check
# Tests of the huge zero folio.

# What smaps says of a mapping of the folio alone.
NOTHING="rss=0kB pss=0kB anon=0kB private_dirty=0kB shared_dirty=0kB vmflags=*"

# hz <<-END
#	STEP	ANSWER
#	...
# END
#
# As check, but the first step maps `z`, 2 MiB of anonymous memory: a test reads it, and then
# looks at the huge zero folio through it. In an ANSWER
#
#	ZERO	is the entry of the huge zero folio
#	SMALL	is the entry of the zero page
hz() {
	local special=''

	need_thp
	[[ -z $ZERO_SPECIAL ]] || special=" special"
	TERMS[ZERO]="pmd write-back pfn=other young$special huge-zero"
	TERMS[SMALL]="pte write-back pfn=other young special"
	rows_given
	check <<-END
		a=open
		z=anon:len=0x200000
		$REPLY
	END
}

# hole <<-END ...: as hz, and `m` is 4 MiB of a file of ours, holes at first.
hole() {
	need_room dax 0x400000
	need_method huge_zero_folio
	rows_given
	hz <<-END
		set:a,region=dax,method=huge_zero_folio,mode=write-back,level=pmd
		m=mmap:a,len=0x400000
		$REPLY
	END
}
