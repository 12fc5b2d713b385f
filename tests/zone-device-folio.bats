#!/usr/bin/env bats
# What ZONE_DEVICE folios are to the rest of the kernel: their size, their mapping and
# index, dirty or not, and what smaps, pagemap and mlock make of them. Rows D11, D17, D19
# and D20 of docs/glossary.md. system.bats has what happens to a mapping of each method; here is
# what two mappings share, and what the folio then says.

load helpers/common
load shared/zone-device

# index is the first page's offset in the address_space, in pages, also asked of a later page.
indexed() {
	local len at

	len=${LEAF_BYTES[$1]}
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

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		write:m,val=1
		folio:m,off=0x3000		BY1page_refs=0 *index=0x0*mapping tail
		folio:m,off=$((len - 0x1000))	BY1page_refs=0 *index=0x0*mapping tail
		munmap:m
	END
}
zd_register_at pmd "D11: every page behind the head is a tail, uncounted" tails
zd_register_at pud "D11: every page behind the head is a tail, uncounted" tails

# D17: the page map's type. Ours is GENERIC.
typed() {
	local len

	len=${LEAF_BYTES[$1]}
	zd "$1" <<-END
		m=mmap:a,len=$len
		read:m	0x????????
		folio:m	*pgmap=generic *zone-device*
		look	*pgmap=generic *zone-device*
		munmap:m
	END
}
zd_register "D17: FOLIO tells the page map's type" typed

# Makes folios anew, whatever size the last test left them in.
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

# noop_dirty_folio() sets the flag, and nobody writes back. The flag comes from an entry that is
# dirty when it goes. Before 6.15 the kernel looked for no folio behind a devmap entry, and
# zap_huge_pmd() did not tell the folio of a dirty entry of 2 MiB (6.19; 7.2 does). Nor does
# zap_huge_pud() of one of 1 GiB (7.2 and 7.3, huge_memory.c:2993); zaps of smaller entries, and
# a split, do. So no file system must rely on the flag.
dirtied() {
	local len told="bug reproduced" want="bug reproduced"

	len=${LEAF_BYTES[$1]}
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
	if [[ ${SAID[left]} == *" dirty mapping" ]]; then
		told=fixed
	else
		refute_regex "${SAID[left]}" " dirty"
	fi
	if [[ $1 == pmd ]] && entries_count; then
		known_bug "a zap tells the folio of a dirty 2 MiB entry" "$told" 7.2
		return
	fi
	[[ $1 != pte ]] || ! entries_count || want=fixed
	assert_equal "$told" "$want"
}
zd_register "a write makes the folio dirty when the entry goes" dirtied

