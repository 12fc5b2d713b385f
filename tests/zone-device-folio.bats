#!/usr/bin/env bats
# What ZONE_DEVICE folios are to the rest of the kernel: their size, their mapping and
# index, dirty or not, and what smaps, pagemap and mlock make of them. Rows D11, D17, D19
# and D20 of the mm series. What happens to a mapping of each method at all is
# system.bats; here is what two mappings share, and what the folio then says.

load helpers/common
load helpers/zone-device

# bats_test_function
bats_require_minimum_version 1.11.0

# Offset, in pages of the address_space, of the first page; also asked of a later one.
indexed() {
	local len at

	len=${BYTES[$1]}
	at=$len
	[[ $1 != pud ]] || at=0
	zd "$1" <<-END
		m=mmap:a,off=$at,len=$len
		write:m,val=1
		look:$at	BY1index=$(printf 0x%x $((at / 4096)))*mapping*
		folio:m		* order=${ORDERS[$1]} * index=$(printf 0x%x $((at / 4096)))*
		munmap:m
		look:$at	BY0index=$(printf 0x%x $((at / 4096)))*mapping*
	END
}
zd_register "index is the place in the file, and stays" indexed

tails() {
	local len

	len=${BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		folio:m,off=0x3000		BY1page_refs=0 *index=0x0*mapping tail
		folio:m,off=$((len - 0x1000))	BY1page_refs=0 *index=0x0*mapping tail
		munmap:m
	END
}
zd_register_at pmd "D11: every page is the head's tail, uncounted" tails
zd_register_at pud "D11: every page is the head's tail, uncounted" tails

# D17: neither device-dax's nor a file system's is another type to us: GENERIC.
typed() {
	local len pgmap

	len=${BYTES[$1]}
	zd_pgmap
	pgmap=$REPLY
	zd "$1" <<-END
		m=mmap:a,len=$len
		read:m	0x????????
		folio:m	*pgmap=$pgmap *zone-device*
		look	*pgmap=$pgmap *zone-device*
		munmap:m
	END
}
zd_register "D17: the page map's type" typed

# Folios that no test before had, whatever size it left them in.
anew() { # LEVEL
	local other=pmd

	zd_need "$1"
	need_large_leaves
	[[ $1 != pmd ]] || other=pte
	check <<-END
		a=open
		set:a,region=dax,method=${COUNTED[$other]},mode=write-back,level=$other
	END
}

# noop_dirty_folio() sets the flag, and nobody writes back. It comes from an entry that is
# dirty when it goes; before 6.15 nobody looked for a folio behind a devmap entry, and
# zap_huge_pmd() said nothing of one of 2 MiB (6.19; 7.2 does). Nor does
# zap_huge_pud() say that an entry of 1 GiB was dirty (7.2 and 7.3, huge_memory.c:2993), as
# those of smaller ones and of a split do: no file system must rely on it.
dirtied() {
	local len

	len=${BYTES[$1]}
	anew "$1"
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		leaf:m		WRITTEN+0x0
		look		BY1
		munmap:m
		look		=left BY0*mapping
		word:dax+0	0x????????00000001
		m=mmap:a,len=$len
		msync:m		EINVAL
		read:m		0x00000001
		munmap:m
	END
	# shellcheck disable=SC2153 # of check
	if entries_count && { [[ $1 == pte ]] || { [[ $1 == pmd ]] && since 7.2; }; }; then
		assert_regex "${SAID[left]}" " dirty mapping$"
	else
		refute_regex "${SAID[left]}" " dirty"
	fi
}
zd_register "a write makes the folio dirty when the entry goes" dirtied

# The flag is there until the folio is made anew.
dirtied_by_split() {
	local len dirty='* dirty *'

	[[ $1 != pud ]] || ! panics_of_warnings || skip "a 1 GiB leaf is zapped here, not split"
	entries_count || dirty='*zone-device mapping'
	len=${BYTES[$1]}
	anew "$1"
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		munmap:m,off=$((len / 2)),len=$((len / 2))
		look	$dirty
		munmap:m,len=$((len / 2))
		look	$dirty
	END
}
zd_register_at pmd "a split makes the folio dirty when the entry was" dirtied_by_split
zd_register_at pud "a split makes the folio dirty when the entry was" dirtied_by_split

# The mm counts what smaps leaves out (D19). Each processor may keep some pages to itself.
in_rss() { # LEVEL
	local kib rss

	zd_need "$1"
	entries_count || skip "before 6.15 no entry is counted"
	kib=$((${BYTES[$1]} / 1024))
	[[ $1 != pte ]] || kib=2048
	zd_open "$1" a
	try "${REPLY[@]}" get:/proc/self/status,key=RssFile "m=mmap:a,len=$((kib * 1024))" \
		madvise:m,advice=populate_read get:/proc/self/status,key=RssFile munmap:m \
		get:/proc/self/status,key=RssFile
	assert_line --regexp '^madvise m.*: ok$'
	mapfile -t rss < <(sed -nE 's/^get status: .* ([0-9]+) kB$/\1/p' <<<"$output")
	((rss[1] - rss[0] >= kib / 2)) || fail "RssFile was ${rss[0]} kB, and is ${rss[1]} kB with $kib kB mapped"
	((rss[2] - rss[0] < kib / 2)) || fail "RssFile was ${rss[0]} kB, and is ${rss[2]} kB in the end"
}
zd_register "D19: what is mapped is in RssFile" in_rss

# What is in Rss, in kB; /proc splits a 1 GiB leaf, and sees nothing. 6.1 has 2 MiB devmap
# entries in it, each as if it were the only one (smaps_pmd_entry() asked the entry alone).
rss_of() { # LEVEL
	REPLY=0
	case $1 in
	pte) ! entries_count || REPLY=4 ;;
	pmd)
		if entries_count || ! since 6.6; then
			REPLY=2048
		fi
		;;
	esac
}

# D19: in Rss since it is counted, and never FilePmdMapped.
smaps() {
	local len rss two

	len=${BYTES[$1]}
	rss_of "$1"
	rss=$REPLY
	two="pss=$((rss / 2))kB anon=0kB private_dirty=0kB shared_dirty=${rss}kB"
	entries_count || two="pss=${rss}kB anon=0kB private_dirty=${rss}kB shared_dirty=0kB"
	zd "$1" <<-END
		m=mmap:a,len=$len
		proc:m,file=smaps	rss=0kB pss=0kB *
		write:m,val=1
		proc:m,file=smaps	rss=${rss}kB pss=${rss}kB anon=0kB private_dirty=${rss}kB shared_dirty=0kB vmflags=*
		write:m,val=1
		n=mmap:a,len=$len
		write:n,val=1
		proc:n,file=smaps	rss=${rss}kB $two vmflags=*
		munmap:n
		write:m,val=1
		proc:m,file=smaps	rss=${rss}kB pss=${rss}kB *
		munmap:m
		look			BY0
	END
}
zd_register "D19: smaps: in Rss, shared by two, and no huge page of a file's" smaps

# A folio of 2 MiB of which three pages are mapped.
smaps_pages() {
	local rss=12

	entries_count || rss=0
	zd pmd <<-END
		m=mmap:a,off=0x1000,len=0x3000
		read:m			0x????????
		read:m,off=0x1000	0x????????
		read:m,off=0x2000	0x????????
		proc:m,file=smaps	rss=${rss}kB pss=${rss}kB *
		munmap:m
	END
}
zd_register_at pmd "D19: smaps: pages of a large folio" smaps_pages