# The dirty flag is there until the module makes the folio anew.
dirtied_by_split() {
	local len dirty='* dirty *'

	[[ $1 != pud ]] || ! panics_of_warnings || skip "a 1 GiB leaf is zapped here, not split"
	entries_count || dirty='*zone-device mapping'
	len=${LEAF_BYTES[$1]}
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

# The mm counts what smaps leaves out (D19). Each CPU may keep some counted pages to itself.
in_rss() { # LEVEL
	local kib rss

	zd_need "$1"
	entries_count || skip "before 6.15 no entry is counted"
	kib=$((${LEAF_BYTES[$1]} / 1024))
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

# nr_mapped counts a page once, however many entries map the page. nr_file_pmdmapped counts a folio
# once, however many 2 MiB entries map the folio, and nobody else here has one. Other programs map a
# few pages of files meanwhile.
in_vmstat() { # LEVEL
	local pages large=0 i n stat

	stat=("put:/proc/sys/vm/stat_refresh,text=1" "get:/proc/vmstat,key=nr_mapped"
		"get:/proc/vmstat,key=nr_file_pmdmapped")
	zd_need "$1"
	entries_count || skip "before 6.15 no entry is counted"
	pages=$((${LEAF_BYTES[$1]} / 4096))
	[[ $1 != pte ]] || pages=512
	[[ $1 != pmd ]] || large=1
	zd_open "$1" a
	try "${REPLY[@]}" "${stat[@]}" "m=mmap:a,len=$((pages * 4096))" madvise:m,advice=populate_read \
		"${stat[@]}" "n=mmap:a,len=$((pages * 4096))" madvise:n,advice=populate_read \
		"${stat[@]}" munmap:m "${stat[@]}" munmap:n "${stat[@]}"
	mapfile -t n < <(sed -nE 's/^get vmstat: .* ([0-9]+)$/\1/p' <<<"$output")
	((${#n[@]} == 10)) || fail "$output"
	assert_equal "$((n[3] - n[1])) $((n[5] - n[1])) $((n[7] - n[1])) $((n[9] - n[1]))" \
		"$large $large $large 0"
	for i in 2 4 6; do
		((n[i] - n[0] > pages - 256 && n[i] - n[0] < pages + 256)) || fail "$output"
	done
	((n[8] - n[0] < 256)) || fail "$output"
}
zd_register "what is mapped is in nr_mapped once, and no longer after munmap" in_vmstat

# $REPLY: what is in Rss, in kB. /proc splits a 1 GiB leaf, and sees nothing. 6.1 counts 2 MiB
# devmap entries, each as if it were the only one (smaps_pmd_entry() asked the entry alone).
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

# D19: the memory is in Rss since its entries are counted, and never in FilePmdMapped.
smaps() {
	local len rss two

	len=${LEAF_BYTES[$1]}
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
zd_register "D19: smaps has what is mapped in Rss, as shared by two, and as no file's huge page" smaps

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
zd_register_at pmd "D19: smaps counts the mapped pages of a large folio" smaps_pages

# D20: the kernel locks nothing, and counts nothing as locked.
locked() {
	local len

	len=${LEAF_BYTES[$1]}
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
		mlock:m,len=0x1000
		look				BY1
		munmap:m
		look				BY0
	END
}
zd_register "D20: mlock locks nothing, and takes no reference" locked

# The kernel populates a later mapping, as if it were to lock it.
locked_all() {
	local len

	len=${LEAF_BYTES[$1]}
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
zd_register "D20: mlockall locks none, and populates later mappings" locked_all

# "mm/madvise: skip zone device folios in cold/pageout PMD range" (7.3.4). Before, MADV_COLD left
# a leaf alone only if another process mapped its folio, too.
@test "D16: MADV_COLD leaves a 2 MiB entry alone (7.3.4)" {
	local told="bug reproduced"

	need_large_leaves
	entries_count || skip "large entries of devmap are no folio's"
	zd pmd <<-END
		m=mmap:a,len=0x200000
		write:m,val=0x44
		leaf:m			WRITTEN+0x0
		madvise:m,advice=cold
		leaf:m			=cold LEVEL AT+0x0 writable dirty*
		look			BY1
		read:m			0x00000044
		leaf:m			WRITTEN+0x0
		fork:c
		c/read:m		0x00000044
		madvise:m,advice=cold
		leaf:m			WRITTEN+0x0
		exit:c
		munmap:m
		look			BY0
	END
	[[ ${SAID[cold]} != *" young" ]] || told=fixed
	known_bug "MADV_COLD leaves a 2 MiB entry of a device's folio alone" "$told" 7.4 7.3.4
}

# Before 7.3.4 the kernel tried to split the folio, as if it were of the page cache.
@test "D16: MADV_COLD and MADV_PAGEOUT of a part leave a 2 MiB entry alone (7.3.4)" {
	local advice

	need_large_leaves
	fixed_in 7.4 7.3.4 || skip "this kernel splits what is not of the page cache"
	for advice in cold pageout; do
		zd pmd <<-END
			m=mmap:a,len=0x200000
			write:m,val=0x44
			madvise:m,off=0x1000,len=0x1000,advice=$advice
			leaf:m			WRITTEN+0x0
			look			BY1
			madvise:m,advice=pageout
			leaf:m			WRITTEN+0x0
			look			BY1
			munmap:m
			look			BY0
		END
	done
}

pagemap() {
	local len last said="present=1 file=1 exclusive=1 pfn=dax+0x0"
	local shared="present=1 file=1 exclusive=0 pfn=dax+0x0"

	len=${LEAF_BYTES[$1]}
	printf -v last 0x%x $((len - 0x1000))
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
		write:m,off=$last,val=1
		proc:m,off=$last,file=pagemap	${said/+0x0/+$last}
		n=mmap:a,len=$len
		write:n,val=1
		proc:n,file=pagemap	$shared
		munmap:n
		munmap:m
		look			BY0
	END
}
zd_register "pagemap tells whether a page is a file's, and mapped once" pagemap

scanned() {
	local len what

	since 6.7 || skip "no PAGEMAP_SCAN before 6.7"
	len=${LEAF_BYTES[$1]}
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
		scan:m,flags=wp_matching	none
		scan:m,flags=check_wpasync	EPERM
		scan:m	${what:-none}
		munmap:m
		look	BY0
	END
}
zd_register "PAGEMAP_SCAN tells what is present, a file's, and huge" scanned

# Folios keep their size while anybody maps or pins one.
resized() {
	local other=pmd len

	need_large_leaves
	[[ $1 != pmd ]] || other=pte
	len=${LEAF_BYTES[$1]}
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

# Where a leaf does not fit, our fault() maps pages of the folio; device-dax gives SIGBUS. All but
# the folio's first tail pages share 64 struct pages (vmemmap_populate_compound_pages()), and so
# their per-page mapcounts: smaps takes each of two pages for mapped twice. Only /proc goes by
# these mapcounts: the folio's own count is right, and all is as before after munmap. On arm64 no two
# pages share a struct page: arm64 does not select ARCH_WANT_OPTIMIZE_DAX_VMEMMAP.
@test "folio: pages 64 apart in a folio share their mapcount, and Pss is wrong" {
	# Pss is, in the end, 4 kB of the page between, and half of each that share.
	local pss=8

	[[ $MACHINE != aarch64 ]] || pss=12
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
		proc:m,file=smaps	rss=12kB pss=${pss}kB *
		leaf:m			pte write-back dax+0x40000 *
		folio:m			* mapcount=3 order=9 *
		munmap:m
		folio:dax+0		refs=1 mapcount=0 *
	END
}