# D20: nothing is locked, and nothing is counted as if.
locked() {
	local len

	len=${BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		mlock:m
		look				BY1
		get:/proc/self/status,key=VmLck	VmLck:*	       0 kB
		leaf:m				WRITTEN+0x0
		munlock:m
		look				BY1
		mlock2:m
		look				BY1
		munlock:m
		mlock:m,len=0x1000		*
		look				*
		munmap:m
		look				BY0
	END
}
zd_register "D20: mlock locks nothing, and takes no reference" locked

# What is mapped later is populated, as if it were to be locked.
locked_all() {
	local len

	len=${BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		mlockall
		look			BY1
		leaf:m			WRITTEN+0x0
		n=mmap:a,len=$len
		look			BY2
		leaf:n			LEVEL AT+0x0 writable*young*
		proc:n,file=smaps	*vmflags=rd wr sh mr mw me ms *
		munmap:m
		munmap:n
		look			BY0
	END
	refute_line --regexp "^smaps n.* lo( |$)"
}
zd_register "D20: mlockall locks none, and populates what comes" locked_all

pagemap() {
	local len said="present=1 file=1 exclusive=1 pfn=dax+0x0"
	local shared="present=1 file=1 exclusive=0 pfn=dax+0x0"

	len=${BYTES[$1]}
	if [[ $1 == pud ]]; then
		said="present=0 file=0 exclusive=0 pfn=0" shared=$said
	elif ! entries_count; then
		said="present=1 file=0 exclusive=0 pfn=dax+0x0"
		# From 6.7 to 6.10 no large entry was a file's.
		[[ $1 != pmd ]] || { since 6.7 && ! since 6.11; } || said=${said/file=0/file=1}
		shared=$said
	fi
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		proc:m,file=pagemap	$said
		write:m,val=1
		n=mmap:a,len=$len
		write:n,val=1
		proc:n,file=pagemap	$shared
		munmap:n
		munmap:m
		look			BY0
	END
}
zd_register "pagemap: whose it is" pagemap

scanned() {
	local len what

	since 6.7 || skip "no PAGEMAP_SCAN before 6.7"
	len=${BYTES[$1]}
	case $1 in
	pte) what="present file" ;;
	pmd) what="present file huge" ;;
	pud) what= ;;
	esac
	entries_count || what=${what/ file}
	what=${what:+0x0-$(printf 0x%x "$len") $what}
	zd "$1" <<-END
		m=mmap:a,len=$len
		scan:m	none
		write:m,val=1
		scan:m	${what:-none}
		munmap:m
		look	BY0
	END
}
zd_register "PAGEMAP_SCAN: what it is" scanned

# The size of folios is theirs till all are gone, for who maps them and who pins them.
resized() {
	local other=pmd len

	need_large_leaves
	[[ $1 != pmd ]] || other=pte
	len=${BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=7
		look									BY1*mapping*
		b=open
		set:b,region=dax,method=${COUNTED[$other]},mode=write-back,level=$other	EBUSY
		munmap:m
		set:b,region=dax,method=${COUNTED[$other]},mode=write-back,level=$other
		folio:dax+0x0								refs=1 mapcount=0 order=${ORDERS[$other]} page_refs=1 pgmap=generic index=0x0 zone-device
		n=mmap:b,len=0x200000
		read:n									0x00000007
		leaf:n									$other *
		munmap:n
	END
}
zd_register "folios made anew in another size have the data, and no mapping" resized

# Where a leaf does not fit our fault() maps pages of the folio, for which device-dax gives
# SIGBUS. All but the first tail pages of it share 64 struct pages (vmemmap_populate_compound_pages()),
# and so per-page mapcounts: smaps takes each of two pages for mapped twice. Nothing but what
# /proc tells goes by them: the folio's own count is right, and all is as before after munmap.
@test "folio: pages 64 apart in a folio share their mapcount, and Pss is wrong" {
	# Pss is, in the end, 4 kB of the page between, and half of each that share.
	need_method vmf_insert_folio_pmd
	need_room dax 0x200000
	check <<-END
		a=open
		set:a,region=dax,method=vmf_insert_folio_pmd,mode=write-back,level=pmd
		m=mmap:a,off=0x40000,len=0x100000
		read:m			0x*
		proc:m,file=smaps	rss=4kB pss=4kB *
		read:m,off=0x41000	0x*
		proc:m,file=smaps	rss=8kB pss=8kB *
		read:m,off=0x40000	0x*
		proc:m,file=smaps	rss=12kB pss=8kB *
		leaf:m			pte write-back dax+0x40000 *
		folio:m			* mapcount=3 order=9 *
		munmap:m
		folio:dax+0		refs=1 mapcount=0 *
	END
}
